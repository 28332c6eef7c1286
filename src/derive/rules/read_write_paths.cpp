// ReadWritePaths=
//
// Directive: opens paths for writing below a read-only ProtectSystem=. Each entry is a mount of its own: nothing can
// be renamed or linked from one into another (EXDEV), and the entry itself can be neither removed nor replaced.
//
// Concludes from: the writes that ProtectSystem=strict would refuse and that no StateDirectory= or PrivateTmp= lets
// through. Names that come or go need their directory, a change of what exists needs the file (strict) or its
// directory; both ends of a rename are put below one entry. "-" is written before what may be missing at start.
//
// Needs coverage of: files, from start-up on; the same that ProtectSystem= needs.
//
// Can be wrong when: the service writes to a directory that is named after something that changes (a date, a
// version), or moves files between two entries that it never moved between while it was watched.
//
// Since: systemd 231
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "derive/coverage.h"
#include "derive/mounts.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"
#include "derive/writable_paths.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ReadWritePaths";

/// What was done below an entry: "/var/lib/redis (create, rename)".
std::string with_operations(const Situation& situation, const WritablePath& entry) {
    std::vector<std::string> words;
    for (const std::size_t index : entry.facts) {
        const Fact& fact = situation.profile.facts[index].fact;
        std::string word;
        if (const auto* file = std::get_if<FileFact>(&fact)) word = word_for(file->op);
        if (const auto* move = std::get_if<MoveFact>(&fact)) word = move->op == MoveOp::link ? "link" : "rename";
        if (std::holds_alternative<AddressFact>(fact)) word = word_for(FileOp::make_socket);
        if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
    }
    return clipped(entry.path) + " (" + some_of(words, 4) + ")";
}

Suggestion open_paths(const Situation& situation, const WritablePlan& plan) {
    std::vector<std::string> items;
    std::vector<std::string> told;
    std::vector<std::size_t> because;
    for (const auto& entry : plan.paths) {
        items.push_back((entry.may_be_missing ? "-" : "") + entry.path);
        told.push_back(with_operations(situation, entry));
        because.insert(because.end(), entry.facts.begin(), entry.facts.end());
    }
    const std::string many = base::count_of(items.size(), "path was", "paths were");
    Suggestion suggestion =
        suggest(kDirective, ValueForm::paths, std::move(items), many + " written in: " + some_of(told, 4));
    std::sort(because.begin(), because.end());
    because.erase(std::unique(because.begin(), because.end()), because.end());
    suggestion.because = std::move(because);
    suggestion.caveats = plan.caveats;
    return suggestion;
}

/// The unit has ProtectSystem=strict and a list: at `strict` the list is narrowed to what was used.
Suggestion narrow(const Situation& situation) {
    const auto& present = list_of(situation.profile.settings, "ReadWritePaths");
    if (present.empty())
        return abstain(kDirective, "the unit has ProtectSystem=strict and wrote nothing that it refuses");
    Suggestion kept = keep(kDirective, "the unit's own entries stay as they are");
    if (situation.tightness != Tightness::strict) return kept;
    if (const auto why = obstacle(situation, {Subject::files})) return kept;

    UnitSettings without = situation.profile.settings;
    without.values.erase("ReadWritePaths");
    Profile profile = situation.profile;
    profile.settings = std::move(without);
    const Situation bare{profile, situation.host, situation.tightness, situation.proposal};
    const WritablePlan plan = plan_writable_paths(bare, mount_table(bare, "strict"));
    if (!plan.impossible.empty()) return kept;

    // Narrower only: an entry that the unit has not got would be a hole of ours.
    const MountTable open_now = mount_table(situation, "strict");
    const bool within = std::all_of(plan.paths.begin(), plan.paths.end(),
                                    [&](const WritablePath& entry) { return open_now.over(entry.path).writable; });
    std::set<std::string> bare_present;
    for (const auto& item : present) bare_present.insert(item.substr(std::min(item.find('/'), item.size())));
    std::set<std::string> needed;
    for (const auto& entry : plan.paths) needed.insert(entry.path);
    if (!within || needed == bare_present) return kept;

    Suggestion suggestion = open_paths(situation, plan);
    suggestion.reset_first = !suggestion.items.empty();
    // Beside a suggested ProtectSystem=strict these are said there.
    for (auto& doubt : doubts(situation, {Subject::files})) suggestion.caveats.push_back(std::move(doubt));
    if (suggestion.items.empty()) suggestion.reason = "nothing was written in the paths that the unit opens";
    return suggestion;
}

Suggestion conclude(const Situation& situation) {
    if (situation.profile.settings.scalar("ProtectSystem") == "strict") return narrow(situation);
    if (effective_word(situation, "ProtectSystem") != "strict") {
        return abstain(kDirective, "without ProtectSystem=strict there is nothing to open");
    }
    const WritablePlan plan = plan_writable_paths(situation, mount_table(situation, "strict"));
    if (!plan.impossible.empty()) return abstain(kDirective, plan.impossible);
    if (plan.paths.empty()) {
        return list_of(situation.profile.settings, "ReadWritePaths").empty()
                   ? abstain(kDirective, "no write was seen that needs an opening")
                   : keep(kDirective, "the unit's own entries are enough");
    }
    return open_paths(situation, plan);
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const MountTable table = mount_table(situation, effective_word(situation, "ProtectSystem"));
    // Taking away entries that the unit has under its own ProtectSystem= is a refusal of this directive.
    const bool takes_away = (suggestion.reset_first || suggestion.items.empty()) &&
                            situation.profile.settings.scalar("ProtectSystem") == "strict";
    return [&situation, table, takes_away](const SeenFact& seen) {
        const auto need = write_need(seen.fact);
        if (!need || is_private(situation.profile, *need)) return false;
        if (table.crosses(*need)) {
            return table.over(need->directory).kind == MountKind::opened ||
                   table.over(need->second_directory).kind == MountKind::opened;
        }
        return takes_away && !table.allows(*need);
    };
}

}  // namespace

Rule read_write_paths() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
