/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Is this task ours?" - and how it comes to be. */
#ifndef SANDFIT_SCOPE_BPF_H
#define SANDFIT_SCOPE_BPF_H

#include "maps.bpf.h"

/* The id of the task's group in the unified hierarchy: the inode number of its directory. */
static __always_inline __u64 cgroup_of_task(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline struct sf_task *task_state(struct task_struct *task)
{
	__u64 address = (__u64)task;

	if (has_task_storage)
		return bpf_task_storage_get(&tasks, task, 0, 0);
	return bpf_map_lookup_elem(&tasks_by_address, &address);
}

/* The current task's state when it is the service itself, else NULL. */
static __always_inline struct sf_task *live_task(struct task_struct *task)
{
	struct sf_task *state = task_state(task);

	if (!state || state->phase != SF_PHASE_LIVE)
		return NULL;
	return state;
}

static __always_inline struct sf_unit_state *unit_state(__u32 unit)
{
	/* VERIFIER: the mask bounds the index; SF_MAX_UNITS is a power of two */
	return &units[unit & (SF_MAX_UNITS - 1)];
}

static __always_inline void task_came_alive(__u32 unit)
{
	__sync_fetch_and_add(&unit_state(unit)->tasks, 1);
}

static __always_inline void task_ended(struct task_struct *task, __u32 unit)
{
	struct sf_unit_state *state = unit_state(unit);

	__sync_fetch_and_add(&state->tasks, -1);
	/* Two tasks that end at once may both see 0: `stops` says whether, not how often. */
	if (state->tasks <= 0) {
		state->stops += 1;
		state->stopped_in = cgroup_of_task(task);
	}
}

/* A unit's start makes one process after the other (ExecStartPre=, ExecStart=), all in one group, which goes when the
 * unit ends: the end of the former was no stop. */
static __always_inline void start_goes_on(struct task_struct *task, __u32 unit)
{
	struct sf_unit_state *state = unit_state(unit);

	state->starts += 1;
	if (state->stops && state->stopped_in == cgroup_of_task(task)) {
		state->stops -= 1;
		state->stopped_in = 0;
	}
}

/* A task that ends: its storage goes with it, but not its entry in the hash, whose address will be another's. */
static __always_inline void forget_task(struct task_struct *task)
{
	__u64 address = (__u64)task;

	if (!has_task_storage)
		bpf_map_delete_elem(&tasks_by_address, &address);
}

/* A task's number as the reader sees it; 0 when it is not visible there. */
static __always_inline __u32 visible_number(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = reader_pid_level;
	struct upid upid = {};

	if (level > BPF_CORE_READ(pid, level))
		return 0;
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[level & 31]);
	return upid.nr;
}

/* Marks a task. A failure is counted: the task would then be missed. */
static __always_inline void mark_task(struct task_struct *task, __u32 unit, __u32 phase)
{
	struct sf_task init = {.unit = unit, .phase = phase};
	struct sf_task *state;

	if (has_task_storage) {
		state = bpf_task_storage_get(&tasks, task, &init, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else {
		__u64 address = (__u64)task;

		bpf_map_update_elem(&tasks_by_address, &address, &init, BPF_ANY);
		state = bpf_map_lookup_elem(&tasks_by_address, &address);
	}
	if (!state) {
		count_stat(SF_STAT_TASK_STORAGE);
		return;
	}
	state->unit = unit;
	state->phase = phase;
	if (phase == SF_PHASE_LIVE)
		task_came_alive(unit);
}

/* Marks a task that arrives in a group: the service manager's until its first exec. In a group that was running already
 * it may be what reloads or stops the unit: that is no start. */
static __always_inline void mark_arrival(struct task_struct *task, const struct sf_enrolment *enrolment)
{
	__u32 flags = enrolment->flags;
	struct sf_task *state;

	mark_task(task, enrolment->unit, SF_PHASE_PRE_EXEC);
	state = task_state(task);
	if (state)
		state->starts = !(flags & SF_ENROL_RUNNING);
}

#endif
