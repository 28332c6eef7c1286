// SPDX-License-Identifier: GPL-2.0-or-later
/* File accesses, the way of the syscall tracepoint.
 *
 * An open that succeeded leads by its descriptor to the struct file, and the path is walked from there:
 * exact, whatever links, bind mounts and roots are on the way. A call that changes a path leaves nothing
 * to walk: the user's string and the directory that it is relative to go up, and user space resolves them
 * inside the unit's mount namespace.
 *
 * NOT SEEN: of an open whose descriptor another thread closed before the exit tracepoint its file system (it is told by
 * its string); the ELF interpreter that the kernel opens for an execution; ioctl(FS_IOC_SETFLAGS), but for what the
 * write oracle tells.
 */
#include "call.bpf.h"

#define PAYLOAD_FILE (sizeof(struct sf_header) + sizeof(struct sf_file))

/* The errno of the call at hand, or 0. An address that mmap returns may look negative. */
static __always_inline __s32 error_of(const struct scratch *scratch)
{
	return scratch->result < 0 && scratch->result >= -MAX_ERRNO ? -scratch->result : 0;
}

/* Entries of /proc/PID are new inodes for each process: their directories are told apart by name, with
 * each number as the same, up to three levels. */
static __always_inline __u64 proc_identity(struct dentry *directory)
{
	__u64 identity = FNV_OFFSET;

#pragma unroll
	for (int i = 0; i < 3; i++) {
		char name[8] = {};

		bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(directory, d_name.name));
		if (name[0] >= '0' && name[0] <= '9')
			identity = (identity ^ '0') * FNV_PRIME;
		else
			identity = (identity ^ *(__u64 *)name) * FNV_PRIME;
		directory = BPF_CORE_READ(directory, d_parent);
	}
	return identity;
}

/* True when a file of procfs belongs to a process other than that of the owner (0: the current task), and where that is
 * not known. */
static __noinline bool is_of_another_process(struct inode *inode, __u64 owner)
{
	struct task_struct *task = owner ? (struct task_struct *)owner : current_task(), *theirs;
	struct hlist_node *first;
	struct proc_inode *entry;
	struct pid *pid;

	if (!knows_owners_in_proc)
		return true;
	entry = (struct proc_inode *)((__u64)inode - bpf_core_field_offset(struct proc_inode, vfs_inode));
	pid = BPF_CORE_READ(entry, pid);
	if (!pid)
		return false; /* not below the directory of any */
	first = BPF_CORE_READ(pid, tasks[0].first); /* PIDTYPE_PID: the one thread of that number */
	if (!first)
		return true; /* gone meanwhile */
	theirs = (struct task_struct *)((__u64)first - bpf_core_field_offset(struct task_struct, pid_links));
	return BPF_CORE_READ(theirs, tgid) != BPF_CORE_READ(task, tgid);
}

/* A file on a mount of the kernel's own, which has no path: a pipe that was opened anew by /proc/self/fd, a pidfd, a
 * message queue. No mount could refuse it, only a list of file systems. */
static __noinline int report_internal(__u32 area, struct file *file, __u32 unit, __u32 op)
{
	struct scratch *scratch = scratch_area(area);
	struct sf_seen *entry;
	struct sf_file *payload;

	if (!scratch)
		return 0;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = ~0ULL; /* no directory's inode */
	scratch->key.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	scratch->key.unit = unit;
	scratch->key.op = op;
	entry = seen_entry(&scratch->key);
	scratch->told = 1; /* or a loss of its own */
	if (!entry || !count_and_test(entry, 1))
		return 0;

	fill_call_header((struct sf_header *)scratch->bytes, scratch, SF_RECORD_FILE, unit);
	payload = (struct sf_file *)(scratch->bytes + sizeof(struct sf_header));
	payload->flags = SF_FLAG_INTERNAL;
	payload->mode = BPF_CORE_READ(file, f_inode, i_mode);
	payload->length = 0;
	payload->reserved = 0;
	payload->gained = 0;
	note_file_system(payload, file);
	note_told(entry, 1, submit_or_keep(scratch, PAYLOAD_FILE));
	return 0;
}

static __always_inline bool is_open(__u32 op)
{
	return op <= SF_OP_CREATE_TMPFILE;
}

/* One access through an open file, with what came of it. */
static __noinline int report_file_in(__u32 area, struct file *file, __u32 unit, __u32 op, __u32 flags)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	__u64 vfsmount = (__u64)BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = mount_of(vfsmount);
	struct scratch *scratch = scratch_area(area);
	const struct super_block *super;
	struct sf_seen *entry;
	struct sf_file *payload;
	__u32 mode, begin = PAYLOAD_FILE;
	__u64 magic;

	if (!scratch)
		return 0;
	if (!is_in_a_namespace(vfsmount))
		return is_open(op) ? report_internal(area, file, unit, op) : 0;
	scratch->flags = flags;
	scratch->offset = begin;
	mode = BPF_CORE_READ(file, f_inode, i_mode);
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	super = BPF_CORE_READ(dentry, d_sb);
	magic = BPF_CORE_READ(super, s_magic);
	scratch->key.a = identity_on(parent, magic);
	scratch->key.b = telling_mode(op, mode);
	if (magic == PROC_SUPER_MAGIC) {
		scratch->key.a = proc_identity(parent);
		if (is_of_another_process(BPF_CORE_READ(file, f_inode), scratch->task)) {
			scratch->flags |= SF_FLAG_OTHER_PROCESS;
			scratch->key.a = ~scratch->key.a;
		}
	}
	scratch->key.device = BPF_CORE_READ(super, s_dev);
	scratch->key.mount_id = BPF_CORE_READ(mount, mnt_id);
	scratch->key.unit = unit;
	scratch->key.op = op;
	scratch->key.error = error_of(scratch);
	entry = seen_entry(&scratch->key);
	scratch->told = 1; /* or a loss of its own */
	if (!entry)
		return 0;
	scratch->name = op == SF_OP_CREATE_TMPFILE ? 1 : dentry_name_hash(scratch, area, dentry);
	if (!count_and_test(entry, scratch->name))
		return 0;

	scratch->begin = begin;
	scratch->offset = begin;
	scratch->dentry = (__u64)dentry;
	scratch->vfsmount = vfsmount;
	walk_path(area);

	fill_call_header((struct sf_header *)scratch->bytes, scratch, SF_RECORD_FILE, unit);
	payload = (struct sf_file *)(scratch->bytes + sizeof(struct sf_header));
	payload->flags = scratch->flags;
	payload->mode = mode;
	payload->length = scratch->offset - begin;
	payload->reserved = 0;
	payload->gained = 0;
	note_file_system(payload, file);
	note_told(entry, scratch->name, submit_or_keep(scratch, scratch->offset));
	return 0;
}

static __always_inline int report_file(struct file *file, __u32 unit, __u32 op, __u32 flags)
{
	return report_file_in(SCRATCH_SYSCALL, file, unit, op, flags);
}

static __always_inline int report_descriptor(__u32 descriptor, __u32 unit, __u32 op)
{
	struct file *file = file_of(current_task(), descriptor);

	return file ? report_file(file, unit, op, 0) : 0;
}

/* Walks the directory that a string is relative to, or the process's root, to the end of the bytes. */
static __always_inline __u32 append_base(struct scratch *scratch, __u32 area, struct task_struct *task, __s32 dirfd,
					 bool relative)
{
	__u32 begin = scratch->offset & SF_SCRATCH_MASK;

	scratch->begin = begin;
	if (!start_of_string(scratch, task, dirfd, relative)) {
		if (scratch->result != -EBADF) /* a bad descriptor is the program's own, and nothing happened */
			count_stat(SF_STAT_WALK);
		scratch->flags |= SF_FLAG_CUT;
		return 0;
	}
	walk_path(area);
	return scratch->offset - begin;
}

static __always_inline __u64 base_identity(struct scratch *scratch, struct task_struct *task, __s32 dirfd, bool relative)
{
	start_of_string(scratch, task, dirfd, relative);
	return identity_at_hand(scratch);
}

/* Reads a user's string to the end of the bytes; its length with the NUL, or 0. */
static __always_inline __u32 append_string(struct scratch *scratch, __u64 address)
{
	__u32 begin = scratch->offset & SF_SCRATCH_MASK;
	long length = bpf_probe_read_user_str(&scratch->bytes[begin], SF_PATH_MAX, (const void *)address);

	scratch->begin = begin;
	if (length <= 0) {
		if (scratch->result != -EFAULT) /* a bad pointer is the program's own, and nothing happened */
			count_stat(SF_STAT_USER_STRING);
		return 0;
	}
	scratch->offset = begin + length;
	return length;
}

static __always_inline __u8 first_byte(__u64 address)
{
	__u8 byte = 0;

	bpf_probe_read_user(&byte, 1, (const void *)address);
	return byte;
}

/* One call on a path that is known by its string only. The action says where its arguments are. */
static __noinline int report_string(__u32 unit, __u32 op, __s32 error, __u32 flags, __u32 mode)
{
	struct task_struct *task = current_task();
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	const volatile struct sf_action *action;
	struct sf_seen *entry;
	struct sf_path *payload;
	__u32 begin = PAYLOAD_PATH;
	__u64 path, names;
	__s32 dirfd, dirfd2 = AT_FDCWD;
	bool relative, relative2 = false;
	__u32 length, length2 = 0;
	__u64 path2 = 0;

	if (!scratch)
		return 0;
	action = action_of(&scratch->call);
	path = argument(&scratch->call, action->path);
	dirfd = action->dirfd < 0 ? AT_FDCWD : (__s32)argument(&scratch->call, action->dirfd);
	if (op == SF_OP_MAKE_SOCKET || op == SF_OP_CONNECT || op == SF_OP_SEND)
		path = scratch->hash; /* at_address() left the address of sun_path here */

	scratch->flags = flags;
	scratch->offset = begin;
	length = append_string(scratch, path);
	if (!length)
		return 0;
	hash_string(SCRATCH_SYSCALL);
	relative = scratch->bytes[begin] != '/';

	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = base_identity(scratch, task, dirfd, relative) * FNV_PRIME ^ scratch->directory_hash;
	scratch->key.unit = unit;
	scratch->key.op = op;
	scratch->key.error = error;
	scratch->key.device = flags & SF_FLAG_FOLLOW;
	if (op == SF_OP_MAKE_DIRECTORY || op == SF_OP_MAKE_NODE || op == SF_OP_CHANGE_MODE)
		scratch->key.mount_id = telling_mode(op, mode);
	if (op == SF_OP_CREATE || op == SF_OP_CREATE_TMPFILE)
		scratch->key.mount_id = mode & S_SETID; /* of one that failed */
	names = scratch->hash;
	if (action->path2 >= 0) {
		path2 = argument(&scratch->call, action->path2);
		dirfd2 = action->dirfd2 < 0 ? AT_FDCWD : (__s32)argument(&scratch->call, action->dirfd2);
		scratch->offset = begin;
		length2 = append_string(scratch, path2);
		if (!length2)
			return 0;
		hash_string(SCRATCH_SYSCALL);
		relative2 = scratch->bytes[begin] != '/';
		scratch->key.b = base_identity(scratch, task, dirfd2, relative2) * FNV_PRIME ^ scratch->directory_hash;
		names = names * FNV_PRIME ^ scratch->hash;
	}
	scratch->name = name_hash(names);
	entry = seen_entry(&scratch->key);
	scratch->told = 1; /* or a loss of its own */
	if (!entry || !count_and_test(entry, scratch->name))
		return 0;

	/* New: put it together. Bases first need a walk each, so nothing of this is on the hot path. */
	payload = (struct sf_path *)(scratch->bytes + sizeof(struct sf_header));
	scratch->flags = flags | (relative ? SF_FLAG_RELATIVE : 0);
	scratch->offset = begin;
	payload->base_length = append_base(scratch, SCRATCH_SYSCALL, task, dirfd, relative);
	payload->path_length = append_string(scratch, path);
	payload->flags = scratch->flags;
	payload->mode = mode;
	payload->flags2 = 0;
	payload->base2_length = 0;
	payload->path2_length = 0;
	payload->reserved = 0;
	if (action->path2 >= 0) {
		scratch->flags = relative2 ? SF_FLAG_RELATIVE : 0;
		payload->base2_length = append_base(scratch, SCRATCH_SYSCALL, task, dirfd2, relative2);
		payload->path2_length = append_string(scratch, path2);
		payload->flags2 = scratch->flags;
	}
	fill_call_header((struct sf_header *)scratch->bytes, scratch, SF_RECORD_PATH, unit);
	note_told(entry, scratch->name, submit_or_keep(scratch, scratch->offset));
	return 0;
}

/* For at_address(): an AF_UNIX path, its address in user memory in scratch->hash. */
int at_socket_path(__u32 unit, __u32 op, __s32 error)
{
	if (op == SF_OP_MAKE_SOCKET && told_by_hook(unit))
		return 0;
	return report_string(unit, op, error, op == SF_OP_MAKE_SOCKET ? 0 : SF_FLAG_FOLLOW, 0);
}

/* `asked`: the flags of the call. O_TRUNC needs write access to a file that is there, also where it is opened to be read;
 * the file does not remember it. */
static __always_inline __u32 op_of_open(struct file *file, __u64 asked)
{
	__u32 mode = BPF_CORE_READ(file, f_mode);

	if (BPF_CORE_READ(file, f_flags) & O_TMPFILE_BIT)
		return SF_OP_CREATE_TMPFILE;
	if (mode & FMODE_CREATED)
		return SF_OP_CREATE;
	if (mode & FMODE_WRITE)
		return SF_OP_WRITE;
	if ((asked & (O_TRUNC | O_PATH)) == O_TRUNC && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFREG)
		return SF_OP_WRITE;
	return SF_OP_READ;
}

int at_open(__u32 unit, __u32 handler)
{
	struct task_struct *task = current_task();
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	const volatile struct sf_action *action;
	struct file *file;
	__u64 flags;
	__u32 mode;

	if (!scratch)
		return 0;
	action = action_of(&scratch->call);
	flags = action->flags < 0 ? O_CREAT | 1 : argument(&scratch->call, action->flags);
	mode = argument(&scratch->call, action->mode);
	if (handler == SF_HANDLE_OPENAT2) {
		__u64 how[2] = {}; /* struct open_how: flags, mode */

		bpf_probe_read_user(how, sizeof(how), (const void *)flags);
		flags = how[0];
		mode = how[1];
	}
	if (scratch->result >= 0) {
		file = file_of(task, scratch->result);
		if (file)
			return report_file(file, unit, op_of_open(file, flags), 0);
	}
	if (handler == SF_HANDLE_OPEN_HANDLE) {
		if (scratch->result >= 0)
			count_stat(SF_STAT_WALK);
		return 0;
	}
	/* What was asked for: of an open that worked it is not what the file got. */
	if (scratch->result >= 0 || !(flags & (O_CREAT | O_TMPFILE_BIT)))
		mode = 0;
	/* A failed open for reading only looked. */
	return report_string(unit,
			     flags & O_TMPFILE_BIT	       ? SF_OP_CREATE_TMPFILE
			     : flags & O_CREAT		       ? SF_OP_CREATE
			     : flags & (O_ACCMODE | O_TRUNC) ? SF_OP_WRITE
			     : scratch->result < 0	       ? SF_OP_LOOK
							       : SF_OP_READ,
			     error_of(scratch), SF_FLAG_FOLLOW, mode);
}

/* An open by io_uring that gave a descriptor; `asked` as for op_of_open(). */
int at_ring_open(__u32 unit, __s32 descriptor, __u32 asked)
{
	struct scratch *scratch = scratch_area(SCRATCH_RING_END);
	struct file *file;

	if (!scratch)
		return 0;
	file = file_of(current_task(), descriptor);
	scratch->call.number = -1;
	scratch->call.compat = 0;
	scratch->result = descriptor;
	if (!file)
		return 0;
	report_file_in(SCRATCH_RING_END, file, unit, op_of_open(file, asked), 0);
	return 1;
}

int at_path_call(__u32 unit, __u32 op)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	const volatile struct sf_action *action;
	__u32 flags, record_flags = 0;
	__u64 path;
	__s32 error;

	if (!scratch)
		return 0;
	if (op != SF_OP_LOOK && told_by_hook(unit))
		return 0;
	action = action_of(&scratch->call);
	error = scratch->result < 0 ? -scratch->result : 0;
	flags = argument(&scratch->call, action->flags);
	path = argument(&scratch->call, action->path);

	switch (op) {
	case SF_OP_LOOK:
		/* fstat(3) is newfstatat(2) with an empty path, and the hot call of many a server */
		if (action->dirfd >= 0 && (!path || (flags & AT_EMPTY_PATH && !first_byte(path))))
			return 0;
		if (action->mode > -2 && !(action->flags >= 0 && flags & AT_SYMLINK_NOFOLLOW))
			record_flags = SF_FLAG_FOLLOW;
		break;
	case SF_OP_REMOVE:
		if (action->flags >= 0 && flags & AT_REMOVEDIR)
			op = SF_OP_REMOVE_DIRECTORY;
		break;
	case SF_OP_RENAME:
		if (action->flags >= 0 && flags & RENAME_EXCHANGE)
			op = SF_OP_EXCHANGE;
		break;
	case SF_OP_LINK:
		if (action->flags >= 0 && flags & AT_SYMLINK_FOLLOW)
			record_flags = SF_FLAG_FOLLOW;
		break;
	case SF_OP_EXECUTE:
		/* One that worked is told by its new image, and the old one's string is gone. */
		if (!error)
			return 0;
		if (action->dirfd >= 0 && flags & AT_EMPTY_PATH && !first_byte(path))
			return report_descriptor(argument(&scratch->call, action->dirfd), unit, op);
		if (action->flags < 0 || !(flags & AT_SYMLINK_NOFOLLOW))
			record_flags = SF_FLAG_FOLLOW;
		break;
	case SF_OP_TRUNCATE:
		record_flags = SF_FLAG_FOLLOW;
		break;
	case SF_OP_CHANGE_MODE:
	case SF_OP_CHANGE_OWNER:
	case SF_OP_CHANGE_TIMES:
	case SF_OP_CHANGE_XATTR:
		/* mode < -1 in the table: the variant that never follows (lchown, lsetxattr) */
		if (action->mode > -2 && !(action->flags >= 0 && flags & AT_SYMLINK_NOFOLLOW))
			record_flags = SF_FLAG_FOLLOW;
		/* futimens, fchown by AT_EMPTY_PATH: on the descriptor itself */
		if (action->dirfd >= 0 && (!path || (flags & AT_EMPTY_PATH && !first_byte(path))))
			return report_descriptor(argument(&scratch->call, action->dirfd), unit, op);
		break;
	}
	return report_string(unit, op, error, record_flags, argument(&scratch->call, action->mode));
}

int at_descriptor_call(__u32 unit, __u32 op)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);

	return scratch ? report_descriptor(scratch->call.args[0], unit, op) : 0;
}

/* A file that was mapped executable, or was to be: a library, a plug-in. */
int at_map(__u32 unit)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);

	return scratch ? report_descriptor(scratch->call.args[4], unit, SF_OP_MAP) : 0;
}

/* Run by user space at enrolment: the files that tasks of a running unit have open. Each is told as if it were opened
 * again: what it was opened for is what the next start will open it for. */
SEC("iter/task_file")
int open_files_iter(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct scratch *scratch = scratch_area(SCRATCH_ITERATION);
	struct sf_task *mine;
	__u32 op;

	if (!task || !file || !scratch)
		return 0;
	mine = live_task(task);
	if (!mine)
		return 0;
	op = op_of_open(file, 0);
	if (op == SF_OP_CREATE)
		op = SF_OP_WRITE; /* it is there now */
	scratch->task = (__u64)task;
	scratch->call.number = -1;
	scratch->call.compat = 0;
	scratch->result = 0;
	report_file_in(SCRATCH_ITERATION, file, mine->unit, op, 0);
	return 0;
}
