/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between kernels and architectures, each with its reason and its end. */
#ifndef SANDFIT_COMPAT_BPF_H
#define SANDFIT_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Values of macros, which BTF does not carry. Each is part of the kernel's user interface or has not
 * changed since 5.10; tests/bpf checks the behaviour that stands on it. */
#define AT_FDCWD -100
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_EMPTY_PATH 0x1000
#define O_ACCMODE 00000003
#define O_CREAT 00000100
#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000 /* since 4.19, commit 6c9b301d8e7b */
#define O_TMPFILE_BIT 020000000
#define S_IFMT 00170000
#define S_ISGID 0002000
#define S_SETID 0006000 /* S_ISUID | S_ISGID */
#define S_ALL 0007777
#define PROC_SUPER_MAGIC 0x9fa0
#define CLONE_INTO_CGROUP 0x200000000ULL
#define RENAME_EXCHANGE 2
#define AF_UNIX 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
#define SHM_EXEC 0100000
#define CLONE_NEWTIME 0x80
#define CLONE_NEW_ANY 0x7e020000 /* NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#define CAP_FSETID 4
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1
#define MAX_ERRNO 4095
#define SIGSYS 31
#define SECCOMP_MODE_DEAD 3 /* kernel/seccomp.c: SECCOMP_MODE_FILTER + 1 */
#define EFAULT 14

/* Registers and tasks are read through their typed pointers: a probe read is a call of a helper, and four
 * of them on the path of every syscall cost more than all the rest (measured: 107 -> 29 ns beyond nothing
 * but an empty program).
 *
 * One call: its number, its six arguments, and whether it came through a compatibility entry.
 * At sys_exit the registers still hold all of them; only the result has replaced one of two. */
struct call_registers {
	__s64 number;
	__u64 args[6];
	__u8 compat;
	__u8 unknown; /* an ABI that we do not decode */
};

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h; cleared after the exit tracepoint */
#define X32_SYSCALL_BIT 0x40000000

static __always_inline __s64 syscall_number(const struct pt_regs *regs)
{
	return (int)regs->orig_ax;
}

static __always_inline bool is_compat_call(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

static __always_inline void read_arguments(const struct pt_regs *regs, bool compat, __u64 *args)
{
	if (compat) {
		args[0] = (__u32)regs->bx;
		args[1] = (__u32)regs->cx;
		args[2] = (__u32)regs->dx;
		args[3] = (__u32)regs->si;
		args[4] = (__u32)regs->di;
		args[5] = (__u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

#elif defined(__TARGET_ARCH_arm64)

#define X32_SYSCALL_BIT 0
#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h */

static __always_inline __s64 syscall_number(const struct pt_regs *regs)
{
	return (int)regs->syscallno;
}

static __always_inline bool is_compat_call(struct task_struct *task)
{
	return task->thread_info.flags & (1UL << TIF_32BIT);
}

static __always_inline void read_arguments(const struct pt_regs *regs, bool compat, __u64 *args)
{
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
	if (compat) {
		for (int i = 0; i < 6; i++)
			args[i] = (__u32)args[i];
	}
}

#else
#error "syscall registers of this architecture are not known"
#endif

/* The registers with which a task entered the kernel, or NULL. COMPAT(5.15): bpf_task_pt_regs() came
 * with commit dd6e10fbd9fb; before, the number of the current call is not known outside of sys_exit.
 * Remove the test when 5.10 is no longer supported. */
static __always_inline struct pt_regs *user_registers(struct task_struct *task)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return NULL;
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

#endif
