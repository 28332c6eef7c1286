// A program with one behaviour a name: `behaviours NAME DIRECTORY`. The tests of the kernel programs run
// it under observation and check the facts. Ends with 0, or with 77 when this machine cannot do it.
#include "support/behave.h"
#include "support/compat_call.h"

#include <fcntl.h>
#include <linux/openat2.h>
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
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

using sandfit::tests::compat_getpid_and_exit;
using sandfit::tests::kCannot;
using sandfit::tests::must;
using sandfit::tests::touch;
using sandfit::tests::wait_for;

namespace {

void touch_at(int directory, const char* path) {
    const int fd = ::openat(directory, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    must(fd, path);
    ::close(fd);
}

int deep_path(const std::string& dir) {
    std::string path = dir;
    for (int i = 0; i < 45; ++i) {
        path += "/level-" + std::to_string(i);
        must(::mkdir(path.c_str(), 0755), "mkdir");
    }
    touch(path + "/leaf");
    return 0;
}

// Deeper than the walk follows: by descriptors, since no string can be that long.
int too_deep(const std::string& dir) {
    int at = ::open(dir.c_str(), O_PATH | O_DIRECTORY);
    for (int i = 0; i < 200; ++i) {
        must(::mkdirat(at, "d", 0755), "mkdirat");
        const int next = ::openat(at, "d", O_PATH | O_DIRECTORY);
        must(next, "openat");
        ::close(at);
        at = next;
    }
    touch_at(at, "leaf");
    return 0;
}

int bind_mount(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/real").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/shown").c_str(), 0755), "mkdir");
    must(::mount((dir + "/real").c_str(), (dir + "/shown").c_str(), nullptr, MS_BIND, nullptr), "mount bind");
    touch(dir + "/shown/file");
    // In turns through the one mount and the other.
    must(::mkdir((dir + "/real/sub").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/shown/made").c_str(), 0755), "mkdir");
    must(::unlink((dir + "/real/file").c_str()), "unlink");
    must(::rename((dir + "/shown/made").c_str(), (dir + "/shown/moved").c_str()), "rename");
    must(::rmdir((dir + "/real/moved").c_str()), "rmdir");
    must(::symlink("sub", (dir + "/shown/link").c_str()), "symlink");
    must(::chmod((dir + "/real/sub").c_str(), 0700), "chmod");
    must(::link((dir + "/shown/link").c_str(), (dir + "/shown/linked").c_str()), "link");
    ::usleep(400000);  // the resolver asks a living process of this namespace
    return 0;
}

int mount_namespace(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/own").c_str(), 0755), "mkdir");
    must(::mount("none", (dir + "/own").c_str(), "tmpfs", 0, nullptr), "mount tmpfs");
    touch(dir + "/own/file");
    must(::mkdir((dir + "/own/made").c_str(), 0755), "mkdir");
    must(::rename((dir + "/own/file").c_str(), (dir + "/own/made/moved").c_str()), "rename");
    ::usleep(400000);  // the resolver asks a living process of this namespace
    return 0;
}

int change_root(const std::string& dir) {
    must(::mkdir((dir + "/root").c_str(), 0755), "mkdir");
    must(::chroot((dir + "/root").c_str()), "chroot");
    must(::chdir("/"), "chdir");
    touch("/inside");
    must(::mkdir("/made", 0755), "mkdir");
    must(::unlink("/inside"), "unlink");
    ::usleep(400000);
    return 0;
}

int rename_across(const std::string& dir) {
    must(::mkdir((dir + "/a").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/b").c_str(), 0755), "mkdir");
    touch(dir + "/a/old");
    must(::rename((dir + "/a/old").c_str(), (dir + "/b/new").c_str()), "rename");
    touch(dir + "/a/one");
    must(::link((dir + "/a/one").c_str(), (dir + "/b/two").c_str()), "link");
    must(::syscall(SYS_renameat2, AT_FDCWD, (dir + "/a/one").c_str(), AT_FDCWD, (dir + "/b/new").c_str(), 2),
         "exchange");
    return 0;
}

int deleted_file(const std::string& dir) {
    const std::string path = dir + "/doomed";
    const int fd = ::open(path.c_str(), O_CREAT | O_RDWR, 0600);
    must(fd, "open");
    must(::unlink(path.c_str()), "unlink");
    must(::fchmod(fd, 0640), "fchmod");
    ::unlink((dir + "/never-there").c_str());
    return 0;
}

int relative_with_dirfd(const std::string& dir) {
    must(::mkdir((dir + "/base").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/base/sub").c_str(), 0755), "mkdir");
    const int base = ::open((dir + "/base").c_str(), O_PATH | O_DIRECTORY);
    must(base, "open");
    touch_at(base, "sub/created");
    must(::mkdirat(base, "sub/made", 0700), "mkdirat");
    must(::unlinkat(base, "sub/made", AT_REMOVEDIR), "unlinkat");
    must(::unlinkat(base, "sub/created", 0), "unlinkat");
    must(::chdir((dir + "/base").c_str()), "chdir");
    must(::symlink("anything", "sub/../link"), "symlink");
    return 0;
}

int through_symlink(const std::string& dir) {
    must(::mkdir((dir + "/target").c_str(), 0755), "mkdir");
    must(::symlink("target", (dir + "/alias").c_str()), "symlink");
    touch(dir + "/alias/opened");
    must(::mkdir((dir + "/alias/made").c_str(), 0755), "mkdir");
    must(::symlink("target/opened", (dir + "/file-alias").c_str()), "symlink");
    must(::chmod((dir + "/file-alias").c_str(), 0600), "chmod");
    ::usleep(400000);
    return 0;
}

int tmpfile(const std::string& dir) {
    const int fd = ::open(dir.c_str(), O_TMPFILE | O_RDWR, 0600);
    must(fd, "O_TMPFILE");
    return 0;
}

int path_changes(const std::string& dir) {
    const std::string file = dir + "/file";
    touch(file);
    must(::chmod(file.c_str(), 0600), "chmod");
    must(::chown(file.c_str(), 1, 1), "chown");
    must(::truncate(file.c_str(), 10), "truncate");
    must(::utimensat(AT_FDCWD, file.c_str(), nullptr, 0), "utimensat");
    const int fd = ::open(file.c_str(), O_RDONLY);
    must(::futimens(fd, nullptr), "futimens");
    if (::setxattr(file.c_str(), "user.test", "1", 1, 0) != 0) {  // a tmpfs has these since 6.6
        must(::setxattr(file.c_str(), "trusted.test", "1", 1, 0), "setxattr");
    }
    must(::mkfifo((dir + "/pipe").c_str(), 0600), "mkfifo");
    must(::mkdir((dir + "/d").c_str(), 0755), "mkdir");
    must(::rmdir((dir + "/d").c_str()), "rmdir");
    must(::mkdir((dir + "/shared").c_str(), 02755), "mkdir");
    must(::mknod((dir + "/node").c_str(), S_IFREG | 06711, 0), "mknod");
    const int null = ::open("/dev/null", O_WRONLY);
    must(null, "/dev/null");
    ::usleep(400000);
    return 0;
}

// What the kernel then does by itself: copies files up, puts devices where others were, sets extended attributes.
int on_overlay(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/layers").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/merged").c_str(), 0755), "mkdir");
    must(::mount("none", (dir + "/layers").c_str(), "tmpfs", 0, nullptr), "mount tmpfs");
    must(::chdir((dir + "/layers").c_str()), "chdir");
    for (const char* layer : {"lower", "upper", "work"}) must(::mkdir(layer, 0755), "mkdir");
    for (const char* name : {"lower/cut", "lower/opened", "lower/closed", "lower/given", "lower/old", "lower/gone", "lower/one"})
        touch(name);
    must(::mkdir("lower/empty", 0755), "mkdir");
    if (::mount("none", (dir + "/merged").c_str(), "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") != 0)
        return kCannot;
    must(::chdir((dir + "/merged").c_str()), "chdir");
    must(::truncate("cut", 10), "truncate");
    must(::chmod("closed", 0600), "chmod");
    must(::chown("given", 1, 1), "chown");
    must(::rename("old", "new"), "rename");
    must(::link("one", "two"), "link");
    must(::unlink("gone"), "unlink");
    must(::rmdir("empty"), "rmdir");
    must(::symlink("one", "link"), "symlink");
    must(::mknod("node", S_IFREG | 0600, 0), "mknod");
    must(::mkdir("made", 0755), "mkdir");
    touch("opened");
    ::usleep(400000);
    return 0;
}

int many_files(const std::string& dir) {
    for (int i = 0; i < 200; ++i) touch(dir + "/temporary-" + std::to_string(i));
    return 0;
}

int hostile_names(const std::string& dir) {
    touch(dir + "/new\nline");
    touch(dir + "/quo\"te%n$HOME\\");
    touch(dir + "/not-\xff\xfe-utf8");
    must(::mkdir((dir + "/\x1b[31m").c_str(), 0755), "mkdir");
    return 0;
}

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

int fails_to_write(const std::string& dir) {
    ::open((dir + "/missing-directory/file").c_str(), O_CREAT | O_WRONLY, 0644);
    ::mkdir(dir.c_str(), 0755);
    ::rmdir((dir + "/missing").c_str());
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

const sandfit::tests::Behaviours kBehaviours = {
    {"deep_path", deep_path},
    {"too_deep", too_deep},
    {"bind_mount", bind_mount},
    {"mount_namespace", mount_namespace},
    {"change_root", change_root},
    {"rename_across", rename_across},
    {"deleted_file", deleted_file},
    {"relative_with_dirfd", relative_with_dirfd},
    {"through_symlink", through_symlink},
    {"tmpfile", tmpfile},
    {"path_changes", path_changes},
    {"on_overlay", on_overlay},
    {"many_files", many_files},
    {"hostile_names", hostile_names},
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
    {"fails_to_write", fails_to_write},
    {"executes", executes},
    {"executes_scripts", executes_scripts},
    {"writes_back_capabilities", writes_back_capabilities},
    {"looks", looks},
    {"requests", requests},
    {"file_systems", file_systems},
    {"executes_from_memory", executes_from_memory},
    {"sleeps", sleeps},
    {"sleeps_by_compat", sleeps_by_compat},
    {"storm", storm},
};

}  // namespace

int main(int argc, char** argv) {
    const bool lists = argc == 2 && std::strcmp(argv[1], "--list") == 0;
    for (const auto* behaviours :
         {&kBehaviours, &sandfit::tests::refused_behaviours(), &sandfit::tests::ring_behaviours()}) {
        if (argc == 3 && behaviours->count(argv[1]) != 0) return behaviours->at(argv[1])(argv[2]);
        for (const auto& [name, run] : *behaviours) {
            if (lists) std::printf("%s\n", name.c_str());
        }
    }
    if (lists) return 0;
    std::fprintf(stderr, "usage: behaviours NAME DIRECTORY | --list\n");
    return 2;
}
