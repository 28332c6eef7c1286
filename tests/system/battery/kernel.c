/* Operations with the kernel's own things: clock, names, keys, IPC, other ABIs, event queues. See operate.h.
 *
 * What stands for the whole machine is set to what it is already: this may run beside other tests.
 */
#include "operate.h"

#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <sys/timex.h>

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>

static const char *set_personality(const struct work *w)
{
    TRY(personality(w->turn % 2 ? 0 : ADDR_NO_RANDOMIZE));
    CHECK(personality(0xffffffff) == (w->turn % 2 ? 0 : ADDR_NO_RANDOMIZE));
    return NULL;
}

static const char *ask_personality(const struct work *w)
{
    CHECK(personality(0xffffffff) == 0);
    return NULL;
}

static const char *read_clock(const struct work *w)
{
    struct timex state = {.modes = 0};
    TRY(adjtimex(&state));
    CHECK(state.tick > 0);
    return NULL;
}

/* The zone is no part of the time, and setting it takes the same privilege. */
static const char *set_clock(const struct work *w)
{
    struct timezone zone = {0};
    TRY(syscall(SYS_gettimeofday, NULL, &zone));
    TRY(syscall(SYS_settimeofday, NULL, &zone));
    return NULL;
}

static const char *host_name(const struct work *w)
{
    char wanted[65];
    snprintf(wanted, sizeof wanted, "battery-%u", w->turn % 2);
    TRY(sethostname(wanted, strlen(wanted))); /* not read again: others may set it meanwhile */
    TRY(sethostname("lab", 3));
    return NULL;
}

static const char *kernel_log(const struct work *w)
{
    static char log[4096];
    TRY(klogctl(3, log, sizeof log));
    TRY(klogctl(10, NULL, 0));
    return NULL;
}

static const char *keys(const struct work *w)
{
    char content[8] = {0};
    long key;
    TRY(key = syscall(SYS_add_key, "user", "battery", "secret", 6, KEY_SPEC_PROCESS_KEYRING));
    CHECK(syscall(SYS_request_key, "user", "battery", NULL, KEY_SPEC_PROCESS_KEYRING) == key);
    CHECK(syscall(SYS_keyctl, KEYCTL_READ, key, content, sizeof content) == 6);
    CHECK(strcmp(content, "secret") == 0);
    return NULL;
}

/* For keys_of_user: run by the test, once for all rows; outlives the slowest run of them, not the day. */
static const char *give_key(const struct work *w)
{
    long key;
    TRY(key = syscall(SYS_add_key, "user", "battery-given", "given", 5, KEY_SPEC_USER_KEYRING));
    TRY(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 7200));
    return NULL;
}

/* A key that the test gave to the user: to be had through a session keyring that links it (KeyringMode=shared). */
static const char *keys_of_user(const struct work *w)
{
    char content[8] = {0};
    long key;
    TRY(key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", "battery-given", 0));
    TRY(syscall(SYS_keyctl, KEYCTL_READ, key, content, sizeof content));
    CHECK(strcmp(content, "given") == 0);
    return NULL;
}

/* ---- IPC ----------------------------------------------------------------------------------------------------- */

static const char *system_v(const struct work *w)
{
    struct {
        long type;
        char text[4];
    } message = {1, "abc"};
    int memory, queue, semaphores;
    struct sembuf up = {0, 1, 0};
    TRY(memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    char *page = shmat(memory, NULL, 0);
    if ((intptr_t)page == -1)
        return failed("shmat");
    *page = 'x';
    TRY(shmdt(page));
    TRY(shmctl(memory, IPC_RMID, NULL));
    TRY(queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600));
    TRY(msgsnd(queue, &message, 4, 0));
    CHECK(msgrcv(queue, &message, 4, 1, 0) == 4);
    TRY(msgctl(queue, IPC_RMID, NULL));
    TRY(semaphores = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
    TRY(semop(semaphores, &up, 1));
    TRY(semctl(semaphores, 0, IPC_RMID));
    return NULL;
}

/* Made by the test, outside. */
static const char *system_v_met(const struct work *w)
{
    int memory;
    TRY(memory = shmget((key_t)atoi(w->word[0]), 0, 0));
    const char *page = shmat(memory, NULL, SHM_RDONLY);
    if ((intptr_t)page == -1)
        return failed("shmat");
    TRY(shmdt(page));
    return NULL;
}

/* Its own, which must be there after a restart. */
static const char *system_v_kept(const struct work *w)
{
    const key_t key = (key_t)atoi(w->word[0]);
    int memory;
    if (w->turn == 0 && access(in(w, "started-before"), F_OK) == -1) {
        TRY(memory = shmget(key, 4096, IPC_CREAT | 0600));
        int fd = open(in(w, "started-before"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        TRY(fd);
        TRY(close(fd));
    }
    TRY(memory = shmget(key, 0, 0));
    return NULL;
}

static const char *posix_queue(const struct work *w)
{
    struct mq_attr shape = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char message[8];
    mqd_t queue = mq_open("/battery-own", O_CREAT | O_RDWR | O_CLOEXEC, 0600, &shape);
    if (queue == (mqd_t)-1)
        return failed("mq_open");
    TRY(mq_send(queue, "message", 8, 0));
    CHECK(mq_receive(queue, message, 8, NULL) == 8);
    TRY(mq_close(queue));
    TRY(mq_unlink("/battery-own"));
    return NULL;
}

/* For posix_queue_met: run by the test. */
static const char *give_queue(const struct work *w)
{
    mqd_t queue = mq_open("/battery-given", O_CREAT | O_RDWR, 0600, NULL);
    if (queue == (mqd_t)-1)
        return failed("mq_open");
    return NULL;
}

static const char *posix_queue_met(const struct work *w)
{
    mqd_t queue = mq_open("/battery-given", O_RDONLY | O_CLOEXEC);
    if (queue == (mqd_t)-1)
        return failed("mq_open");
    TRY(mq_close(queue));
    return NULL;
}

static const char *posix_memory(const struct work *w)
{
    int fd;
    TRY(fd = shm_open("/battery-own", O_CREAT | O_RDWR, 0600));
    TRY(ftruncate(fd, 4096));
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return failed("mmap");
    *page = 'x';
    TRY(munmap(page, 4096));
    TRY(close(fd));
    TRY(shm_unlink("/battery-own"));
    return NULL;
}

static const char *posix_semaphore(const struct work *w)
{
    sem_t *semaphore = sem_open("/battery-own", O_CREAT, 0600, 1);
    if (semaphore == SEM_FAILED)
        return failed("sem_open");
    TRY(sem_trywait(semaphore));
    TRY(sem_close(semaphore));
    TRY(sem_unlink("/battery-own"));
    return NULL;
}

/* ---- other ways into the kernel ---------------------------------------------------------------------------- */

static const char *call_of_32_bit(const struct work *w)
{
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11"); /* getpid */
    if (result == -ENOSYS)
        return lacking("32-bit calls");
    CHECK(result == getpid());
    return NULL;
#else
    return lacking("32-bit calls");
#endif
}

/* Opens a file for writing through a ring. */
static const char *ring(const struct work *w)
{
    struct io_uring_params shape = {0};
    struct stat status;
    const char *path = fresh(w, "created");
    int fd = (int)syscall(SYS_io_uring_setup, 2, &shape);
    if (fd == -1 && (errno == ENOSYS || errno == EPERM) && w->turn == 0)
        return errno == ENOSYS ? lacking("io_uring") : failed("io_uring_setup");
    TRY(fd);
    const size_t size = 4096;
    char *rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entry = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
                                      IORING_OFF_SQES);
    CHECK(rings != MAP_FAILED && (void *)entry != MAP_FAILED && (shape.features & IORING_FEAT_SINGLE_MMAP));
    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_OPENAT;
    entry->fd = AT_FDCWD;
    entry->addr = (unsigned long)path;
    entry->open_flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC;
    entry->len = 0640;
    ((unsigned *)(rings + shape.sq_off.array))[0] = 0;
    __atomic_store_n((unsigned *)(rings + shape.sq_off.tail), 1, __ATOMIC_RELEASE);
    CHECK(syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
    const struct io_uring_cqe *done = (struct io_uring_cqe *)(rings + shape.cq_off.cqes);
    errno = done->res < 0 ? -done->res : 0;
    if (errno)
        return failed("open by ring");
    TRY(close(done->res));
    TRY(munmap(rings, size));
    TRY(munmap(entry, size));
    TRY(close(fd));
    TRY(stat(path, &status));
    return NULL;
}

static const char *bpf_map(const struct work *w)
{
    union bpf_attr shape = {.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4, .max_entries = 1};
    int fd;
    TRY(fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &shape, sizeof shape));
    TRY(close(fd));
    return NULL;
}

static const char *watch_files(const struct work *w)
{
    char event[4096];
    int fd, given;
    TRY(fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    TRY(inotify_add_watch(fd, w->directory, IN_OPEN));
    TRY(given = open(in(w, "given"), O_RDONLY | O_CLOEXEC));
    CHECK(read(fd, event, sizeof event) > 0);
    TRY(close(given));
    TRY(close(fd));
    return NULL;
}

static const char *watch_mount(const struct work *w)
{
    char event[4096];
    int fd, given;
    TRY(fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY));
    TRY(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, in(w, "given")));
    TRY(given = open(in(w, "given"), O_RDONLY | O_CLOEXEC));
    CHECK(read(fd, event, sizeof event) > 0);
    TRY(close(((struct fanotify_event_metadata *)event)->fd));
    TRY(close(given));
    TRY(close(fd));
    return NULL;
}

static const char *open_by_handle(const struct work *w)
{
    union {
        struct file_handle handle;
        char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } space;
    int mount, fd, directory;
    space.handle.handle_bytes = MAX_HANDLE_SZ;
    TRY(name_to_handle_at(AT_FDCWD, in(w, "given"), &space.handle, &mount, 0));
    TRY(directory = open(w->directory, O_RDONLY | O_CLOEXEC));
    TRY(fd = open_by_handle_at(directory, &space.handle, O_RDONLY | O_CLOEXEC));
    TRY(close(fd));
    TRY(close(directory));
    return NULL;
}

static const char *pseudo_terminal(const struct work *w)
{
    int fd;
    TRY(fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    TRY(unlockpt(fd));
    const char *name = ptsname(fd);
    CHECK(name);
    int other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    TRY(other);
    TRY(close(other));
    TRY(close(fd));
    return NULL;
}

/* ---- cgroups ------------------------------------------------------------------------------------------------- */

static const char *own_cgroup(char *path, size_t size)
{
    char line[2048] = {0};
    int fd;
    TRY(fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC));
    TRY(read(fd, line, sizeof line - 1));
    TRY(close(fd));
    char *found = strstr(line, "0::");
    CHECK(found);
    *strchrnul(found, '\n') = '\0';
    snprintf(path, size, "/sys/fs/cgroup%s", found + 3);
    return NULL;
}

static const char *write_text(const char *path, const char *content)
{
    int fd;
    TRY(fd = open(path, O_WRONLY | O_CLOEXEC));
    CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    TRY(close(fd));
    return NULL;
}

static const char *cgroup_setting(const struct work *w)
{
    char path[2048];
    const char *answer = own_cgroup(path, sizeof path - 32);
    return answer ? answer : write_text(strcat(path, "/cgroup.max.depth"), "max");
}

/* With Delegate=: moves itself into a group below its own, and back. */
static const char *cgroup_below(const struct work *w)
{
    char top[2200], below[2200], procs[2300];
    static char first[2048];
    const char *answer;
    if (!*first && (answer = own_cgroup(first, sizeof first)))
        return answer;
    snprintf(top, sizeof top, "%s/cgroup.procs", first);
    snprintf(below, sizeof below, "%s/below", first);
    snprintf(procs, sizeof procs, "%s/cgroup.procs", below);
    TRY(mkdir(below, 0755));
    if ((answer = write_text(procs, "0")) || (answer = write_text(top, "0")))
        return answer;
    TRY(rmdir(below));
    return NULL;
}

const struct operation kernel_operations[] = {
    {"set-personality", set_personality},
    {"ask-personality", ask_personality},
    {"read-clock", read_clock},
    {"set-clock", set_clock},
    {"host-name", host_name},
    {"kernel-log", kernel_log},
    {"keys", keys},
    {"give-key", give_key},
    {"keys-of-user", keys_of_user},
    {"system-v", system_v},
    {"system-v-met", system_v_met},
    {"system-v-kept", system_v_kept},
    {"posix-queue", posix_queue},
    {"give-queue", give_queue},
    {"posix-queue-met", posix_queue_met},
    {"posix-memory", posix_memory},
    {"posix-semaphore", posix_semaphore},
    {"call-of-32-bit", call_of_32_bit},
    {"ring", ring},
    {"bpf-map", bpf_map},
    {"watch-files", watch_files},
    {"watch-mount", watch_mount},
    {"open-by-handle", open_by_handle},
    {"pseudo-terminal", pseudo_terminal},
    {"cgroup-setting", cgroup_setting},
    {"cgroup-below", cgroup_below},
    {NULL, NULL},
};
