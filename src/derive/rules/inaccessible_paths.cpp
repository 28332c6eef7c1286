// InaccessiblePaths=
//
// Directive: an entry is covered by an empty directory of mode 000, together with all mounts below it. Every look
// inside is refused (EACCES), but that of a process with CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH, which finds nothing
// (ENOENT); the entry itself shows other attributes, and cannot be removed. The unit gets a mount namespace.
//
// Concludes from: everything that goes through a path: opens, looks, executions, sockets, and the settings that name
// one. Of a list of well-known trees those are covered that nothing of the unit was in, and that were not looked at
// themselves; a listing of the directory above does not count. `balanced` covers what belongs to the machine (/boot,
// /efi, /usr/src; /usr/lib/modules is for ProtectKernelModules=), `strict` also what belongs to its owner and to
// others (/media, /mnt, /opt, /srv, /var/backups, /var/mail, /var/spool ...). A tree that is a symbolic link is left
// alone: what it leads to is known by another name.
//
// Needs coverage of: files, sockets and executions, from start-up on; syscalls, for the mount namespace.
//
// Can be wrong when: the service is told to use files in one of these trees later, and at `strict` when somebody
// mounts or installs something there for it; on another host one of them is a symbolic link to what it uses.
//
// Since: systemd 231
#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
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

constexpr std::string_view kDirective = "InaccessiblePaths";

/// No service needs them for what it does, but those that are about them.
constexpr std::array<const char*, 3> kOfTheMachine = {"/boot", "/efi", "/usr/src"};
/// Some other set-up of the same service may.
constexpr std::array<const char*, 13> kOfOthers = {
    "/media",       "/mnt",       "/opt",       "/srv",      "/usr/games", "/usr/include", "/usr/local/src",
    "/var/backups", "/var/crash", "/var/local", "/var/mail", "/var/opt",   "/var/spool"};

/// What is not there is not covered either, so that it stays not there.
bool is_hidden(const PathUse& use, std::string_view tree) {
    if (was_refused(use) || !is_in(use, tree)) return false;
    return use.error != ENOENT || is_below(use, tree);
}

bool hides(const std::vector<std::string>& trees, const Fact& fact) {
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(), [&](const PathUse& use) {
        return std::any_of(trees.begin(), trees.end(),
                           [&use](const std::string& tree) { return is_hidden(use, tree); });
    });
}

/// The fact, or the setting, for which a tree cannot be covered. None: it can.
struct Need {
    std::string why;
    std::optional<std::size_t> fact;
};

std::optional<Need> need_of(const Profile& profile, const std::string& tree) {
    if (const std::string real = through_links(profile.host, tree); real != tree) {
        return Need{tree + " is a symbolic link to " + clipped(real), {}};
    }
    if (auto named = named_in_settings(profile.settings, tree)) return Need{std::move(*named), {}};
    for (const auto& [link, target] : profile.host.links) {
        if (!base::is_at_or_below(target, tree)) continue;
        if (auto named = named_in_settings(profile.settings, link)) return Need{std::move(*named), {}};
    }
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        if (hides({tree}, profile.facts[i].fact)) return Need{describe(profile.facts[i].fact), i};
    }
    return std::nullopt;
}

std::vector<std::string> candidates(const Situation& situation) {
    std::vector<std::string> trees(kOfTheMachine.begin(), kOfTheMachine.end());
    if (situation.tightness == Tightness::strict) trees.insert(trees.end(), kOfOthers.begin(), kOfOthers.end());
    const auto covered = bare_paths(list_of(situation.profile.settings, "InaccessiblePaths"));
    std::erase_if(trees, [&covered](const std::string& tree) {
        return std::any_of(covered.begin(), covered.end(),
                           [&tree](const std::string& path) { return base::is_at_or_below(tree, path); });
    });
    return trees;
}

/// What no fact and no path in the settings shows.
std::optional<std::string> unknown_paths(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (auto why = own_root(profile.settings)) return why;
    if (auto why = covering_obstacle(situation)) return why;
    if (profile.host.links.empty()) return "where the host's directories lead as symbolic links was not recorded";
    if (profile.settings.scalar("WorkingDirectory").ends_with('~')) {
        return "the unit works in its user's home directory (WorkingDirectory=~), and where that is, is not known";
    }
    if (!profile.settings.scalar("PAMName").empty()) {
        return "systemd opens a session for it (PAMName=), and what that looks at was not recorded";
    }
    return std::nullopt;
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const std::vector<std::string> trees = candidates(situation);
    if (trees.empty()) return keep(kDirective, "the unit covers them itself");
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = unknown_paths(situation)) return abstain(kDirective, *why);

    std::vector<std::string> items;
    std::vector<std::string> shown;
    std::vector<std::string> needed;
    std::vector<std::size_t> because;
    for (const auto& tree : trees) {
        if (const auto need = need_of(profile, tree)) {
            needed.push_back(tree + " (" + need->why + ")");
            if (need->fact) because.push_back(*need->fact);
            continue;
        }
        items.push_back("-" + tree);
        shown.push_back(tree);
    }
    Suggestion suggestion =
        items.empty() ? abstain(kDirective, "the unit needs all that could be covered: " + some_of(needed, 3))
                      : suggest(kDirective, ValueForm::paths, std::move(items),
                                "nothing was looked for in " + some_of(shown, 8) +
                                    (needed.empty() ? std::string() : "; not " + some_of(needed, 2)));
    std::sort(because.begin(), because.end());
    because.erase(std::unique(because.begin(), because.end()), because.end());
    suggestion.because = std::move(because);
    if (suggestion.verdict == Verdict::suggest) {
        suggestion.caveats = doubts(situation, {Subject::files, Subject::sockets, Subject::executions});
    }
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    return [&situation, trees = bare_paths(suggestion.items)](const SeenFact& seen) {
        return mount_namespace_denies(situation, seen.fact) || hides(trees, seen.fact);
    };
}

}  // namespace

Rule inaccessible_paths() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
