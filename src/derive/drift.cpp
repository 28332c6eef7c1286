#include "derive/drift.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "derive/derive.h"
#include "derive/freed.h"
#include "derive/rule.h"

namespace sandfit::derive {
namespace {

/// Lists of grants: less of them is a tighter sandbox.
constexpr std::array kGrants{"CapabilityBoundingSet", "AmbientCapabilities", "RestrictAddressFamilies",
                             "ReadWritePaths"};

/// "-/run/x" and "/run/x" grant the same.
std::string without_prefix(const std::string& item) {
    const std::size_t start = item.find_first_not_of("-+");
    return start == std::string::npos ? item : item.substr(start);
}

bool holds(const std::vector<std::string>& items, const std::string& item) {
    return std::any_of(items.begin(), items.end(),
                       [&item](const std::string& other) { return without_prefix(other) == without_prefix(item); });
}

/// What a sandbox may have refused, as if it had worked: `now` is recorded under one.
SeenFact as_it_would_be(const SeenFact& seen) {
    constexpr std::array kOfSandboxes{EROFS, EAFNOSUPPORT, EPERM, EACCES};
    SeenFact free = seen;
    free.fact = freed(seen.fact, nullptr);
    const bool may_be_refused = std::visit(
        [&kOfSandboxes](const auto& fact) {
            if constexpr (requires { fact.error; }) {
                return std::find(kOfSandboxes.begin(), kOfSandboxes.end(), fact.error) != kOfSandboxes.end();
            } else {
                return false;
            }
        },
        seen.fact);
    return may_be_refused ? free : seen;
}

}  // namespace

std::vector<NewFact> judged_by(const Profile& then, const Profile& now, const std::vector<std::size_t>& indexes,
                               const Host& host, Tightness tightness) {
    const auto proposal = derive(then, host, tightness);
    const Situation situation{then, host, tightness, proposal};
    std::vector<NewFact> judged;
    std::vector<SeenFact> wanted;  // as_it_would_be(), of each
    for (const std::size_t index : indexes) {
        judged.push_back({index, {}});
        wanted.push_back(as_it_would_be(now.facts[index]));
    }
    const auto rules = rule_table();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (proposal[i].verdict != Verdict::suggest) continue;
        const Denier denies = rules[i].denies(situation, proposal[i]);
        for (std::size_t at = 0; at < judged.size(); ++at) {
            if (denies(wanted[at])) judged[at].outgrown.push_back(rules[i].directive);
        }
    }
    return judged;
}

std::vector<StaleGrant> stale_grants(const Profile& now, const UnitSettings& present, const Host& host,
                                     Tightness tightness) {
    Profile as_it_stands = now;
    as_it_stands.settings = present;
    const auto suggestions = derive(as_it_stands, host, tightness);
    std::vector<StaleGrant> stale;
    for (const Suggestion& suggestion : suggestions) {
        if (suggestion.verdict != Verdict::suggest) continue;
        if (std::find(kGrants.begin(), kGrants.end(), suggestion.directive) == kGrants.end()) continue;
        const auto stands = present.values.find(suggestion.directive);
        if (stands == present.values.end() || stands->second.empty() || stands->second.front().starts_with('~')) {
            continue;
        }
        // A value that is only added to takes nothing away.
        if (!suggestion.reset_first && !suggestion.items.empty() && suggestion.form != ValueForm::word) continue;
        StaleGrant grant{suggestion.directive, {}};
        for (const std::string& item : stands->second) {
            if (!item.empty() && !holds(suggestion.items, item)) grant.items.push_back(item);
        }
        if (!grant.items.empty()) stale.push_back(std::move(grant));
    }
    return stale;
}

}  // namespace sandfit::derive
