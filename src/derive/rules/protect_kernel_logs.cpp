// ProtectKernelLogs=
//
// Directive: drops CAP_SYSLOG, filters syslog(2), the system call (with User= that implies NoNewPrivileges=), and
// makes /dev/kmsg and /proc/kmsg inaccessible. The unit gets a mount namespace.
//
// Concludes from: capabilities, that call, and any use of the two files.
//
// Needs coverage of: files, sockets, syscalls, capabilities and executions, from start-up on.
//
// Can be wrong when: a program writes to the kernel's log only when the other logs fail.
//
// Since: systemd 244
#include <algorithm>
#include <cerrno>
#include <string_view>

#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/path_use.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"
#include "derive/withheld.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProtectKernelLogs";

Withheld taken_away() {
    return {{"CAP_SYSLOG"}, {"syslog"}};
}

bool hides(const PathUse& use) {
    if (was_refused(use) || use.error == ENOENT) return false;
    return is_in(use, "/dev/kmsg") || is_in(use, "/proc/kmsg");
}

bool refuses(const Situation& situation, const Fact& fact) {
    if (mount_namespace_denies(situation, fact) || withheld_denies(situation, taken_away(), fact)) return true;
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(), hides);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "ProtectKernelLogs")) return keep(kDirective, "the unit has it already");
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::syscalls,
                                              Subject::capabilities, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    if (const auto why = withheld_obstacle(situation, taken_away())) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"}, "the kernel's log was not touched");
    suggestion.caveats = doubts(
        situation, {Subject::files, Subject::sockets, Subject::syscalls, Subject::capabilities, Subject::executions});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return refuses(situation, seen.fact); };
}

}  // namespace

Rule protect_kernel_logs() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
