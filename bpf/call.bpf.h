/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handlers that the one sys_exit program calls for what needs more than a byte. Each is a global
 * function: verified once, by itself. The call at hand is in SCRATCH_SYSCALL. */
#ifndef SANDFIT_CALL_BPF_H
#define SANDFIT_CALL_BPF_H

#include "path.bpf.h"

int at_open(__u32 unit, __u32 handler);
int at_ring_open(__u32 unit, __s32 descriptor, __u32 asked);
int at_path_call(__u32 unit, __u32 op);
int at_descriptor_call(__u32 unit, __u32 op);
int at_socket(__u32 unit);
int at_address(__u32 unit, __u32 op);
int at_capset(__u32 unit);
int at_securebits(__u32 unit);
int at_missed(__u32 unit);
int at_map(__u32 unit);
int at_request(__u32 unit, __u32 source);
int told_by_hook(__u32 unit);

#define PAYLOAD_PATH (sizeof(struct sf_header) + sizeof(struct sf_path))

/* Which bits of a mode make an access another key, so that none of them is missed however often it is repeated:
 * UMask= asks for all that a new file was given, RestrictSUIDSGID= for set-ID bits. */
static __always_inline __u32 telling_mode(__u32 op, __u32 mode)
{
	switch (op) {
	case SF_OP_CREATE:
	case SF_OP_CREATE_TMPFILE:
	case SF_OP_MAKE_DIRECTORY:
	case SF_OP_MAKE_NODE:
		return mode & (S_IFMT | S_ALL);
	case SF_OP_CHANGE_MODE:
		return mode & (S_IFMT | S_SETID);
	}
	return mode & S_IFMT;
}

/* The action of the call at hand. */
static __always_inline const volatile struct sf_action *action_of(const struct call_registers *call)
{
	__u64 number = call->number;

	/* VERIFIER: behind a test of its range the compiler would leave the mask out, and 5.10 does not follow that test */
	barrier_var(number);
	number &= SF_MAX_SYSCALL - 1;
	return call->compat ? &compat_actions[number] : &native_actions[number];
}

/* VERIFIER: the index comes from constant data that it does not know; the mask bounds it. */
static __always_inline __u64 argument(const struct call_registers *call, __s8 index)
{
	if (index < 0 || index > 5)
		return 0;
	return call->args[index & 7];
}

static __always_inline void fill_call_header(struct sf_header *header, struct scratch *scratch, __u32 kind,
					     __u32 unit)
{
	fill_header(header, scratch->task ? (struct task_struct *)scratch->task : current_task(), kind, unit);
	header->key = scratch->key;
	header->syscall = scratch->call.number;
	header->compat = scratch->call.compat;
	header->result = scratch->result;
}

/* The entry of the call in the area itself, with an errno. NULL as of seen_entry(). */
static __always_inline struct sf_seen *entry_of_call(struct scratch *scratch, __u32 unit, __u32 op, __s32 error)
{
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = scratch->call.number;
	scratch->key.b = scratch->call.compat;
	scratch->key.unit = unit;
	scratch->key.op = op;
	scratch->key.error = error;
	return seen_entry(&scratch->key);
}

/* A seccomp filter refused the call in the area: with an errno, or (result 0) with the end of the task. */
static __always_inline void report_refusal(struct scratch *scratch, __u32 unit)
{
	struct sf_seen *entry = entry_of_call(scratch, unit, SF_OP_REFUSAL, -scratch->result);

	if (!entry || !count_and_test(entry, 1))
		return;
	fill_call_header((struct sf_header *)scratch->bytes, scratch, SF_RECORD_REFUSAL, unit);
	note_told(entry, 1, submit_or_keep(scratch, sizeof(struct sf_header)));
}

#endif
