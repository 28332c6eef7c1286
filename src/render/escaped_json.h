// Texts that may hold any bytes, in JSON.
#ifndef SANDFIT_RENDER_ESCAPED_JSON_H
#define SANDFIT_RENDER_ESCAPED_JSON_H

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace sandfit::render {

/// An array of the texts, each through base::escape_bytes().
nlohmann::ordered_json escaped(const auto& texts) {
    auto array = nlohmann::ordered_json::array();
    for (const auto& text : texts) array.push_back(base::escape_bytes(text));
    return array;
}

}  // namespace sandfit::render

#endif
