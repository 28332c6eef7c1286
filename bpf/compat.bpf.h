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
#define O_TRUNC 00001000
#define O_PATH 010000000
#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000 /* since 4.19, commit 6c9b301d8e7b */
#define O_TMPFILE_BIT 020000000
#define S_IFMT 00170000
#define S_IFREG 0100000
#define S_IFSOCK 0140000
#define S_ISGID 0002000
#define S_SETID 0006000 /* S_ISUID | S_ISGID */
#define S_ALL 0007777
#define PROC_SUPER_MAGIC 0x9fa0
#define BTRFS_SUPER_MAGIC 0x9123683e
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
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
#define PR_SET_SECUREBITS 28
#define CAP_FSETID 4
#define CAP_SETPCAP 8
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1
#define MAX_ERRNO 4095
#define SIGSYS 31
#define SECCOMP_MODE_DEAD 3 /* kernel/seccomp.c: SECCOMP_MODE_FILTER + 1 */
#define EBADF 9
#define EFAULT 14
#define PF_EXITING 0x4
#define PF_IO_WORKER 0x10

/* A thread of the kernel's that works for a ring: it makes no calls, and its registers are empty, which looks like read(2). */
static __always_inline bool is_ring_worker(struct task_struct *task)
{
	return BPF_CORE_READ(task, flags) & PF_IO_WORKER;
}

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

/* Set before loading, from what the kernel took when it was tried (src/observe/kernel_support.h).
 * COMPAT(5.12): task storage for tracing programs came with commit a10787e6d58c; before, tasks are marked in a hash by
 * their address. Remove when 5.10 is no longer supported. */
extern const volatile bool has_task_storage;

/* Set before loading, from which fields this kernel has: what stands behind one is not looked at otherwise, and libbpf
 * may leave it unresolved ("fields" in src/observe/hooks.cpp). */
extern const volatile bool follows_descriptors;
extern const volatile bool knows_owners_in_proc;

/* COMPAT(5.11): bpf_get_current_task_btf() came with commit 3ca1032ab7ab; before, the current task is a number to
 * the verifier, and every field of it a probe read. Remove when 5.10 is no longer supported. */
static __always_inline bool tasks_are_typed(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

static __always_inline struct task_struct *current_task(void)
{
	if (tasks_are_typed())
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/* A field behind a pointer that the verifier may know the type of (`typed` is a constant for it). */
#define READ_FIELD(typed, pointer, field) ((typed) ? (pointer)->field : BPF_CORE_READ(pointer, field))

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h; cleared after the exit tracepoint */
#define X32_SYSCALL_BIT 0x40000000
#define THREAD_SIZE (4 * 4096UL) /* arch/x86/include/asm/page_64_types.h, without KASAN */
#define SAVED_REGISTER orig_ax /* what syscall_rollback() puts where the result stands: the number */
#define CHILD_PLACE SF_PLACE_UNKNOWN /* a new child comes out of its parent's fork, and is traced there */

static __always_inline __s64 syscall_number(const struct pt_regs *regs, bool typed)
{
	return (int)READ_FIELD(typed, regs, orig_ax);
}

static __always_inline bool is_compat_call(struct task_struct *task)
{
	return READ_FIELD(tasks_are_typed(), task, thread_info.status) & TS_COMPAT;
}

static __always_inline void read_arguments(const struct pt_regs *regs, bool typed, bool compat, __u64 *args)
{
	if (compat) {
		args[0] = (__u32)READ_FIELD(typed, regs, bx);
		args[1] = (__u32)READ_FIELD(typed, regs, cx);
		args[2] = (__u32)READ_FIELD(typed, regs, dx);
		args[3] = (__u32)READ_FIELD(typed, regs, si);
		args[4] = (__u32)READ_FIELD(typed, regs, di);
		args[5] = (__u32)READ_FIELD(typed, regs, bp);
		return;
	}
	args[0] = READ_FIELD(typed, regs, di);
	args[1] = READ_FIELD(typed, regs, si);
	args[2] = READ_FIELD(typed, regs, dx);
	args[3] = READ_FIELD(typed, regs, r10);
	args[4] = READ_FIELD(typed, regs, r8);
	args[5] = READ_FIELD(typed, regs, r9);
}

/* COMPAT(5.15): where the registers lie on a stack before bpf_task_pt_regs(). The padding that 6.9 added for FRED is
 * not there yet. */
static __always_inline struct pt_regs *registers_on_stack(struct task_struct *task)
{
	return (struct pt_regs *)((__u64)BPF_CORE_READ(task, stack) + THREAD_SIZE - bpf_core_type_size(struct pt_regs));
}

static __always_inline bool is_private_call(__s64 number, bool compat)
{
	return false;
}

/* The number of the call for which a filter ended the task. */
static __always_inline __s64 killed_call_number(const struct pt_regs *regs, bool typed, bool compat)
{
	return syscall_number(regs, typed);
}

#elif defined(__TARGET_ARCH_arm64)

/* NOT SEEN: an execve that changes from 64 to 32 bits or back comes out as a call of the ABI that it changed to, and
 * has its number there (221 is fcntl64 in 32 bits): the flag is the task's, not the call's. */

#define X32_SYSCALL_BIT 0
#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h */
#define SAVED_REGISTER orig_x0 /* what syscall_rollback() puts where the result stands: the first argument */
#define CHILD_PLACE SF_PLACE_OUTSIDE /* ret_from_fork (arch/arm64/kernel/entry.S) traces no exit */

static __always_inline __s64 syscall_number(const struct pt_regs *regs, bool typed)
{
	return (int)READ_FIELD(typed, regs, syscallno);
}

static __always_inline bool is_compat_call(struct task_struct *task)
{
	return READ_FIELD(tasks_are_typed(), task, thread_info.flags) & (1UL << TIF_32BIT);
}

static __always_inline void read_arguments(const struct pt_regs *regs, bool typed, bool compat, __u64 *args)
{
	args[0] = READ_FIELD(typed, regs, orig_x0);
	args[1] = READ_FIELD(typed, regs, regs[1]);
	args[2] = READ_FIELD(typed, regs, regs[2]);
	args[3] = READ_FIELD(typed, regs, regs[3]);
	args[4] = READ_FIELD(typed, regs, regs[4]);
	args[5] = READ_FIELD(typed, regs, regs[5]);
	if (compat) {
		for (int i = 0; i < 6; i++)
			args[i] = (__u32)args[i];
	}
}

/* cacheflush, set_tls and their like, which every 32-bit program makes (arch/arm64/include/asm/unistd.h,
 * __ARM_NR_COMPAT_BASE). systemd has them in @default, which each of its filters lets through. */
static __always_inline bool is_private_call(__s64 number, bool compat)
{
	return compat && number >= 0x0f0000;
}

/* The number of the call for which a filter ended the task: where the program put it, since a fatal signal makes the
 * kernel forget its own copy (arch/arm64/kernel/signal.c, do_signal()). */
static __always_inline __s64 killed_call_number(const struct pt_regs *regs, bool typed, bool compat)
{
	return (int)(compat ? READ_FIELD(typed, regs, regs[7]) : READ_FIELD(typed, regs, regs[8]));
}

/* NOT SEEN: how large a stack is depends on the page size there. Before 5.15 the call at hand is not known outside of
 * sys_exit. */
static __always_inline struct pt_regs *registers_on_stack(struct task_struct *task)
{
	return NULL;
}

#else
#error "syscall registers of this architecture are not known"
#endif

enum call_reading { NUMBER_ONLY, WITH_ARGUMENTS, WHEN_KILLED };

static __always_inline void read_call(struct task_struct *task, const struct pt_regs *regs, bool typed,
				      struct call_registers *call, enum call_reading what)
{
	call->compat = is_compat_call(task);
	call->number = what == WHEN_KILLED ? killed_call_number(regs, typed, call->compat) : syscall_number(regs, typed);
	if (what == WITH_ARGUMENTS)
		read_arguments(regs, typed, call->compat, call->args);
}

/* The call that the task is in, from the registers with which it entered the kernel: number and ABI, and the
 * arguments where asked for; or the one for which a filter ended it. False when it is not known.
 * COMPAT(5.15): bpf_task_pt_regs() came with commit dd6e10fbd9fb.
 * VERIFIER: two branches, of which it sees one: a common test for NULL behind them would not tell it which it was. */
static __always_inline bool call_at_hand(struct task_struct *task, struct call_registers *call, enum call_reading what)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		read_call(task, (struct pt_regs *)bpf_task_pt_regs(task), true, call, what);
	} else {
		struct pt_regs *regs = registers_on_stack(task);

		if (!regs)
			return false;
		read_call(task, regs, false, call, what);
	}
	return true;
}

#endif
