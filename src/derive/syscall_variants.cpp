// The tables are by operation, not by man page: a family holds what one program calls in one release and another in
// the next, for one purpose. Too wide a family costs a little attack surface and no exposure (that is counted by the
// groups of scored_groups(), which are left out below); too narrow a one stops a service on the day of a libc update.
// On systemd below 256 a filter answers EPERM even to a call that a newer libc only tries, and glibc falls back on
// ENOSYS alone: so new calls (clone3, faccessat2, epoll_pwait2 ...) stand beside their elders.
#include "derive/syscall_variants.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

namespace sandfit::derive {
namespace {

/// One seen, all allowed.
using Family = std::initializer_list<const char*>;

const Family kFamilies[] = {
    // Files by name.
    {"open", "openat", "openat2", "creat"},
    {"stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "fstatat64", "newfstatat", "statx"},
    {"statfs", "statfs64", "fstatfs", "fstatfs64"},
    {"access", "faccessat", "faccessat2"},
    {"readlink", "readlinkat"},
    {"getdents", "getdents64"},
    {"chdir", "fchdir", "getcwd"},
    {"mkdir", "mkdirat"},
    {"unlink", "unlinkat", "rmdir"},
    {"rename", "renameat", "renameat2"},
    {"link", "linkat"},
    {"symlink", "symlinkat"},
    {"mknod", "mknodat"},
    {"chmod", "fchmod", "fchmodat", "fchmodat2"},
    {"chown", "chown32", "fchown", "fchown32", "fchownat", "lchown", "lchown32"},
    {"utime", "utimes", "futimesat", "utimensat", "utimensat_time64"},
    {"truncate", "truncate64", "ftruncate", "ftruncate64"},
    {"getxattr", "lgetxattr", "fgetxattr", "getxattrat"},
    {"setxattr", "lsetxattr", "fsetxattr", "setxattrat"},
    {"listxattr", "llistxattr", "flistxattr", "listxattrat"},
    {"removexattr", "lremovexattr", "fremovexattr", "removexattrat"},
    {"inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch"},
    // Files by descriptor.
    {"read", "readv", "pread64", "preadv", "preadv2"},
    {"write", "writev", "pwrite64", "pwritev", "pwritev2"},
    {"lseek", "_llseek"},
    {"dup", "dup2", "dup3"},
    {"fcntl", "fcntl64"},
    {"fsync", "fdatasync", "sync_file_range", "sync_file_range2", "syncfs"},
    {"fadvise64", "fadvise64_64", "arm_fadvise64_64", "readahead"},
    {"sendfile", "sendfile64", "splice", "copy_file_range"},
    {"splice", "tee", "vmsplice"},
    {"pipe", "pipe2"},
    // Waiting.
    {"epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"},
    {"select", "_newselect", "pselect6", "pselect6_time64", "poll", "ppoll", "ppoll_time64"},
    {"eventfd", "eventfd2"},
    {"signalfd", "signalfd4"},
    {"timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime", "timerfd_gettime64"},
    {"timer_create", "timer_settime", "timer_settime64", "timer_gettime", "timer_gettime64", "timer_delete",
     "timer_getoverrun"},
    {"alarm", "setitimer", "getitimer"},
    {"io_setup", "io_submit", "io_getevents", "io_pgetevents", "io_pgetevents_time64", "io_cancel", "io_destroy"},
    {"io_uring_setup", "io_uring_enter", "io_uring_register"},
    {"futex", "futex_time64", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue"},
    {"rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigpending", "pause"},
    {"nanosleep", "clock_nanosleep", "clock_nanosleep_time64"},
    {"time", "gettimeofday", "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64"},
    // Processes.
    {"clone", "clone3", "fork", "vfork"},
    {"execve", "execveat"},
    {"wait4", "waitid", "waitpid"},
    {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"},
    {"pidfd_open", "pidfd_send_signal"},
    {"setpgid", "setsid", "getpgid", "getpgrp", "getsid"},
    {"getrlimit", "ugetrlimit", "prlimit64", "setrlimit"},
    {"getrusage", "times"},
    {"getpriority", "setpriority", "nice"},
    {"sched_getparam", "sched_getscheduler", "sched_getattr", "sched_get_priority_max", "sched_get_priority_min",
     "sched_rr_get_interval", "sched_rr_get_interval_time64"},
    {"sched_setparam", "sched_setscheduler", "sched_setattr"},
    {"capget", "capset"},
    {"uname", "olduname", "oldolduname"},
    // Users and groups. The set of one is set in steps (gid, groups, uid), and libcs choose among the forms.
    {"setuid", "setuid32", "setreuid", "setreuid32", "setresuid", "setresuid32"},
    {"setgid", "setgid32", "setregid", "setregid32", "setresgid", "setresgid32"},
    {"setgroups", "setgroups32"},
    {"setfsuid", "setfsuid32"},
    {"setfsgid", "setfsgid32"},
    {"getuid", "getuid32", "geteuid", "geteuid32", "getresuid", "getresuid32", "getgid", "getgid32", "getegid",
     "getegid32", "getresgid", "getresgid32", "getgroups", "getgroups32"},
    // Sockets. Which of the forms is used depends on the libc, on a retry, on how much there is to send.
    {"socket", "socketpair", "connect", "getsockopt", "setsockopt", "getsockname", "getpeername", "shutdown"},
    {"accept", "accept4"},
    {"bind", "listen"},
    {"recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "send", "sendto", "sendmsg", "sendmmsg"},
    // Memory.
    {"mmap", "mmap2", "munmap", "mremap", "mprotect", "brk", "madvise", "mincore"},
    {"mlock", "mlock2", "munlock", "mlockall", "munlockall"},
    {"get_mempolicy", "getcpu"},
    {"pkey_alloc", "pkey_free", "pkey_mprotect"},
    // IPC.
    {"shmget", "shmat", "shmdt", "shmctl"},
    {"semget", "semop", "semtimedop", "semtimedop_time64", "semctl"},
    {"msgget", "msgsnd", "msgrcv", "msgctl"},
    {"mq_open", "mq_unlink", "mq_timedsend", "mq_timedsend_time64", "mq_timedreceive", "mq_timedreceive_time64",
     "mq_notify", "mq_getsetattr"},
    // Privileged operations: reached only from one of their own.
    {"mount", "umount", "umount2", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree",
     "mount_setattr"},
    {"adjtimex", "clock_adjtime", "clock_adjtime64"},
    {"settimeofday", "clock_settime", "clock_settime64"},
    {"init_module", "finit_module"},
};

/// What every process may need at start, at a crash, and at its end, whether or not this run came to it: the dynamic
/// loader, malloc, threads and locks, abort() and its message, the stack protector, exit handlers.
const Family kEveryProcess = {
    // the loader
    "openat", "read", "pread64", "readlink", "close", "close_range", "newfstatat", "statx", "access", "mmap",
    "munmap", "mprotect", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "get_robust_list", "rseq",
    "prlimit64", "getrandom", "uname", "execve", "prctl",
    // threads, memory, clocks
    "madvise", "mremap", "futex", "membarrier", "sched_yield", "sched_getaffinity", "getcpu", "sysinfo",
    "clock_gettime", "nanosleep",
    // signals, a crash, the end
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "gettid", "getpid", "getppid",
    "tgkill", "kill", "write", "exit", "exit_group",
    // standard input and output
    "ioctl", "lseek", "fcntl", "poll", "dup2", "umask", "getuid", "getcwd"};

/// Groups of calls that need no privilege and raise no exposure. A service of which one was seen gets the rest: the
/// next release of a libc or of the service calls others of the same group (measured: literal lists from Debian 12
/// stopped all of 7 services on Debian 13, groups let 5 pass). As groups they also grow with the kernel.
const char* const kGroups[] = {"@basic-io", "@file-system", "@io-event", "@network-io", "@signal", "@sync", "@timer"};

/// Members of @process, @ipc and of none that are as harmless, without what these groups hold besides: namespaces,
/// other processes' memory, message queues.
const Family kHarmless = {"capget",
                          "clone",
                          "clone3",
                          "copy_file_range",
                          "fadvise64",
                          "fadvise64_64",
                          "flock",
                          "fork",
                          "get_mempolicy",
                          "getcpu",
                          "getpriority",
                          "getrusage",
                          "ioctl",
                          "ioprio_get",
                          "kill",
                          "madvise",
                          "memfd_create",
                          "mremap",
                          "pidfd_open",
                          "pidfd_send_signal",
                          "pipe",
                          "pipe2",
                          "prctl",
                          "readahead",
                          "rt_sigqueueinfo",
                          "rt_tgsigqueueinfo",
                          "sched_get_priority_max",
                          "sched_get_priority_min",
                          "sched_getattr",
                          "sched_getparam",
                          "sched_getscheduler",
                          "sched_rr_get_interval",
                          "sched_rr_get_interval_time64",
                          "sendfile",
                          "sendfile64",
                          "setpgid",
                          "setsid",
                          "splice",
                          "sysinfo",
                          "tee",
                          "tgkill",
                          "times",
                          "tkill",
                          "umask",
                          "uname",
                          "vfork",
                          "wait4",
                          "waitid",
                          "waitpid"};

void add_groups(const Host& host, const SyscallNames& seen, SyscallNames& wanted) {
    if (host.syscall_groups.empty()) return;
    for (const char* name : kGroups) {
        const auto group = host.syscall_groups.find(name);
        if (group == host.syscall_groups.end()) continue;
        const bool touched = std::any_of(group->second.begin(), group->second.end(),
                                         [&](const std::string& call) { return seen.count(call) != 0; });
        if (touched) wanted.insert(group->second.begin(), group->second.end());
    }
    wanted.insert(kHarmless.begin(), kHarmless.end());
}

}  // namespace

SyscallNames with_variants(const Host& host, const SyscallNames& seen) {
    SyscallNames wanted = seen;
    wanted.insert(kEveryProcess.begin(), kEveryProcess.end());
    // A family may lead to another (splice is in two): until nothing is added. Only what may stand in the list leads
    // on.
    const auto scored = scored_groups(host);
    const auto costs_nothing = [&](const std::string& name) {
        return std::all_of(scored.begin(), scored.end(), [&](const SyscallNames& group) {
            return group.count(name) == 0 ||
                   std::any_of(seen.begin(), seen.end(), [&](const auto& one) { return group.count(one) != 0; });
        });
    };
    for (bool grown = true; grown;) {
        grown = false;
        for (const auto& family : kFamilies) {
            if (std::none_of(family.begin(), family.end(),
                             [&](const char* name) { return wanted.count(name) != 0; })) {
                continue;
            }
            for (const char* name : family) {
                if (wanted.count(name) != 0 || !is_known_to(host, name) || !costs_nothing(name)) continue;
                wanted.insert(name);
                grown = true;
            }
        }
    }
    // After the families: a group is harmless as it is, but its members lead to more.
    add_groups(host, seen, wanted);
    for (auto it = wanted.begin(); it != wanted.end();) {
        it = seen.count(*it) == 0 && (!is_known_to(host, *it) || !costs_nothing(*it)) ? wanted.erase(it)
                                                                                      : std::next(it);
    }
    return wanted;
}

}  // namespace sandfit::derive
