#include <nlohmann/json.hpp>

#include "base/text.h"
#include "render/audit.h"
#include "render/contradictions.h"
#include "render/describe.h"
#include "render/drop_in.h"
#include "render/escaped_json.h"

namespace sandfit::render {
namespace {

using Json = nlohmann::ordered_json;

Json scored(const ScoredItem& item) {
    return {{"set", item.set ? Json(*item.set) : Json()},
            {"exposure", exposure_json(item.exposure)},
            {"description", base::escape_bytes(item.description)}};
}

Json json_of(const AuditItem& item, const Audit& audit, const UnitSettings& settings) {
    const auto present = settings.values.find(item.directive);
    Json entry = {{"item", base::escape_bytes(item.now.id)},
                  {"name", base::escape_bytes(item.now.name)},
                  {"directive", item.directive.empty() ? Json() : Json(base::escape_bytes(item.directive))},
                  {"present", present == settings.values.end() ? Json() : escaped(present->second)},
                  {"verdict", nullptr},
                  {"lines", Json::array()},
                  {"reason", base::escape_bytes(item.not_derived)},
                  {"now", scored(item.now)},
                  {"after", item.after ? scored(*item.after) : Json()}};
    for (const auto& suggestion : audit.suggestions) {
        if (suggestion.directive != item.directive) continue;
        entry["verdict"] = word_for(suggestion.verdict);
        if (suggestion.verdict == Verdict::suggest) entry["lines"] = assignments(suggestion);
        entry["reason"] = base::escape_bytes(suggestion.reason);
    }
    return entry;
}

Json json_of(const Drift& drift, const Profile& profile) {
    Json new_facts = Json::array();
    for (const NewFact& fact : drift.new_facts) {
        if (fact.fact >= profile.facts.size()) continue;
        const SeenFact& seen = profile.facts[fact.fact];
        new_facts.push_back({{"fact", fact.fact},
                             {"text", describe_fact(seen.fact)},
                             {"evidence", describe_evidence(seen.evidence)},
                             {"outgrown", fact.outgrown}});
    }
    Json stale = Json::array();
    for (const StaleGrant& grant : drift.stale) {
        stale.push_back({{"directive", grant.directive}, {"items", escaped(grant.items)}});
    }
    return {{"is_outgrown", drift.is_outgrown()}, {"new_facts", std::move(new_facts)}, {"stale", std::move(stale)}};
}

}  // namespace

Json exposure_json(const std::optional<Exposure>& exposure) {
    return exposure ? Json(exposure->tenths / 10.0) : Json();
}

std::string audit_json(const Audit& audit, const Profile& profile, const UnitSettings& settings,
                       std::string_view tool_version) {
    Json items = Json::array();
    Json never_did = Json::array();
    for (const auto& item : audit.items) {
        items.push_back(json_of(item, audit, settings));
        if (is_closed(item)) never_did.push_back(base::escape_bytes(item.now.id));
    }
    const Json document = {
        {"schema", kAuditSchema},
        {"unit", base::escape_bytes(audit.unit)},
        {"tool_version", base::escape_bytes(tool_version)},
        {"tightness", audit.has_profile ? Json(word_for(audit.tightness)) : Json()},
        {"threshold", audit.threshold ? exposure_json(*audit.threshold) : Json()},
        {"exposure",
         {{"now", exposure_json(audit.now)},
          {"rating_now", base::escape_bytes(audit.rating_now)},
          {"after", audit.after ? exposure_json(*audit.after) : Json()},
          {"rating_after", audit.after ? Json(base::escape_bytes(audit.rating_after)) : Json()}}},
        {"above_threshold", audit.is_above_threshold()},
        {"gaps", audit.has_profile ? Json(describe_gaps(profile.coverage, profile.runs)) : Json::array()},
        {"notes", escaped(audit.notes)},
        {"items", std::move(items)},
        {"never_did", std::move(never_did)},
        {"would_break", contradictions_json(audit.contradictions, profile)},
        {"drift", audit.drift ? json_of(*audit.drift, profile) : Json()}};
    // Everything in it is valid UTF-8 already; `replace` keeps a mistake of ours from becoming an exception.
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sandfit::render
