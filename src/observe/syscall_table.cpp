#include "observe/syscall_table.h"

#include <fmt/core.h>
#include <seccomp.h>

#include <cstdlib>
#include <optional>
#include <string_view>

namespace sandfit::observe {
namespace {

struct NamedAction {
    std::string_view name;
    sf_action action;
};

constexpr sf_action path_action(sf_op op, int dirfd, int path, int flags, int mode) {
    return {SF_HANDLE_PATH,
            static_cast<__u8>(op),
            static_cast<__s8>(dirfd),
            static_cast<__s8>(path),
            -1,
            -1,
            static_cast<__s8>(flags),
            static_cast<__s8>(mode)};
}
constexpr sf_action two_paths(sf_op op, int dirfd, int path, int dirfd2, int path2, int flags) {
    return {SF_HANDLE_TWO_PATHS,
            static_cast<__u8>(op),
            static_cast<__s8>(dirfd),
            static_cast<__s8>(path),
            static_cast<__s8>(dirfd2),
            static_cast<__s8>(path2),
            static_cast<__s8>(flags),
            -1};
}
constexpr sf_action open_action(sf_handler handler, int dirfd, int path, int flags, int mode) {
    return {static_cast<__u8>(handler), SF_OP_READ,          static_cast<__s8>(dirfd), static_cast<__s8>(path), -1, -1,
            static_cast<__s8>(flags),   static_cast<__s8>(mode)};
}
constexpr sf_action on_descriptor(sf_op op, int mode = -1) {
    return {SF_HANDLE_DESCRIPTOR, static_cast<__u8>(op), 0, -1, -1, -1, -1, static_cast<__s8>(mode)};
}
constexpr sf_action plain(sf_handler handler) { return {static_cast<__u8>(handler), 0, -1, -1, -1, -1, -1, -1}; }

// "mode" of a change that never follows a symbolic link (lchown and its like).
constexpr int kNoFollow = -2;

constexpr sf_action request(sf_request_source source) {
    return {SF_HANDLE_REQUEST, static_cast<__u8>(source), -1, -1, -1, -1, -1, -1};
}

// The argument positions of the man pages, section 2.
constexpr NamedAction kActions[] = {
    {"open", open_action(SF_HANDLE_OPEN, -1, 0, 1, 2)},
    {"creat", open_action(SF_HANDLE_OPEN, -1, 0, -1, 1)},
    {"openat", open_action(SF_HANDLE_OPEN, 0, 1, 2, 3)},
    {"openat2", open_action(SF_HANDLE_OPENAT2, 0, 1, 2, -1)},
    {"open_by_handle_at", open_action(SF_HANDLE_OPEN_HANDLE, 0, -1, 2, -1)},
    {"mq_open", open_action(SF_HANDLE_OPEN_HANDLE, -1, -1, -1, -1)},
    {"pidfd_open", open_action(SF_HANDLE_OPEN_HANDLE, -1, -1, -1, -1)},
    {"execve", path_action(SF_OP_EXECUTE, -1, 0, -1, -1)},
    {"execveat", path_action(SF_OP_EXECUTE, 0, 1, 4, -1)},
    {"mkdir", path_action(SF_OP_MAKE_DIRECTORY, -1, 0, -1, 1)},
    {"mkdirat", path_action(SF_OP_MAKE_DIRECTORY, 0, 1, -1, 2)},
    {"mknod", path_action(SF_OP_MAKE_NODE, -1, 0, -1, 1)},
    {"mknodat", path_action(SF_OP_MAKE_NODE, 0, 1, -1, 2)},
    {"symlink", path_action(SF_OP_MAKE_SYMLINK, -1, 1, -1, -1)},
    {"symlinkat", path_action(SF_OP_MAKE_SYMLINK, 1, 2, -1, -1)},
    {"unlink", path_action(SF_OP_REMOVE, -1, 0, -1, -1)},
    {"unlinkat", path_action(SF_OP_REMOVE, 0, 1, 2, -1)},
    {"rmdir", path_action(SF_OP_REMOVE_DIRECTORY, -1, 0, -1, -1)},
    {"truncate", path_action(SF_OP_TRUNCATE, -1, 0, -1, -1)},
    {"truncate64", path_action(SF_OP_TRUNCATE, -1, 0, -1, -1)},
    {"chmod", path_action(SF_OP_CHANGE_MODE, -1, 0, -1, 1)},
    {"fchmodat", path_action(SF_OP_CHANGE_MODE, 0, 1, -1, 2)},
    {"fchmodat2", path_action(SF_OP_CHANGE_MODE, 0, 1, 3, 2)},
    {"fchmod", on_descriptor(SF_OP_CHANGE_MODE, 1)},
    {"chown", path_action(SF_OP_CHANGE_OWNER, -1, 0, -1, -1)},
    {"chown32", path_action(SF_OP_CHANGE_OWNER, -1, 0, -1, -1)},
    {"lchown", path_action(SF_OP_CHANGE_OWNER, -1, 0, -1, kNoFollow)},
    {"lchown32", path_action(SF_OP_CHANGE_OWNER, -1, 0, -1, kNoFollow)},
    {"fchownat", path_action(SF_OP_CHANGE_OWNER, 0, 1, 4, -1)},
    {"fchown", on_descriptor(SF_OP_CHANGE_OWNER)},
    {"fchown32", on_descriptor(SF_OP_CHANGE_OWNER)},
    {"utime", path_action(SF_OP_CHANGE_TIMES, -1, 0, -1, -1)},
    {"utimes", path_action(SF_OP_CHANGE_TIMES, -1, 0, -1, -1)},
    {"futimesat", path_action(SF_OP_CHANGE_TIMES, 0, 1, -1, -1)},
    {"utimensat", path_action(SF_OP_CHANGE_TIMES, 0, 1, 3, -1)},
    {"utimensat_time64", path_action(SF_OP_CHANGE_TIMES, 0, 1, 3, -1)},
    {"setxattr", path_action(SF_OP_CHANGE_XATTR, -1, 0, -1, -1)},
    {"lsetxattr", path_action(SF_OP_CHANGE_XATTR, -1, 0, -1, kNoFollow)},
    {"removexattr", path_action(SF_OP_CHANGE_XATTR, -1, 0, -1, -1)},
    {"lremovexattr", path_action(SF_OP_CHANGE_XATTR, -1, 0, -1, kNoFollow)},
    {"setxattrat", path_action(SF_OP_CHANGE_XATTR, 0, 1, 2, -1)},
    {"removexattrat", path_action(SF_OP_CHANGE_XATTR, 0, 1, 2, -1)},
    {"fsetxattr", on_descriptor(SF_OP_CHANGE_XATTR)},
    {"fremovexattr", on_descriptor(SF_OP_CHANGE_XATTR)},
    {"rename", two_paths(SF_OP_RENAME, -1, 0, -1, 1, -1)},
    {"renameat", two_paths(SF_OP_RENAME, 0, 1, 2, 3, -1)},
    {"renameat2", two_paths(SF_OP_RENAME, 0, 1, 2, 3, 4)},
    {"link", two_paths(SF_OP_LINK, -1, 0, -1, 1, -1)},
    {"linkat", two_paths(SF_OP_LINK, 0, 1, 2, 3, 4)},
    {"socket", plain(SF_HANDLE_SOCKET)},
    {"socketpair", plain(SF_HANDLE_SOCKET)},
    {"bind", plain(SF_HANDLE_BIND)},
    {"connect", plain(SF_HANDLE_CONNECT)},
    {"sendto", plain(SF_HANDLE_SENDTO)},
    {"sendmsg", plain(SF_HANDLE_SENDMSG)},
    {"io_uring_enter", plain(SF_HANDLE_RING)},
    {"capset", plain(SF_HANDLE_CAPSET)},
    {"prctl", plain(SF_HANDLE_PRCTL)},
    {"stat", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"stat64", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"lstat", path_action(SF_OP_LOOK, -1, 0, -1, kNoFollow)},
    {"lstat64", path_action(SF_OP_LOOK, -1, 0, -1, kNoFollow)},
    {"newfstatat", path_action(SF_OP_LOOK, 0, 1, 3, -1)},
    {"fstatat64", path_action(SF_OP_LOOK, 0, 1, 3, -1)},
    {"statx", path_action(SF_OP_LOOK, 0, 1, 2, -1)},
    {"access", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"faccessat", path_action(SF_OP_LOOK, 0, 1, -1, -1)},
    {"faccessat2", path_action(SF_OP_LOOK, 0, 1, 3, -1)},
    {"readlink", path_action(SF_OP_LOOK, -1, 0, -1, kNoFollow)},
    {"readlinkat", path_action(SF_OP_LOOK, 0, 1, -1, kNoFollow)},
    {"name_to_handle_at", path_action(SF_OP_LOOK, 0, 1, 4, kNoFollow)},
    {"chdir", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"chroot", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"statfs", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"statfs64", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"getxattr", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"lgetxattr", path_action(SF_OP_LOOK, -1, 0, -1, kNoFollow)},
    {"listxattr", path_action(SF_OP_LOOK, -1, 0, -1, -1)},
    {"llistxattr", path_action(SF_OP_LOOK, -1, 0, -1, kNoFollow)},
    {"inotify_add_watch", path_action(SF_OP_LOOK, -1, 1, -1, -1)},
    {"mmap", request(SF_FROM_MMAP)},
    {"mmap2", request(SF_FROM_MMAP)},
    {"mprotect", request(SF_FROM_MPROTECT)},
    {"pkey_mprotect", request(SF_FROM_MPROTECT)},
    {"shmat", request(SF_FROM_SHMAT)},
    {"clone", request(SF_FROM_CLONE)},
    {"clone3", request(SF_FROM_CLONE3)},
    {"unshare", request(SF_FROM_UNSHARE)},
    {"setns", request(SF_FROM_SETNS)},
    {"personality", request(SF_FROM_PERSONALITY)},
    {"sched_setscheduler", request(SF_FROM_SETSCHEDULER)},
    {"sched_setattr", request(SF_FROM_SETATTR)},
};

std::optional<uint32_t> seccomp_arch(Abi abi) {
    const uint32_t native = seccomp_arch_native();
    if (abi == Abi::native) return native;
    if (native == SCMP_ARCH_X86_64) return SCMP_ARCH_X86;
    if (native == SCMP_ARCH_AARCH64) return SCMP_ARCH_ARM;
    return std::nullopt;
}

}  // namespace

ActionTable action_table(Abi abi) {
    ActionTable table{};
    const auto arch = seccomp_arch(abi);
    if (!arch) return table;
    for (const auto& [name, action] : kActions) {
        const int number = seccomp_syscall_resolve_name_arch(*arch, std::string(name).c_str());
        // The i386 call of that name takes one pointer to all six arguments.
        if (*arch == SCMP_ARCH_X86 && name == "mmap") continue;
        // Negative: libseccomp's own numbers for calls that this ABI does not have.
        if (number >= 0 && number < SF_MAX_SYSCALL) table[static_cast<std::size_t>(number)] = action;
    }
    return table;
}

const std::string& syscall_name(Abi abi, int number) {
    static std::array<std::array<std::string, SF_MAX_SYSCALL>, 2> names;
    static const std::string none;
    if (number < 0 || number >= SF_MAX_SYSCALL) return none;
    std::string& name = names[abi == Abi::native ? 0 : 1][static_cast<std::size_t>(number)];
    if (name.empty()) {
        const auto arch = seccomp_arch(abi);
        char* found = arch ? seccomp_syscall_resolve_num_arch(*arch, number) : nullptr;
        name = found != nullptr ? std::string(found) : fmt::format("#{}", number);
        std::free(found);
    }
    return name;
}

}  // namespace sandfit::observe
