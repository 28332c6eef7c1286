// ProcSubset=
//
// Directive: `pid` leaves in /proc only processes: no /proc/meminfo, /proc/sys, /proc/cpuinfo, and not the links
// /proc/mounts and /proc/net either. By MountAPIVFS= the unit gets a procfs of its own, and a mount namespace.
//
// Concludes from: whatever was opened or looked at in /proc outside of processes, and listings of /proc. `pid` when
// there was neither. /proc/self/mounts and /proc/self/net count, since the links lead there and a fact does not tell
// which way it was. That a program can do without is not known, so whatever was found is needed.
//
// Needs coverage of: files, sockets and executions, from start-up on; syscalls, for the mounts.
//
// Can be wrong when: a program or libc of another version reads there and does not go on without; so `cautious`
// abstains.
//
// Since: systemd 247
#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/path_use.h"
#include "derive/proc_path.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProcSubset";

bool is_reached_by_a_link(std::string_view path) {
    return base::is_at_or_below(path, "/proc/self/net") || base::is_at_or_below(path, "/proc/self/task/[tid]/net") ||
           path == "/proc/self/mounts" || path == "/proc/self/task/[tid]/mounts";
}

bool hides(const PathUse& use) {
    if (use.path.empty()) return true;
    if (!base::is_at_or_below(use.path, "/proc") || use.error == ENOENT) return false;
    if (use.path == "/proc") return use.listed || use.some_below;
    if (!is_of_a_process(use.path) || is_reached_by_a_link(use.path)) return true;
    // Names that are not told apart: "mounts" may be one of them.
    return use.some_below && (use.path == "/proc/self" || use.path == "/proc/self/task/[tid]");
}

bool refuses(const Situation& situation, const Fact& fact) {
    if (mount_namespace_denies(situation, fact)) return true;
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(), hides);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (settings.scalar("ProcSubset") == "pid") return keep(kDirective, "the unit has ProcSubset=pid");
    if (situation.tightness == Tightness::cautious) {
        return abstain(kDirective, "the next version of a library may read something else in /proc");
    }
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    if (const auto named = named_in_settings(settings, "/proc")) {
        return abstain(kDirective, "the unit's settings speak of /proc themselves: " + *named);
    }
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"pid"}, "nothing in /proc was used but what belongs to processes");
    suggestion.caveats = doubts(situation, {Subject::files, Subject::sockets, Subject::executions});
    suggestion.caveats.emplace_back("another version of a library may read something else in /proc");
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return refuses(situation, seen.fact); };
}

}  // namespace

Rule proc_subset() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
