#include "render/facts_json.h"

#include <nlohmann/json.hpp>

#include "render/describe.h"

namespace sandfit::render {

nlohmann::ordered_json facts_json(const std::vector<std::size_t>& indexes, const Profile& profile) {
    auto facts = nlohmann::ordered_json::array();
    for (const std::size_t index : indexes) {
        if (index >= profile.facts.size()) continue;
        const SeenFact& seen = profile.facts[index];
        facts.push_back(
            {{"fact", index}, {"text", describe_fact(seen.fact)}, {"evidence", describe_evidence(seen.evidence)}});
    }
    return facts;
}

}  // namespace sandfit::render
