// Facts that stand for something, in JSON.
#ifndef SANDFIT_RENDER_FACTS_JSON_H
#define SANDFIT_RENDER_FACTS_JSON_H

#include <sandfit/profile.h>

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace sandfit::render {

/// [{"fact": index, "text": ..., "evidence": ...}...] of those that `profile` has.
nlohmann::ordered_json facts_json(const std::vector<std::size_t>& indexes, const Profile& profile);

}  // namespace sandfit::render

#endif
