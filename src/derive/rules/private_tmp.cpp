// PrivateTmp=
//
// Directive: the unit gets a /tmp and a /var/tmp of its own, empty at start. It sees nothing of the others' there,
// the others nothing of its; both are mounts, so nothing can be renamed between them and the rest.
//
// Concludes from: files, sockets and programs in /tmp and /var/tmp. `yes` when the unit used only what it had made
// itself, or never went there. A socket that it binds there is where others meet it; a listing of the directory looks
// for what others left.
//
// Needs coverage of: files, sockets and executions, from start-up on; syscalls, for the mount namespace that it
// brings along.
//
// Can be wrong when: another service or a person picks up what the unit leaves there while the unit does not run.
//
// Since: systemd 183 or older; `disconnected` 257
#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/mounts.h"
#include "derive/path_use.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivateTmp";
constexpr std::array<const char*, 2> kRoots = {"/tmp", "/var/tmp"};

/// "/tmp" or "/var/tmp" when the path is at or below it, else "".
std::string root_of(std::string_view path) {
    for (const char* root : kRoots) {
        if (base::is_at_or_below(path, root)) return root;
    }
    return {};
}

/// The name directly in /tmp through which a path goes: "/tmp/a/b" -> "/tmp/a"; "/tmp" -> "".
std::string first_below(const std::string& path, const std::string& root) {
    if (path.size() <= root.size()) return {};
    return path.substr(0, path.find('/', root.size() + 1));
}

/// What the unit made in /tmp and /var/tmp.
struct Made {
    std::set<std::string> paths;
    std::set<std::string> uncounted;  ///< roots in which it made more names than were kept

    explicit Made(const Profile& profile) {
        for (const auto& seen : profile.facts) {
            if (const auto* file = std::get_if<FileFact>(&seen.fact)) {
                if (file->error == 0 && makes_a_name(file->op)) add(file->directory, file->names, file->many);
            } else if (const auto* move = std::get_if<MoveFact>(&seen.fact)) {
                if (move->error == 0) add(move->to_directory, move->to_names, move->many);
            }
        }
    }

    bool made(const std::string& path) const {
        const std::string root = root_of(path);
        return uncounted.count(root) != 0 || paths.count(first_below(path, root)) != 0;
    }

private:
    void add(const std::string& directory, const std::set<std::string>& names, bool many) {
        const std::string root = root_of(directory);
        if (root != directory) return;  // deeper: that directory was made, or it is another's
        for (const auto& name : names) paths.insert(base::join(directory, name));
        if (many) uncounted.insert(root);
    }
};

enum class Use { none, own, others };

Use use_of_file(const FileFact& file, const Made& made) {
    if (file.error != 0 || file.op == FileOp::create_tmpfile) return Use::none;
    if (root_of(file.directory).empty()) {
        // The directory itself: opened to be listed.
        for (const auto& name : file.names) {
            const std::string path = base::join(file.directory, name);
            if (file.op == FileOp::read && (path == kRoots[0] || path == kRoots[1])) return Use::others;
        }
        return Use::none;
    }
    if (makes_a_name(file.op) && root_of(file.directory) == file.directory) return Use::own;
    if (root_of(file.directory) != file.directory) {
        return made.made(file.directory) ? Use::own : Use::others;
    }
    if (file.names.empty()) return made.uncounted.count(file.directory) != 0 ? Use::own : Use::others;
    const bool all_own = std::all_of(file.names.begin(), file.names.end(), [&](const std::string& name) {
        return made.made(base::join(file.directory, name));
    });
    return all_own ? Use::own : Use::others;
}

Use use_of_move(const MoveFact& move, const Made& made) {
    if (move.error != 0) return Use::none;
    const std::string from = root_of(move.from_directory);
    const std::string to = root_of(move.to_directory);
    if (from.empty() && to.empty()) return Use::none;
    if (from != to) return Use::others;  // across the border of a mount
    if (from != move.from_directory) return made.made(move.from_directory) ? Use::own : Use::others;
    const bool all_own = std::all_of(move.from_names.begin(), move.from_names.end(), [&](const std::string& name) {
        return made.made(base::join(move.from_directory, name));
    });
    return all_own ? Use::own : Use::others;
}

Use use_of_address(const AddressFact& address) {
    if (address.family != "AF_UNIX" || address.abstract || root_of(address.address).empty()) return Use::none;
    // What is not there is not there in an empty directory either; what cannot be made cannot be made.
    if (address.error == ENOENT || (address.op == AddressOp::bind && address.error != 0)) return Use::none;
    return Use::others;
}

Use use_of(const Profile& profile, const Fact& fact, const Made& made) {
    // What the unit sees of /tmp alone already, by its present settings, others never met.
    if (const auto* file = std::get_if<FileFact>(&fact)) {
        const auto state = profile.directories.find(file->directory);
        if (state != profile.directories.end() && state->second.private_to_unit) return Use::none;
        if (file->op == FileOp::make_socket && file->error == 0 && !root_of(file->directory).empty())
            return Use::others;
        return use_of_file(*file, made);
    }
    if (const auto* move = std::get_if<MoveFact>(&fact)) return use_of_move(*move, made);
    if (const auto* address = std::get_if<AddressFact>(&fact)) return use_of_address(*address);
    if (const auto* exec = std::get_if<ExecFact>(&fact)) {
        if (root_of(exec->path).empty()) return Use::none;
        return made.made(exec->path) ? Use::own : Use::others;
    }
    return Use::none;
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const std::string present = profile.settings.scalar("PrivateTmp");
    if (is_on(profile.settings, "PrivateTmp") || present == "disconnected" ||
        is_on(profile.settings, "DynamicUser")) {
        return keep(kDirective, "the unit has a /tmp of its own");
    }
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = mount_namespace_obstacle(situation)) return abstain(kDirective, *why);

    const Made made(profile);
    std::vector<std::size_t> own;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const Use use = use_of(profile, profile.facts[i].fact, made);
        if (use == Use::own) own.push_back(i);
        if (use != Use::others) continue;
        Suggestion shared =
            abstain(kDirective, "the unit shares /tmp or /var/tmp with others: " + describe(profile.facts[i].fact));
        shared.because = {i};
        return shared;
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"},
                                    own.empty() ? "nothing in /tmp or /var/tmp was touched"
                                                : "in /tmp and /var/tmp only the unit's own files were touched");
    suggestion.because = std::move(own);
    suggestion.caveats = doubts(situation, {Subject::files, Subject::sockets, Subject::executions});
    if (!suggestion.because.empty()) {
        suggestion.caveats.emplace_back("files that the unit leaves in /tmp are hidden from others");
    }
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion&) {
    const Made made(situation.profile);
    return [&situation, made](const SeenFact& seen) {
        return mount_namespace_denies(situation, seen.fact) ||
               use_of(situation.profile, seen.fact, made) == Use::others;
    };
}

}  // namespace

Rule private_tmp() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
