// PrivateIPC=
//
// Directive: the unit gets an IPC namespace of its own: it shares no System V objects and no POSIX message queues
// with others, and has a /dev/mqueue and limits (/proc/sys/kernel/shm*, sem, msg*) of its own. Shared memory of POSIX
// (/dev/shm) and sockets are not concerned. It comes with a mount namespace.
//
// Concludes from: calls on such objects, files that show them or their limits, and IPC namespaces that the unit makes
// or joins itself; `yes` when there were none.
//
// Needs coverage of: syscalls, files and arguments of calls, from start-up on. Not of sockets: none can lie in
// /dev/mqueue.
//
// Can be wrong when: such objects are used only on occasion.
//
// Since: systemd 248
#include <algorithm>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/ipc_use.h"
#include "derive/mount_namespace.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivateIPC";

/// Files that each IPC namespace shows of itself.
bool is_of_the_namespace(const Fact& fact) {
    const auto* file = std::get_if<FileFact>(&fact);
    if (file == nullptr || file->error != 0) return false;
    if (base::is_at_or_below(file->directory, "/proc/sysvipc") ||
        base::is_at_or_below(file->directory, "/proc/sys/fs/mqueue")) {
        return true;
    }
    if (file->directory != "/proc/sys/kernel") return false;
    return file->many || std::any_of(file->names.begin(), file->names.end(), [](const std::string& name) {
               return name.starts_with("shm") || name.starts_with("msg") || name.starts_with("sem") ||
                      name == "auto_msgmni";
           });
}

bool is_shared(const Fact& fact) {
    const auto* request = std::get_if<RequestFact>(&fact);
    const bool joins = request != nullptr && request->request == Request::namespace_ && request->error == 0 &&
                       (request->value == "ipc" || request->value == "any");
    return joins || is_namespaced_ipc(fact) || is_of_the_namespace(fact);
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (is_on(profile.settings, "PrivateIPC") || !profile.settings.scalar("IPCNamespacePath").empty()) {
        return keep(kDirective, "the unit has an IPC namespace of its own");
    }
    if (const auto why = obstacle(situation, {Subject::syscalls, Subject::files, Subject::requests})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = mount_namespace_obstacle(situation)) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"},
                                    "no System V object and no message queue was used, and no limit of these read");
    suggestion.caveats = doubts(situation, {Subject::syscalls, Subject::files, Subject::requests});
    return unless_refused(situation, std::move(suggestion), is_shared,
                          {.before = "", .after = " was seen, and whether others share in it is not known"});
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) {
        return is_shared(seen.fact) || mount_namespace_denies(situation, seen.fact);
    };
}

}  // namespace

Rule private_ipc() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
