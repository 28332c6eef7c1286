// RestrictSUIDSGID=
//
// Directive: calls that would give a file or directory the set-user-ID or the set-group-ID bit fail with EPERM: open,
// creat, mkdir, mknod and chmod in all their forms, whether or not they had succeeded. openat2(2), whose mode a
// filter cannot see, fails with ENOSYS as a whole (EPERM in old versions). Programs that have the bits already run as
// before; that is what NoNewPrivileges= stops, which this implies for a unit with User=.
//
// Concludes from: the modes of files that were made and of chmod.
//
// Needs coverage of: files and syscalls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: an archive that holds such a file is unpacked; the directory of a queue is set up anew.
//
// Since: systemd 242
#include <sys/stat.h>

#include <cerrno>

#include "derive/rules/rules.h"
#include "derive/seccomp_switch.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictSUIDSGID";

/// The mode that a fact gave; null when it gave none, or was refused before anybody looked at it.
const FileFact* given_mode(const SeenFact& seen) {
    const auto* file = std::get_if<FileFact>(&seen.fact);
    if (file == nullptr || file->error == EPERM || file->error == EACCES) return nullptr;
    switch (file->op) {
        case FileOp::create:
        case FileOp::create_tmpfile:
        case FileOp::make_directory:
        case FileOp::make_node:
        case FileOp::change_mode:
            return file;
        default:
            return nullptr;
    }
}

bool is_refused(const SeenFact& seen) {
    if (const FileFact* file = given_mode(seen)) return (file->modes & (S_ISUID | S_ISGID)) != 0;
    const auto* call = std::get_if<SyscallFact>(&seen.fact);
    return call != nullptr && call->name == "openat2";
}

/// Done, with a mode that nobody knows: io_uring, for one, tells none.
bool has_no_mode(const SeenFact& seen) {
    const FileFact* file = given_mode(seen);
    return file != nullptr && file->error == 0 && file->modes == 0 && file->op == FileOp::change_mode;
}

Suggestion conclude(const Situation& situation) {
    if (is_on(situation.profile.settings, "DynamicUser")) return keep(kDirective, "DynamicUser= implies it");
    return conclude_switch(situation, {.directive = kDirective,
                                       .subjects = {Subject::files, Subject::syscalls},
                                       .refuses = is_refused,
                                       .obscures = has_no_mode,
                                       .why_obscured = ": the mode was not recorded",
                                       .unseen = "no set-user-ID or set-group-ID bit was given"});
}

Denier denies(const Situation& situation, const Suggestion&) {
    return deny_switch(situation, is_refused);
}

}  // namespace

Rule restrict_suid_sgid() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
