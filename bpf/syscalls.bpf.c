// SPDX-License-Identifier: GPL-2.0-or-later
/* The hot path: one program at the exit of each syscall of the host.
 *
 * For a task that is not ours it is one lookup. For one that is ours and a call that was seen in this
 * window, a lookup, a load and a bit test. Everything that a call tells is read at its exit, where the
 * registers still hold number and arguments and user strings cannot fault any more (they were just used):
 * so there is no program at sys_enter.
 *
 * NOT SEEN: calls that never return. exit, exit_group and calls in which a task is killed are read from the
 * task's registers when it ends (lifecycle.bpf.c); rt_sigreturn clears its number and is implicit.
 */
#include "call.bpf.h"

const volatile struct sf_action native_actions[SF_MAX_SYSCALL] = {};
const volatile struct sf_action compat_actions[SF_MAX_SYSCALL] = {};
struct sf_unit_state units[SF_MAX_UNITS] = {};

/* First time in this window: set the bit, and offer a record when this call was never told. */
static __noinline int new_call(struct sf_unit_state *state, __u32 unit, __u32 compat, __u32 number, long result)
{
	__u32 word = (number / 64) & (SF_SYSCALL_WORDS - 1);
	__u64 bit = 1ULL << (number % 64);

	compat &= 1;
	__sync_fetch_and_or(&state->window[compat][word], bit);
	if (state->told[compat][word] & bit)
		return 0;

	struct sf_header header;

	fill_header(&header, bpf_get_current_task_btf(), SF_RECORD_SYSCALL, unit);
	header.syscall = number;
	header.compat = compat;
	header.result = result;
	if (!submit(&header, sizeof(header)))
		__sync_fetch_and_or(&state->told[compat][word], bit);
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
	read_arguments(regs, compat, scratch->call.args);
	scratch->call.number = number;
	scratch->call.compat = compat;
	scratch->result = result;

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
		if (scratch->call.args[0] != PR_CAP_AMBIENT || scratch->call.args[1] != PR_CAP_AMBIENT_RAISE)
			return 0;
		return at_capset(unit);
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

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_tp, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sf_task *mine = live_task(task);
	struct sf_unit_state *state;
	__u32 compat, word;
	__s64 number;

	if (!mine)
		return 0;
	if (mine->in_first_exec) {
		mine->in_first_exec = 0; /* the manager's own execve */
		return 0;
	}
	number = syscall_number(regs);
	if (number < 0)
		return 0; /* rt_sigreturn, or a tracer that cancelled the call */
	if (number >= SF_MAX_SYSCALL) {
		count_stat(SF_STAT_SYSCALL_BEYOND);
		return 0;
	}
	compat = is_compat_call(task);
	state = unit_state(mine->unit);
	word = ((__u32)number / 64) & (SF_SYSCALL_WORDS - 1);
	if (!(state->window[compat & 1][word] & (1ULL << (number % 64))))
		new_call(state, mine->unit, compat, number, result);

	if (compat ? compat_actions[number & (SF_MAX_SYSCALL - 1)].handler
		   : native_actions[number & (SF_MAX_SYSCALL - 1)].handler)
		return dispatch(regs, result, mine->unit, compat, number);
	return 0;
}
