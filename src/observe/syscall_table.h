// Syscall names and numbers of this machine, and what the kernel programs do with each call. All
// numbers come from libseccomp: none stands in the code.
#ifndef SANDFIT_OBSERVE_SYSCALL_TABLE_H
#define SANDFIT_OBSERVE_SYSCALL_TABLE_H

#include <sandfit/fact.h>
#include <sandfit/wire.h>

#include <array>
#include <string>

namespace sandfit::observe {

using ActionTable = std::array<sf_action, SF_MAX_SYSCALL>;

/// Where each call's arguments are, by the numbers of one ABI. For a machine without a compatibility
/// ABI the compat table does nothing.
ActionTable action_table(Abi abi);

/// "openat"; "#463" for a number that libseccomp does not know.
const std::string& syscall_name(Abi abi, int number);

}  // namespace sandfit::observe

#endif
