// RemoveIPC=
//
// Directive: when the unit stops, systemd removes all shared memory, semaphores and message queues (System V and
// POSIX) that belong to its user or group, whoever made them. It does nothing for a unit that runs as root.
//
// Concludes from: calls on such objects, and files and sockets in /dev/shm; `yes` when there were none.
//
// Needs coverage of: syscalls, files and sockets, from start-up on.
//
// Can be wrong when: another unit, or a person's session, runs as the same user and keeps such objects.
//
// Since: systemd 232
#include "derive/coverage.h"
#include "derive/ipc_use.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RemoveIPC";

bool would_lose(const Fact& fact) {
    return is_namespaced_ipc(fact) || is_shared_memory_file(fact);
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (is_on(profile.settings, "RemoveIPC")) return keep(kDirective, "the unit has it already");
    if (is_on(profile.settings, "DynamicUser")) return keep(kDirective, "DynamicUser= implies it");
    const std::string user = user_of(profile.settings);
    if (user == "root") return abstain(kDirective, "it does nothing for a unit that runs as root");
    if (const auto why = obstacle(situation, {Subject::syscalls, Subject::files, Subject::sockets})) {
        return abstain(kDirective, *why);
    }
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"yes"}, "no shared memory, semaphore or message queue was used");
    suggestion.caveats = doubts(situation, {Subject::syscalls, Subject::files, Subject::sockets});
    suggestion.caveats.push_back("whatever else runs as " + clipped(user) +
                                 " loses its shared memory and semaphores when this unit stops");
    return unless_refused(situation, std::move(suggestion), would_lose,
                          {.before = "", .after = " was seen, and who needs the object after the unit is not known"});
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact& seen) { return would_lose(seen.fact); };
}

}  // namespace

Rule remove_ipc() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
