/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every map and global: key, value, who writes, who reads, why that size, what happens when it is full.
 * They are weak definitions in a header, merged into one by `bpftool gen object`.
 */
#ifndef SANDFIT_MAPS_BPF_H
#define SANDFIT_MAPS_BPF_H

#include "compat.bpf.h"
#include <sandfit/wire.h>

/* Set before loading, constant after. `native_actions` says what a call needs beyond its bit: it is
 * filled from libseccomp's names, so no number stands in this code. */
extern const volatile struct sf_action native_actions[SF_MAX_SYSCALL];
extern const volatile struct sf_action compat_actions[SF_MAX_SYSCALL];

/* State a unit, mapped into user space. Written by the programs with atomic or and plain counters of
 * which a lost increment does no harm; user space exchanges the windows with 0. */
extern struct sf_unit_state units[SF_MAX_UNITS];

/* One counter for each sf_stat, mapped into user space as well. */
extern __u64 stats[SF_STAT_COUNT];

/* Levels of the reader's own pid and user namespace: set by the enrol program, read by report(). */
extern __u32 reader_pid_level;
extern __u32 reader_user_ns_level;

/* cgroup id -> unit. Written by user space at enrolment and by on_cgroup_mkdir() for children; read
 * when a task arrives in a group and when a child group is made, never in a syscall. 16,384 groups: a
 * host that runs a thousand units with a dozen groups each. Full: counted, coverage incomplete. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct sf_enrolment);
} cgroups __weak SEC(".maps");

/* Groups that user space waits for: (a group above, names) -> unit. Full: enrol() reports it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SF_EXPECTED_DEPTH * SF_MAX_UNITS);
	__type(key, struct sf_expected);
	__type(value, struct sf_enrolment);
} expected_groups __weak SEC(".maps");

/* task -> unit and phase: inherited on fork, so that a process is followed when it leaves the cgroup
 * (PAMName=), and freed with the task. Written by the lifecycle programs, read at each syscall: the
 * fastest lookup that there is for "is this task ours?" (36 ns a call with the empty program's 30). */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sf_task);
} tasks __weak SEC(".maps");

/* The same where tracing programs have no task storage (before 5.12): by the address of the task, taken away when it
 * ends. Made only there. 65,536 tasks at once in all units together; full: SF_STAT_TASK_STORAGE. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct sf_task);
} tasks_by_address __weak SEC(".maps");

/* What was seen, once for each key, with its count. Written by the programs; read by user space at
 * each checkpoint for the counts (seen.bpf.c). Sized by user space. Full: SF_STAT_SEEN_MAP_FULL. Preallocated:
 * programs run in any context, where memory must not be asked for on old kernels. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct sf_key);
	__type(value, struct sf_seen);
} seen __weak SEC(".maps");

/* Capability checks whose stack user space has judged: no stack is taken for them again. Key: that of
 * the check with no stack. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct sf_key);
	__type(value, __u32);
} judged_checks __weak SEC(".maps");

/* Records to user space. Only first times go through it, so it is small, and nobody is woken for a
 * record: the reader polls. Full: the record is kept aside in `spilled`. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records __weak SEC(".maps");

/* Where a record goes that found that buffer full, so that even a fact that happens only once is not lost: a service's
 * start-up makes some hundred new facts between two looks of the reader, and records are of some hundred bytes. Written
 * and emptied as the other, which may be of any size that the user asks for. Full: the next occurrence tries again, and a
 * key that stays untold is counted. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} spilled __weak SEC(".maps");

/* Records whose operation has not ended: of the call that a task (its address) is in, or of a request of io_uring
 * (its address). Written where the operation shows itself, told and taken away where its result does. 256: only first
 * times wait. Full: a call is told by its string, an operation of io_uring is counted as not told. */
struct pending_record {
	__u8 bytes[SF_PENDING_BYTES];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct pending_record);
} pending __weak SEC(".maps");

/* Where a record is put together before it is offered to the ring buffer. One area a program that
 * may interrupt another on the same CPU; the per-program recursion guard keeps each to itself. The
 * strings may run over SF_SCRATCH_BYTES by one item, hence the slack.
 * VERIFIER: offsets are masked with SF_SCRATCH_MASK, which it can bound on every kernel. */
#define SF_SCRATCH_MASK 0x3fff
#define SF_SCRATCH_BYTES (SF_SCRATCH_MASK + 1 + SF_PATH_MAX + 256)

struct scratch {
	/* the walk and the string at hand: state that loops keep here, so that their registers look the
	 * same at each turn and the verifier can prune (inlined with register state: refused at 1M) */
	__u64 dentry;
	__u64 vfsmount;
	__u64 hash;
	__u64 directory_hash;
	__u32 offset;		/* next free byte of `bytes` */
	__u32 begin;		/* where the string at hand starts */
	__u32 flags;
	__u32 position;		/* of the hash loop */
	struct call_registers call;
	__s64 result;
	__u64 task;		/* whose access it is; 0: the current task's */
	struct sf_key key;
	__u32 name;		/* hash of the name at hand */
	__u32 busy;		/* of SCRATCH_HOOK: a program that was preempted is still using it */
	__u32 told;		/* of SCRATCH_SYSCALL: what the call at hand did to a file was counted */
	__u8 bytes[SF_SCRATCH_BYTES];
};

enum scratch_area {
	SCRATCH_SYSCALL,
	SCRATCH_EXEC,
	SCRATCH_CAPABILITY,
	SCRATCH_GROUP,
	SCRATCH_LIFE,
	SCRATCH_RING,
	SCRATCH_RING_END,
	SCRATCH_HOOK,
	SCRATCH_ITERATION,
	SCRATCH_COUNT
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_COUNT);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches __weak SEC(".maps");

static __always_inline struct scratch *scratch_area(__u32 area)
{
	return bpf_map_lookup_elem(&scratches, &area);
}

static __always_inline void count_stat(__u32 stat)
{
	if (stat < SF_STAT_COUNT)
		__sync_fetch_and_add(&stats[stat], 1);
}

#endif
