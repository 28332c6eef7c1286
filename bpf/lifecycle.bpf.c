// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a unit's tasks: fork, exec, end.
 *
 * Between its fork and its exec, the service manager's child sits in the unit's cgroup and mounts,
 * unshares, drops capabilities and loads filters: none of that is the service's. A task that arrives in
 * an enrolled group is therefore pre-exec until it execs something other than systemd-executor (systemd
 * 255 and later exec that first). A helper that never execs, such as (sd-pam), stays pre-exec.
 */
#include "call.bpf.h"

extern struct task_struct *bpf_task_from_pid(__s32 pid) __weak __ksym;
extern void bpf_task_release(struct task_struct *task) __weak __ksym;
extern int bpf_strcmp(const char *one, const char *other) __weak __ksym;

__u32 reader_pid_level = 0;
__u32 reader_user_ns_level = 0;

static __always_inline int on_newtask(struct task_struct *child)
{
	struct task_struct *parent = current_task();
	struct sf_task *inherited = task_state(parent);
	struct sf_enrolment *enrolment;
	struct sf_task *state;
	__u64 group;

	if (inherited) {
		mark_task(child, inherited->unit, inherited->phase);
		state = task_state(child);
		if (state) {
			state->place = CHILD_PLACE;
			state->starts = inherited->starts;
		}
		return 0;
	}
	group = cgroup_of_task(child);
	enrolment = bpf_map_lookup_elem(&cgroups, &group);
	if (!enrolment)
		return 0;
	if (group != cgroup_of_task(parent)) {
		/* CLONE_INTO_CGROUP: it arrives without an attach event */
		if (enrolment->flags & SF_ENROL_ARRIVALS)
			mark_arrival(child, enrolment);
		return 0;
	}
	/* a child of a task that the enrol program has not come to yet */
	if (enrolment->flags & SF_ENROL_RUNNING)
		mark_task(child, enrolment->unit, SF_PHASE_LIVE);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask_tp, struct task_struct *child)
{
	return on_newtask(child);
}

/* In perf's way: PREEMPTION in syscalls.bpf.c. */
SEC("tracepoint/task/task_newtask")
int task_newtask_perf_tp(struct trace_event_raw_task_newtask *event)
{
	struct task_struct *child = bpf_task_from_pid(event->pid);

	if (!child) {
		count_stat(SF_STAT_TASK_STORAGE);
		return 0;
	}
	on_newtask(child);
	bpf_task_release(child);
	return 0;
}

/* "systemd-executor" as the last component of the file that was executed. */
static __always_inline bool is_executor(struct dentry *dentry)
{
	static const char executor[] = "systemd-executor";
	char name[sizeof(executor) + 1] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	for (int i = 0; i < sizeof(executor); i++) {
		if (name[i] != executor[i])
			return false;
	}
	return true;
}

/* Of a process of a plain user: what it has beyond its ambient set comes from the file. Looked at here, for a
 * helper of a moment is gone before user space could ask for its file. */
static __always_inline __u64 capabilities_of_file(struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u64 permitted = 0, ambient = 0;

	if (!BPF_CORE_READ(cred, euid.val))
		return 0;
	/* kernel_cap_t was two words and is one of twice the size since 6.3: the same bytes (little-endian) */
	bpf_core_read(&permitted, sizeof(permitted), &cred->cap_permitted);
	bpf_core_read(&ambient, sizeof(ambient), &cred->cap_ambient);
	return permitted & ~ambient;
}

static __noinline int report_exec(struct task_struct *task, struct file *file, __u32 unit, __u32 first)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct mount *mount = mount_of((__u64)BPF_CORE_READ(file, f_path.mnt));
	struct scratch *scratch = scratch_area(SCRATCH_EXEC);
	struct sf_seen *entry;
	struct sf_file *payload;
	__u32 begin = sizeof(struct sf_header) + sizeof(struct sf_file);

	if (!scratch) {
		count_stat(SF_STAT_SCRATCH);
		return 0;
	}
	scratch->flags = first ? SF_FLAG_FIRST_EXEC : 0;
	scratch->offset = begin;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->name = dentry_name_hash(scratch, SCRATCH_EXEC, dentry);
	scratch->key.a = directory_identity(BPF_CORE_READ(dentry, d_parent));
	/* Each program is a fact of its own, however many of a directory are run, and so is the first of an Exec line. */
	scratch->key.b = first | (__u64)scratch->name << 32;
	scratch->key.device = BPF_CORE_READ(dentry, d_sb, s_dev);
	scratch->key.mount_id = BPF_CORE_READ(mount, mnt_id);
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_EXECUTE;
	entry = seen_entry(&scratch->key);
	if (!entry)
		return 0;
	if (!count_and_test(entry, scratch->name))
		return 0;

	scratch->begin = begin;
	scratch->offset = begin;
	scratch->dentry = (__u64)dentry;
	scratch->vfsmount = (__u64)BPF_CORE_READ(file, f_path.mnt);
	if (!is_in_a_namespace(scratch->vfsmount))
		scratch->flags |= SF_FLAG_DETACHED; /* memfd */
	walk_path(SCRATCH_EXEC);

	fill_header((struct sf_header *)scratch->bytes, task, SF_RECORD_FILE, unit);
	((struct sf_header *)scratch->bytes)->key = scratch->key;
	payload = (struct sf_file *)(scratch->bytes + sizeof(struct sf_header));
	payload->flags = scratch->flags;
	payload->mode = BPF_CORE_READ(file, f_inode, i_mode);
	payload->length = scratch->offset - begin;
	payload->reserved = 0;
	payload->gained = capabilities_of_file(task);
	note_file_system(payload, file);
	note_told(entry, scratch->name, submit_or_keep(scratch, scratch->offset));
	return 0;
}

/* A script: what the kernel loads is its interpreter. The script's own path is known as the program gave it.
 * NOT SEEN: the path of one that was executed by a descriptor is that of the descriptor, /dev/fd/N: a loss. */
static __noinline int report_script(struct task_struct *task, const char *path, __u32 unit)
{
	struct scratch *scratch = scratch_area(SCRATCH_EXEC);
	bool relative = false;
	struct sf_seen *entry;
	struct sf_path *payload;
	__u64 identity;

	if (!scratch) {
		count_stat(SF_STAT_SCRATCH);
		return 0;
	}
	scratch->offset = PAYLOAD_PATH;
	identity = identity_of_string(scratch, SCRATCH_EXEC, task, AT_FDCWD, path, &relative);
	if (!identity)
		return 0;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->name = name_hash(scratch->hash);
	scratch->key.a = identity;
	scratch->key.b = 2 | (__u64)scratch->name << 32; /* besides the two kinds of report_exec() */
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_EXECUTE;
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, scratch->name))
		return 0;

	payload = (struct sf_path *)(scratch->bytes + sizeof(struct sf_header));
	__builtin_memset(payload, 0, sizeof(*payload));
	scratch->flags = SF_FLAG_FOLLOW | (relative ? SF_FLAG_RELATIVE : 0);
	scratch->offset = PAYLOAD_PATH;
	if (!append_kernel_path(scratch, SCRATCH_EXEC, task, AT_FDCWD, path, relative, &payload->base_length,
				&payload->path_length))
		return 0;
	payload->flags = scratch->flags;
	fill_header((struct sf_header *)scratch->bytes, task, SF_RECORD_PATH, unit);
	((struct sf_header *)scratch->bytes)->key = scratch->key;
	note_told(entry, scratch->name, submit_or_keep(scratch, scratch->offset));
	return 0;
}

/* `script`: what an interpreter runs, which is `file` then; else NULL. */
static __always_inline int on_exec(struct task_struct *task, struct sf_task *mine, struct file *file, const char *script)
{
	__u32 first = 0;

	if (mine->phase == SF_PHASE_PRE_EXEC) {
		if (is_executor(BPF_CORE_READ(file, f_path.dentry)))
			return 0;
		mine->phase = SF_PHASE_LIVE;
		mine->in_first_exec = 1;
		mine->place = SF_PLACE_INSIDE; /* of this execve */
		task_came_alive(mine->unit);
		if (mine->starts)
			start_goes_on(task, mine->unit);
		first = 1;
	}
	unit_state(mine->unit)->execs += 1;
	if (script)
		report_script(task, script, mine->unit);
	return report_exec(task, file, mine->unit, first);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec_tp, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct sf_task *mine = task_state(task);
	const char *name = BPF_CORE_READ(bprm, filename);

	if (!mine)
		return 0;
	return on_exec(task, mine, BPF_CORE_READ(bprm, file), BPF_CORE_READ(bprm, interp) != name ? name : NULL);
}

/* A string of an event: its place in it, in the lower half. */
#define TEXT_OF(event, field) ((const char *)(event) + ((event)->__data_loc_##field & 0xffff))

/* COMPAT(6.10): types that an older kernel's vmlinux.h does not have. */
struct trace_event_raw_sched_prepare_exec___event {
	__u32 __data_loc_interp;
	__u32 __data_loc_filename;
} __attribute__((preserve_access_index));

/* The event of what was executed does not say whether it is a script; the one before it does. */
SEC("tracepoint/sched/sched_prepare_exec")
int sched_prepare_exec_perf_tp(struct trace_event_raw_sched_prepare_exec___event *event)
{
	struct sf_task *mine = task_state(current_task());

	if (mine)
		mine->script = bpf_strcmp(TEXT_OF(event, interp), TEXT_OF(event, filename)) != 0;
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int sched_process_exec_perf_tp(struct trace_event_raw_sched_process_exec *event)
{
	struct task_struct *task = current_task();
	struct sf_task *mine = task_state(task);

	if (!mine)
		return 0;
	return on_exec(task, mine, BPF_CORE_READ(task, mm, exe_file), mine->script ? TEXT_OF(event, filename) : NULL);
}

/* The call in which a task ends never reaches sys_exit: exit, exit_group, one that a signal killed while
 * it was blocked. Its number is in the registers; -1 when the task was not in a call. */
static __always_inline void note_last_call(struct task_struct *task, struct sf_unit_state *state)
{
	struct call_registers call = {};

	if (call_at_hand(task, &call, NUMBER_ONLY) && call.number >= 0 && call.number < SF_MAX_SYSCALL)
		state->by_exit[call.compat & 1][call.number & (SF_MAX_SYSCALL - 1)] = 1;
}

/* A seccomp filter ended the task: its mode is then one beyond the filter's, since 5.17 and in stable kernels from
 * 2022 on (commit 495ac3069a62); other threads of the process end with the same exit code and have it not. Or a
 * filter took the call back and sent SIGSYS, and nobody handled it. */
static __noinline int note_killed(struct task_struct *task, struct sf_task *mine)
{
	struct scratch *scratch = scratch_area(SCRATCH_LIFE);
	bool dead = false;

	if (!scratch)
		return 0;
	if (bpf_core_field_exists(task->seccomp.mode))
		dead = BPF_CORE_READ(task, seccomp.mode) == SECCOMP_MODE_DEAD;
	if (!dead && !mine->trapped)
		return 0;
	scratch->result = 0;
	if (call_at_hand(task, &scratch->call, WHEN_KILLED) && scratch->call.number >= 0 && scratch->call.number < SF_MAX_SYSCALL)
		report_refusal(scratch, mine->unit);
	return 0;
}

static __always_inline int on_end(struct task_struct *task)
{
	struct sf_task *mine = task_state(task);
	struct sf_unit_state *state;

	if (!mine)
		return 0;
	if (mine->phase != SF_PHASE_LIVE) {
		forget_task(task);
		return 0;
	}
	state = unit_state(mine->unit);
	if (!is_ring_worker(task))
		note_last_call(task, state);
	if ((BPF_CORE_READ(task, exit_code) & 0x7f) == SIGSYS) {
		__sync_fetch_and_add(&state->sigsys, 1);
		note_killed(task, mine);
	}
	task_ended(task, mine->unit);
	if (mine->hooked & SF_HOOKED_WAITS) {
		__u64 address = (__u64)task;

		bpf_map_delete_elem(&pending, &address);
	}
	forget_task(task);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit_tp, struct task_struct *task)
{
	return on_end(task);
}

SEC("tracepoint/sched/sched_process_exit")
int sched_process_exit_perf_tp(void *event)
{
	return on_end(current_task());
}

/* Run by user space at enrolment: marks the tasks that are in an enrolled group already, and notes the
 * levels of the reader's namespaces (a program cannot be told them: a container sees itself as level 0). */
SEC("iter/task")
int enrol_running_iter(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct task_struct *reader = current_task();
	struct sf_enrolment *enrolment;
	char name[9] = {};
	__u64 group;

	if (!task) {
		reader_pid_level = BPF_CORE_READ(reader, thread_pid, level);
		reader_user_ns_level = BPF_CORE_READ(reader, cred, user_ns, level);
		return 0;
	}
	group = cgroup_of_task(task);
	enrolment = bpf_map_lookup_elem(&cgroups, &group);
	if (!enrolment || !(enrolment->flags & SF_ENROL_RUNNING) || task_state(task))
		return 0;
	if (BPF_CORE_READ(task, flags) & PF_EXITING)
		return 0; /* its end may have been passed already, and nothing would take the mark away */
	BPF_CORE_READ_STR_INTO(&name, task, comm);
	if (name[0] == '(' && name[1] == 's' && name[2] == 'd' && name[3] == '-') {
		mark_task(task, enrolment->unit, SF_PHASE_PRE_EXEC); /* (sd-pam): the manager's, not the service's */
		return 0;
	}
	mark_task(task, enrolment->unit, SF_PHASE_LIVE);
	return 0;
}

/* Run by user space: each task that is the service itself, and may be in a call. */
SEC("iter/task")
int live_tasks_iter(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct sf_live_task live = {};
	struct call_registers call = {};
	struct sf_task *mine;

	if (!task)
		return 0;
	mine = live_task(task);
	if (!mine || is_ring_worker(task))
		return 0;
	live.unit = mine->unit;
	live.process = visible_number(BPF_CORE_READ(task, group_leader));
	live.thread = visible_number(task);
	live.number = call_at_hand(task, &call, NUMBER_ONLY) ? call.number : -1;
	live.compat = is_compat_call(task);
	bpf_seq_write(context->meta->seq, &live, sizeof(live));
	return 0;
}
