// ProtectHome=
//
// Directive: `yes` makes /home, /root and /run/user inaccessible: empty directories of mode 000, which refuse every
// look inside (EACCES) but that of a process with CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH. `tmpfs` puts empty
// directories there, in which nothing is found (ENOENT); `read-only` leaves all to be read. With any of them the unit
// gets a mount namespace.
//
// Concludes from: everything that goes through a path there: opens, looks, executions, sockets, and the settings that
// name one. `yes` when there was nothing; `tmpfs` when what was looked for there was not found, so that it stays not
// found; `read-only` when it was read and not written, but where the unit's own ReadWritePaths= opens it.
//
// Needs coverage of: files, sockets and executions, from start-up on; syscalls, for the mount namespace.
//
// Can be wrong when: the home directory of a user is somewhere else (then nothing is protected); a program treats an
// unreadable home directory as a reason to stop, although it found nothing in it before.
//
// Since: systemd 214; `tmpfs` 238
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
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProtectHome";
constexpr std::array<const char*, 3> kTrees = {"/home", "/root", "/run/user"};

/// How much a value protects: 0 for nothing, 3 for yes. DynamicUser= implies read-only.
int strength(const UnitSettings& settings) {
    if (is_on(settings, "ProtectHome")) return 3;
    const std::string value = settings.scalar("ProtectHome");
    if (value == "tmpfs") return 2;
    return value == "read-only" || is_on(settings, "DynamicUser") ? 1 : 0;
}

bool in_home(const std::string& path) {
    return path.empty() || std::any_of(kTrees.begin(), kTrees.end(),
                                       [&path](const char* tree) { return base::is_at_or_below(path, tree); });
}

/// What a fact asks of the home directories, in the order of what is left of them.
enum class Ask {
    nothing,
    directory,  ///< that one of the three is there and can be entered
    absence,    ///< that something in it is not there
    refusal,    ///< that something in it is refused
    contents,   ///< something in it
    change,     ///< that something in it can be changed
};

bool is_opened(const UnitSettings& settings, const std::string& path) {
    const auto& items = list_of(settings, "ReadWritePaths");
    return !path.empty() && std::any_of(items.begin(), items.end(), [&path](const std::string& item) {
        const std::size_t start = std::min(item.find('/'), item.size());
        return start < item.size() && in_home(item.substr(start)) &&
               base::is_at_or_below(path, base::lexically_absolute("/", item.substr(start)));
    });
}

Ask ask_of_use(const PathUse& use) {
    Ask most = Ask::nothing;
    for (const char* tree : kTrees) {
        if (!is_in(use, tree)) continue;
        Ask ask = Ask::contents;
        if (use.path == tree && !use.some_below) {
            ask = use.listed ? Ask::contents : use.error == 0 ? Ask::directory : Ask::nothing;
        } else if (use.error == ENOENT) {
            ask = Ask::absence;
        } else if (was_refused(use)) {
            ask = Ask::refusal;
        }
        most = std::max(most, ask);
    }
    return most;
}

Ask ask_of(const UnitSettings& settings, const Fact& fact) {
    Ask most = Ask::nothing;
    for (const auto& path : paths_to_write(fact)) {
        if (!in_home(path)) continue;
        if (!is_opened(settings, path)) return Ask::change;
        most = Ask::contents;
    }
    for (const auto& use : path_uses(fact)) most = std::max(most, ask_of_use(use));
    return most;
}

bool refuses(std::string_view value, Ask ask) {
    switch (ask) {
        case Ask::nothing:
            return false;
        case Ask::directory:
        case Ask::absence:
            return value == "yes";
        case Ask::refusal:
            return value == "tmpfs";
        case Ask::contents:
            return value != "read-only";
        case Ask::change:
            return true;
    }
    return true;
}

/// What the settings name there. "~" is the home directory of User=, wherever that is.
std::optional<std::string> named_home(const UnitSettings& settings) {
    for (const char* tree : kTrees) {
        if (auto named = named_in_settings(settings, tree)) return named;
    }
    if (settings.scalar("WorkingDirectory").ends_with('~')) return "WorkingDirectory=~";
    return std::nullopt;
}

struct Obstacle {
    std::string why;  ///< "" when the value may be
    std::vector<std::size_t> because;
};

Obstacle obstacle_to(const Situation& situation, std::string_view value) {
    const UnitSettings& settings = situation.profile.settings;
    if (value != "read-only") {
        if (const auto named = named_home(settings)) return {"the unit's settings need it: " + *named, {}};
    }
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (refuses(value, ask_of(settings, facts[i].fact))) return {describe(facts[i].fact), {i}};
    }
    return {};
}

std::string reason_for(std::string_view value, const std::string& not_more) {
    if (value == "yes") return "nothing was looked for in /home, /root or /run/user";
    if (value == "tmpfs") return "what was looked for in /home, /root or /run/user was not there: " + not_more;
    return "nothing was written in /home, /root or /run/user; not more, for " + not_more;
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    const int present = strength(settings);
    if (present == 3) return keep(kDirective, "the unit has ProtectHome=yes");
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);

    Obstacle met;
    int value_strength = 3;
    for (const char* value : {"yes", "tmpfs", "read-only"}) {
        if (value_strength-- <= present) return keep(kDirective, "not more, for " + met.why);
        Obstacle next = obstacle_to(situation, value);
        if (!next.why.empty()) {
            met = std::move(next);
            continue;
        }
        Suggestion suggestion = suggest(kDirective, ValueForm::word, {value}, reason_for(value, met.why));
        suggestion.because = met.because;
        suggestion.caveats = doubts(situation, {Subject::files, Subject::sockets, Subject::executions});
        return suggestion;
    }
    Suggestion none = abstain(kDirective, "the unit changes what is in home directories: " + met.why);
    none.because = met.because;
    return none;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    return [&situation, &suggestion](const SeenFact& seen) {
        if (mount_namespace_denies(situation, seen.fact)) return true;
        return refuses(suggestion.items.front(), ask_of(situation.profile.settings, seen.fact));
    };
}

}  // namespace

Rule protect_home() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
