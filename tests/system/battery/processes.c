/* Operations with processes, users, capabilities, namespaces and mounts: see operate.h. */
#include "operate.h"

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

static const char *nothing(const struct work *w)
{
    return NULL;
}

static const char *child(const struct work *w)
{
    return in_child(nothing, w);
}

/* Looks at a child of its own in /proc. */
static const char *watch_child(const struct work *w)
{
    char path[40];
    struct stat status;
    pid_t pid = fork();
    TRY(pid);
    if (pid == 0)
        for (;;)
            pause();
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC), seen = fd != -1 && fstat(fd, &status) == 0;
    close(fd);
    TRY(kill(pid, SIGKILL));
    TRY(waitpid(pid, NULL, 0));
    CHECK(seen);
    return NULL;
}

static const char *run_word(const struct work *w)
{
    return run_program(w->word[0], w->word);
}

static const char *copy_of_itself(const char *path)
{
    static char buffer[65536];
    ssize_t length;
    int from, to;
    TRY(from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    TRY(to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700));
    while ((length = read(from, buffer, sizeof(buffer))) > 0)
        CHECK(write(to, buffer, length) == length);
    TRY(close(to));
    TRY(close(from));
    return NULL;
}

/* Writes a program, and runs it: what a sandbox should hardly ever allow. */
static const char *execute_made(const struct work *w)
{
    static char name[] = "operate", once[] = "--once", quiet[] = "--quiet", nothing[] = "nothing", place[] = "/";
    char path[4096];
    char *argv[] = {name, once, quiet, nothing, place, NULL};
    strcat(strcpy(path, w->word[0]), strrchr(fresh(w, "battery-made"), '/'));
    const char *answer = copy_of_itself(path);
    if (answer)
        return answer;
    answer = run_program(path, argv);
    unlink(path);
    return answer;
}

static void *set_turn(void *turn)
{
    *(unsigned *)turn += 1;
    return NULL;
}

static const char *thread(const struct work *w)
{
    pthread_t id;
    unsigned turn = w->turn;
    CHECK(pthread_create(&id, NULL, set_turn, &turn) == 0);
    CHECK(pthread_join(id, NULL) == 0);
    CHECK(turn == w->turn + 1);
    return NULL;
}

/* ---- what the helpers with privileges look at --------------------------------------------------------- */

static int get_capabilities(struct __user_cap_data_struct sets[2])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return (int)syscall(SYS_capget, &header, sets);
}

static int set_capabilities(const struct __user_cap_data_struct sets[2])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return (int)syscall(SYS_capset, &header, sets);
}

static const char *am_root(const struct work *w)
{
    CHECK(geteuid() == 0);
    return NULL;
}

static const char *am_group(const struct work *w)
{
    CHECK(getegid() == (gid_t)atoi(w->word[0]));
    return NULL;
}

static const char *have_capability(const struct work *w)
{
    const int number = atoi(w->word[0]);
    struct __user_cap_data_struct sets[2];
    TRY(get_capabilities(sets));
    CHECK(sets[number / 32].effective & 1u << number % 32);
    return NULL;
}

/* ---- users and capabilities ------------------------------------------------------------------------------ */

static const char *become_nobody(const struct work *w)
{
    uid_t real, effective, saved;
    TRY(setgroups(0, NULL));
    TRY(setresgid(65534, 65534, 65534));
    TRY(setresuid(65534, 65534, 65534));
    TRY(getresuid(&real, &effective, &saved));
    CHECK(real == 65534 && effective == 65534 && saved == 65534);
    return NULL;
}

static const char *keep_some(const struct work *w)
{
    struct __user_cap_data_struct sets[2] = {{.effective = 1u << CAP_NET_BIND_SERVICE,
                                              .permitted = 1u << CAP_NET_BIND_SERVICE,
                                              .inheritable = 1u << CAP_NET_BIND_SERVICE}};
    struct __user_cap_data_struct got[2];
    TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    const char *answer = become_nobody(w);
    if (answer)
        return answer;
    TRY(set_capabilities(sets));
    TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0));
    TRY(get_capabilities(got));
    CHECK(got[0].effective == sets[0].effective && got[0].permitted == sets[0].permitted);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_BIND_SERVICE, 0, 0) == 1);
    return NULL;
}

static const char *limit_itself(const struct work *w)
{
    struct __user_cap_data_struct sets[2] = {{.effective = 1u << CAP_CHOWN | 1u << CAP_SYS_TIME,
                                              .permitted = 1u << CAP_CHOWN | 1u << CAP_SYS_TIME}};
    struct __user_cap_data_struct got[2];
    TRY(set_capabilities(sets));
    TRY(get_capabilities(got));
    CHECK(got[0].permitted == sets[0].permitted && got[1].permitted == 0);
    return NULL;
}

static const char *drop_bounding(const struct work *w)
{
    TRY(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0));
    CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT, 0, 0, 0) == 0);
    return NULL;
}

static const char *secure_bits(const struct work *w)
{
    const unsigned long bits = 1 << 0 | 1 << 1; /* SECBIT_NOROOT, locked */
    TRY(prctl(PR_SET_SECUREBITS, bits, 0, 0, 0));
    CHECK(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == (int)bits);
    return NULL;
}

static const char *own_filter(const struct work *w)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = code};
    TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    CHECK(syscall(SYS_getppid) == -1 && errno == EDOM);
    return NULL;
}

/* WORD is the pid file of a process of another user. */
static const char *signal_other(const struct work *w)
{
    char number[16] = {0};
    int fd;
    TRY(fd = open(w->word[0], O_RDONLY | O_CLOEXEC));
    TRY(read(fd, number, sizeof number - 1));
    TRY(close(fd));
    TRY(kill(atoi(number), SIGCONT));
    return NULL;
}

static const char *trace_child(const struct work *w)
{
    int status, value = 4711, read_back = 0;
    struct iovec here = {&read_back, sizeof read_back}, there = {&value, sizeof value};
    pid_t pid = fork();
    TRY(pid);
    if (pid == 0)
        for (;;)
            pause();
    TRY(ptrace(PTRACE_ATTACH, pid, NULL, NULL));
    TRY(waitpid(pid, &status, 0));
    CHECK(WIFSTOPPED(status));
    CHECK(process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof value && read_back == 4711);
    TRY(kill(pid, SIGKILL));
    TRY(waitpid(pid, &status, 0));
    return NULL;
}

/* ---- scheduling and limits ---------------------------------------------------------------------------------- */

static const char *real_time(const struct work *w)
{
    const struct sched_param first = {.sched_priority = 1};
    TRY(sched_setscheduler(0, SCHED_RR, &first));
    CHECK(sched_getscheduler(0) == SCHED_RR);
    return NULL;
}

static const char *batch(const struct work *w)
{
    const struct sched_param none = {0};
    TRY(sched_setscheduler(0, SCHED_BATCH, &none));
    CHECK(sched_getscheduler(0) == SCHED_BATCH);
    return NULL;
}

static const char *nicer(const struct work *w)
{
    TRY(setpriority(PRIO_PROCESS, 0, -5));
    errno = 0;
    CHECK(getpriority(PRIO_PROCESS, 0) == -5 && errno == 0);
    return NULL;
}

static const char *input_output_class(const struct work *w)
{
    TRY(syscall(SYS_ioprio_set, 1, 0, 3 << 13));
    CHECK(syscall(SYS_ioprio_get, 1, 0) == 3 << 13);
    return NULL;
}

static const char *affinity(const struct work *w)
{
    cpu_set_t set;
    TRY(sched_getaffinity(0, sizeof set, &set));
    TRY(sched_setaffinity(0, sizeof set, &set));
    return NULL;
}

static const char *raise_limit(const struct work *w)
{
    struct rlimit limit, got;
    TRY(getrlimit(RLIMIT_NICE, &limit));
    limit.rlim_max = limit.rlim_cur = limit.rlim_max + 1;
    TRY(setrlimit(RLIMIT_NICE, &limit));
    TRY(getrlimit(RLIMIT_NICE, &got));
    CHECK(got.rlim_max == limit.rlim_max);
    return NULL;
}

static const char *lock_memory(const struct work *w)
{
    const size_t size = (size_t)atoi(w->word[0]) << 10;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    TRY(mlock(memory, size));
    TRY(munmap(memory, size));
    return NULL;
}

/* ---- namespaces and mounts ---------------------------------------------------------------------------------- */

static ino_t namespace_of(const char *kind)
{
    char path[64];
    struct stat status = {0};
    snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static const char *new_user_namespace(const struct work *w)
{
    char mapping[40];
    const int length = snprintf(mapping, sizeof mapping, "0 %u 1", (unsigned)geteuid());
    TRY(unshare(CLONE_NEWUSER));
    int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    TRY(fd);
    CHECK(write(fd, mapping, (size_t)length) == length);
    TRY(close(fd));
    CHECK(geteuid() == 0);
    return NULL;
}

static const char *new_network(const struct work *w)
{
    const ino_t before = namespace_of("net");
    TRY(unshare(CLONE_NEWNET));
    CHECK(before && namespace_of("net") != before);
    return NULL;
}

static const char *enter_namespace(const struct work *w)
{
    const ino_t before = namespace_of("uts");
    int fd;
    TRY(fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC));
    TRY(unshare(CLONE_NEWUTS));
    CHECK(namespace_of("uts") != before);
    TRY(setns(fd, CLONE_NEWUTS));
    CHECK(namespace_of("uts") == before);
    return NULL;
}

/* In a child made by `call`: the exit status says whether its pid namespace is a new one. */
static const char *waited_for(pid_t pid)
{
    int status;
    TRY(pid);
    if (pid == 0)
        _exit(getpid() == 1 ? 0 : 1);
    TRY(waitpid(pid, &status, __WALL));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return NULL;
}

static const char *clone_into_new(const struct work *w)
{
    return waited_for((pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0));
}

static const char *clone3_into_new(const struct work *w)
{
    struct clone_args how = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
    return waited_for((pid_t)syscall(SYS_clone3, &how, sizeof how));
}

static const char *mount_and_unmount(const struct work *w)
{
    struct stat before, after;
    const char *place = in(w, "mount");
    TRY(stat(place, &before));
    TRY(mount("battery", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k"));
    TRY(stat(place, &after));
    CHECK(after.st_dev != before.st_dev);
    TRY(umount2(place, MNT_DETACH));
    return NULL;
}

static const char *mount_of_its_own(const struct work *w)
{
    TRY(unshare(CLONE_NEWNS));
    TRY(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    return mount_and_unmount(w);
}

/* For others to see: the test looks for it outside. */
static const char *mount_for_others(const struct work *w)
{
    struct stat before, after;
    const char *place = in(w, "mount");
    if (w->turn > 0) {
        TRY(stat(place, &after));
        TRY(stat(w->directory, &before));
        CHECK(after.st_dev != before.st_dev);
        return NULL;
    }
    TRY(mount("battery", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k"));
    return NULL;
}

static const char *new_root(const struct work *w)
{
    struct stat status;
    TRY(chroot(in(w, "root")));
    TRY(chdir("/"));
    TRY(stat("/marker", &status));
    return NULL;
}

#define IN_CHILD(name)                               \
    static const char *name##_in_child(const struct work *w) \
    {                                                \
        return in_child(name, w);                    \
    }
IN_CHILD(become_nobody)
IN_CHILD(keep_some)
IN_CHILD(limit_itself)
IN_CHILD(drop_bounding)
IN_CHILD(secure_bits)
IN_CHILD(own_filter)
IN_CHILD(real_time)
IN_CHILD(batch)
IN_CHILD(nicer)
IN_CHILD(raise_limit)
IN_CHILD(new_user_namespace)
IN_CHILD(new_network)
IN_CHILD(enter_namespace)
IN_CHILD(mount_of_its_own)
IN_CHILD(new_root)

const struct operation process_operations[] = {
    {"nothing", nothing},
    {"child", child},
    {"watch-child", watch_child},
    {"run", run_word},
    {"execute-made", execute_made},
    {"thread", thread},
    {"am-root", am_root},
    {"am-group", am_group},
    {"have-capability", have_capability},
    {"become-nobody", become_nobody_in_child},
    {"keep-some", keep_some_in_child},
    {"limit-itself", limit_itself_in_child},
    {"drop-bounding", drop_bounding_in_child},
    {"secure-bits", secure_bits_in_child},
    {"own-filter", own_filter_in_child},
    {"signal-other", signal_other},
    {"trace-child", trace_child},
    {"real-time", real_time_in_child},
    {"batch", batch_in_child},
    {"nicer", nicer_in_child},
    {"input-output-class", input_output_class},
    {"affinity", affinity},
    {"raise-limit", raise_limit_in_child},
    {"lock-memory", lock_memory},
    {"new-user-namespace", new_user_namespace_in_child},
    {"new-network", new_network_in_child},
    {"enter-namespace", enter_namespace_in_child},
    {"clone-into-new", clone_into_new},
    {"clone3-into-new", clone3_into_new},
    {"mount", mount_and_unmount},
    {"mount-of-its-own", mount_of_its_own_in_child},
    {"mount-for-others", mount_for_others},
    {"new-root", new_root_in_child},
    {NULL, NULL},
};
