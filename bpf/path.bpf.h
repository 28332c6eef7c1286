/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a dentry and a mount to the names of its path, leaf first, as its mount namespace shows it. */
#ifndef SANDFIT_PATH_BPF_H
#define SANDFIT_PATH_BPF_H

#include "report.bpf.h"

#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static __always_inline struct mount *mount_of(__u64 vfsmount)
{
	return (struct mount *)(vfsmount - bpf_core_field_offset(struct mount, mnt));
}

/* In path.bpf.c; both work on the scratch area of that number and return 0, or -1 without scratch. */
int walk_path(__u32 area);
int hash_string(__u32 area);

/* The hash of a dentry's name; 1 when it cannot be read. Nearly all names fit the short way, which costs
 * a quarter of the byte loop. */
static __always_inline __u32 dentry_name_hash(struct scratch *scratch, __u32 area, struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	__u64 words[8] = {};
	long length = bpf_probe_read_kernel_str(words, sizeof(words), name);

	if (length < 0)
		return 1;
	if (length < sizeof(words)) {
		__u64 hash = FNV_OFFSET;

#pragma unroll
		for (int i = 0; i < 8; i++)
			hash = (hash ^ words[i]) * FNV_PRIME ^ hash >> 29;
		return name_hash(hash);
	}
	scratch->begin = scratch->offset & SF_SCRATCH_MASK;
	if (bpf_probe_read_kernel_str(&scratch->bytes[scratch->begin & SF_SCRATCH_MASK], 256, name) < 0)
		return 1;
	hash_string(area);
	return name_hash(scratch->hash);
}

/* The type of the file system that a file is on, where systemd's own program for RestrictFileSystems= looks. */
static __always_inline void note_file_system(struct sf_file *payload, struct file *file)
{
	payload->file_system[0] = 0;
	bpf_probe_read_kernel_str(payload->file_system, sizeof(payload->file_system),
				  BPF_CORE_READ(file, f_inode, i_sb, s_type, name));
}

/* NULL when there is none. Where descriptors cannot be followed, that is a loss. */
static __always_inline struct file *file_of(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table;
	struct file *file = NULL;

	if (!follows_descriptors) {
		count_stat(SF_STAT_WALK);
		return NULL;
	}
	/* Typed loads from a trusted pointer cost a third of a probe read each. */
	table = tasks_are_typed() ? task->files->fdt : BPF_CORE_READ(task, files, fdt);
	if (descriptor >= READ_FIELD(tasks_are_typed(), table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), READ_FIELD(tasks_are_typed(), table, fd) + descriptor);
	return file;
}

/* Where a string starts, into scratch->dentry and ->vfsmount: the directory that it is relative to, or the root of the
 * process. False when there is none. */
static __always_inline bool start_of_string(struct scratch *scratch, struct task_struct *task, __s32 dirfd,
					    bool relative)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);

	if (!relative) {
		scratch->dentry = (__u64)BPF_CORE_READ(fs, root.dentry);
		scratch->vfsmount = (__u64)BPF_CORE_READ(fs, root.mnt);
	} else if (dirfd == AT_FDCWD) {
		scratch->dentry = (__u64)BPF_CORE_READ(fs, pwd.dentry);
		scratch->vfsmount = (__u64)BPF_CORE_READ(fs, pwd.mnt);
	} else {
		struct file *file = file_of(task, dirfd);

		scratch->dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);
		scratch->vfsmount = (__u64)BPF_CORE_READ(file, f_path.mnt);
	}
	return scratch->dentry && scratch->vfsmount;
}

/* What tells a directory from others of one mount: its inode number. Where one device has several of the same number
 * (subvolumes of btrfs, layers of an overlay) it is the inode itself, too: one that the kernel has read anew is another
 * then, which costs an entry and no fact. */
static __always_inline __u64 identity_on(const struct dentry *directory, __u64 magic)
{
	const struct inode *inode = BPF_CORE_READ(directory, d_inode);
	__u64 identity = BPF_CORE_READ(inode, i_ino);

	if (magic == BTRFS_SUPER_MAGIC || magic == OVERLAYFS_SUPER_MAGIC)
		identity ^= (__u64)inode * FNV_PRIME;
	return identity;
}

static __always_inline __u64 directory_identity(const struct dentry *directory)
{
	return identity_on(directory, BPF_CORE_READ(directory, d_sb, s_magic));
}

/* The directory at hand, of any mount. */
static __always_inline __u64 identity_at_hand(const struct scratch *scratch)
{
	const struct dentry *dentry = (const struct dentry *)scratch->dentry;
	const struct super_block *super = BPF_CORE_READ(dentry, d_sb);
	__u64 identity = identity_on(dentry, BPF_CORE_READ(super, s_magic));

	return (identity * FNV_PRIME ^ BPF_CORE_READ(super, s_dev)) * FNV_PRIME ^ scratch->vfsmount;
}

/* Reads a string of the kernel's to the end of the bytes; its length with the NUL, or 0. */
static __always_inline __u32 append_kernel_string(struct scratch *scratch, const char *string)
{
	__u32 begin = scratch->offset & SF_SCRATCH_MASK;
	long length = bpf_probe_read_kernel_str(&scratch->bytes[begin], SF_PATH_MAX, string);

	scratch->begin = begin;
	if (length <= 0) {
		count_stat(SF_STAT_WALK);
		return 0;
	}
	scratch->offset = begin + length;
	return length;
}

/* What tells a string of the kernel's from others: the directory that it is relative to, and its own. Its hash stays
 * in scratch->hash, its bytes behind scratch->begin. 0 when it cannot be read. */
static __always_inline __u64 identity_of_string(struct scratch *scratch, __u32 area, struct task_struct *task,
						__s32 dirfd, const char *string, bool *relative)
{
	if (!append_kernel_string(scratch, string))
		return 0;
	*relative = scratch->bytes[scratch->begin & SF_SCRATCH_MASK] != '/';
	hash_string(area);
	start_of_string(scratch, task, dirfd, *relative);
	return identity_at_hand(scratch) * FNV_PRIME ^ scratch->directory_hash;
}

/* Appends base and string, as struct sf_path has them. False when the string cannot be read. */
static __always_inline bool append_kernel_path(struct scratch *scratch, __u32 area, struct task_struct *task,
					       __s32 dirfd, const char *string, bool relative, __u32 *base_length,
					       __u32 *path_length)
{
	__u32 begin = scratch->offset;

	scratch->begin = begin;
	if (start_of_string(scratch, task, dirfd, relative))
		walk_path(area);
	else
		scratch->flags |= SF_FLAG_CUT;
	*base_length = scratch->offset - begin;
	*path_length = append_kernel_string(scratch, string);
	return *path_length;
}

/* True when the mount is in a namespace: pipes, sockets, memfd and their like live on internal mounts. */
static __always_inline bool is_in_a_namespace(__u64 vfsmount)
{
	struct mount *mount = mount_of(vfsmount);
	__u64 namespace = (__u64)BPF_CORE_READ(mount, mnt_ns);

	return namespace && namespace < (__u64)-MAX_ERRNO;
}

#endif
