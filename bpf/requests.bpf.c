// SPDX-License-Identifier: GPL-2.0-or-later
/* What calls ask for by their arguments, where a directive forbids some values of them: executable memory,
 * namespaces, personalities, scheduling policies.
 *
 * NOT SEEN: the i386 calls mmap (its arguments are in memory) and ipc (shmat among others).
 */
#include "call.bpf.h"

static __always_inline __u64 value_of(const struct call_registers *call, __u32 source, __u32 *kind)
{
	__u64 value = 0;
	__u32 policy = 0;

	switch (source) {
	case SF_FROM_MMAP:
		*kind = SF_REQUEST_CODE;
		return call->args[2] & PROT_WRITE ? 1 : 0;
	case SF_FROM_MPROTECT:
		*kind = SF_REQUEST_CODE;
		return 1; /* the sys_exit program looked for PROT_EXEC */
	case SF_FROM_SHMAT:
		*kind = SF_REQUEST_CODE;
		return call->args[2] & SHM_EXEC ? 1 : 0;
	case SF_FROM_CLONE:
		*kind = SF_REQUEST_NAMESPACE;
		return call->args[0] & CLONE_NEW_ANY; /* CLONE_NEWTIME would be a part of the exit signal */
	case SF_FROM_CLONE3:
		*kind = SF_REQUEST_NAMESPACE;
		bpf_probe_read_user(&value, sizeof(value), (const void *)call->args[0]); /* clone_args.flags */
		return value & (CLONE_NEW_ANY | CLONE_NEWTIME);
	case SF_FROM_UNSHARE:
		*kind = SF_REQUEST_NAMESPACE;
		return call->args[0] & (CLONE_NEW_ANY | CLONE_NEWTIME);
	case SF_FROM_SETNS:
		*kind = SF_REQUEST_NAMESPACE;
		value = call->args[1] & (CLONE_NEW_ANY | CLONE_NEWTIME);
		return value ? value : SF_ANY_NAMESPACE;
	case SF_FROM_PERSONALITY:
		*kind = SF_REQUEST_PERSONALITY;
		return (__u32)call->args[0];
	case SF_FROM_SETSCHEDULER:
		*kind = SF_REQUEST_POLICY;
		return (__u32)call->args[1]; /* with SCHED_RESET_ON_FORK, which RestrictRealtime= refuses, too */
	case SF_FROM_SETATTR:
		*kind = SF_REQUEST_POLICY;
		bpf_probe_read_user(&policy, sizeof(policy), (const void *)(call->args[1] + 4)); /* sched_policy */
		return policy;
	}
	*kind = SF_REQUEST_CODE;
	return 0;
}

/* One call. The value 0 asks for nothing that a directive forbids, but for a personality or a policy. */
int at_request(__u32 unit, __u32 source)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_request request;
	} *record;
	struct sf_seen *entry;
	__u32 kind = 0;
	__u64 value;

	if (!scratch)
		return 0;
	/* The child comes out of clone3 as well, when the arguments on its parent's stack may be overwritten. */
	if (source == SF_FROM_CLONE3 && !scratch->result)
		return 0;
	value = value_of(&scratch->call, source, &kind);
	if (!value && (kind == SF_REQUEST_CODE || kind == SF_REQUEST_NAMESPACE))
		return 0;
	if (kind == SF_REQUEST_CODE)
		value = source;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = value;
	scratch->key.b = kind;
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_REQUEST;
	/* an address that mmap and shmat return may look negative */
	scratch->key.error = scratch->result < 0 && scratch->result >= -MAX_ERRNO ? -scratch->result : 0;
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, 1))
		return 0;
	record = (void *)scratch->bytes;
	fill_call_header(&record->header, scratch, SF_RECORD_REQUEST, unit);
	record->request.value = value;
	record->request.kind = kind;
	record->request.reserved = 0;
	note_told(entry, 1, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}
