#include "derive/ipc_use.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/path.h"

namespace sandfit::derive {
namespace {

/// True when something was done at or below the directory.
bool is_done_below(const Fact& fact, std::string_view directory) {
    if (const auto* file = std::get_if<FileFact>(&fact)) {
        if (file->error != 0 || file->op == FileOp::look) return false;
        return base::is_at_or_below(file->directory, directory) ||
               std::any_of(file->names.begin(), file->names.end(), [&](const std::string& name) {
                   return base::is_at_or_below(base::join(file->directory, name), directory);
               });
    }
    if (const auto* move = std::get_if<MoveFact>(&fact)) {
        return move->error == 0 && (base::is_at_or_below(move->from_directory, directory) ||
                                    base::is_at_or_below(move->to_directory, directory));
    }
    if (const auto* address = std::get_if<AddressFact>(&fact)) {
        return address->error == 0 && address->family == "AF_UNIX" && !address->abstract &&
               base::is_at_or_below(address->address, directory);
    }
    return false;
}

}  // namespace

bool is_namespaced_ipc(const Fact& fact) {
    static const std::set<std::string_view> kCalls = {"ipc",
                                                      "shmget",
                                                      "shmat",
                                                      "shmdt",
                                                      "shmctl",
                                                      "semget",
                                                      "semop",
                                                      "semctl",
                                                      "msgget",
                                                      "msgsnd",
                                                      "msgrcv",
                                                      "msgctl",
                                                      "semtimedop",
                                                      "semtimedop_time64",
                                                      "mq_open",
                                                      "mq_unlink",
                                                      "mq_timedsend",
                                                      "mq_timedsend_time64",
                                                      "mq_timedreceive",
                                                      "mq_timedreceive_time64",
                                                      "mq_notify",
                                                      "mq_getsetattr"};
    const auto* call = std::get_if<SyscallFact>(&fact);
    return call != nullptr ? kCalls.count(call->name) != 0 : is_done_below(fact, "/dev/mqueue");
}

bool is_shared_memory_file(const Fact& fact) {
    return is_done_below(fact, "/dev/shm");
}

}  // namespace sandfit::derive
