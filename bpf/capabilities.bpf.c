// SPDX-License-Identifier: GPL-2.0-or-later
/* Capability checks, and the capabilities that a program asks for.
 *
 * cap_capable() is where each check ends. A check may be a need (its refusal fails the call) or a probe
 * (memory accounting asks for CAP_SYS_ADMIN at every mmap, without audit). The option flags tell, which a
 * trampoline sees; the tracepoint, which came with 6.14 (commit d48da4d5ed7b), does not show them: without
 * the trampoline the kernel stack of the check tells, and user space judges it by symbol. A need that was judged
 * is only counted from then on; a probe is looked at again, since a need may hide behind the same call.
 *
 * A refused check says little before its call has ended: one whose call then worked was not needed. So it
 * is noted with the task, and told at the exit of the call.
 *
 * NOT SEEN: checks that were refused in a call that never came back (exit, a call in which the task ended).
 */
#include "call.bpf.h"

#define CAP_OPT_NOAUDIT 2 /* include/linux/security.h: BIT(1) */

/* CAP_FSETID is asked for at every chmod, but refuses only a set-group-ID bit. */
static __always_inline bool is_idle(__u32 capability, const struct call_registers *call)
{
	const volatile struct sf_action *action;
	__u64 mode;

	if (capability != CAP_FSETID || call->number < 0 || call->number >= SF_MAX_SYSCALL)
		return false;
	action = action_of(call);
	if (action->op != SF_OP_CHANGE_MODE || action->mode < 0)
		return false;
	mode = argument(call, action->mode);
	return !(mode & S_ISGID);
}

/* The kernel acts with credentials that it put in place of the task's: overlayfs in its upper layer, with those of who
 * mounted it. What else does that asks for the task: access(2) with the real user's, and a ring with those of whoever
 * registered them. A file's opener (file_ns_capable) is told by its own credentials, which are not in place here. */
static __always_inline bool is_the_kernels_own(struct task_struct *task, const struct cred *cred,
					       const struct call_registers *call)
{
	const volatile struct sf_action *action;

	if (cred != BPF_CORE_READ(task, cred) || cred == BPF_CORE_READ(task, real_cred))
		return false;
	if (is_ring_worker(task))
		return false;
	if (!call || call->number < 0 || call->number >= SF_MAX_SYSCALL)
		return true;
	action = action_of(call);
	return action->handler != SF_HANDLE_RING && !(action->handler == SF_HANDLE_PATH && action->op == SF_OP_LOOK);
}

/* Tells stacks apart; 0 stands for none. bpf_get_stack() fills what it does not need with zeros. */
static __always_inline __u32 stack_hash(const __u64 *frames)
{
	__u64 hash = FNV_OFFSET;

	for (int i = 0; i < SF_STACK_DEPTH; i++)
		hash = (hash ^ frames[i]) * FNV_PRIME ^ hash >> 29;
	return name_hash(hash);
}

/* The check that was refused waits for the end of its call. Why it was refused: cap_capable() asks the effective
 * set in the task's own namespace and above it, never in one that is not its own. */
static __always_inline void note_missed(struct sf_task *mine, const struct cred *cred,
					struct user_namespace *target, int capability)
{
	__u64 bit = 1ULL << (capability & 63), bounding = 0;
	struct user_namespace *own = BPF_CORE_READ(cred, user_ns);

	mine->noted |= SF_NOTED_MISSED;
	mine->missed |= bit;
	if (own != target && BPF_CORE_READ(own, level) >= BPF_CORE_READ(target, level))
		mine->missed_from_below |= bit;
	bpf_core_read(&bounding, sizeof(bounding), &cred->cap_bset);
	if (!(bounding & bit))
		mine->missed_out_of_bounds |= bit;
	if (!BPF_CORE_READ(cred, euid.val))
		mine->missed_by_root = 1;
}

static __always_inline __u32 check_at_hand(int capability)
{
	return SF_CHECK_KNOWN | (capability & SF_CHECK_OPTIONS) << SF_CHECK_CAPABILITY_SHIFT;
}

/* The options that cap_options_fentry left; -1 when it did not run for this check. */
static __always_inline int take_options(struct sf_task *mine, int capability)
{
	__u32 check = mine->check;

	mine->check = 0;
	return (check & ~SF_CHECK_OPTIONS) == check_at_hand(capability) ? (int)(check & SF_CHECK_OPTIONS) : -1;
}

/* `options`: of the check; -1 where they are not shown. */
static __always_inline int on_cap_capable(void *context, const struct cred *cred, struct user_namespace *target,
					  int capability, int result, int options)
{
	struct task_struct *task = current_task();
	struct sf_task *mine = live_task(task);
	struct scratch *scratch;
	struct sf_seen *entry;
	struct {
		struct sf_header header;
		struct sf_capability check;
	} *record;
	__u32 flags = 0, *judged;
	bool in_call;
	long stack = 0;

	if (!mine)
		return 0;
	if (options < 0)
		options = take_options(mine, capability);
	scratch = scratch_area(SCRATCH_CAPABILITY);
	if (!scratch) {
		count_stat(SF_STAT_SCRATCH);
		return 0;
	}
	record = (void *)scratch->bytes;
	scratch->call.number = -1;
	scratch->call.compat = 0;
	in_call = call_at_hand(task, &scratch->call, WITH_ARGUMENTS);
	if (is_the_kernels_own(task, cred, in_call ? &scratch->call : NULL))
		return 0;
	if (!result)
		flags |= SF_CAP_GRANTED;
	if (BPF_CORE_READ(target, level) > reader_user_ns_level)
		flags |= SF_CAP_OWN_USERNS;
	if (options >= 0) {
		flags |= SF_CAP_FLAGS_KNOWN;
		if (options & CAP_OPT_NOAUDIT)
			flags |= SF_CAP_NOAUDIT;
	}
	if (capability == CAP_FSETID && in_call && is_idle(capability, &scratch->call))
		flags |= SF_CAP_IDLE;
	if (result && scratch->call.number >= 0 && !(flags & (SF_CAP_OWN_USERNS | SF_CAP_NOAUDIT | SF_CAP_IDLE))) {
		note_missed(mine, cred, target, capability);
		return 0;
	}
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = capability | (__u64)flags << 32;
	scratch->key.b = (__u32)scratch->call.number | (__u64)scratch->call.compat << 63;
	scratch->key.unit = mine->unit;
	scratch->key.op = SF_OP_CAPABILITY;

	/* Judged already, or self-evident, or refused, which is no need: the key without a stack. */
	judged = bpf_map_lookup_elem(&judged_checks, &scratch->key);
	if (!judged && !result && options < 0 && !(flags & SF_CAP_IDLE)) {
		/* Into the record itself: ids of a stack map collide, and a collision looks like no stack. */
		stack = bpf_get_stack(context, record->check.frames, sizeof(record->check.frames), 0);
		if (stack <= 0)
			count_stat(SF_STAT_STACK);
		else
			scratch->key.mount_id = stack_hash(record->check.frames);
	}
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, 1))
		return 0;
	fill_call_header(&record->header, scratch, SF_RECORD_CAPABILITY, mine->unit);
	record->header.result = result;
	record->check.capability = capability;
	record->check.flags = flags;
	record->check.depth = stack > 0 ? (__u32)stack / sizeof(__u64) : 0;
	record->check.verdict = judged ? *judged : 0;
	note_told(entry, 1, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}

SEC("tp_btf/cap_capable")
int BPF_PROG(cap_capable_tp, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable, int capability, int result)
{
	return on_cap_capable(ctx, cred, target, capability, result, -1);
}

/* COMPAT(6.14): a type that an older kernel's vmlinux.h does not have. */
struct trace_event_raw_cap_capable___event {
	const struct cred *cred;
	struct user_namespace *target_ns;
	int cap;
	int ret;
} __attribute__((preserve_access_index));

/* In perf's way: PREEMPTION in syscalls.bpf.c. */
SEC("tracepoint/capability/cap_capable")
int cap_capable_perf_tp(struct trace_event_raw_cap_capable___event *event)
{
	return on_cap_capable(event, event->cred, event->target_ns, event->cap, event->ret, -1);
}

/* What the tracepoint does not show, for its program. This one may be preempted, and is skipped for all that are checked
 * on its CPU until it goes on: their stacks tell then. */
SEC("fentry/cap_capable")
int BPF_PROG(cap_options_fentry, const struct cred *cred, struct user_namespace *target, int capability,
	     unsigned int options)
{
	struct sf_task *mine = live_task(current_task());

	if (mine)
		mine->check = check_at_hand(capability) | (options & SF_CHECK_OPTIONS);
	return 0;
}

/* Where the tracepoint is not. */
SEC("fexit/cap_capable")
int BPF_PROG(cap_capable_fexit, const struct cred *cred, struct user_namespace *target, int capability,
	     unsigned int options, int result)
{
	return on_cap_capable(ctx, cred, target, capability, result, options & 0xff);
}

/* The end of a call in which checks were refused: once for each set of them, call and result. Which, the sys_exit
 * program left in the record. */
int at_missed(__u32 unit)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_missed missed;
	} *record;
	struct sf_seen *entry;

	if (!scratch)
		return 0;
	record = (void *)scratch->bytes;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = record->missed.capabilities;
	scratch->key.b = (__u32)scratch->call.number | (__u64)scratch->call.compat << 63 |
			 (__u64)record->missed.by_root << 62;
	scratch->key.device = name_hash(record->missed.out_of_bounds * FNV_PRIME);
	scratch->key.mount_id = name_hash(record->missed.from_below * FNV_PRIME);
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_MISSED;
	/* an address that mmap returns may look negative */
	scratch->key.error = scratch->result < 0 && scratch->result >= -MAX_ERRNO ? -scratch->result : 0;
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, 1))
		return 0;
	fill_call_header(&record->header, scratch, SF_RECORD_MISSED, unit);
	note_told(entry, 1, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}

/* prctl(PR_SET_SECUREBITS): the kernel asks for CAP_SETPCAP beside cap_capable() itself (security/commoncap.c), and compilers
 * inline that there (seen in Debian's 5.10 and 6.1): no trampoline is told. A call that worked had it. */
int at_securebits(__u32 unit)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_capability check;
	} *record;
	struct sf_seen *entry;
	__u32 flags = SF_CAP_GRANTED | SF_CAP_FLAGS_KNOWN;

	if (!scratch || scratch->result)
		return 0;
	if (BPF_CORE_READ(current_task(), cred, user_ns, level) > reader_user_ns_level)
		flags |= SF_CAP_OWN_USERNS;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = CAP_SETPCAP | (__u64)flags << 32;
	scratch->key.b = (__u32)scratch->call.number | (__u64)scratch->call.compat << 63;
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_CAPABILITY;
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, 1))
		return 0;
	record = (void *)scratch->bytes;
	fill_call_header(&record->header, scratch, SF_RECORD_CAPABILITY, unit);
	record->check.capability = CAP_SETPCAP;
	record->check.flags = flags;
	record->check.depth = 0;
	record->check.verdict = 0;
	note_told(entry, 1, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}

/* capset(2) and prctl(PR_CAP_AMBIENT_RAISE): what the program asks for must stay in its bounding set. */
int at_capset(__u32 unit)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_capset capset;
	} *record;
	struct sf_seen *entry;
	const struct cred *cred = BPF_CORE_READ(current_task(), cred);
	__u32 words[6] = {};
	__u64 asked, bounding = 0;
	__u32 ambient = 0;

	if (!scratch)
		return 0;
	if (action_of(&scratch->call)->handler == SF_HANDLE_PRCTL) {
		asked = 1ULL << (scratch->call.args[2] & 63);
		ambient = 1;
	} else {
		/* struct __user_cap_data_struct[2]: effective, permitted, inheritable */
		if (bpf_probe_read_user(words, sizeof(words), (const void *)scratch->call.args[1])) {
			if (scratch->result != -EFAULT)
				count_stat(SF_STAT_USER_STRING);
			return 0;
		}
		asked = words[0] | words[1] | words[2] | (__u64)(words[3] | words[4] | words[5]) << 32;
	}
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = asked;
	bpf_core_read(&bounding, sizeof(bounding), &cred->cap_bset);
	scratch->key.b = ambient;
	scratch->key.mount_id = (asked & bounding) == bounding;
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_CAPSET;
	scratch->key.error = scratch->result < 0 ? -scratch->result : 0;
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, 1))
		return 0;
	record = (void *)scratch->bytes;
	fill_call_header(&record->header, scratch, SF_RECORD_CAPSET, unit);
	record->capset.asked = asked;
	record->capset.ambient = ambient;
	record->capset.whole = scratch->key.mount_id;
	note_told(entry, 1, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}
