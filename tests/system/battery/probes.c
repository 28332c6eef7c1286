/* Operations that only ask the kernel, one for each item that a list can name: calls, families of addresses,
 * namespaces. See operate.h.
 */
#include "operate.h"

#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct named {
    const char *name;
    long number;
};

static long number_of(const struct named *one, const char *name)
{
    for (; one->name; ++one)
        if (strcmp(one->name, name) == 0)
            return one->number;
    return -1;
}

/* Calls that do nothing when every argument is -1. */
#define CALL(name) {#name, SYS_##name}
static const struct named calls[] = {
    CALL(acct), CALL(add_key), CALL(adjtimex), CALL(bpf), CALL(chroot), CALL(clock_settime), CALL(delete_module),
    CALL(fanotify_init), CALL(fchownat), CALL(flock), CALL(fsopen), CALL(init_module), CALL(inotify_init1),
    CALL(io_setup), CALL(io_uring_setup), CALL(ioprio_set), CALL(kcmp), CALL(kexec_load), CALL(keyctl),
    CALL(landlock_create_ruleset), CALL(mbind), CALL(membarrier), CALL(memfd_create), CALL(migrate_pages),
    CALL(mlock), CALL(mount), CALL(mq_open), CALL(name_to_handle_at), CALL(open_by_handle_at),
    CALL(openat), CALL(perf_event_open), CALL(personality), CALL(pidfd_getfd), CALL(pivot_root), CALL(pkey_alloc),
    CALL(process_vm_readv), CALL(ptrace), CALL(quotactl), CALL(reboot), CALL(request_key),
    CALL(sched_setaffinity), CALL(sched_setscheduler), CALL(seccomp), CALL(semget), CALL(sendto),
    CALL(setdomainname), CALL(sethostname), CALL(setns), CALL(setpriority), CALL(setrlimit), CALL(settimeofday),
    CALL(setuid), CALL(shmget), CALL(socket), CALL(swapoff), CALL(swapon), CALL(sync_file_range), CALL(syslog),
    CALL(timer_create), CALL(timerfd_create), CALL(umount2), CALL(unshare), CALL(userfaultfd),
#ifdef __x86_64__
    CALL(ioperm), CALL(iopl), CALL(modify_ldt),
#endif
    {NULL, 0},
};

/* Only EPERM is a filter's answer; every other one is the kernel's. */
static const char *call(const struct work *w)
{
    const long number = number_of(calls, w->word[0]);
    if (number == -1)
        return lacking(w->word[0]);
    if (syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 && errno == EPERM)
        return failed("call");
    return NULL;
}

#define FAMILY(name) {#name, name}
static const struct named families[] = {
    FAMILY(AF_UNIX),   FAMILY(AF_INET), FAMILY(AF_INET6), FAMILY(AF_NETLINK),
    FAMILY(AF_PACKET), FAMILY(AF_ALG),  FAMILY(AF_VSOCK), {NULL, 0},
};

/* A family that dislikes the type of the socket has been asked. */
static const char *family(const struct work *w)
{
    const int fd = socket((int)number_of(families, w->word[0]), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 && (errno == EAFNOSUPPORT || errno == EPERM))
        return failed("socket");
    return NULL;
}

static const struct named namespaces[] = {
    {"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC},   {"mnt", CLONE_NEWNS},  {"net", CLONE_NEWNET},
    {"pid", CLONE_NEWPID},       {"user", CLONE_NEWUSER}, {"uts", CLONE_NEWUTS}, {NULL, 0},
};

static const char *new_namespace(const struct work *w)
{
    TRY(unshare((int)number_of(namespaces, w->word[0])));
    return NULL;
}

/* WORD: uid, gid, operation, its words. For a unit that runs as root: what another user may not. */
static const char *as_other(const struct work *w)
{
    const uid_t user = (uid_t)atoi(w->word[0]);
    const gid_t group = (gid_t)atoi(w->word[1]);
    const struct work as = {.directory = w->directory, .word = w->word + 3, .turn = w->turn};
    TRY(setgroups(0, NULL));
    TRY(setresgid(group, group, group));
    TRY(setresuid(user, user, user));
    return find(w->word[2])(&as);
}

static const char *as_other_in_child(const struct work *w)
{
    return in_child(as_other, w);
}

static const char *new_namespace_in_child(const struct work *w)
{
    return in_child(new_namespace, w);
}

const struct operation probe_operations[] = {
    {"call", call}, {"family", family}, {"namespace", new_namespace_in_child}, {"as", as_other_in_child},
    {NULL, NULL},
};
