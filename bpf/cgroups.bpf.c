// SPDX-License-Identifier: GPL-2.0-or-later
/* Enrolment by group: children of enrolled groups, groups that user space waits for, and the tasks that
 * move in. Everything here happens before the first instruction of the task in its new group, so there is
 * no window in which it runs unseen. */
#include "scope.bpf.h"
#include "path.bpf.h"

/* Version 1 hierarchies number their groups apart; only the unified one, hierarchy 0, is ours. */
static __always_inline bool is_unified(struct cgroup *group)
{
	return BPF_CORE_READ(group, root, hierarchy_id) == 0;
}

static __always_inline struct cgroup *parent_of(struct cgroup *group)
{
	return BPF_CORE_READ(group, self.parent, cgroup);
}

/* Is it one that user space waits for? By its parent's id, or by both names where the parent is new, too. */
static __always_inline struct sf_enrolment *expected(struct cgroup *group, struct cgroup *parent)
{
	struct scratch *scratch = scratch_area(SCRATCH_GROUP);
	struct sf_enrolment *found;
	struct sf_expected *key;
	long length;

	if (!scratch)
		return NULL;
	key = (struct sf_expected *)scratch->bytes;
	__builtin_memset(key, 0, sizeof(*key));
	key->parent_id = BPF_CORE_READ(parent, kn, id);
	bpf_probe_read_kernel_str(key->name, sizeof(key->name), BPF_CORE_READ(group, kn, name));
	found = bpf_map_lookup_elem(&expected_groups, key);
	if (found)
		return found;

	__builtin_memset(key, 0, sizeof(*key));
	length = bpf_probe_read_kernel_str(key->name, 128, BPF_CORE_READ(parent, kn, name));
	if (length < 2 || length > 127)
		return NULL;
	key->name[(length - 1) & 127] = '/';
	bpf_probe_read_kernel_str(&key->name[length & 127], 128, BPF_CORE_READ(group, kn, name));
	return bpf_map_lookup_elem(&expected_groups, key);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir_tp, struct cgroup *group, const char *path)
{
	struct cgroup *parent;
	struct sf_enrolment *enrolment;
	struct sf_enrolment value;
	__u64 id, parent_id;

	if (!is_unified(group))
		return 0;
	parent = parent_of(group);
	id = BPF_CORE_READ(group, kn, id);
	parent_id = BPF_CORE_READ(parent, kn, id);
	enrolment = bpf_map_lookup_elem(&cgroups, &parent_id);
	if (!enrolment)
		enrolment = expected(group, parent);
	if (!enrolment)
		return 0;
	value = *enrolment;
	if (bpf_map_update_elem(&cgroups, &id, &value, BPF_ANY))
		count_stat(SF_STAT_CGROUP_MAP_FULL);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir_tp, struct cgroup *group, const char *path)
{
	__u64 id;

	if (!is_unified(group))
		return 0;
	id = BPF_CORE_READ(group, kn, id);
	bpf_map_delete_elem(&cgroups, &id);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task_tp, struct cgroup *group, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	struct sf_enrolment *enrolment;
	struct sf_task *mine;
	__u64 id;

	if (!is_unified(group))
		return 0;
	id = BPF_CORE_READ(group, kn, id);
	enrolment = bpf_map_lookup_elem(&cgroups, &id);
	if (!enrolment || !(enrolment->flags & SF_ENROL_ARRIVALS))
		return 0;
	mine = task_state(task);
	/* Within one unit a move changes nothing. */
	if (mine && mine->unit == enrolment->unit)
		return 0;
	if (mine && mine->phase == SF_PHASE_LIVE)
		task_ended(mine->unit);
	mark_task(task, enrolment->unit, SF_PHASE_PRE_EXEC);
	return 0;
}
