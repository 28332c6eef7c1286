// ProtectClock=
//
// Directive: drops CAP_SYS_TIME and CAP_WAKE_ALARM, filters @clock whatever the arguments are (adjtimex(2) and
// clock_adjtime(2) that only ask fail, too), and implies DeviceAllow=char-rtc r, which in some versions shuts all
// other devices out. With User= the filter implies NoNewPrivileges=.
//
// Concludes from: capabilities, syscalls, and device nodes that DeviceAllow= does not name.
//
// Needs coverage of: files, syscalls, capabilities and executions, from start-up on.
//
// Can be wrong when: the clock is set on a rare occasion only; CAP_WAKE_ALARM is asked for only on machines that can
// be woken.
//
// Since: systemd 245
#include <algorithm>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/device_use.h"
#include "derive/mount_namespace.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"
#include "derive/withheld.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProtectClock";

Withheld taken_away(const Host& host) {
    return withheld(host, {"CAP_SYS_TIME", "CAP_WAKE_ALARM"}, "@clock",
                    {"adjtimex", "clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64",
                     "settimeofday", "stime"});
}

bool is_clock_read(const Fact& fact, const std::string& path) {
    const auto* file = std::get_if<FileFact>(&fact);
    return path.starts_with("/dev/rtc") && file != nullptr && (file->op == FileOp::read || file->op == FileOp::look);
}

/// DevicePolicy=closed and a DeviceAllow= of the unit's own refuse these already.
bool shuts_out(const Situation& situation, const Fact& fact) {
    const UnitSettings& settings = situation.profile.settings;
    const std::string policy = settings.scalar("DevicePolicy");
    if (policy == "closed" || policy == "strict" || !list_of(settings, "DeviceAllow").empty()) return false;
    const auto devices = devices_not_allowed(situation, fact);
    return std::any_of(devices.begin(), devices.end(),
                       [&fact](const std::string& path) { return !is_clock_read(fact, path); });
}

bool refuses(const Situation& situation, const Withheld& taken, const Fact& fact) {
    return withheld_denies(situation, taken, fact) || shuts_out(situation, fact);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "ProtectClock")) return keep(kDirective, "the unit has it already");
    if (const auto why =
            obstacle(situation, {Subject::files, Subject::syscalls, Subject::capabilities, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = unknown_mounts(situation)) return abstain(kDirective, *why);
    const Withheld taken = taken_away(situation.host);
    if (const auto why = withheld_obstacle(situation, taken)) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"}, "no clock was set or adjusted");
    suggestion.caveats =
        doubts(situation, {Subject::files, Subject::syscalls, Subject::capabilities, Subject::executions});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, taken, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    const Withheld taken = taken_away(situation.host);
    return [&situation, taken](const SeenFact& seen) { return refuses(situation, taken, seen.fact); };
}

}  // namespace

Rule protect_clock() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
