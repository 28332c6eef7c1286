// SPDX-License-Identifier: GPL-2.0-or-later
/* Run by user space: all that was seen, with its counts, as one struct sf_entry each.
 *
 * Not by looking the map up: for the time of such a system call the kernel skips programs that are attached in perf's
 * way, on that CPU, for every task (PREEMPTION in syscalls.bpf.c).
 */
#include "maps.bpf.h"

SEC("iter/bpf_map_elem")
int seen_iter(struct bpf_iter__bpf_map_elem *context)
{
	const struct sf_key *key = context->key;
	const struct sf_seen *seen = context->value;
	struct sf_entry entry;

	if (!key || !seen)
		return 0;
	entry.key = *key;
	entry.seen = *seen;
	/* the kernel comes back to the entry when its buffer is full */
	bpf_seq_write(context->meta->seq, &entry, sizeof(entry));
	return 0;
}
