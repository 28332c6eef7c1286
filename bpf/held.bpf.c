// SPDX-License-Identifier: GPL-2.0-or-later
/* What must not be preempted while it runs.
 *
 * Since 7.0 a tracepoint's programs may be, and one that is preempted on a CPU is skipped there for all other tasks: a
 * child that is not followed, an end that is not noticed. These turn preemption off, so that it can happen before their first
 * line and after their last one only: what was put off meanwhile comes then. What is skipped is counted by the kernel, and
 * told as a loss. (The programs of each syscall have a better way, which has no such gap: syscalls.bpf.c.)
 *
 * They are programs of their own, since 5.13 to 5.15 refuse calls of functions that they do not have even where they are
 * never reached; and they are one object with what they call, since bpftool links a function of the kernel's into one only.
 */
#include "lifecycle.bpf.c"
#include "capabilities.bpf.c"

extern void bpf_preempt_disable(void) __weak __ksym;
extern void bpf_preempt_enable(void) __weak __ksym;

#define HELD(statement)                \
	({                             \
		bpf_preempt_disable(); \
		statement;             \
		bpf_preempt_enable();  \
		0;                     \
	})

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask_held_tp, struct task_struct *child)
{
	return HELD(on_newtask(child));
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec_held_tp, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	return HELD(on_exec(task, bprm));
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit_held_tp, struct task_struct *task)
{
	return HELD(on_end(task));
}

SEC("tp_btf/cap_capable")
int BPF_PROG(cap_capable_held_tp, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable, int capability, int result)
{
	return HELD(on_cap_capable(ctx, cred, target, capability, result, -1));
}

SEC("fexit/cap_capable")
int BPF_PROG(cap_capable_held_fexit, const struct cred *cred, struct user_namespace *target, int capability,
	     unsigned int options, int result)
{
	return HELD(on_cap_capable(ctx, cred, target, capability, result, options & 0xff));
}
