/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Once for each key: dedupe, submit, count what was refused.
 *
 * The order is what makes it loss-free: a key (and a name in it) is marked as told only after its record
 * was accepted, by the ring buffer or, when that is full, by the one beside it. When neither took it, the
 * next occurrence finds the mark missing and tries again; a key that is still untold at the end is a fact
 * that was lost, and user space counts it as such.
 */
#ifndef SANDFIT_REPORT_BPF_H
#define SANDFIT_REPORT_BPF_H

#include "scope.bpf.h"

/* Wakes the reader only when the buffer is half full: wake-ups, not walks, are what costs. */
static __always_inline long submit_within(void *record, __u64 size, const __u64 limit)
{
	/* VERIFIER: an upper bound that it can follow; sizes come from offsets in map memory. */
	barrier_var(size);
	if (size > limit)
		size = limit;

	__u64 waiting = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA);
	__u64 capacity = bpf_ringbuf_query(&records, BPF_RB_RING_SIZE);
	__u64 flags = waiting > capacity / 2 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	long refused = bpf_ringbuf_output(&records, record, size, flags);

	if (!refused)
		count_stat(SF_STAT_RECORDS);
	else
		count_stat(SF_STAT_RING_FULL);
	return refused;
}

static __always_inline long submit(void *record, __u64 size)
{
	return submit_within(record, size, SF_SCRATCH_BYTES);
}

/* The same; what finds the buffer full is kept aside. Then it is not lost, and counts as told. */
static __always_inline long submit_or_keep_within(void *record, __u64 size, const __u64 limit)
{
	if (!submit_within(record, size, limit))
		return 0;
	barrier_var(size);
	if (size > limit)
		size = limit;
	return bpf_ringbuf_output(&spilled, record, size, BPF_RB_NO_WAKEUP);
}

/* One that was put together in a scratch area. */
static __always_inline long submit_or_keep(struct scratch *scratch, __u64 size)
{
	return submit_or_keep_within(scratch->bytes, size, SF_SCRATCH_BYTES);
}

/* One that waited. */
static __always_inline long submit_waiting(struct pending_record *record, __u64 size)
{
	return submit_or_keep_within(record->bytes, size, SF_PENDING_BYTES);
}

/* The entry of a key; made when it is new. NULL when the map is full, which is counted. */
static __always_inline struct sf_seen *seen_entry(const struct sf_key *key)
{
	struct sf_seen *entry = bpf_map_lookup_elem(&seen, key);

	if (entry)
		return entry;
	struct sf_seen fresh = {};

	bpf_map_update_elem(&seen, key, &fresh, BPF_NOEXIST);
	entry = bpf_map_lookup_elem(&seen, key);
	if (!entry)
		count_stat(SF_STAT_SEEN_MAP_FULL);
	return entry;
}

/* A record would tell something: this name was not told, and there is room for one more. */
static __always_inline bool is_news(const struct sf_seen *entry, __u32 name)
{
	for (int i = 0; i < SF_NAMES; i++) {
		if (entry->names[i] == name)
			return false;
	}
	return entry->told < SF_NAMES;
}

/* Counts one occurrence. True when its record should go up: the key or the name is new. */
static __always_inline bool count_and_test(struct sf_seen *entry, __u32 name)
{
	__sync_fetch_and_add(&entry->count, 1);
	for (int i = 0; i < SF_NAMES; i++) {
		if (entry->names[i] == name)
			return false;
	}
	if (entry->told >= SF_NAMES) {
		if (!entry->more)
			entry->more = 1;
		return false;
	}
	return true;
}

/* Remembers what became of the record of a name. */
static __always_inline void note_told(struct sf_seen *entry, __u32 name, long refused)
{
	if (refused) {
		/* A name that is never seen again would be missing: the directory then counts as "many". */
		entry->more = 1;
		return;
	}
	__u32 slot = entry->told;

	if (slot < SF_NAMES)
		entry->names[slot & (SF_NAMES - 1)] = name;
	entry->told = slot + 1;
}

/* 0 stands for "no name yet" in the list of names told. */
static __always_inline __u32 name_hash(__u64 hash)
{
	__u32 folded = (__u32)(hash ^ (hash >> 32));

	return folded ? folded : 1;
}

static __always_inline void fill_header(struct sf_header *header, struct task_struct *task, __u32 kind,
					__u32 unit)
{
	__builtin_memset(header, 0, sizeof(*header));
	header->time_ns = bpf_ktime_get_ns();
	header->kind = kind;
	header->unit = unit;
	header->syscall = -1;
	header->exe_inode = BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino);
	header->exe_device = BPF_CORE_READ(task, mm, exe_file, f_inode, i_sb, s_dev);
	header->mount_ns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	header->pid = visible_number(BPF_CORE_READ(task, group_leader));
}

#endif
