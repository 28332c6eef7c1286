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

/* True when the mount is in a namespace: pipes, sockets, memfd and their like live on internal mounts. */
static __always_inline bool is_in_a_namespace(__u64 vfsmount)
{
	struct mount *mount = mount_of(vfsmount);
	__u64 namespace = (__u64)BPF_CORE_READ(mount, mnt_ns);

	return namespace && namespace < (__u64)-MAX_ERRNO;
}

#endif
