#include "render/json.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"
#include "render/describe.h"
#include "render/drop_in.h"
#include "render/escaped_json.h"
#include "render/facts_json.h"

namespace sandfit::render {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word_for(ValueForm form) {
    switch (form) {
        case ValueForm::word:
            return "word";
        case ValueForm::words:
            return "words";
        case ValueForm::paths:
            return "paths";
    }
    return "unknown";
}

Json json_of(const Profile& profile, const Suggestion& suggestion) {
    Json lines = Json::array();
    if (suggestion.verdict == Verdict::suggest) lines = assignments(suggestion);
    return {{"directive", base::escape_bytes(suggestion.directive)},
            {"verdict", render::word_for(suggestion.verdict)},
            {"form", word_for(suggestion.form)},
            {"items", escaped(suggestion.items)},
            {"reset_first", suggestion.reset_first},
            {"lines", std::move(lines)},
            {"reason", base::escape_bytes(suggestion.reason)},
            {"caveats", escaped(suggestion.caveats)},
            {"because", facts_json(suggestion.because, profile)}};
}

}  // namespace

std::string to_json(const Profile& profile, const std::vector<Suggestion>& suggestions, Tightness tightness,
                    const std::string& tool_version) {
    Json list = Json::array();
    for (const auto& suggestion : suggestions) list.push_back(json_of(profile, suggestion));
    const Json document = {{"schema", kSuggestionsSchema},
                           {"unit", base::escape_bytes(profile.unit)},
                           {"tool_version", base::escape_bytes(tool_version)},
                           {"tightness", render::word_for(tightness)},
                           {"gaps", describe_gaps(profile.coverage, profile.runs)},
                           {"suggestions", std::move(list)}};
    // Everything in it is valid UTF-8 already; `replace` keeps a mistake of ours from becoming an exception.
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sandfit::render
