// AmbientCapabilities=
//
// Directive: capabilities that an unprivileged unit (User=) has from its first instruction and hands on to all that
// it executes.
//
// Concludes from: the capabilities that were needed; those of the unit's own list that nothing asked for are taken
// out. Never adds any: a unit that has none did without.
//
// Needs coverage of: capabilities, executions and syscalls, from start-up on; for a unit that runs as root, files and
// arguments of calls.
//
// Can be wrong when: the program refuses to start unless it finds a capability in its sets (capget), used or not; a
// capability is used only on a rare occasion.
//
// Since: systemd 229
#include <algorithm>
#include <string_view>

#include "derive/capability_need.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "AmbientCapabilities";

Suggestion conclude(const Situation& situation) {
    const auto& present = list_of(situation.profile.settings, "AmbientCapabilities");
    if (present.empty()) return abstain(kDirective, "it is not set, so there is nothing to narrow");
    if (const auto why = capability_needs_obstacle(situation)) {
        return keep(kDirective, "the unit's own list stays as it is: " + *why);
    }
    const auto needs = capability_needs(situation.profile);
    std::vector<std::string> used;
    std::vector<std::string> unused;
    std::vector<std::size_t> because;
    for (const auto& capability : present) {
        const auto need = needs.find(capability);
        if (need == needs.end()) {
            unused.push_back(capability);
            continue;
        }
        used.push_back(capability);
        because.insert(because.end(), need->second.facts.begin(), need->second.facts.end());
    }
    if (unused.empty()) return keep(kDirective, "all of the unit's own list was used");
    if (situation.tightness == Tightness::cautious) return keep(kDirective, "the unit's own list stays as it is");

    Suggestion suggestion = suggest(kDirective, ValueForm::words, used, "nothing asked for " + some_of(unused));
    suggestion.reset_first = !used.empty();
    suggestion.because = std::move(because);
    suggestion.caveats = capability_needs_doubts(situation);
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    return [&situation, &suggestion](const SeenFact& seen) {
        const auto taken = [&](const std::string& capability) {
            const auto& present = list_of(situation.profile.settings, "AmbientCapabilities");
            const auto in = [&capability](const std::vector<std::string>& list) {
                return std::find(list.begin(), list.end(), capability) != list.end();
            };
            return in(present) && !in(suggestion.items);
        };
        if (const auto* check = std::get_if<CapabilityFact>(&seen.fact)) {
            return is_capability_need(situation.profile, *check) && taken(check->capability);
        }
        const auto* request = std::get_if<CapabilityRequestFact>(&seen.fact);
        return request != nullptr && request->error == 0 && taken(request->capability);
    };
}

}  // namespace

Rule ambient_capabilities() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
