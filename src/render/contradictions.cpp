#include "render/contradictions.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "render/describe.h"
#include "render/escape.h"
#include "render/escaped_json.h"

namespace sandfit::render {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Contradiction& contradiction, const Profile& profile) {
    Json facts = Json::array();
    for (const std::size_t index : contradiction.facts) {
        if (index >= profile.facts.size()) continue;
        const SeenFact& seen = profile.facts[index];
        facts.push_back(
            {{"fact", index}, {"text", describe_fact(seen.fact)}, {"evidence", describe_evidence(seen.evidence)}});
    }
    return {{"directive", base::escape_bytes(contradiction.directive)},
            {"present", escaped(contradiction.present)},
            {"facts", std::move(facts)}};
}

}  // namespace

std::string contradictions_text(const std::vector<Contradiction>& contradictions, const Profile& profile,
                                const TextOptions& options) {
    std::string out;
    for (const auto& contradiction : contradictions) {
        constexpr std::size_t kMostWords = 8;
        std::string value = base::escape_bytes(base::join_with(contradiction.present, " "));
        if (contradiction.present.size() > kMostWords) {
            value = fmt::format("({} items)", contradiction.present.size());
        }
        add_wrapped(out, fmt::format("{}={} refuses", base::escape_bytes(contradiction.directive), value), 2, 2,
                    options.columns);
        std::size_t shown = 0;
        for (const std::size_t index : contradiction.facts) {
            if (index >= profile.facts.size()) continue;
            if (options.max_because != 0 && shown == options.max_because) {
                out += fmt::format("    and {} more\n", contradiction.facts.size() - shown);
                break;
            }
            const SeenFact& seen = profile.facts[index];
            add_wrapped(out, fmt::format("- {}: {}", describe_fact(seen.fact), describe_evidence(seen.evidence)), 4,
                        2, options.columns);
            shown += 1;
        }
    }
    return out;
}

Json contradictions_json(const std::vector<Contradiction>& contradictions, const Profile& profile) {
    Json array = Json::array();
    for (const auto& contradiction : contradictions) array.push_back(json_of(contradiction, profile));
    return array;
}

}  // namespace sandfit::render
