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

/* Appends the name of a group, in the first half of the bytes or from there on; false when it is too long. */
static __always_inline bool append_name(char *names, __u32 *offset, struct cgroup *group)
{
	__u32 at = *offset;
	long length;

	if (at > SF_UNIT_NAME_MAX / 2 - 1)
		return false;
	length = bpf_probe_read_kernel_str(&names[at], SF_UNIT_NAME_MAX / 2, BPF_CORE_READ(group, kn, name));
	if (length < 2 || length >= SF_UNIT_NAME_MAX / 2)
		return false;
	*offset = at + length - 1;
	return true;
}

/* Is it one that user space waits for? By its name and its parent's id; or, where that may be new as well, by the names of
 * two or three and the id above them. A group of the same names elsewhere (a container's, a user's) is another. */
static __always_inline struct sf_enrolment *expected(struct cgroup *group, struct cgroup *parent)
{
	struct scratch *scratch = scratch_area(SCRATCH_GROUP);
	struct sf_enrolment *found;
	struct cgroup *above[SF_EXPECTED_DEPTH + 1] = {group, parent};
	struct sf_expected *key;

	if (!scratch)
		return NULL;
	key = (struct sf_expected *)scratch->bytes;
	__builtin_memset(key, 0, sizeof(*key));
	key->parent_id = BPF_CORE_READ(parent, kn, id);
	bpf_probe_read_kernel_str(key->name, sizeof(key->name), BPF_CORE_READ(group, kn, name));
	found = bpf_map_lookup_elem(&expected_groups, key);
	if (found)
		return found;
#pragma unroll
	for (int depth = 2; depth <= SF_EXPECTED_DEPTH; depth++) {
		__u32 offset = 0;

		above[depth] = parent_of(above[depth - 1]);
		if (!above[depth])
			return NULL;
		__builtin_memset(key, 0, sizeof(*key));
		key->parent_id = BPF_CORE_READ(above[depth], kn, id);
#pragma unroll
		for (int i = depth - 1; i >= 0; i--) {
			if (!append_name(key->name, &offset, above[i]))
				return NULL;
			if (i > 0)
				key->name[offset++ & (SF_UNIT_NAME_MAX - 1)] = '/';
		}
		found = bpf_map_lookup_elem(&expected_groups, key);
		if (found)
			return found;
	}
	return NULL;
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
		task_ended(task, mine->unit);
	mark_arrival(task, enrolment);
	return 0;
}
