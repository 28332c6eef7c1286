// A program with one behaviour a name: `behaviours NAME DIRECTORY`. The tests of the kernel programs run
// it under observation and check the facts. Ends with 0, or with 77 when this machine cannot do it.
#include "support/behave.h"
#include "support/compat_call.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

using sandfit::tests::compat_getpid_and_exit;
using sandfit::tests::kCannot;
using sandfit::tests::must;
using sandfit::tests::touch;
using sandfit::tests::wait_for;

namespace {

int compat_syscall(const std::string&) {
    const pid_t child = ::fork();
    if (child == 0) compat_getpid_and_exit();
    return wait_for(child) == 0 ? 0 : kCannot;
}

int threads(const std::string& dir) {
    std::vector<std::thread> all;
    for (int i = 0; i < 8; ++i) {
        all.emplace_back([&dir, i] { must(::mkdir((dir + "/thread-" + std::to_string(i)).c_str(), 0755), "mkdir"); });
    }
    for (auto& thread : all) thread.join();
    return 0;
}

int by_vfork(const std::string& dir) {
    const std::string made = dir + "/by-vfork";
    const pid_t child = ::vfork();
    if (child == 0) {
        ::execl("/bin/mkdir", "mkdir", made.c_str(), nullptr);
        ::_exit(1);
    }
    return wait_for(child);
}

int by_clone3(const std::string& dir) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    const long child = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
    must(child, "clone3");
    if (child == 0) {
        touch(dir + "/by-clone3");
        ::_exit(0);
    }
    return wait_for(static_cast<pid_t>(child));
}

// A grandchild that goes on after its parent, in a session of its own.
int by_daemon(const std::string& dir) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        if (::fork() == 0) {
            touch(dir + "/by-daemon");
            ::_exit(0);
        }
        ::_exit(0);
    }
    wait_for(child);
    ::usleep(200000);
    return 0;
}

int sockets(const std::string& dir) {
    const int stream = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir.c_str());
    must(::bind(stream, reinterpret_cast<sockaddr*>(&address), sizeof(address)), "bind");
    must(::listen(stream, 1), "listen");
    const int peer = ::socket(AF_UNIX, SOCK_STREAM, 0);
    must(::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof(address)), "connect");

    const int hidden = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un abstract{};
    abstract.sun_family = AF_UNIX;
    std::memcpy(abstract.sun_path, "\0sandfit-test", 13);
    must(::bind(hidden, reinterpret_cast<sockaddr*>(&abstract), offsetof(sockaddr_un, sun_path) + 13), "bind abstract");

    const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    local.sin_port = htons(9);
    ::sendto(udp, "x", 1, 0, reinterpret_cast<sockaddr*>(&local), sizeof(local));
    ::socket(AF_NETLINK, SOCK_RAW, 0);
    ::usleep(400000);
    return 0;
}

int low_port(const std::string&) {
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    local.sin_port = htons(81);
    const int on = 1;
    ::setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    must(::bind(server, reinterpret_cast<sockaddr*>(&local), sizeof(local)), "bind");
    // memory accounting asks for CAP_SYS_ADMIN here, and chmod for CAP_FSETID: neither is a need
    void* memory = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::munmap(memory, 1 << 20);
    return 0;
}

int own_user_namespace(const std::string&) {
    if (::unshare(CLONE_NEWUSER) != 0) return kCannot;
    must(::unshare(CLONE_NEWNET), "unshare");
    return 0;
}

int asks_for_capabilities(const std::string&) {
    cap_t wanted = ::cap_from_text("cap_net_raw,cap_chown=ep");
    must(::cap_set_proc(wanted), "capset");
    return 0;
}

int sets_secure_bits(const std::string&) {
    must(::prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0), "prctl");
    return 0;
}

int executes(const std::string& dir) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl((dir + "/set-user-id").c_str(), "set-user-id", nullptr);
        ::_exit(1);
    }
    return wait_for(child);
}

// Executes two scripts, one by a link and one relative to its working directory.
int executes_scripts(const std::string& dir) {
    must(::chdir((dir + "/sub").c_str()), "chdir");
    for (const std::string& script : {dir + "/link", std::string("./relative")}) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::execl(script.c_str(), script.c_str(), nullptr);
            ::_exit(1);
        }
        if (const int status = wait_for(child); status != 0) return status;
    }
    return 0;
}

// More programs and more scripts of one directory than a key has names.
int executes_many(const std::string& dir) {
    for (const std::string& kind : {std::string("program"), std::string("script")}) {
        for (int i = 0; i < 12; ++i) {
            const std::string path = dir + "/" + kind + std::to_string(i);
            const int to = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
            must(to, "create");
            if (kind == "script") {
                must(::write(to, "#!/bin/true\n", 12), "write");
            } else {
                const int from = ::open("/bin/true", O_RDONLY | O_CLOEXEC);
                must(from, "/bin/true");
                while (::sendfile(to, from, nullptr, 1 << 20) > 0) {
                }
                ::close(from);
            }
            ::close(to);
            const pid_t child = ::fork();
            if (child == 0) {
                ::execl(path.c_str(), path.c_str(), nullptr);
                ::_exit(1);
            }
            if (const int status = wait_for(child); status != 0) return status;
        }
    }
    return 0;
}

// Its interpreter is given /dev/fd/N to read it by.
int executes_script_by_descriptor(const std::string& dir) {
    if (::access("/dev/fd", F_OK) != 0) return kCannot;
    const std::string script = dir + "/script";
    touch(script);
    must(::chmod(script.c_str(), 0755), "chmod");
    const int written = ::open(script.c_str(), O_WRONLY);
    must(::write(written, "#!/bin/sh\nsleep 0.3\n", 20), "write");
    ::close(written);
    const int fd = ::open(script.c_str(), O_RDONLY);
    must(fd, "script");
    char* arguments[] = {const_cast<char*>("script"), nullptr};
    return ::fexecve(fd, arguments, environ);
}

// Writes back the capabilities that it has, as setpriv does.
int writes_back_capabilities(const std::string&) {
    cap_t own = ::cap_get_proc();
    must(own == nullptr ? -1 : 0, "capget");
    must(::cap_set_proc(own), "capset");
    ::cap_free(own);
    return 0;
}

// Looks at things without opening them, its own process, another one, and one that is not there.
int looks(const std::string& dir) {
    touch(dir + "/there");
    struct stat status {};
    must(::stat((dir + "/there").c_str(), &status), "stat");
    must(::access((dir + "/there").c_str(), R_OK), "access");
    ::stat((dir + "/missing").c_str(), &status);
    ::open((dir + "/missing-too").c_str(), O_RDONLY | O_CLOEXEC);
    file_handle handle{};
    int mount = 0;
    ::name_to_handle_at(AT_FDCWD, (dir + "/missing-handle").c_str(), &handle, &mount, 0);
    must(::open("/proc/self/status", O_RDONLY | O_CLOEXEC), "own status");
    must(::open(("/proc/" + std::to_string(::getppid()) + "/status").c_str(), O_RDONLY | O_CLOEXEC), "parent's status");
    must(::stat(("/proc/" + std::to_string(::getpid()) + "/comm").c_str(), &status), "own comm");
    must(::stat(("/proc/" + std::to_string(::getppid()) + "/comm").c_str(), &status), "parent's comm");
    const int fd = ::open((dir + "/there").c_str(), O_RDONLY | O_CLOEXEC);
    must(::fstat(fd, &status), "fstat");
    return 0;
}

// What directives forbid by arguments, each beside one that nothing forbids.
int requests(const std::string& dir) {
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(page == MAP_FAILED ? -1 : 0, "mmap");
    must(::mprotect(page, 4096, PROT_READ), "mprotect");
    must(::mprotect(page, 4096, PROT_READ | PROT_EXEC), "mprotect to executable");
    page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(page == MAP_FAILED ? -1 : 0, "mmap of writable code");
    const int shared = ::shmget(IPC_PRIVATE, 4096, 0600);
    must(shared, "shmget");
    const void* attached = ::shmat(shared, nullptr, SHM_EXEC);
    ::shmctl(shared, IPC_RMID, nullptr);
    must(attached == reinterpret_cast<void*>(-1) ? -1 : 0, "shmat");
    ::syscall(SYS_personality, 0xffffffff);
    must(::syscall(SYS_personality, 0x0040000), "personality");
    sched_param parameter{};
    must(::sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &parameter), "sched_setscheduler");
    must(::unshare(CLONE_NEWUTS), "unshare");
    must(::chmod(dir.c_str(), 0700), "chmod");
    must(::chmod(dir.c_str(), 02700), "chmod with a set-group-ID bit");
    return 0;
}

// Opens on many sorts of file systems, and looks without opening on one more.
int file_systems(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/ram").c_str(), 0755), "mkdir");
    must(::mount("none", (dir + "/ram").c_str(), "ramfs", 0, nullptr), "mount ramfs");
    touch(dir + "/ram/file");
    must(::open("/proc/self/status", O_RDONLY | O_CLOEXEC), "own status");
    struct stat status {};
    must(::stat("/sys/kernel", &status), "stat");
    // On mounts of the kernel's own, without a path.
    int pipe[2];
    must(::pipe(pipe), "pipe");
    must(::open(("/proc/self/fd/" + std::to_string(pipe[0])).c_str(), O_RDONLY | O_CLOEXEC), "a pipe, anew");
    must(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), "a namespace");
    const std::string queue = "/sandfit-" + std::to_string(::getpid());
    must(::mq_open(queue.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600, nullptr), "mq_open");
    must(::mq_unlink(queue.c_str()), "mq_unlink");
    must(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)), "pidfd_open");
    return 0;
}

// A program in memory only: executed on the kernel's own mount of tmpfs, where nothing else is opened.
int executes_from_memory(const std::string&) {
    const int program = ::open("/bin/true", O_RDONLY | O_CLOEXEC);
    must(program, "/bin/true");
    const int memory = ::memfd_create("program", MFD_CLOEXEC);
    must(memory, "memfd_create");
    struct stat status {};
    must(::fstat(program, &status), "fstat");
    must(::sendfile(memory, program, nullptr, static_cast<std::size_t>(status.st_size)), "sendfile");
    char name[] = "true";
    char* const arguments[] = {name, nullptr};
    must(::fexecve(memory, arguments, environ), "fexecve");
    return 1;
}

int sleeps(const std::string&) {
    ::pause();
    return 0;
}

int sleeps_by_compat(const std::string&) { return sandfit::tests::compat_pause() ? 0 : kCannot; }

// Arguments that the kernel cannot read either: there is nothing to tell, and nothing lost.
int gives_bad_arguments(const std::string&) {
    const auto fails = [](long result, int error) { must(result == -1 && errno == error ? 0 : -1, "to fail"); };
    char* const nowhere = reinterpret_cast<char*>(8);
    fails(::openat(999, "file", O_RDONLY | O_CLOEXEC), EBADF);
    fails(::mkdirat(999, "directory", 0755), EBADF);
    fails(::open(nowhere, O_RDONLY | O_CLOEXEC), EFAULT);
    const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(any, "socket");
    fails(::connect(any, reinterpret_cast<sockaddr*>(nowhere), sizeof(sockaddr_in)), EFAULT);
    struct {
        std::uint32_t version = 0x20080522;  // _LINUX_CAPABILITY_VERSION_3
        int process = 0;
    } header;
    fails(::syscall(SYS_capset, &header, nowhere), EFAULT);
    return 0;
}

// 200,000 creates in 1,000 directories; a second process makes 1,000,000 calls.
int storm(const std::string& dir) {
    const pid_t caller = ::fork();
    if (caller == 0) {
        for (int i = 0; i < 1'000'000; ++i) ::syscall(SYS_getppid);
        ::_exit(0);
    }
    for (int d = 0; d < 1000; ++d) must(::mkdir((dir + "/d" + std::to_string(d)).c_str(), 0755), "mkdir");
    for (int f = 0; f < 200; ++f) {
        for (int d = 0; d < 1000; ++d) {
            touch(dir + "/d" + std::to_string(d) + "/f" + std::to_string(f));
        }
    }
    return wait_for(caller);
}

// Four at once that ask for memory, of which each time a capability is checked.
int storm_of_checks(const std::string&) {
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        children.push_back(::fork());
        if (children.back() != 0) continue;
        for (int n = 0; n < 50'000; ++n) {
            void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED) ::_exit(1);
            ::munmap(memory, 4096);
        }
        ::_exit(0);
    }
    int status = 0;
    for (const pid_t child : children) status |= wait_for(child);
    return status;
}

// One new fact after the other, for some seconds: on a disk.
int storm_of_news(const std::string& dir) {
    for (int d = 0; d < 5000; ++d) {
        const std::string directory = dir + "/d" + std::to_string(d);
        must(::mkdir(directory.c_str(), 0755), "mkdir");
        touch(directory + "/file");
    }
    return 0;
}

const sandfit::tests::Behaviours kBehaviours = {
    {"compat_syscall", compat_syscall},
    {"threads", threads},
    {"by_vfork", by_vfork},
    {"by_clone3", by_clone3},
    {"by_daemon", by_daemon},
    {"sockets", sockets},
    {"low_port", low_port},
    {"own_user_namespace", own_user_namespace},
    {"asks_for_capabilities", asks_for_capabilities},
    {"sets_secure_bits", sets_secure_bits},
    {"executes", executes},
    {"executes_many", executes_many},
    {"executes_script_by_descriptor", executes_script_by_descriptor},
    {"executes_scripts", executes_scripts},
    {"writes_back_capabilities", writes_back_capabilities},
    {"looks", looks},
    {"requests", requests},
    {"file_systems", file_systems},
    {"executes_from_memory", executes_from_memory},
    {"sleeps", sleeps},
    {"sleeps_by_compat", sleeps_by_compat},
    {"gives_bad_arguments", gives_bad_arguments},
    {"storm_of_checks", storm_of_checks},
    {"storm_of_news", storm_of_news},
    {"storm", storm},
};

}  // namespace

int main(int argc, char** argv) {
    const bool lists = argc == 2 && std::strcmp(argv[1], "--list") == 0;
    for (const auto* behaviours :
         {&kBehaviours, &sandfit::tests::path_behaviours(), &sandfit::tests::refused_behaviours(),
          &sandfit::tests::ring_behaviours()}) {
        if (argc == 3 && behaviours->count(argv[1]) != 0) return behaviours->at(argv[1])(argv[2]);
        for (const auto& [name, run] : *behaviours) {
            if (lists) std::printf("%s\n", name.c_str());
        }
    }
    if (lists) return 0;
    std::fprintf(stderr, "usage: behaviours NAME DIRECTORY | --list\n");
    return 2;
}
