// PrivateUsers=
//
// Directive: the unit gets a user namespace in which only root and its own user and group exist; all others show as
// nobody. No capability of it counts outside: what the kernel checks against the host's namespace fails, whoever
// asks. Peers of others' uids show as nobody on AF_UNIX sockets.
//
// Concludes from: capability checks, changes of owner, sockets that others connect to, processes of others that were
// looked into, programs that grant privileges, keys, namespaces. `yes` for a unit with User= when there was none of
// these. Never for one that starts as root: each that was tried broke.
//
// Needs coverage of: capabilities, files, sockets, executions, syscalls and arguments of calls, from start-up on.
//
// Can be wrong when: a file's owner is compared with a third user's; a right comes from a name in an ACL.
//
// Since: systemd 232
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/path.h"
#include "derive/capability_need.h"
#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivateUsers";

bool is_lost_on_file(const FileFact& file) {
    if (file.error != 0) return false;
    switch (file.op) {
        case FileOp::change_owner:  // to an id that may not exist inside
        case FileOp::change_xattr:  // an ACL with such an id
        case FileOp::make_socket:   // peers' ids are not what they were
            return true;
        default:
            // Looking into a process outside takes CAP_SYS_PTRACE there, even of one's own user (commoncap.c).
            return base::is_at_or_below(file.directory, "/proc/[pid]");
    }
}

/// What works differently, or not at all, from inside of a user namespace.
bool is_lost(const Profile& profile, const Fact& fact) {
    // Those that look into other processes, and keyrings, which each user namespace has of its own.
    constexpr std::array<std::string_view, 8> kCalls = {
        "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "add_key", "request_key", "keyctl"};
    if (const auto* check = std::get_if<CapabilityFact>(&fact)) return is_capability_need(profile, *check);
    if (const auto* request = std::get_if<CapabilityRequestFact>(&fact)) return request->error == 0;
    if (const auto* file = std::get_if<FileFact>(&fact)) return is_lost_on_file(*file);
    if (const auto* call = std::get_if<SyscallFact>(&fact)) {
        return std::find(kCalls.begin(), kCalls.end(), call->name) != kCalls.end();
    }
    if (const auto* address = std::get_if<AddressFact>(&fact)) {
        return address->op == AddressOp::bind && address->family == "AF_UNIX" && address->error == 0;
    }
    if (const auto* request = std::get_if<RequestFact>(&fact)) {
        return request->request == Request::namespace_ && request->error == 0;
    }
    return grants_privileges(fact);
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const std::string present = profile.settings.scalar("PrivateUsers");
    if (is_on(profile.settings, "PrivateUsers") || present == "self" || present == "identity" || present == "full" ||
        present == "managed") {
        return keep(kDirective, "the unit has a user namespace of its own");
    }
    if (user_of(profile.settings) == "root" && !is_on(profile.settings, "DynamicUser")) {
        return abstain(kDirective, "the unit starts as root, and no capability of it would count outside");
    }
    if (const auto why = obstacle(situation, {Subject::capabilities, Subject::files, Subject::sockets,
                                              Subject::executions, Subject::syscalls, Subject::requests})) {
        return abstain(kDirective, *why);
    }
    if (!list_of(profile.settings, "AmbientCapabilities").empty()) {
        return abstain(kDirective, "the unit has AmbientCapabilities=, which would not count outside");
    }
    for (const auto& trigger : list_of(profile.settings, "TriggeredBy")) {
        if (trigger.ends_with(".socket")) {
            return abstain(kDirective,
                           clipped(trigger) + " hands the unit sockets, whose peers would show as nobody");
        }
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"},
                                    "no capability was needed, no owner changed, and no socket offered to others");
    suggestion.caveats = doubts(situation, {Subject::capabilities, Subject::files, Subject::sockets,
                                            Subject::executions, Subject::syscalls, Subject::requests});
    suggestion.caveats.emplace_back(
        "files and processes of users other than root and the unit's own show as nobody's");
    return unless_refused(
        situation, std::move(suggestion), [&](const Fact& fact) { return is_lost(profile, fact); },
        {.before = "", .after = " was seen, which a user namespace would make fail or show otherwise"});
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return is_lost(situation.profile, seen.fact); };
}

}  // namespace

Rule private_users() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
