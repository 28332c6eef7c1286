// DevicePolicy=
//
// Directive: `closed` lets the unit open and make only the device nodes null, zero, full, random, urandom, tty, ptmx
// and pseudo terminals, and what DeviceAllow= names. The kernel asks by number, wherever the node lies (EPERM).
//
// Concludes from: device nodes that were opened, made or looked at.
//
// Needs coverage of: files, from start-up on; syscalls, since mount(2) opens devices, too.
//
// Can be wrong when: a device is used only when it is plugged in.
//
// Since: systemd 208
#include <algorithm>
#include <string_view>

#include "derive/coverage.h"
#include "derive/device_use.h"
#include "derive/mount_namespace.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "DevicePolicy";

/// An own DeviceAllow= refuses all others already.
bool has_own_list(const UnitSettings& settings) {
    return !list_of(settings, "DeviceAllow").empty();
}

bool refuses(const Situation& situation, const Fact& fact) {
    return !has_own_list(situation.profile.settings) && !devices_not_allowed(situation, fact).empty();
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const std::string present = profile.settings.scalar("DevicePolicy");
    if (present == "closed" || present == "strict") {
        return keep(kDirective, "the unit has DevicePolicy=" + present);
    }
    if (const auto why = obstacle(situation, {Subject::files})) return abstain(kDirective, *why);
    if (const auto why = unknown_mounts(situation)) return abstain(kDirective, *why);
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"closed"},
                has_own_list(profile.settings) ? "the unit's DeviceAllow= names what it uses"
                                               : "no device was used but those that everybody has, and DeviceAllow=");
    suggestion.caveats = doubts(situation, {Subject::files, Subject::syscalls});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return refuses(situation, seen.fact); };
}

}  // namespace

Rule device_policy() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
