// ProtectKernelTunables=
//
// Directive: /proc/sys, /sys (but for /sys/fs/cgroup and /sys/fs/selinux) and the other places in /proc by which the
// kernel is tuned become read-only; /proc/kallsyms and /proc/kcore inaccessible; sysctl(2) is filtered, which with
// User= implies NoNewPrivileges=. The unit gets a mount namespace and, by MountAPIVFS=, a procfs of its own.
//
// Concludes from: what a read-only mount refuses there (write_need.h), and any use of the two files.
//
// Needs coverage of: files, sockets, syscalls and executions, from start-up on.
//
// Can be wrong when: a program asks beforehand whether it could write there (access(2)) and stops; a knob is turned
// only at a reload.
//
// Since: systemd 232
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/path.h"
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

constexpr std::string_view kDirective = "ProtectKernelTunables";

Withheld taken_away() {
    return {{}, {"_sysctl"}};
}

bool is_read_only(std::string_view path) {
    constexpr std::array<std::string_view, 13> kTrees = {
        "/proc/acpi",          "/proc/apm",           "/proc/asound", "/proc/bus",  "/proc/fs",
        "/proc/irq",           "/proc/latency_stats", "/proc/mtrr",   "/proc/scsi", "/proc/sys",
        "/proc/sysrq-trigger", "/proc/timer_stats",   "/sys"};
    constexpr std::array<std::string_view, 2> kLeft = {"/sys/fs/cgroup", "/sys/fs/selinux"};
    const auto holds = [path](std::string_view tree) { return base::is_at_or_below(path, tree); };
    return path.empty() ||
           (std::any_of(kTrees.begin(), kTrees.end(), holds) && std::none_of(kLeft.begin(), kLeft.end(), holds));
}

bool hides(const PathUse& use) {
    if (fresh_procfs_hides(use)) return true;
    if (was_refused(use) || use.error == ENOENT) return false;
    return is_in(use, "/proc/kallsyms") || is_in(use, "/proc/kcore");
}

bool refuses(const Situation& situation, const Fact& fact) {
    if (mount_namespace_denies(situation, fact) || withheld_denies(situation, taken_away(), fact)) return true;
    const auto writes = paths_to_write(fact);
    const auto uses = path_uses(fact);
    return std::any_of(writes.begin(), writes.end(), is_read_only) || std::any_of(uses.begin(), uses.end(), hides);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "ProtectKernelTunables")) return keep(kDirective, "the unit has it already");
    if (const auto why =
            obstacle(situation, {Subject::files, Subject::sockets, Subject::syscalls, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    if (const auto why = withheld_obstacle(situation, taken_away())) return abstain(kDirective, *why);
    for (const char* tree : {"/proc", "/sys"}) {
        if (const auto named = named_in_settings(settings, tree)) {
            return abstain(kDirective, "the unit's settings speak of kernel interfaces themselves: " + *named);
        }
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"}, "nothing was written in /proc/sys or /sys");
    suggestion.caveats =
        doubts(situation, {Subject::files, Subject::sockets, Subject::syscalls, Subject::executions});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return refuses(situation, seen.fact); };
}

}  // namespace

Rule protect_kernel_tunables() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
