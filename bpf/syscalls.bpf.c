// SPDX-License-Identifier: GPL-2.0-or-later
/* The hot path: one program at the exit of each syscall of the host.
 *
 * For a task that is not ours it is one lookup. For one that is ours and a call that was seen in this
 * window, a lookup, a load and a bit test. Everything that a call tells is read at its exit, where the
 * registers still hold number and arguments and user strings cannot fault any more (they were just used):
 * so there is no program at sys_enter, unless refusals of seccomp filters are to be told.
 *
 * Those show as an exit without an entry: a filter runs before the entry is traced, and skips the call when
 * it refuses (kernel/entry/syscall-common.c, syscall_trace_enter()). So the program at sys_enter notes with
 * the task that it went in. What else comes out without having gone in, and why it is not taken for a refusal:
 *   - a task that was marked while it was in a call, and a new child, which comes out of its parent's fork:
 *     the place of both is unknown until their first entry or exit (SF_PLACE_UNKNOWN; CHILD_PLACE);
 *   - execve, which another program image comes out of: the same task went in;
 *   - rt_sigreturn and what a tracer cancelled: the number is -1 then, but the place is noted all the same;
 *   - a call that a signal interrupted: it came out with ERESTART..., and goes in again, as itself or as
 *     restart_syscall;
 *   - a call that a tracer emulates (PTRACE_SYSEMU), or answers itself: traced tasks are left out;
 *   - one that a supervisor answers (SECCOMP_RET_USER_NOTIF), or that was taken back (SECCOMP_RET_TRAP, _KILL):
 *     it has no errno, and only those that end with one are refusals;
 *   - syscall user dispatch: neither end is traced.
 * NOT SEEN: a refusal that is the first thing that a task did after it was marked, or after its fork where
 * children do not pass the exit tracepoint (arm64); refusals to a task under a tracer.
 *
 * NOT SEEN: calls that never return. exit, exit_group and calls in which a task is killed are read from the
 * task's registers when it ends (lifecycle.bpf.c); rt_sigreturn clears its number and is implicit.
 */
#include "call.bpf.h"

const volatile struct sf_action native_actions[SF_MAX_SYSCALL] = {};
const volatile struct sf_action compat_actions[SF_MAX_SYSCALL] = {};
const volatile bool watch_refusals = false;
const volatile bool has_task_storage = true;
const volatile bool follows_descriptors = true;
const volatile bool knows_owners_in_proc = true;
struct sf_unit_state units[SF_MAX_UNITS] = {};
__u64 stats[SF_STAT_COUNT] = {};

/* First time in this window: set the byte, and offer a record when this call was never told. */
static __noinline int new_call(struct sf_unit_state *state, __u32 unit, __u32 compat, __u32 number, long result)
{
	struct sf_header header;

	compat &= 1;
	number &= SF_MAX_SYSCALL - 1;
	state->window[compat][number] = 1;
	if (state->told[compat][number])
		return 0;

	fill_header(&header, current_task(), SF_RECORD_SYSCALL, unit);
	header.syscall = number;
	header.compat = compat;
	header.result = result;
	if (!submit(&header, sizeof(header)))
		state->told[compat][number] = 1;
	return 0;
}

static __noinline int dispatch(struct pt_regs *regs, long result, __u32 unit, __u32 compat, __u32 number)
{
	const volatile struct sf_action *action;
	struct scratch *scratch;

	number &= SF_MAX_SYSCALL - 1;
	action = compat ? &compat_actions[number] : &native_actions[number];

	scratch = scratch_area(SCRATCH_SYSCALL);
	if (!scratch) {
		count_stat(SF_STAT_SCRATCH);
		return 0;
	}
	read_arguments(regs, true, compat, scratch->call.args);
	scratch->call.number = number;
	scratch->call.compat = compat;
	scratch->result = result;
	scratch->told = 0;

	switch (action->handler) {
	case SF_HANDLE_OPEN:
	case SF_HANDLE_OPENAT2:
	case SF_HANDLE_OPEN_HANDLE:
		return at_open(unit, action->handler);
	case SF_HANDLE_PATH:
	case SF_HANDLE_TWO_PATHS:
		return at_path_call(unit, action->op);
	case SF_HANDLE_DESCRIPTOR:
		return at_descriptor_call(unit, action->op);
	case SF_HANDLE_SOCKET:
		return at_socket(unit);
	case SF_HANDLE_BIND:
		return at_address(unit, SF_OP_BIND);
	case SF_HANDLE_CONNECT:
		return at_address(unit, SF_OP_CONNECT);
	case SF_HANDLE_SENDTO:
		/* send(2) is sendto(2) without an address, and the hot call of many a server */
		if (!scratch->call.args[4])
			return 0;
		return at_address(unit, SF_OP_SEND);
	case SF_HANDLE_SENDMSG:
		return at_address(unit, SF_OP_SEND);
	case SF_HANDLE_CAPSET:
		return at_capset(unit);
	case SF_HANDLE_PRCTL:
		if (scratch->call.args[0] == PR_SET_SECUREBITS)
			return at_securebits(unit);
		if (scratch->call.args[0] != PR_CAP_AMBIENT || scratch->call.args[1] != PR_CAP_AMBIENT_RAISE)
			return 0;
		return at_capset(unit);
	case SF_HANDLE_RING:
		return 0;
	case SF_HANDLE_REQUEST:
		/* mmap and mprotect without PROT_EXEC: nearly all of them */
		if (action->op <= SF_FROM_MPROTECT && !(scratch->call.args[2] & PROT_EXEC))
			return 0;
		if (action->op == SF_FROM_MMAP && !(scratch->call.args[3] & MAP_ANONYMOUS))
			at_map(unit);
		return at_request(unit, action->op);
	}
	return 0;
}

/* A filter refused the call, with an errno. */
static __noinline int told_refusal(struct task_struct *task, __u32 unit, __u32 compat, __u32 number, long result)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);

	if (!scratch || BPF_CORE_READ(task, ptrace))
		return 0;
	scratch->call.number = number;
	scratch->call.compat = compat;
	scratch->result = result;
	report_refusal(scratch, unit);
	return 1;
}

/* Capabilities were refused in the call that ends here. */
static __noinline int told_missed(struct sf_task *mine, __u32 unit, __u32 compat, __s64 number, long result)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_missed missed;
	} *record;

	if (scratch && mine->missed) {
		scratch->call.number = number;
		scratch->call.compat = compat;
		scratch->result = result;
		record = (void *)scratch->bytes;
		record->missed.capabilities = mine->missed;
		record->missed.out_of_bounds = mine->missed_out_of_bounds;
		record->missed.from_below = mine->missed_from_below;
		record->missed.by_root = mine->missed_by_root;
		record->missed.reserved = 0;
		at_missed(unit);
	}
	mine->missed = 0;
	mine->missed_out_of_bounds = 0;
	mine->missed_from_below = 0;
	mine->missed_by_root = 0;
	return 0;
}

/* Was dispatch() called for this one, to tell what it changes? */
static __always_inline bool tells_changes(const volatile struct sf_action *action)
{
	switch (action->handler) {
	case SF_HANDLE_OPEN:
	case SF_HANDLE_OPENAT2:
	case SF_HANDLE_OPEN_HANDLE:
	case SF_HANDLE_TWO_PATHS:
	case SF_HANDLE_DESCRIPTOR:
	case SF_HANDLE_BIND:
		return true;
	case SF_HANDLE_PATH:
		return action->op != SF_OP_LOOK && action->op != SF_OP_EXECUTE;
	}
	return false;
}

/* The call at hand asked for write access. Was what it did to a file counted?
 * VERIFIER: global, so that it is not gone through once more for each way in which dispatch() may end. */
__noinline int compare_writes(__u32 unit, __u32 compat, __s64 number)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	const volatile struct sf_action *action;
	struct sf_seen *entry;

	if (!scratch)
		return 0;
	scratch->call.number = number;
	scratch->call.compat = compat;
	action = action_of(&scratch->call);
	/* what a ring does is told by its own tracepoints, or as a gap */
	if (action->handler == SF_HANDLE_RING || (tells_changes(action) && scratch->told))
		return 0;
	/* its key says all: no record */
	entry = entry_of_call(scratch, unit, SF_OP_UNTOLD_WRITE, 0);
	if (entry)
		__sync_fetch_and_add(&entry->count, 1);
	return 0;
}

/* What the call that ends here left behind, but for its requests for write access. */
static __noinline int tell_noted(struct sf_task *mine, __u32 unit, __u32 compat, __s64 number, long result)
{
	__u32 noted = mine->noted;

	mine->noted = 0;
	mine->write_mount = 0;
	if (noted & SF_NOTED_MISSED)
		told_missed(mine, unit, compat, number, result);
	return 0;
}

static __always_inline int on_enter(void)
{
	struct sf_task *mine = task_state(current_task());

	if (mine) {
		mine->place = SF_PLACE_INSIDE;
		mine->trapped = 0;
	}
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter_tp, struct pt_regs *regs, long number)
{
	return on_enter();
}

static __always_inline int on_exit(struct pt_regs *regs, long result)
{
	struct task_struct *task = current_task();
	struct sf_task *mine = live_task(task);
	struct sf_unit_state *state;
	bool refused = false;
	__u32 compat, unit, noted;
	__s64 number;

	if (!mine)
		return 0;
	if (watch_refusals) {
		refused = mine->place == SF_PLACE_OUTSIDE;
		mine->place = SF_PLACE_OUTSIDE;
	}
	if (mine->in_first_exec) {
		mine->in_first_exec = 0; /* the manager's own execve */
		mine->missed = 0;
		mine->noted = 0;
		mine->write_mount = 0;
		return 0;
	}
	number = syscall_number(regs, true);
	if (number < 0)
		return 0; /* rt_sigreturn, or a tracer that cancelled the call */
	compat = is_compat_call(task);
	if (number >= SF_MAX_SYSCALL) {
		if (!is_private_call(number, compat))
			count_stat(SF_STAT_SYSCALL_BEYOND);
		return 0;
	}
	unit = mine->unit;
	/* VERIFIER: in range already, so the compiler would leave this mask and all below out; where the number was loaded
	 * with its sign (arm64), the verifier of 6.1 knows the range of its lower half alone. */
	asm volatile("" : "+r"(number));
	number &= SF_MAX_SYSCALL - 1;
	state = unit_state(unit);
	noted = mine->noted;
	if (noted)
		tell_noted(mine, unit, compat, number, result);
	if (refused) {
		/* As SECCOMP_RET_TRAP and _KILL leave the registers. Where that is the first argument, it may look like an
		 * errno (AT_FDCWD); a refusal with the errno that the argument is the negative of is taken for a trap. */
		mine->trapped = compat ? (__s32)result == (__s32)regs->SAVED_REGISTER
				       : result == (long)regs->SAVED_REGISTER;
		refused = !mine->trapped && result < 0 && result >= -MAX_ERRNO &&
			  told_refusal(task, unit, compat, number, result);
	}
	/* a refused one is told by its refusal, and what it was asked for below: by that `verify` names the directive */
	if (!refused && !state->window[compat & 1][number])
		new_call(state, unit, compat, number, result);

	if (compat ? compat_actions[number].handler : native_actions[number].handler)
		dispatch(regs, result, unit, compat, number);
	if (noted & SF_NOTED_WRITE)
		compare_writes(unit, compat, number);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_tp, struct pt_regs *regs, long result)
{
	return on_exit(regs, result);
}

/* PREEMPTION: since 7.0 a tracepoint's programs may be preempted, and one that is preempted on a CPU is skipped there for
 * all other tasks. (To turn preemption off inside is no help: what was put off comes when it is turned on again, and the
 * program still counts as running.) Around those that are attached in perf's way the kernel turns preemption off (commit
 * 16718274ee75). They cost a little more, and are given the event instead of the tracepoint's arguments. What they leave:
 * they are skipped on a CPU on which a task was preempted in a system call that reads or changes a map
 * (bpf_disable_instrumentation()). So we make few, none that takes long, and let no task come before us in one
 * (src/observe/unpreempted.h). */
SEC("tracepoint/raw_syscalls/sys_enter")
int sys_enter_perf_tp(void *event)
{
	return on_enter();
}

SEC("tracepoint/raw_syscalls/sys_exit")
int sys_exit_perf_tp(struct trace_event_raw_sys_exit *event)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return on_exit(regs, event->ret);
}
