// RuntimeDirectory=, StateDirectory=, CacheDirectory=, LogsDirectory=, and the ...Mode= of each
//
// Directive: systemd makes /run/NAME, /var/lib/NAME, /var/cache/NAME or /var/log/NAME before the unit starts, gives
// it to the unit's User= and Group= with the mode, and opens it for writing. Where owner or group differ it changes
// them for all that lies below; RuntimeDirectory= is removed when the unit stops.
//
// Concludes from: a directory of the first level that carries the unit's name, in which the unit wrote, and whose
// owner, group and mode are already what systemd would make them. RuntimeDirectory= besides only when the unit made
// the directory itself, so that it is nobody else's and its end with the unit is no news.
//
// Needs coverage of: files, from start-up on (what else happens in the directory must be known).
//
// Can be wrong when: a program insists on making the directory itself and takes EEXIST for an error; another service
// keeps files in it.
//
// Since: systemd 211 for RuntimeDirectory=, 235 for the others
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/mounts.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::uint32_t kDefaultMode = 0755;

std::string octal(std::uint32_t mode) {
    std::string text;
    for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mode >> shift) & 7u));
    return text;
}

/// A name that needs no quoting anywhere. A unit's name may hold more (":", "\x2d"): such a one gives no candidate.
bool is_plain_name(std::string_view name) {
    if (name.empty() || name.front() == '.' || name.front() == '-') return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    });
}

/// "redis-server.service" -> redis-server, redis; "postgresql@15-main.service" -> postgresql. And the User=.
std::vector<std::string> names_of(const Profile& profile) {
    std::string stem = profile.unit;
    constexpr std::string_view kSuffix = ".service";
    if (stem.ends_with(kSuffix)) stem.resize(stem.size() - kSuffix.size());
    stem = stem.substr(0, stem.find('@'));
    std::vector<std::string> names = {stem};
    constexpr std::string_view kServer = "-server";
    if (stem.ends_with(kServer)) names.push_back(stem.substr(0, stem.size() - kServer.size()));
    if (stem.size() > 2 && stem.ends_with('d')) names.push_back(stem.substr(0, stem.size() - 1));
    const std::string user = user_of(profile.settings);
    if (user != "root") names.push_back(user);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    names.erase(std::remove_if(names.begin(), names.end(), [](const auto& name) { return !is_plain_name(name); }),
                names.end());
    return names;
}

struct Use {
    std::vector<std::size_t> facts;  ///< writes in the directory
    bool made_by_unit = false;
    std::optional<std::size_t> unfit;  ///< what could not work any more if systemd mounted the directory
};

bool below(const std::string& path, const std::string& directory) {
    return base::is_at_or_below(path, directory);
}

Use use_of(const Profile& profile, const std::string& directory) {
    Use use;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const auto need = write_need(profile.facts[i].fact);
        if (!need || !need->placed) continue;
        const bool names_it = std::find(need->objects.begin(), need->objects.end(), directory) != need->objects.end();
        const bool from_inside = below(need->directory, directory);
        if (!need->second_directory.empty()) {
            const bool to_inside = below(need->second_directory, directory);
            if (from_inside != to_inside) use.unfit = i;
            if (from_inside || to_inside) use.facts.push_back(i);
            continue;
        }
        if (names_it && need->makes_directory) use.made_by_unit = true;
        if (names_it && need->needs_directory && !need->makes_directory) use.unfit = i;  // it is removed, or replaced
        if (names_it || from_inside) use.facts.push_back(i);
    }
    return use;
}

struct Fit {
    std::string name;
    std::uint32_t mode = 0;
    Use use;
};

/// Why the directory does not fit, or nothing when it does.
std::string misfit(const Situation& situation, const std::string& directive, const std::string& path,
                   const DirectoryState& state, const Use& use) {
    const UnitSettings& settings = situation.profile.settings;
    const std::string shown = clipped(path);
    if (state.private_to_unit) return shown + " is seen by the unit only";
    if (state.owner != user_of(settings) || state.group != group_of(settings)) {
        return shown + " belongs to " + clipped(state.owner) + ":" + clipped(state.group) + " and the unit runs as " +
               clipped(user_of(settings)) + ":" + clipped(group_of(settings)) +
               ", so systemd would change the owner of all in it";
    }
    const std::uint32_t mode = state.mode & 07777u;
    if (mode == 0 || (mode & 0002u) != 0) return shown + " is open to everybody, or its mode is not known";
    if (mode != kDefaultMode && !situation.host.knows(directive + "Mode")) {
        return shown + " has a mode that this systemd cannot be told";
    }
    if (use.unfit) {
        return shown + " would become a mount of its own, which " +
               describe(situation.profile.facts[*use.unfit].fact) + " does not survive";
    }
    if (directive != "RuntimeDirectory") return {};
    if (!use.made_by_unit) return shown + " was not made by the unit, and RuntimeDirectory= would remove it at stop";
    if ((mode & 01020u) != 0) return shown + " is shared with a group";
    if (situation.profile.unit.find('@') != std::string::npos) {
        return shown + " may be shared by the instances of the unit";
    }
    return {};
}

/// The directory that fits, or a sentence why there is none.
std::optional<Fit> find_fit(const Situation& situation, const std::string& directive, std::string& why_not) {
    const Profile& profile = situation.profile;
    const std::string base = base_of_directory_directive(directive);
    why_not = "no directory in " + base + "/ that carries the unit's name was written in";
    std::optional<Fit> fit;
    for (const auto& name : names_of(profile)) {
        const std::string path = base::join(base, name);
        const auto it = profile.directories.find(path);
        if (it == profile.directories.end() || !it->second.exists) continue;
        Use use = use_of(profile, path);
        if (use.facts.empty()) continue;
        const std::string misfits = misfit(situation, directive, path, it->second, use);
        if (!misfits.empty()) {
            if (!fit) why_not = misfits;
            continue;
        }
        // One mode holds for all names of a directive, so there is one name.
        if (!fit) fit = Fit{name, it->second.mode & 07777u, std::move(use)};
    }
    return fit;
}

Suggestion conclude_directory(const Situation& situation, const std::string& directive) {
    const UnitSettings& settings = situation.profile.settings;
    if (!list_of(settings, directive.c_str()).empty())
        return keep(directive, "the unit has " + directive + "= already");
    if (const auto why = obstacle(situation, {Subject::files})) return abstain(directive, *why);
    if (is_on(settings, "DynamicUser"))
        return abstain(directive, "with DynamicUser= systemd would move the directory");

    std::string why_not;
    const auto fit = find_fit(situation, directive, why_not);
    if (!fit) return abstain(directive, why_not);
    const std::string path = base::join(base_of_directory_directive(directive), fit->name);
    for (const auto& item : list_of(settings, "ReadWritePaths")) {
        const std::size_t start = item.find('/');
        if (start != std::string::npos && below(path, item.substr(start))) {
            return abstain(directive, "the unit's ReadWritePaths= opens " + clipped(path) + " already");
        }
    }
    Suggestion suggestion = suggest(
        directive, ValueForm::words, {fit->name},
        "the unit writes in " + path + ", which is " + user_of(settings) + "'s with mode " + octal(fit->mode));
    suggestion.because = fit->use.facts;
    suggestion.caveats = doubts(situation, {Subject::files});
    if (fit->use.made_by_unit)
        suggestion.caveats.push_back("the unit makes " + path + " itself and will find it there");
    if (directive == "RuntimeDirectory") suggestion.caveats.push_back(path + " is removed when the unit stops");
    return suggestion;
}

Suggestion conclude_mode(const Situation& situation, const std::string& directive,
                         const std::string& mode_directive) {
    const Suggestion* made = situation.proposed(directive);
    if (made == nullptr || made->verdict != Verdict::suggest || made->items.empty()) {
        return made != nullptr && made->verdict == Verdict::keep
                   ? keep(mode_directive, "it goes with the unit's own " + directive + "=")
                   : abstain(mode_directive, directive + "= is not suggested");
    }
    const std::string path = base::join(base_of_directory_directive(directive), made->items.front());
    const auto it = situation.profile.directories.find(path);
    const std::uint32_t mode = it == situation.profile.directories.end() ? kDefaultMode : it->second.mode & 07777u;
    const std::string present = situation.profile.settings.scalar(mode_directive);
    if (present == octal(mode) || (present.empty() && mode == kDefaultMode)) {
        return abstain(mode_directive, path + " has the mode that systemd gives it anyway");
    }
    Suggestion suggestion =
        suggest(mode_directive, ValueForm::word, {octal(mode)}, path + " has mode " + octal(mode) + " now");
    suggestion.because = made->because;
    return suggestion;
}

/// Refused by the directory becoming a mount of its own, or by systemd having made it: moves across its border, and
/// its own removal.
Denier denies_directory(const Situation& situation, const Suggestion& suggestion) {
    const MountTable table = mount_table(situation, effective_word(situation, "ProtectSystem"));
    const std::string base = base_of_directory_directive(suggestion.directive);
    return [&suggestion, table, base](const SeenFact& seen) {
        const auto need = write_need(seen.fact);
        if (!need || !need->placed) return false;
        for (const auto& name : suggestion.items) {
            const std::string path = base::join(base, name);
            if (!need->second_directory.empty()) {
                if (table.crosses(*need) && below(need->directory, path) != below(need->second_directory, path))
                    return true;
                continue;
            }
            const bool names_it = std::find(need->objects.begin(), need->objects.end(), path) != need->objects.end();
            if (names_it && need->needs_directory && !need->makes_directory) return true;
        }
        return false;
    };
}

Denier denies_nothing(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };
}

// A rule's functions are plain pointers: the directive is a constant of each.
struct Runtime {
    static constexpr const char* kName = "RuntimeDirectory";
    static constexpr const char* kMode = "RuntimeDirectoryMode";
};
struct State {
    static constexpr const char* kName = "StateDirectory";
    static constexpr const char* kMode = "StateDirectoryMode";
};
struct Cache {
    static constexpr const char* kName = "CacheDirectory";
    static constexpr const char* kMode = "CacheDirectoryMode";
};
struct Logs {
    static constexpr const char* kName = "LogsDirectory";
    static constexpr const char* kMode = "LogsDirectoryMode";
};

template <typename Kind>
Rule directory_rule() {
    return {Kind::kName, [](const Situation& situation) { return conclude_directory(situation, Kind::kName); },
            denies_directory};
}

template <typename Kind>
Rule mode_rule() {
    return {Kind::kMode,
            [](const Situation& situation) { return conclude_mode(situation, Kind::kName, Kind::kMode); },
            denies_nothing};
}

}  // namespace

Rule runtime_directory() {
    return directory_rule<Runtime>();
}
Rule runtime_directory_mode() {
    return mode_rule<Runtime>();
}
Rule state_directory() {
    return directory_rule<State>();
}
Rule state_directory_mode() {
    return mode_rule<State>();
}
Rule cache_directory() {
    return directory_rule<Cache>();
}
Rule cache_directory_mode() {
    return mode_rule<Cache>();
}
Rule logs_directory() {
    return directory_rule<Logs>();
}
Rule logs_directory_mode() {
    return mode_rule<Logs>();
}

}  // namespace sandfit::derive::rules
