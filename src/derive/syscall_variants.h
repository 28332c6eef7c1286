// What another libc, language run time or kernel would call for the same operation.
#ifndef SANDFIT_DERIVE_SYSCALL_VARIANTS_H
#define SANDFIT_DERIVE_SYSCALL_VARIANTS_H

#include "derive/syscall_sets.h"

namespace sandfit::derive {

/// The calls of a profile with their variants: families of one operation, what fallbacks lead to, the rest of the
/// unprivileged groups that were touched, and what start-up, crash and shutdown of every process need. None that the
/// host's libseccomp does not know, and none that would raise the exposure: a call of a scored group is added only
/// where one of that group was seen. Contains `seen`.
SyscallNames with_variants(const Host& host, const SyscallNames& seen);

}  // namespace sandfit::derive

#endif
