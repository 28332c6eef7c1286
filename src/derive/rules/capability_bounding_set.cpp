// CapabilityBoundingSet=
//
// Directive: the capabilities that the unit and all that it executes can ever have; checks of the others fail, and so
// do the program's own requests for them (capset, PR_CAP_AMBIENT_RAISE) and the start of files that carry them.
//
// Concludes from: capability checks that were granted and were no probes; capabilities that the program sets itself;
// file capabilities of executed programs; what needs root's capabilities without a check (entries of other processes
// in /proc, maps of user namespaces); AmbientCapabilities=, which must be within. CAP_DAC_READ_SEARCH is left out
// where CAP_DAC_OVERRIDE answers the same checks (capability_need.cpp says when).
//
// Needs coverage of: capabilities, executions and syscalls, from start-up on; for a unit that runs as root, files and
// arguments of calls.
//
// Can be wrong when: a capability is used on a rare occasion only, as at a reload, a log rotation, or a worker's
// death.
//
// Since: systemd 183 or older
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "derive/capability_need.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "CapabilityBoundingSet";

/// The ambient set that will be in force.
std::vector<std::string> ambient_set(const Situation& situation) {
    const Suggestion* made = situation.proposed("AmbientCapabilities");
    if (made != nullptr && made->verdict == Verdict::suggest) return made->items;
    return list_of(situation.profile.settings, "AmbientCapabilities");
}

/// "CAP_CHOWN for fchown and lchown".
std::string with_uses(const std::string& capability, const CapabilityNeed& need) {
    std::vector<std::string> uses;
    for (const auto& syscall : need.syscalls) uses.push_back(syscall.empty() ? "the kernel itself" : syscall);
    if (need.by_request) uses.emplace_back("the program's own request");
    if (need.by_file) uses.emplace_back("a file capability");
    return capability + " for " + (uses.empty() ? std::string("AmbientCapabilities=") : some_of(uses, 3));
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const auto present = profile.settings.values.find("CapabilityBoundingSet");
    const bool known = present != profile.settings.values.end();
    if (known && present->second.empty()) return keep(kDirective, "the unit's set is empty");
    if (const auto why = capability_needs_obstacle(situation)) {
        return abstain(kDirective, *why);
    }

    auto needs = capability_needs(profile);
    for (const auto& capability : ambient_set(situation)) needs.try_emplace(capability);
    const bool narrowed_before = known && !is_full_capability_set(present->second);
    std::vector<std::string> items;
    std::vector<std::string> told;
    std::vector<std::size_t> because;
    for (const auto& [capability, need] : needs) {
        if (!is_capability_name(capability)) {
            return abstain(kDirective, clipped(capability) + " was needed, and it has no name that systemd knows");
        }
        // What the unit's own set forbids stays forbidden.
        if (known && std::find(present->second.begin(), present->second.end(), capability) == present->second.end()) {
            continue;
        }
        items.push_back(capability);
        told.push_back(with_uses(capability, need));
        because.insert(because.end(), need.facts.begin(), need.facts.end());
    }
    if (known && items.size() == std::set<std::string>(present->second.begin(), present->second.end()).size()) {
        return keep(kDirective, "all of the unit's own set was used");
    }
    std::string reason = items.empty() ? "no capability was needed" : "needed were " + some_of(told, 12);
    Suggestion suggestion = suggest(kDirective, ValueForm::words, std::move(items), std::move(reason));
    suggestion.reset_first = narrowed_before && !suggestion.items.empty();
    std::sort(because.begin(), because.end());
    because.erase(std::unique(because.begin(), because.end()), because.end());
    suggestion.because = std::move(because);
    suggestion.caveats = capability_needs_doubts(situation);
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    return [&situation, &suggestion](const SeenFact& seen) {
        const auto& present = situation.profile.settings.values.find("CapabilityBoundingSet");
        const auto refused = [&](const std::string& capability) {
            if (present != situation.profile.settings.values.end() &&
                std::find(present->second.begin(), present->second.end(), capability) == present->second.end()) {
                return false;  // the unit's own set did that
            }
            return std::find(suggestion.items.begin(), suggestion.items.end(), capability) == suggestion.items.end();
        };
        if (const auto* check = std::get_if<CapabilityFact>(&seen.fact)) {
            if (!is_capability_need(situation.profile, *check) || !refused(check->capability)) return false;
            return refused("CAP_DAC_OVERRIDE") || !is_covered_by_dac_override(situation.profile, *check);
        }
        if (const auto* request = std::get_if<CapabilityRequestFact>(&seen.fact)) {
            return is_request_need(situation.profile, *request) && refused(request->capability);
        }
        if (const auto* exec = std::get_if<ExecFact>(&seen.fact)) {
            return std::any_of(exec->file_capabilities.begin(), exec->file_capabilities.end(), refused);
        }
        return false;
    };
}

}  // namespace

Rule capability_bounding_set() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
