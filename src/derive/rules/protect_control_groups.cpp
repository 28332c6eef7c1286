// ProtectControlGroups=
//
// Directive: `yes` makes /sys/fs/cgroup read-only. `strict` besides gives the unit a cgroup namespace, in which it
// sees its own group only, and calls it "/". With either the unit gets a mount namespace and, by MountAPIVFS=, a
// procfs of its own.
//
// Concludes from: what a read-only mount refuses in /sys/fs/cgroup (write_need.h); for `strict`, that the unit did
// not look there at all, nor where /proc names the group of a process.
//
// Needs coverage of: files, sockets, executions and syscalls, from start-up on; for `strict`, arguments of calls.
//
// Can be wrong when: the unit makes groups for its children only under some configurations.
//
// Since: systemd 232; `strict` 257
#include <algorithm>
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

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProtectControlGroups";
constexpr std::string_view kTree = "/sys/fs/cgroup";
/// `strict` came a version before, and nobody loses by waiting for one that certainly has it.
constexpr int kKnowsStrict = 258;

std::string present_value(const UnitSettings& settings) {
    const std::string extended = settings.scalar("ProtectControlGroupsEx");
    return extended.empty() ? settings.scalar("ProtectControlGroups") : extended;
}

bool is_yes(std::string_view value) {
    return value == "yes" || value == "true" || value == "on" || value == "1";
}

bool writes(const Fact& fact) {
    const auto paths = paths_to_write(fact);
    return std::any_of(paths.begin(), paths.end(),
                       [](const std::string& path) { return path.empty() || base::is_at_or_below(path, kTree); });
}

/// "/proc/self/cgroup", "/proc/[pid]/mountinfo" and their like, which show the groups by their whole names.
bool shows_groups(const PathUse& use) {
    if (use.some_below && base::is_at_or_below(use.path, "/proc")) return true;
    if (!base::is_at_or_below(use.path, "/proc")) return false;
    const std::string name = base::last_component(use.path);
    return name == "cgroup" || name == "cgroups" || name == "mountinfo" || name == "mounts" || name == "mountstats";
}

bool looks(const Fact& fact) {
    if (const auto* request = std::get_if<RequestFact>(&fact)) {
        return request->request == Request::namespace_ && (request->value == "cgroup" || request->value == "any");
    }
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(),
                       [](const PathUse& use) { return is_in(use, kTree) || shows_groups(use); });
}

bool refuses(const Situation& situation, bool strict, const Fact& fact) {
    if (mount_namespace_denies(situation, fact) || writes(fact) || (strict && looks(fact))) return true;
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(), fresh_procfs_hides);
}

Suggestion with_value(const Situation& situation, const char* value, std::string reason) {
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {value}, std::move(reason));
    const bool strict = std::string_view(value) == "strict";
    suggestion.caveats =
        strict ? doubts(situation, {Subject::files, Subject::sockets, Subject::executions, Subject::requests})
               : doubts(situation, {Subject::files, Subject::sockets, Subject::executions});
    return unless_refused(situation, std::move(suggestion),
                          [&, strict](const Fact& fact) { return refuses(situation, strict, fact); });
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    const std::string present = present_value(settings);
    const bool knows_strict = situation.host.systemd_version >= kKnowsStrict;
    if (present == "strict" || present == "private" || (is_yes(present) && !knows_strict)) {
        return keep(kDirective, "the unit has ProtectControlGroups=" + present);
    }
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    if (is_on(settings, "Delegate")) return abstain(kDirective, "the unit's control group is delegated to it");
    if (const auto named = named_in_settings(settings, kTree)) {
        return abstain(kDirective, "the unit's settings speak of control groups themselves: " + *named);
    }
    const bool watched = !obstacle(situation, {Subject::requests});
    if (knows_strict && watched) {
        Suggestion strict = with_value(situation, "strict", "nothing was looked up in /sys/fs/cgroup");
        if (strict.verdict == Verdict::suggest) return strict;
    }
    if (is_yes(present)) return keep(kDirective, "the unit has ProtectControlGroups=" + present);
    return with_value(situation, "yes", "nothing was written in /sys/fs/cgroup");
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const bool strict = !is_yes(suggestion.items.front());
    return [&situation, strict](const SeenFact& seen) { return refuses(situation, strict, seen.fact); };
}

}  // namespace

Rule protect_control_groups() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
