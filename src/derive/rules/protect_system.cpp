// ProtectSystem=
//
// Directive: `strict` mounts the whole file system read-only for the unit, but for /proc, /sys, /dev, and /home,
// /root and /run/user, which other directives look after. `full` does so for /usr, /boot, /efi and /etc, `yes` for
// the first three of these.
//
// Concludes from: every write, create, remove, rename and change of attributes that a read-only mount would have
// refused (write_need.h), and whether a set of ReadWritePaths= can let them through. `strict` when it can; else the
// strongest of `full` and `yes` below whose directories nothing was written.
//
// Needs coverage of: files, from start-up on; syscalls, for the mount namespace that it brings along.
//
// Can be wrong when: another workload writes elsewhere; another service's files are written through an entry that was
// recorded under an older path; a program treats EROFS otherwise than the EACCES that it met while it was watched.
//
// Since: systemd 214; `strict` 232
#include <array>
#include <string_view>

#include "base/text.h"
#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/mounts.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"
#include "derive/writable_paths.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProtectSystem";

/// How much a value protects: 0 for nothing, 3 for strict.
int strength(const std::string& value) {
    if (value == "strict") return 3;
    if (value == "full") return 2;
    return value == "yes" || value == "true" || value == "on" || value == "1" ? 1 : 0;
}

/// The first write that a value would refuse, as an index; the number of facts when there is none.
std::size_t first_refused(const Situation& situation, std::string_view value) {
    const MountTable table = mount_table(situation, value);
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const auto need = write_need(facts[i].fact);
        if (need && !is_private(situation.profile, *need) && !table.allows(*need)) return i;
    }
    return facts.size();
}

Suggestion strict(const Situation& situation, const WritablePlan& plan) {
    std::vector<std::string> places;
    for (const auto& entry : plan.paths) places.push_back(entry.path);
    std::string reason = "no write was seen that a read-only file system would refuse";
    if (!places.empty()) {
        reason = "writes were seen in " + base::count_of(places.size(), "place", "places") + " only, which " +
                 "ReadWritePaths= opens: " + some_of(places);
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"strict"}, std::move(reason));
    suggestion.caveats = doubts(situation, {Subject::files});
    for (const auto& entry : plan.paths) {
        suggestion.because.insert(suggestion.because.end(), entry.facts.begin(), entry.facts.end());
    }
    return suggestion;
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    const int present = strength(settings.scalar("ProtectSystem"));
    if (present == 3) return keep(kDirective, "the unit has ProtectSystem=strict");
    if (const auto why = obstacle(situation, {Subject::files})) return abstain(kDirective, *why);
    if (!list_of(settings, "RootDirectory").empty() || !list_of(settings, "RootImage").empty()) {
        return abstain(kDirective, "the unit has a root directory of its own, in which paths mean something else");
    }
    if (const auto why = mount_namespace_obstacle(situation)) return abstain(kDirective, *why);

    const WritablePlan plan = plan_writable_paths(situation, mount_table(situation, "strict"));
    if (plan.impossible.empty()) return strict(situation, plan);

    for (const char* value : {"full", "yes"}) {
        if (strength(value) <= present) return keep(kDirective, "not more, for " + plan.impossible);
        if (first_refused(situation, value) != situation.profile.facts.size()) continue;
        Suggestion weaker = suggest(kDirective, ValueForm::word, {value}, "not strict, for " + plan.impossible);
        weaker.because.assign(plan.impossible_because.begin(), plan.impossible_because.end());
        weaker.caveats = doubts(situation, {Subject::files});
        return weaker;
    }
    if (present > 0) return keep(kDirective, "not more, for " + plan.impossible);
    const std::size_t refused = first_refused(situation, "yes");
    Suggestion none = abstain(kDirective, plan.impossible + ", and weaker values would refuse " +
                                              describe(situation.profile.facts[refused].fact));
    none.because = {refused};
    return none;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const MountTable table = mount_table(situation, suggestion.items.front());
    return [&situation, table](const SeenFact& seen) {
        if (mount_namespace_denies(situation, seen.fact)) return true;
        const auto need = write_need(seen.fact);
        if (!need || is_private(situation.profile, *need)) return false;
        if (table.crosses(*need)) {
            // Where another directive draws the border, that one is to blame.
            const auto drawn_here = [&table](const std::string& path) {
                const MountKind kind = table.over(path).kind;
                return kind == MountKind::left_alone || kind == MountKind::read_only;
            };
            return drawn_here(need->directory) || drawn_here(need->second_directory);
        }
        return !table.allows(*need);
    };
}

}  // namespace

Rule protect_system() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
