// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of paths, the way of trampolines: the security hook of each has the directory and the name, or the path,
 * whatever string the program gave, and however short the process lives. And the write oracle.
 *
 * A hook does not know how its call will end. So it leaves the key with the task and, where the key or the name is
 * new, the record in `pending`; the exit of the call tells it when the call worked (told_by_hook()). A call that failed
 * changed nothing: its string can be followed as well afterwards, and is told as on kernels without trampolines. So
 * is a call whose hook was skipped, or found its scratch area taken.
 *
 * The hooks run behind the entry of a system call, where the kernel may be preempted: unlike tracepoints two of them
 * can be under way on one CPU, hence `busy`. What the kernel changes by itself (overlayfs in its upper layer) does
 * not come through the hooks of paths, which are called for those that were looked up for a process.
 *
 * Opens have none: the descriptor leads to the file at the exit of the call, as exact, and without a program on the
 * path of each open of the host.
 *
 * NOT SEEN: times and extended attributes (their hooks have no mount), changes through a descriptor (the exit of the
 * call tells the file).
 */
#include "call.bpf.h"

/* Where a hook is called: a name in a directory; for a path itself `entry` is that path's end and `directory` 0. */
struct site {
	__u64 mount;
	__u64 directory;
	__u64 entry;
};

/* The call at hand is one whose path only its string would tell. */
static __always_inline bool is_told_by_string(struct task_struct *task, struct call_registers *call)
{
	const volatile struct sf_action *action;

	if (!call_at_hand(task, call, WITH_ARGUMENTS) || call->number < 0 || call->number >= SF_MAX_SYSCALL)
		return false;
	action = action_of(call);
	return action->handler == SF_HANDLE_PATH || action->handler == SF_HANDLE_TWO_PATHS ||
	       action->handler == SF_HANDLE_BIND;
}

/* The set-ID bits that a new name was asked for: a filter refuses them by the argument, and of what some hooks are given
 * the kernel has taken them away (vfs_mkdir(), since 6.0 mode_strip_sgid()). */
static __always_inline __u32 asked_set_id(const struct call_registers *call, __u32 op)
{
	if (op != SF_OP_MAKE_DIRECTORY && op != SF_OP_MAKE_NODE)
		return 0;
	return argument(call, action_of(call)->mode) & S_SETID;
}

static __always_inline __u32 mount_id_of(__u64 vfsmount)
{
	const struct mount *mount = mount_of(vfsmount);

	return BPF_CORE_READ(mount, mnt_id);
}

static __always_inline __u64 identity_of_site(const struct site *site)
{
	const struct dentry *entry = (const struct dentry *)site->entry;

	return directory_identity(site->directory ? (const struct dentry *)site->directory : BPF_CORE_READ(entry, d_parent));
}

/* Appends the names of a path from its end, and the name in it: "" for a path itself. False when there is no room. */
static __always_inline bool append_site(struct scratch *scratch, const struct site *site, __u32 *base, __u32 *name)
{
	const struct dentry *entry = (const struct dentry *)site->entry;
	__u32 begin = scratch->offset;
	long length = 1;

	scratch->begin = begin;
	scratch->dentry = site->directory ? site->directory : site->entry;
	scratch->vfsmount = site->mount;
	walk_path(SCRATCH_HOOK);
	*base = scratch->offset - begin;
	begin = scratch->offset & SF_SCRATCH_MASK;
	scratch->bytes[begin] = 0;
	if (site->directory)
		length = bpf_probe_read_kernel_str(&scratch->bytes[begin], 256,
						   BPF_CORE_READ(entry, d_name.name));
	if (length <= 0)
		return false;
	*name = length;
	scratch->offset = begin + length;
	return scratch->offset <= SF_PENDING_BYTES;
}

/* Leaves key and record of the call at hand with the task. `mode` as in sf_path, with the type of what is there. */
static __noinline int leave(const struct site *one, const struct site *two, __u32 op, __u32 mode)
{
	struct task_struct *task = current_task();
	struct scratch *scratch = scratch_area(SCRATCH_HOOK);
	struct sf_task *mine = live_task(task);
	struct dentry *dentry = (struct dentry *)one->entry;
	__u64 address = (__u64)task;
	struct sf_seen *entry;
	struct sf_path *payload;

	if (!scratch || !mine)
		return 0;
	scratch->offset = PAYLOAD_PATH;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = identity_of_site(one);
	scratch->key.b = telling_mode(op, mode);
	scratch->key.device = BPF_CORE_READ(dentry, d_sb, s_dev);
	scratch->key.mount_id = mount_id_of(one->mount);
	scratch->key.unit = mine->unit;
	scratch->key.op = op;
	scratch->name = dentry_name_hash(scratch, SCRATCH_HOOK, dentry);
	if (two->mount) {
		scratch->key.b = identity_of_site(two) * FNV_PRIME ^ mount_id_of(two->mount);
		scratch->name = name_hash(scratch->name * FNV_PRIME ^
					  dentry_name_hash(scratch, SCRATCH_HOOK, (struct dentry *)two->entry));
	}
	mine->hook_key = scratch->key;
	mine->hook_name = scratch->name;
	mine->hook_call = scratch->call.number;
	mine->hooked = SF_HOOKED;
	entry = bpf_map_lookup_elem(&seen, &scratch->key);
	if (entry && !is_news(entry, scratch->name))
		return 0;

	payload = (struct sf_path *)(scratch->bytes + sizeof(struct sf_header));
	scratch->offset = PAYLOAD_PATH;
	scratch->flags = SF_FLAG_WALKED | SF_FLAG_RELATIVE;
	payload->flags2 = 0;
	payload->base2_length = 0;
	payload->path2_length = 0;
	payload->mode = mode;
	if (!append_site(scratch, one, &payload->base_length, &payload->path_length))
		return 0;
	payload->flags = scratch->flags;
	if (two->mount) {
		scratch->flags = SF_FLAG_WALKED | SF_FLAG_RELATIVE;
		if (!append_site(scratch, two, &payload->base2_length, &payload->path2_length))
			return 0;
		payload->flags2 = scratch->flags;
	}
	payload->reserved = 0;
	((struct sf_header *)scratch->bytes)->size = scratch->offset;
	if (!bpf_map_update_elem(&pending, &address, scratch->bytes, BPF_ANY))
		mine->hooked = SF_HOOKED | SF_HOOKED_WAITS;
	return 0;
}

/* One hook: is it ours, and told by its string alone? Then with the scratch area to ourselves. */
static __noinline int on_hook(const struct site *one, const struct site *two, __u32 op, __u32 mode)
{
	struct task_struct *task = current_task();
	const struct dentry *dentry = (const struct dentry *)one->entry;
	struct scratch *scratch;

	if (!live_task(task))
		return 0;
	scratch = scratch_area(SCRATCH_HOOK);
	if (!scratch || scratch->busy)
		return 0;
	scratch->busy = 1;
	/* entries of procfs are told apart by more than their directory's inode: left to the string */
	if (is_told_by_string(task, &scratch->call) && is_in_a_namespace(one->mount) &&
	    BPF_CORE_READ(dentry, d_sb, s_magic) != PROC_SUPER_MAGIC)
		leave(one, two, op, mode | asked_set_id(&scratch->call, op));
	scratch->busy = 0;
	return 0;
}

/* The end of a call that a hook may have found the path of. 1 when all is told with that. */
int told_by_hook(__u32 unit)
{
	struct task_struct *task = current_task();
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct sf_task *mine = live_task(task);
	struct pending_record *waiting = NULL;
	__u64 address = (__u64)task;
	struct sf_header *header;
	struct sf_seen *entry;
	bool worked;
	__u32 size;

	if (!scratch || !mine || !mine->hooked)
		return 0;
	if (mine->hooked & SF_HOOKED_WAITS)
		waiting = bpf_map_lookup_elem(&pending, &address);
	/* left by another call when the kernel skipped the program at that one's exit */
	worked = !scratch->result && mine->hook_call == scratch->call.number;
	mine->hooked = 0;
	if (!worked)
		goto not_told;
	scratch->told = 1;
	scratch->key = mine->hook_key;
	entry = bpf_map_lookup_elem(&seen, &scratch->key);
	if (!waiting) {
		/* known when the hook ran: told, unless the path could not be kept */
		if (!entry || is_news(entry, mine->hook_name))
			return 0;
		count_and_test(entry, mine->hook_name);
		return 1;
	}
	if (!entry)
		entry = seen_entry(&scratch->key);
	if (!entry)
		goto not_told;
	if (count_and_test(entry, mine->hook_name)) {
		header = (struct sf_header *)waiting->bytes;
		size = header->size;
		fill_call_header(header, scratch, SF_RECORD_PATH, mine->unit);
		note_told(entry, mine->hook_name, submit_waiting(waiting, size));
	}
	bpf_map_delete_elem(&pending, &address);
	return 1;
not_told:
	if (waiting)
		bpf_map_delete_elem(&pending, &address);
	return 0;
}

static __always_inline int on_entry(const struct path *directory, struct dentry *entry, __u32 op, __u32 mode)
{
	struct site one = {(__u64)BPF_CORE_READ(directory, mnt), (__u64)BPF_CORE_READ(directory, dentry), (__u64)entry};
	struct site none = {};

	return on_hook(&one, &none, op, mode);
}

static __always_inline int on_path(const struct path *path, __u32 op, __u32 mode)
{
	struct dentry *entry = BPF_CORE_READ(path, dentry);
	struct site one = {(__u64)BPF_CORE_READ(path, mnt), 0, (__u64)entry};
	struct site none = {};

	return on_hook(&one, &none, op, (BPF_CORE_READ(entry, d_inode, i_mode) & S_IFMT) | (mode & S_ALL));
}

SEC("fentry/security_path_mkdir")
int BPF_PROG(path_mkdir_fentry, const struct path *directory, struct dentry *entry, umode_t mode)
{
	return on_entry(directory, entry, SF_OP_MAKE_DIRECTORY, mode & S_ALL);
}

/* mknod(2), and bind(2) of an AF_UNIX socket to a path */
SEC("fentry/security_path_mknod")
int BPF_PROG(path_mknod_fentry, const struct path *directory, struct dentry *entry, umode_t mode)
{
	return on_entry(directory, entry, (mode & S_IFMT) == S_IFSOCK ? SF_OP_MAKE_SOCKET : SF_OP_MAKE_NODE, mode);
}

SEC("fentry/security_path_symlink")
int BPF_PROG(path_symlink_fentry, const struct path *directory, struct dentry *entry)
{
	return on_entry(directory, entry, SF_OP_MAKE_SYMLINK, 0);
}

SEC("fentry/security_path_unlink")
int BPF_PROG(path_unlink_fentry, const struct path *directory, struct dentry *entry)
{
	return on_entry(directory, entry, SF_OP_REMOVE, 0);
}

SEC("fentry/security_path_rmdir")
int BPF_PROG(path_rmdir_fentry, const struct path *directory, struct dentry *entry)
{
	return on_entry(directory, entry, SF_OP_REMOVE_DIRECTORY, 0);
}

SEC("fentry/security_path_rename")
int BPF_PROG(path_rename_fentry, const struct path *from, struct dentry *old, const struct path *to, struct dentry *new,
	     unsigned int flags)
{
	struct site one = {(__u64)BPF_CORE_READ(from, mnt), (__u64)BPF_CORE_READ(from, dentry), (__u64)old};
	struct site two = {(__u64)BPF_CORE_READ(to, mnt), (__u64)BPF_CORE_READ(to, dentry), (__u64)new};

	return on_hook(&one, &two, flags & RENAME_EXCHANGE ? SF_OP_EXCHANGE : SF_OP_RENAME, 0);
}

/* The old entry comes without its mount: a link is made on one mount only. */
SEC("fentry/security_path_link")
int BPF_PROG(path_link_fentry, struct dentry *old, const struct path *directory, struct dentry *new)
{
	struct site one = {(__u64)BPF_CORE_READ(directory, mnt), (__u64)BPF_CORE_READ(old, d_parent), (__u64)old};
	struct site two = {(__u64)BPF_CORE_READ(directory, mnt), (__u64)BPF_CORE_READ(directory, dentry), (__u64)new};

	return on_hook(&one, &two, SF_OP_LINK, 0);
}

SEC("fentry/security_path_truncate")
int BPF_PROG(path_truncate_fentry, const struct path *path)
{
	return on_path(path, SF_OP_TRUNCATE, 0);
}

SEC("fentry/security_path_chmod")
int BPF_PROG(path_chmod_fentry, const struct path *path, umode_t mode)
{
	return on_path(path, SF_OP_CHANGE_MODE, mode);
}

SEC("fentry/security_path_chown")
int BPF_PROG(path_chown_fentry, const struct path *path)
{
	return on_path(path, SF_OP_CHANGE_OWNER, 0);
}

/* Behind these hooks, for kernels on which they cannot be had. Without CONFIG_SECURITY_PATH there is none; before 6.1
 * trampolines take no structures as arguments, which the user and the group of a new owner are to their hook.
 *
 * What is done to a path itself has a function that is given it. */
SEC("fentry/vfs_truncate")
int BPF_PROG(vfs_truncate_fentry, const struct path *path)
{
	return on_path(path, SF_OP_TRUNCATE, 0);
}

SEC("fentry/chmod_common")
int BPF_PROG(chmod_common_fentry, const struct path *path, umode_t mode)
{
	return on_path(path, SF_OP_CHANGE_MODE, mode);
}

SEC("fentry/chown_common")
int BPF_PROG(chown_common_fentry, const struct path *path)
{
	return on_path(path, SF_OP_CHANGE_OWNER, 0);
}

/* What is done to a name has the security hook of the inode, whose arguments have not changed since 5.10, unlike those
 * of vfs_mkdir() and its like. It is not told the mount: that is the one to which the call asked for write access before.
 * A file system that lies on another comes here once more, for that one: with a mount that is in no namespace
 * (overlayfs), or without having asked (ecryptfs). 0 then. */
static __always_inline __u64 mount_asked_for(const struct dentry *entry)
{
	struct sf_task *mine = live_task(current_task());
	const struct vfsmount *mount;

	if (!mine || !mine->write_mount)
		return 0;
	mount = (const struct vfsmount *)mine->write_mount;
	mine->write_mount = 0;
	return BPF_CORE_READ(mount, mnt_sb) == BPF_CORE_READ(entry, d_sb) ? (__u64)mount : 0;
}

static __always_inline int on_name(struct dentry *entry, __u32 op, __u32 mode)
{
	struct site one = {mount_asked_for(entry), (__u64)BPF_CORE_READ(entry, d_parent), (__u64)entry};
	struct site none = {};

	return one.mount ? on_hook(&one, &none, op, mode) : 0;
}

static __always_inline int on_two_names(struct dentry *old, struct dentry *new, __u32 op)
{
	struct site one = {mount_asked_for(new), (__u64)BPF_CORE_READ(old, d_parent), (__u64)old};
	struct site two = {one.mount, (__u64)BPF_CORE_READ(new, d_parent), (__u64)new};

	return one.mount ? on_hook(&one, &two, op, 0) : 0;
}

SEC("fentry/security_inode_mkdir")
int BPF_PROG(inode_mkdir_fentry, struct inode *directory, struct dentry *entry, umode_t mode)
{
	return on_name(entry, SF_OP_MAKE_DIRECTORY, mode & S_ALL);
}

SEC("fentry/security_inode_mknod")
int BPF_PROG(inode_mknod_fentry, struct inode *directory, struct dentry *entry, umode_t mode)
{
	return on_name(entry, (mode & S_IFMT) == S_IFSOCK ? SF_OP_MAKE_SOCKET : SF_OP_MAKE_NODE, mode);
}

/* mknod(2) of a regular file; of open(2), which comes here, too, the descriptor tells. */
SEC("fentry/security_inode_create")
int BPF_PROG(inode_create_fentry, struct inode *directory, struct dentry *entry, umode_t mode)
{
	return on_name(entry, SF_OP_MAKE_NODE, mode);
}

SEC("fentry/security_inode_symlink")
int BPF_PROG(inode_symlink_fentry, struct inode *directory, struct dentry *entry)
{
	return on_name(entry, SF_OP_MAKE_SYMLINK, 0);
}

SEC("fentry/security_inode_unlink")
int BPF_PROG(inode_unlink_fentry, struct inode *directory, struct dentry *entry)
{
	return on_name(entry, SF_OP_REMOVE, 0);
}

SEC("fentry/security_inode_rmdir")
int BPF_PROG(inode_rmdir_fentry, struct inode *directory, struct dentry *entry)
{
	return on_name(entry, SF_OP_REMOVE_DIRECTORY, 0);
}

SEC("fentry/security_inode_rename")
int BPF_PROG(inode_rename_fentry, struct inode *from, struct dentry *old, struct inode *to, struct dentry *new,
	     unsigned int flags)
{
	return on_two_names(old, new, flags & RENAME_EXCHANGE ? SF_OP_EXCHANGE : SF_OP_RENAME);
}

SEC("fentry/security_inode_link")
int BPF_PROG(inode_link_fentry, struct dentry *old, struct inode *directory, struct dentry *new)
{
	return on_two_names(old, new, SF_OP_LINK);
}

/* The write oracle: the kernel asks each mount for write access here before it changes something on it. A call that
 * asked, and of which no access to a file was counted, is reported at its exit (compare_writes()). Mounts that are in no
 * namespace (message queues) are nothing that a sandbox makes read-only. */
static __always_inline int on_write_access(__u64 vfsmount)
{
	struct sf_task *mine = live_task(current_task());

	if (!mine)
		return 0;
	mine->write_mount = 0;
	if (!is_in_a_namespace(vfsmount))
		return 0;
	mine->noted |= SF_NOTED_WRITE;
	mine->write_mount = vfsmount;
	return 0;
}

SEC("fentry/mnt_want_write")
int BPF_PROG(want_write_fentry, struct vfsmount *mount)
{
	return on_write_access((__u64)mount);
}

SEC("fentry/mnt_want_write_file")
int BPF_PROG(want_write_file_fentry, struct file *file)
{
	return on_write_access((__u64)BPF_CORE_READ(file, f_path.mnt));
}
