// NoExecPaths=
//
// Directive: what lies in it is on mounts without execution: neither programs nor scripts are executed from there
// (EACCES), nor is anything mapped executable (EPERM); an interpreter may still be told to read a script. Memory
// without a file (memfd_create(2)) is not concerned. The unit gets a mount namespace.
//
// Concludes from: ProtectSystem=strict, which leaves few places that can be written, and the programs, scripts and
// libraries that were run. What can be written is not to be executed: `balanced` shuts the places for temporary
// files, shared memory, caches, logs and what is in /run, `strict` also the unit's other files. Each is a mount of
// its own already: a new one would part what is moved from what it is moved to, and below ProtectSystem=strict it
// could be written. The whole of / is never shut: most of it cannot be written anyway, but a hook in /etc that runs
// once a year would be stopped, and what ExecPaths= opened again could be written.
//
// Needs coverage of: files, executions, arguments of calls and syscalls, from start-up on.
//
// Can be wrong when: the service unpacks a program or a library and runs it on occasion only. `balanced` abstains
// where code is made in memory: a run time that does so (Java) unpacks libraries as well. `cautious` always abstains.
//
// Since: systemd 248
#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

constexpr std::string_view kDirective = "NoExecPaths";
constexpr const char* kSharedMemory = "/dev/shm";

/// Where neither a package nor a person puts programs.
constexpr std::array<std::string_view, 6> kPassing = {"/tmp", "/var/tmp",   kSharedMemory,
                                                      "/run", "/var/cache", "/var/log"};
/// Where packages and their owner do, next to what the service writes there.
constexpr std::array<std::string_view, 18> kOfPrograms = {"/bin",  "/boot",  "/dev",   "/etc",    "/gnu", "/home",
                                                          "/lib",  "/lib32", "/lib64", "/libx32", "/nix", "/opt",
                                                          "/proc", "/root",  "/sbin",  "/snap",   "/sys", "/usr"};
constexpr std::initializer_list<Subject> kSubjects = {Subject::files, Subject::executions, Subject::requests,
                                                      Subject::syscalls};

/// A program, a script or a library that was run from where it lies: what a mount without execution would refuse.
bool is_run(const Fact& fact) {
    if (const auto* exec = std::get_if<ExecFact>(&fact)) return exec->path != "/";  // "/": a file without a name
    const auto* file = std::get_if<FileFact>(&fact);
    if (file == nullptr || (file->op != FileOp::map && file->op != FileOp::execute)) return false;
    return file->error != EACCES && file->error != EPERM && file->error != ENOENT;
}

bool lies_in(std::string_view path, std::span<const std::string_view> trees) {
    return std::ranges::any_of(trees, [path](std::string_view tree) { return base::is_at_or_below(path, tree); });
}

/// What the unit can write, each a mount of its own under ProtectSystem=strict.
std::vector<std::string> written_mounts(const Situation& situation) {
    std::vector<std::string> paths;
    // Of a path in both, systemd would keep NoExecPaths=, and the host's directory be seen instead of the empty one.
    const bool is_empty = effective_word(situation, "PrivateTmp") == "disconnected";
    const MountTable table = mount_table(situation, "strict");
    for (const auto& [path, mount] : table.mounts()) {
        const bool is_temporary = mount.kind == MountKind::private_tmp;
        const bool is_own = mount.kind == MountKind::opened || mount.kind == MountKind::owned;
        if (is_own || (is_temporary && !is_empty)) paths.push_back(path);
    }
    if (std::ranges::find(paths, kSharedMemory) == paths.end()) paths.emplace_back(kSharedMemory);
    std::ranges::sort(paths);
    return paths;
}

bool may_be_shut(const std::string& path, Tightness tightness) {
    if (lies_in(path, kPassing)) return true;
    // A whole /var or /srv holds more than is this unit's, and /var/lib scripts of all packages.
    if (tightness != Tightness::strict || base::depth(path) < 2 || path == "/var/lib") return false;
    return !lies_in(path, kOfPrograms);
}

/// What runs from there, or is told to in the unit's settings. None: nothing.
struct Runner {
    std::string why;
    std::optional<std::size_t> fact;
};

std::optional<Runner> runner_in(const Profile& profile, const std::string& place) {
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const Fact& fact = profile.facts[i].fact;
        if (!is_run(fact)) continue;
        const auto uses = path_uses(fact);
        if (std::ranges::any_of(uses, [&](const PathUse& use) { return is_in(use, place); })) {
            return Runner{describe(fact), i};
        }
    }
    for (const char* directive : {"ExecPaths", "ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost",
                                  "ExecReload", "ExecStop", "ExecStopPost"}) {
        for (const auto& item : list_of(profile.settings, directive)) {
            const std::size_t start = item.find('/');
            if (start == std::string::npos) continue;
            const std::string path = base::lexically_absolute("/", item.substr(start, item.find(' ', start) - start));
            if (base::is_at_or_below(path, place)) return Runner{std::string(directive) + "=" + clipped(item), {}};
        }
    }
    return std::nullopt;
}

/// Paths that mean something else than on the host, or code that may come from anywhere.
std::optional<std::string> unknown_runs(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (auto why = own_root(profile.settings)) return why;
    if (is_on(profile.settings, "DynamicUser")) {
        return "with DynamicUser= a newer systemd gives it an empty /tmp, which an entry would uncover";
    }
    for (const char* directive : {"TemporaryFileSystem", "MountImages", "ExtensionImages", "ExtensionDirectories"}) {
        if (list_of(profile.settings, directive).empty()) continue;
        return std::string("the unit has file systems of its own (") + directive + "=)";
    }
    if (auto why = covering_obstacle(situation)) return why;
    for (const auto& seen : profile.facts) {
        const auto* call = std::get_if<SyscallFact>(&seen.fact);
        if (call != nullptr && call->name == "chroot") {
            return "it changes its root directory, and libraries may lie in the new one";
        }
        const auto* request = std::get_if<RequestFact>(&seen.fact);
        if (request != nullptr && request->request == Request::writable_code &&
            situation.tightness != Tightness::strict) {
            return "it makes code in memory, and what does may unpack libraries on occasion";
        }
    }
    return std::nullopt;
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (effective_word(situation, "ProtectSystem") != "strict") {
        return abstain(kDirective, "without ProtectSystem=strict there is too much that can be written");
    }
    if (situation.tightness == Tightness::cautious) {
        return abstain(kDirective, "a program may be unpacked and run on occasion only");
    }
    if (const auto why = obstacle(situation, kSubjects)) return abstain(kDirective, *why);
    if (const auto why = unknown_runs(situation)) return abstain(kDirective, *why);

    const auto present = bare_paths(list_of(profile.settings, "NoExecPaths"));
    std::vector<std::string> shut;
    std::vector<std::string> needed;
    std::vector<std::string> items;
    std::vector<std::size_t> because;
    for (const auto& path : written_mounts(situation)) {
        if (!may_be_shut(path, situation.tightness) || std::ranges::find(present, path) != present.end()) continue;
        if (const auto runner = runner_in(profile, path)) {
            needed.push_back(clipped(path) + " (" + runner->why + ")");
            if (runner->fact) because.push_back(*runner->fact);
            continue;
        }
        shut.push_back(clipped(path));
        items.push_back("-" + path);  // on another host it may be missing, and the start must not fail for that
    }
    std::ranges::sort(because);
    because.erase(std::unique(because.begin(), because.end()), because.end());
    Suggestion suggestion =
        !items.empty()   ? suggest(kDirective, ValueForm::paths, std::move(items),
                                   "nothing was run from " + some_of(shut, 4) + ", which it can write" +
                                       (needed.empty() ? std::string() : "; not " + some_of(needed, 2)))
        : needed.empty() ? keep(kDirective, "the unit shuts what it can write by itself")
                         : abstain(kDirective, "programs or libraries are run from all of it: " + some_of(needed, 3));
    suggestion.because = std::move(because);
    if (suggestion.verdict == Verdict::suggest) {
        suggestion.caveats = doubts(situation, kSubjects);
        suggestion.caveats.emplace_back("a program that it unpacks there later, and runs, would fail");
    }
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    // The nearest mount decides. One of another directive that is not named stays as it is.
    std::map<std::string, bool, std::less<>> shut = {{"/", false}};
    const MountTable table = mount_table(situation, effective_word(situation, "ProtectSystem"));
    for (const auto& [path, mount] : table.mounts()) shut[path] = false;
    for (const auto& path : bare_paths(list_of(situation.profile.settings, "ExecPaths"))) shut[path] = false;
    for (const auto& path : bare_paths(suggestion.items)) shut[path] = true;
    const auto is_shut = [shut](const PathUse& use) {
        std::string mount = use.path;
        while (!mount.empty() && shut.count(mount) == 0) mount = base::parent_of(mount);
        if (mount.empty() || shut.find(mount)->second) return true;
        return use.some_below && std::ranges::any_of(shut, [&use](const auto& entry) {
                   return entry.second && base::parent_of(entry.first) == use.path;
               });
    };
    return [&situation, is_shut](const SeenFact& seen) {
        if (mount_namespace_denies(situation, seen.fact)) return true;
        return is_run(seen.fact) && std::ranges::any_of(path_uses(seen.fact), is_shut);
    };
}

}  // namespace

Rule no_exec_paths() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
