#include "render/contradictions.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "render/describe.h"
#include "render/escape.h"
#include "render/escaped_json.h"
#include "render/facts_json.h"

namespace sandfit::render {
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

nlohmann::ordered_json contradictions_json(const std::vector<Contradiction>& contradictions, const Profile& profile) {
    auto array = nlohmann::ordered_json::array();
    for (const auto& contradiction : contradictions) {
        array.push_back({{"directive", base::escape_bytes(contradiction.directive)},
                         {"present", escaped(contradiction.present)},
                         {"facts", facts_json(contradiction.facts, profile)}});
    }
    return array;
}

}  // namespace sandfit::render
