// ProtectProc=
//
// Directive: `invisible` hides from /proc all processes that the unit's own may not trace: those of other users, but
// for a process of group root or with CAP_SYS_PTRACE. By MountAPIVFS= the unit gets a procfs of its own, and a mount
// namespace. `ptraceable` hides them from root, too, and is not suggested: it adds next to nothing to the score.
//
// Concludes from: whatever was opened or looked at in /proc of a process other than the one that acts, and listings
// of /proc. `invisible` when there was neither. Which user's process was looked at is no fact, so that one of the
// unit's own speaks against it as well.
//
// Needs coverage of: files, sockets and executions, from start-up on; syscalls, for the mounts.
//
// Can be wrong when: another process is looked at on a rare occasion only, as when a stale PID file is found.
//
// Since: systemd 247
#include <algorithm>
#include <array>
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

constexpr std::string_view kDirective = "ProtectProc";

int strength(std::string_view value) {
    constexpr std::array<std::string_view, 4> kValues = {"default", "noaccess", "invisible", "ptraceable"};
    const auto it = std::find(kValues.begin(), kValues.end(), value);
    return it == kValues.end() ? 0 : static_cast<int>(it - kValues.begin());
}

/// What is not there, or is gone meanwhile (ESRCH), is not there for anybody. A refusal becomes "not there".
bool hides(const PathUse& use) {
    if (fresh_procfs_hides(use)) return true;
    if (use.path.empty()) return true;
    if (use.path == "/proc") return use.listed || use.some_below;
    return is_of_another_process(use.path) && use.error != ENOENT && use.error != ESRCH;
}

bool refuses(const Situation& situation, const Fact& fact) {
    if (mount_namespace_denies(situation, fact)) return true;
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(), hides);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    const std::string present = settings.scalar("ProtectProc");
    if (strength(present) >= strength("invisible")) return keep(kDirective, "the unit has ProtectProc=" + present);
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    if (const auto named = named_in_settings(settings, "/proc")) {
        return abstain(kDirective, "the unit's settings speak of /proc themselves: " + *named);
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"invisible"},
                                    "no process looked at another one in /proc, nor for others");
    suggestion.caveats = doubts(situation, {Subject::files, Subject::sockets, Subject::executions});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return refuses(situation, seen.fact); };
}

}  // namespace

Rule protect_proc() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
