// MemoryDenyWriteExecute=
//
// Directive: mmap(2) with PROT_WRITE and PROT_EXEC together, mprotect(2) with PROT_EXEC and shmat(2) with SHM_EXEC
// fail with EPERM. systemd since 253 on Linux since 6.3 asks the kernel instead (PR_SET_MDWE), which refuses a little
// less. For a unit with User= it implies NoNewPrivileges=.
//
// Concludes from: such calls. mmap and ipc of the 32-bit ABI of x86 have their arguments where no one looked, and
// systemd refuses that mmap as a whole: with either, nothing is concluded. So it is with the personality
// READ_IMPLIES_EXEC (0x400000), which makes plain memory executable.
//
// Needs coverage of: arguments of calls and syscalls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: a just-in-time compiler starts only on occasion: that of PostgreSQL with a costly query, that of
// PCRE with the first pattern, a script in Lua or Java in a plug-in.
//
// Since: systemd 231
#include <cerrno>
#include <cstdlib>

#include "derive/rules/rules.h"
#include "derive/seccomp_switch.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "MemoryDenyWriteExecute";

bool is_refused(const SeenFact& seen) {
    const auto* request = std::get_if<RequestFact>(&seen.fact);
    return request != nullptr && request->request == Request::writable_code && request->error != EPERM &&
           request->error != EACCES;
}

bool hides_its_memory(const SeenFact& seen) {
    if (const auto* call = std::get_if<SyscallFact>(&seen.fact)) {
        return call->abi == Abi::compat && (call->name == "mmap" || call->name == "ipc");
    }
    const auto* request = std::get_if<RequestFact>(&seen.fact);
    if (request == nullptr || request->request != Request::personality || request->value == "0xffffffff")
        return false;
    constexpr unsigned long kReadImpliesExec = 0x400000;
    return (std::strtoul(request->value.c_str(), nullptr, 16) & kReadImpliesExec) != 0;
}

Suggestion conclude(const Situation& situation) {
    Suggestion suggestion =
        conclude_switch(situation, {.directive = kDirective,
                                    .subjects = {Subject::requests, Subject::syscalls},
                                    .refuses = is_refused,
                                    .obscures = hides_its_memory,
                                    .why_obscured = ": whether memory was writable and executable is not known",
                                    .unseen = "no memory was writable and executable, or made executable"});
    if (suggestion.verdict == Verdict::suggest) {
        suggestion.caveats.emplace_back("a just-in-time compiler that did not run while it was watched would fail");
    }
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion&) {
    return deny_switch(situation, is_refused);
}

}  // namespace

Rule memory_deny_write_execute() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
