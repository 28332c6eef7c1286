/* What the kernel programs and user space say to each other: plain C, shared by bpf/ and
 * src/observe. Only ever spoken between the two halves of one build, so there is no version in it;
 * the layout is asserted so that both halves agree about every byte.
 */
#ifndef SANDFIT_WIRE_H
#define SANDFIT_WIRE_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Units watched at the same time. Their state is one page-aligned array, 3.25 KiB a unit: below the 4 MiB that a value
 * may have before 5.11. */
#define SF_MAX_UNITS 1024
/* Syscall numbers 0..511: the highest of x86_64, i386 and arm64 is below 480 in Linux 7.x. A number
 * beyond is counted under SF_STAT_SYSCALL_BEYOND. */
#define SF_MAX_SYSCALL 512
/* Opcodes of io_uring 0..127; the highest of Linux 7.x is below 70. */
#define SF_MAX_RING_OP 128
/* File names that are sent up for each directory and operation; further ones are "many". */
#define SF_NAMES 8
/* A path and a user's string hold at most PATH_MAX bytes, the terminating NUL among them. */
#define SF_PATH_MAX 4096
/* Components that a path walk follows; deeper ones are cut and marked so. */
#define SF_MAX_DEPTH 128
#define SF_UNIT_NAME_MAX 256
/* Name of a file system's type with its NUL; the longest in Linux 7.x is "btrfs_test_fs". */
#define SF_FILE_SYSTEM_MAX 24
#define SF_STACK_DEPTH 24
/* A record that waits for the end of its operation: two walked paths with a name each. */
#define SF_PENDING_BYTES 9216

/* Kinds of records in the ring buffer. */
enum sf_kind {
	SF_RECORD_SYSCALL = 1,	/* first time that the unit makes this call: no payload */
	SF_RECORD_FILE,		/* struct sf_file + names, leaf first, each with its NUL */
	SF_RECORD_PATH,		/* struct sf_path + two to four strings */
	SF_RECORD_CAPABILITY,	/* struct sf_capability */
	SF_RECORD_CAPSET,	/* struct sf_capset */
	SF_RECORD_SOCKET,	/* struct sf_socket */
	SF_RECORD_ADDRESS,	/* struct sf_address */
	SF_RECORD_LIFE,		/* struct sf_life */
	SF_RECORD_REQUEST,	/* struct sf_request */
	SF_RECORD_REFUSAL,	/* a seccomp filter refused the call: no payload; result 0: it ended the task */
	SF_RECORD_MISSED,	/* struct sf_missed */
};

/* What was done. The order of the first ones is that of FileOp in fact.h (asserted in decode.cpp). */
enum sf_op {
	SF_OP_READ,
	SF_OP_WRITE,
	SF_OP_CREATE,
	SF_OP_CREATE_TMPFILE,
	SF_OP_MAKE_DIRECTORY,
	SF_OP_MAKE_NODE,
	SF_OP_MAKE_SOCKET,
	SF_OP_MAKE_SYMLINK,
	SF_OP_REMOVE,
	SF_OP_REMOVE_DIRECTORY,
	SF_OP_TRUNCATE,
	SF_OP_CHANGE_MODE,
	SF_OP_CHANGE_OWNER,
	SF_OP_CHANGE_TIMES,
	SF_OP_CHANGE_XATTR,
	SF_OP_EXECUTE,
	SF_OP_LOOK,
	SF_OP_MAP,
	SF_OP_RENAME,
	SF_OP_EXCHANGE,
	SF_OP_LINK,
	SF_OP_BIND,
	SF_OP_CONNECT,
	SF_OP_SEND,
	SF_OP_SOCKET,
	SF_OP_CAPABILITY,
	SF_OP_CAPSET,
	SF_OP_REQUEST,
	SF_OP_REFUSAL,
	SF_OP_MISSED,
	SF_OP_UNTOLD_WRITE,	/* a call that asked a mount for write access while no access to a file was counted */
};

/* What the sys_exit program does with a call beyond setting its bit. */
enum sf_handler {
	SF_HANDLE_NOTHING = 0,
	SF_HANDLE_OPEN,		/* flags in args[action.flags_arg], < 0: creat(2); openat2: flags are in user memory */
	SF_HANDLE_OPENAT2,
	SF_HANDLE_OPEN_HANDLE,	/* opened without a path: only the descriptor tells the file */
	SF_HANDLE_PATH,		/* a path-changing call on one path */
	SF_HANDLE_TWO_PATHS,	/* rename, link */
	SF_HANDLE_DESCRIPTOR,	/* fchmod and its like */
	SF_HANDLE_SOCKET,
	SF_HANDLE_BIND,
	SF_HANDLE_CONNECT,
	SF_HANDLE_SENDTO,
	SF_HANDLE_SENDMSG,
	SF_HANDLE_CAPSET,
	SF_HANDLE_PRCTL,
	SF_HANDLE_RING,		/* io_uring_enter: its operations have tracepoints of their own */
	SF_HANDLE_REQUEST,	/* arguments that a directive looks at: action.op is an sf_request_source */
};

/* What a call asked for by its arguments, where a directive forbids some values of them. */
enum sf_request_kind {
	SF_REQUEST_CODE,	/* memory that is or becomes executable; value: the sf_request_source */
	SF_REQUEST_NAMESPACE,	/* value: CLONE_NEW* flags; SF_ANY_NAMESPACE for setns(fd, 0) */
	SF_REQUEST_PERSONALITY,	/* value: the persona */
	SF_REQUEST_POLICY,	/* value: the scheduling policy */
};

#define SF_ANY_NAMESPACE 1

enum sf_request_source {
	SF_FROM_MMAP,		/* mmap: also the file that is mapped executable */
	SF_FROM_MPROTECT,
	SF_FROM_SHMAT,
	SF_FROM_CLONE,
	SF_FROM_CLONE3,
	SF_FROM_UNSHARE,
	SF_FROM_SETNS,
	SF_FROM_PERSONALITY,
	SF_FROM_SETSCHEDULER,
	SF_FROM_SETATTR,
};

/* Where the arguments of a call are that a handler looks at: indexes into the six, or -1. */
struct sf_action {
	__u8 handler;
	__u8 op;
	__s8 dirfd;		/* -1: relative to the working directory */
	__s8 path;
	__s8 dirfd2;
	__s8 path2;
	__s8 flags;		/* AT_*, O_*, RENAME_* */
	__s8 mode;
};

/* Each says what went wrong how often; names in src/observe/observer.cpp. */
enum sf_stat {
	SF_STAT_RECORDS,		/* accepted by the ring buffer */
	SF_STAT_RING_FULL,		/* refused by the ring buffer: kept aside, or the next occurrence tries again */
	SF_STAT_SEEN_MAP_FULL,		/* no entry for a new key: this occurrence is lost */
	SF_STAT_TASK_STORAGE,		/* a task could not be marked as ours */
	SF_STAT_STACK,			/* no stack for a capability check */
	SF_STAT_USER_STRING,		/* a path argument could not be read */
	SF_STAT_WALK,			/* a path could not be walked at all */
	SF_STAT_CGROUP_MAP_FULL,	/* a new child group could not be enrolled */
	SF_STAT_SYSCALL_BEYOND,		/* a number of SF_MAX_SYSCALL or more, or of the x32 ABI */
	SF_STAT_SCRATCH,		/* no scratch memory: never, unless a map is broken */
	SF_STAT_COUNT,
};

/* State of one unit in mappable memory, written by the kernel programs. A byte for each number, not a bit: a byte
 * is stored whole, so that no processor undoes what another set, and Linux 5.10 has no atomic or for programs.
 * `window` is set at each call that is new since user space last exchanged it with 0; `told` when the
 * SF_RECORD_SYSCALL of that number was accepted. */
struct sf_unit_state {
	__u8 window[2][SF_MAX_SYSCALL];		/* [0] native, [1] compat */
	__u8 told[2][SF_MAX_SYSCALL];
	__u8 by_exit[2][SF_MAX_SYSCALL];	/* calls in which a task ended */
	__u8 io_uring[SF_MAX_RING_OP];		/* opcodes submitted of which nothing else is told */
	__s64 tasks;				/* live tasks (threads) past their first exec */
	__u64 starts;				/* first execs seen, but for those of a unit that was running already */
	__u64 stops;				/* times that `tasks` came back to 0, and no start went on in the group */
	__u64 stopped_in;			/* the group of the task with which it did so last */
	__u64 execs;
	__u64 sigsys;				/* tasks killed by SIGSYS */
	__s64 waiting;				/* operations of io_uring whose end was not seen */
	__u64 reserved[9];
};

enum sf_phase {
	SF_PHASE_PRE_EXEC = 1,	/* in the cgroup, but still the service manager's set-up */
	SF_PHASE_LIVE,		/* the service */
};

/* Where a task is, as far as it was watched: only with the program at sys_enter. */
enum sf_place {
	SF_PLACE_UNKNOWN = 0,	/* marked while it was running, or a child that has not come out of its fork yet */
	SF_PLACE_OUTSIDE,	/* it came out of a call */
	SF_PLACE_INSIDE,	/* it went into one */
};

#define SF_ENROL_RUNNING 1	/* tasks that are already in the group are the service's */
#define SF_ENROL_ARRIVALS 2	/* tasks that arrive are pre-exec, then the service's */

struct sf_enrolment {
	__u16 unit;
	__u16 flags;
};

/* A group that does not exist yet, by its path from one that does: "child", or "parent/child" for a parent that may be
 * new, too. So many names at most; where they are several each is shorter than 128 bytes, and so are all but the last
 * together. Padded with NULs. */
#define SF_EXPECTED_DEPTH 3
struct sf_expected {
	__u64 parent_id;
	char name[SF_UNIT_NAME_MAX];
};

/* One thing that was seen; equal keys are one fact for the kernel side. What `a` and `b` hold depends
 * on the operation: directory inode; hashes of strings; family, type and protocol ... */
struct sf_key {
	__u64 a;
	__u64 b;
	__u32 device;
	__u32 mount_id;
	__u16 unit;
	__u16 op;
	__s32 error;
};

/* What a call left behind before it ended, told at its exit: bits of sf_task.noted. */
#define SF_NOTED_MISSED 1	/* capabilities were refused */
#define SF_NOTED_WRITE 2	/* write access to a mount was asked for */

#define SF_CHECK_KNOWN 0x10000
#define SF_CHECK_CAPABILITY_SHIFT 8
#define SF_CHECK_OPTIONS 0xff

/* A hook found the path of the call at hand: bits of sf_task.hooked. */
#define SF_HOOKED 1
#define SF_HOOKED_WAITS 2	/* its record waits in `pending`: the key or the name is new */

/* What is kept of a task. */
struct sf_task {
	__u16 unit;
	__u8 phase;
	__u8 in_first_exec;	/* until the exit of the execve that the service manager made */
	__u8 place;		/* sf_place */
	__u8 trapped;		/* its last call was taken back by a filter, which sends SIGSYS */
	__u8 missed_by_root;	/* effective user 0 of the host missed one of these */
	__u8 noted;
	/* Capabilities that were refused in the call at hand, one bit each; told at its exit, with its result. */
	__u64 missed;
	__u64 missed_out_of_bounds;	/* ... for they are not in the task's bounding set */
	__u64 missed_from_below;	/* ... for the task lives in another user namespace */
	__u32 check;		/* the capability check at hand: SF_CHECK_KNOWN, its capability, its options; 0: not known */
	__u32 hook_name;	/* of the call at hand, when `hooked` */
	struct sf_key hook_key;
	__u8 hooked;
	__u8 script;		/* what it is about to execute is run by an interpreter; only where perf's events are used */
	__u16 hook_call;	/* the number of the call in which that was */
	__u8 starts;		/* its first exec is part of a start: not in a group that was running already */
	__u8 reserved[3];
	__u64 write_mount;	/* the struct vfsmount to which write access was asked for last; 0: taken */
};

struct sf_seen {
	__u64 count;
	__u32 told;		/* records accepted; 0 at the end = a fact that was lost */
	__u32 more;		/* 1: names beyond SF_NAMES, or one whose record was refused */
	__u32 names[SF_NAMES];	/* hashes of the names told */
};

/* A task that is the service itself, as live_tasks_iter tells it: numbers as the reader sees them. */
struct sf_live_task {
	__u32 unit;
	__u32 process;
	__u32 thread;
	__s32 number;		/* of the call that it is, or last was, in; -1 where it cannot be told */
	__u32 compat;		/* that call came through a compatibility entry */
};

/* What user space reads of a key. */
struct sf_entry {
	struct sf_key key;
	struct sf_seen seen;
};

struct sf_header {
	__u64 time_ns;		/* CLOCK_MONOTONIC */
	struct sf_key key;	/* zero for records that are not counted by key */
	__u64 exe_inode;
	__u32 exe_device;	/* kernel's dev_t: major << 20 | minor */
	__u32 mount_ns;		/* inode number of the mount namespace */
	__u32 pid;		/* thread group, in the pid namespace of the reader; 0 when not visible there */
	__s32 syscall;		/* number, -1 outside of any */
	__s64 result;
	__u16 kind;
	__u16 unit;
	__u8 compat;
	__u8 op_failed;		/* while it waits: the sf_op if the operation fails */
	__u8 opens;		/* while it waits: the result is a descriptor, which leads to the file */
	__u8 reserved;
	__u32 size;		/* of the record with its payload, while it waits */
	__u32 name;		/* hash of what is new about it, while it waits */
};

#define SF_FLAG_CUT 1		/* deeper or longer than we follow: the front is missing */
#define SF_FLAG_DETACHED 2	/* on a mount that is in no namespace (any more) */
#define SF_FLAG_UNLINKED 4	/* has no name any more */
#define SF_FLAG_FOLLOW 8	/* the call follows a symbolic link in the last component */
#define SF_FLAG_FIRST_EXEC 16	/* the exec that ended the pre-exec phase */
#define SF_FLAG_RELATIVE 32	/* base is the directory that a relative string is relative to */
#define SF_FLAG_OPEN_WRITE 64	/* a created file was opened for writing, too */
#define SF_FLAG_OTHER_PROCESS 128	/* in /proc: below the directory of another process */
#define SF_FLAG_WALKED 512	/* base and name are exact: nothing is to be resolved */
#define SF_FLAG_INTERNAL 256	/* on a mount of the kernel's own: there is no path */

struct sf_file {
	__u32 flags;
	__u32 mode;		/* i_mode: type and permissions */
	__u32 length;		/* bytes of names */
	__u32 reserved;
	__u64 gained;		/* of an execution: the capabilities that the file gave, one bit each */
	char file_system[SF_FILE_SYSTEM_MAX];	/* the name of its type; what follows its NUL means nothing */
};

/* Strings follow: base, path, and for two paths base2, path2. A base is names leaf first as in
 * sf_file, the root of the process for an absolute string. */
struct sf_path {
	__u32 flags;
	__u32 flags2;
	__u32 mode;		/* mode argument of mkdir, mknod, chmod */
	__u32 base_length;
	__u32 path_length;
	__u32 base2_length;
	__u32 path2_length;
	__u32 reserved;
};

#define SF_CAP_GRANTED 1
#define SF_CAP_OWN_USERNS 2
#define SF_CAP_NOAUDIT 4	/* known only where the hook shows the option flags */
#define SF_CAP_FLAGS_KNOWN 8
#define SF_CAP_IDLE 16		/* the call cannot use what was asked for (set-group-ID check of a plain mode) */

struct sf_capability {
	__u32 capability;
	__u32 flags;
	__u32 depth;		/* of the kernel's stack at the check; 0 when it was not taken, or not to be had */
	__u32 verdict;		/* 0, or what user space judged earlier, plus 1 */
	__u64 frames[SF_STACK_DEPTH];
};

struct sf_capset {
	__u64 asked;		/* effective | permitted | inheritable */
	__u32 ambient;		/* 1: prctl(PR_CAP_AMBIENT_RAISE) */
	__u32 whole;		/* 1: all of the bounding set */
};

/* Capabilities that were refused inside a call; its result is in the header. As in sf_task. */
struct sf_missed {
	__u64 capabilities;
	__u64 out_of_bounds;
	__u64 from_below;
	__u32 by_root;
	__u32 reserved;
};

struct sf_socket {
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 reserved;
};

struct sf_request {
	__u64 value;
	__u32 kind;
	__u32 reserved;
};

#define SF_SOCKADDR_MAX 128
struct sf_address {
	__u32 length;
	__u32 reserved;
	__u8 bytes[SF_SOCKADDR_MAX];	/* struct sockaddr as the program gave it */
};

enum sf_life_event {
	SF_LIFE_GROUP_MADE = 1,	/* an expected or child group was enrolled */
	SF_LIFE_SIGSYS,		/* a task was killed by SIGSYS */
	SF_LIFE_PROCESS_ENDED,	/* a process that had been the first of an Exec line */
};

struct sf_life {
	__u64 cgroup_id;
	__u32 event;
	__u32 reserved;
};

#if defined(__cplusplus)
static_assert(sizeof(struct sf_unit_state) == 3328, "all units below the 4 MiB that 5.10 allows a value");
static_assert(sizeof(struct sf_key) == 32, "no padding in a hash key");
static_assert(sizeof(struct sf_header) == 88, "no hidden padding");
static_assert(sizeof(struct sf_action) == 8, "eight bytes an action");
static_assert(sizeof(struct sf_task) == 88, "no hidden padding");
#else
_Static_assert(sizeof(struct sf_unit_state) == 3328, "");
_Static_assert(sizeof(struct sf_key) == 32, "");
_Static_assert(sizeof(struct sf_header) == 88, "");
_Static_assert(sizeof(struct sf_action) == 8, "");
_Static_assert(sizeof(struct sf_task) == 88, "");
#endif

#endif
