// Whether a fact is a use of System V or POSIX inter-process communication.
#ifndef SANDFIT_DERIVE_IPC_USE_H
#define SANDFIT_DERIVE_IPC_USE_H

#include <sandfit/fact.h>

namespace sandfit::derive {

/// A call on shared memory, semaphores or message queues of System V, or on message queues of POSIX; a file of
/// the file system of the latter.
bool is_namespaced_ipc(const Fact& fact);

/// Something done in /dev/shm, where POSIX shared memory and semaphores are files. A look is nothing done.
bool is_shared_memory_file(const Fact& fact);

}  // namespace sandfit::derive

#endif
