// Behaviours that meet a refusal, each beside operations that nobody refuses: seccomp filters, missing capabilities,
// mounts that let nothing be written or executed. And some that only look like a refusal from the kernel's side.
#include "support/behave.h"
#include "support/compat_call.h"

#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <time.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <thread>
#include <utility>

namespace sandfit::tests {
namespace {

using Rules = std::initializer_list<std::pair<const char*, std::uint32_t>>;

/// A filter that allows all but the calls that it names; another architecture's calls end the thread.
void load_filter(Rules rules) {
    scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    for (const auto& [name, action] : rules) {
        must(::seccomp_rule_add(filter, action, ::seccomp_syscall_resolve_name(name), 0), name);
    }
    must(::seccomp_load(filter), "seccomp_load");
    ::seccomp_release(filter);
}

int refused_by_filter(const std::string&) {
    load_filter({{"sethostname", SCMP_ACT_ERRNO(EPERM)},
                 {"ptrace", SCMP_ACT_ERRNO(ENOSYS)},
                 {"getppid", SCMP_ACT_ERRNO(EPERM)}});
    for (int i = 0; i < 3; ++i) ::syscall(SYS_getppid);
    ::sethostname("never", 5);
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::getuid();
    ::open("/does-not-exist", O_RDONLY);          // a failure that no filter made
    ::syscall(SYS_acct, "/does-not-exist");       // the kernel's own ENOENT
    ::syscall(SYS_lookup_dcookie, 0, nullptr, 0);  // the kernel's own ENOSYS, on most
    return 0;
}

/// A child's first call is refused, and a thread's.
int refused_to_children(const std::string&) {
    load_filter({{"getppid", SCMP_ACT_ERRNO(EPERM)}, {"getpgid", SCMP_ACT_ERRNO(EACCES)}});
    const pid_t child = ::fork();
    if (child == 0) {
        ::syscall(SYS_getppid);
        ::_exit(0);
    }
    const int status = wait_for(child);
    std::thread thread([] { ::syscall(SYS_getpgid, 0); });
    thread.join();
    return status;
}

/// One thread makes the forbidden call, others wait in calls, and run.
int killed_by_filter(const std::string&) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        load_filter({{"sethostname", SCMP_ACT_KILL_PROCESS}});
        std::thread waiting([] { ::pause(); });
        std::thread busy([] {
            for (;;) ::syscall(SYS_getuid);
        });
        ::usleep(50000);
        ::sethostname("never", 5);
        ::_exit(0);
    }
    return wait_for(child) == 128 + SIGSYS ? 0 : 1;
}

int killed_by_trap(const std::string&) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        load_filter({{"sethostname", SCMP_ACT_TRAP}});
        ::sethostname("never", 5);
        ::_exit(0);
    }
    return wait_for(child) == 128 + SIGSYS ? 0 : 1;
}

/// SIGSYS that somebody else sends: no filter had a part in it.
int killed_by_signal(const std::string&) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        ::kill(::getpid(), SIGSYS);
        ::_exit(0);
    }
    return wait_for(child) == 128 + SIGSYS ? 0 : 1;
}

/// A filter of the native architecture only, as SystemCallArchitectures=native makes one.
int killed_for_architecture(const std::string&) {
    const pid_t probe = ::fork();
    if (probe == 0) compat_getpid_and_exit();
    if (wait_for(probe) != 0) return kCannot;
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        load_filter({{"sethostname", SCMP_ACT_ERRNO(EPERM)}});
        compat_getpid_and_exit();
    }
    return wait_for(child) == 128 + SIGSYS ? 0 : 1;
}

volatile sig_atomic_t g_signals = 0;

/// Handlers, restarted calls, and one that goes on by restart_syscall after a stop.
int interrupted(const std::string&) {
    struct sigaction action {};
    action.sa_handler = [](int) { g_signals = g_signals + 1; };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval often{{0, 2000}, {0, 2000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    int ends[2];
    must(::pipe(ends), "pipe");
    const pid_t writer = ::fork();
    if (writer == 0) {
        ::usleep(100000);
        must(::write(ends[1], "x", 1), "write");
        ::_exit(0);
    }
    char byte = 0;
    must(::read(ends[0], &byte, 1), "read");  // restarted by each signal
    wait_for(writer);
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);

    const pid_t sleeper = ::fork();
    if (sleeper == 0) {
        const timespec while_{0, 300'000'000};
        ::nanosleep(&while_, nullptr);
        ::_exit(0);
    }
    ::usleep(50000);
    ::kill(sleeper, SIGSTOP);
    ::usleep(50000);
    ::kill(sleeper, SIGCONT);
    return wait_for(sleeper) == 0 && g_signals > 0 ? 0 : 1;
}

/// A tracer that answers a child's calls itself.
int emulated_by_tracer(const std::string&) {
    const pid_t child = ::fork();
    if (child == 0) {
        must(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr), "PTRACE_TRACEME");
        ::raise(SIGSTOP);
        ::_exit(::syscall(SYS_getppid) == 4711 ? 0 : 1);
    }
    int status = 0;
    must(::waitpid(child, &status, 0), "waitpid");
    constexpr auto kEmulate = static_cast<__ptrace_request>(31);  // PTRACE_SYSEMU
    must(::ptrace(kEmulate, child, nullptr, nullptr), "PTRACE_SYSEMU");
    must(::waitpid(child, &status, 0), "waitpid");
    user_regs_struct registers{};
    iovec all{&registers, sizeof(registers)};
    must(::ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all), "PTRACE_GETREGSET");
#if defined(__x86_64__)
    registers.rax = 4711;
#elif defined(__aarch64__)
    registers.regs[0] = 4711;
#else
#error "the register of a call's result is not known"
#endif
    must(::ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &all), "PTRACE_SETREGSET");
    must(::ptrace(PTRACE_CONT, child, nullptr, nullptr), "PTRACE_CONT");
    return wait_for(child);
}

void drop(std::initializer_list<cap_value_t> capabilities, bool from_bounds) {
    if (from_bounds) {
        for (const cap_value_t one : capabilities) must(::prctl(PR_CAPBSET_DROP, one), "PR_CAPBSET_DROP");
    }
    cap_t own = ::cap_get_proc();
    for (const cap_value_t one : capabilities) {
        for (const cap_flag_t flag : {CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE}) {
            must(::cap_set_flag(own, flag, 1, &one, CAP_CLEAR), "cap_set_flag");
        }
    }
    must(::cap_set_proc(own), "capset");
    ::cap_free(own);
}

int misses_capabilities(const std::string& dir) {
    touch(dir + "/file");
    touch(dir + "/closed");
    must(::chown((dir + "/closed").c_str(), 1, 1), "chown");
    must(::chmod((dir + "/closed").c_str(), 0), "chmod");
    drop({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN, CAP_FSETID}, true);
    drop({CAP_NET_RAW}, false);
    ::chown((dir + "/file").c_str(), 1, 1);
    ::open((dir + "/closed").c_str(), O_RDONLY);
    ::open((dir + "/closed").c_str(), O_WRONLY);
    ::chmod((dir + "/file").c_str(), 0600);  // asks for CAP_FSETID, of which a plain mode has no use
    ::socket(AF_INET, SOCK_RAW, 255);
    // Accounting asks for CAP_SYS_ADMIN, and does without.
    void* memory = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(memory == MAP_FAILED ? -1 : 0, "mmap");
    return 0;
}

int misses_as_user(const std::string& dir) {
    touch(dir + "/file");
    must(::setgid(1), "setgid");
    must(::setuid(1), "setuid");
    ::chown((dir + "/file").c_str(), 1, 1);
    return 0;
}

int misses_from_inside(const std::string&) {
    if (::unshare(CLONE_NEWUSER) != 0) return kCannot;
    ::sethostname("never", 5);
    return 0;
}

/// Below a bind mount that is read-only, and one from which nothing is executed.
int refused_by_mounts(const std::string& dir) {
    const std::string shut = dir + "/shut";
    const std::string data = dir + "/data";
    must(::mkdir(shut.c_str(), 0755), "mkdir");
    must(::mkdir(data.c_str(), 0755), "mkdir");
    touch(shut + "/file");
    touch(data + "/program");
    must(::chmod((data + "/program").c_str(), 0755), "chmod");
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mount(shut.c_str(), shut.c_str(), nullptr, MS_BIND, nullptr), "mount bind");
    must(::mount(nullptr, shut.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), "mount read-only");
    must(::mount(data.c_str(), data.c_str(), nullptr, MS_BIND, nullptr), "mount bind");
    must(::mount(nullptr, data.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_NOEXEC, nullptr), "mount noexec");

    ::open((shut + "/new").c_str(), O_CREAT | O_WRONLY, 0644);
    ::open((shut + "/with-bits").c_str(), O_CREAT | O_WRONLY, 04755);
    ::open(shut.c_str(), O_TMPFILE | O_RDWR, 0600);
    ::open((shut + "/file").c_str(), O_RDWR);
    ::access((shut + "/file").c_str(), W_OK);
    const int file = ::open((shut + "/file").c_str(), O_RDONLY);
    must(file, "open");
    ::fchmod(file, 0600);
    ::futimens(file, nullptr);
    ::mkdir((shut + "/made").c_str(), 0755);
    ::unlink((shut + "/file").c_str());
    ::rename((shut + "/file").c_str(), (shut + "/moved").c_str());

    const std::string program = data + "/program";
    ::execl(program.c_str(), "program", nullptr);
    const int mapped = ::open(program.c_str(), O_RDONLY);
    must(mapped, "open");
    ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, mapped, 0);
    ::execl((dir + "/missing").c_str(), "missing", nullptr);
    ::usleep(400000);  // the resolver asks a living process of this namespace
    return 0;
}

}  // namespace

const Behaviours& refused_behaviours() {
    static const Behaviours behaviours = {
        {"refused_by_filter", refused_by_filter},
        {"refused_to_children", refused_to_children},
        {"killed_by_filter", killed_by_filter},
        {"killed_by_trap", killed_by_trap},
        {"killed_by_signal", killed_by_signal},
        {"killed_for_architecture", killed_for_architecture},
        {"interrupted", interrupted},
        {"emulated_by_tracer", emulated_by_tracer},
        {"misses_capabilities", misses_capabilities},
        {"misses_as_user", misses_as_user},
        {"misses_from_inside", misses_from_inside},
        {"refused_by_mounts", refused_by_mounts},
    };
    return behaviours;
}

}  // namespace sandfit::tests
