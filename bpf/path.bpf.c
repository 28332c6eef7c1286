// SPDX-License-Identifier: GPL-2.0-or-later
/* The two loops of all programs: the walk from a dentry to its root, and the hash of a string. Each is a
 * global function with its state in map memory: the verifier looks at it once, and at one turn of its
 * loop as if it were the next. */
#include "path.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define STEPS 16

/* Up to STEPS steps of walk_path(); 1 when it is at its end.
 * VERIFIER: as hash_chunk() below: in one loop of 128 turns each program that walks took 35,000 instructions to verify, most
 * of the time that loading took. */
__noinline int walk_steps(__u32 area)
{
	struct scratch *scratch = scratch_area(area);

	if (!scratch)
		return 1;
	for (int i = 0; i < STEPS; i++) {
		struct dentry *dentry = (struct dentry *)scratch->dentry;
		struct mount *mount = mount_of(scratch->vfsmount);
		struct dentry *mount_root = BPF_CORE_READ(mount, mnt.mnt_root);
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == mount_root || dentry == parent) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (dentry != mount_root) {
				/* a root that is not this mount's: a cloned or detached tree */
				scratch->flags |= SF_FLAG_DETACHED;
				return 1;
			}
			if (above == mount || !above)
				return 1;
			scratch->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
			scratch->vfsmount = (__u64)above + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		__u32 offset = scratch->offset & SF_SCRATCH_MASK;

		/* 256: NAME_MAX and its NUL */
		long length = bpf_probe_read_kernel_str(&scratch->bytes[offset], 256,
							BPF_CORE_READ(dentry, d_name.name));

		if (length <= 1 || scratch->offset >= SF_SCRATCH_MASK - 256 ||
		    scratch->offset - scratch->begin >= SF_PATH_MAX) {
			scratch->flags |= SF_FLAG_CUT;
			return 1;
		}
		scratch->offset += length;
		scratch->dentry = (__u64)parent;
	}
	return 0;
}

/* Walks from scratch->dentry and scratch->vfsmount to the root of the mount namespace and appends each
 * name with its NUL to scratch->bytes; sets flags. Mount points are crossed, so bind mounts, private
 * /tmp, pivoted roots and overlays give the path that the process itself would see from "/".
 */
int walk_path(__u32 area)
{
	struct scratch *scratch = scratch_area(area);

	if (!scratch)
		return -1;
	for (int i = 0; i < SF_MAX_DEPTH / STEPS; i++) {
		if (walk_steps(area))
			return 0;
	}
	scratch->flags |= SF_FLAG_CUT;
	return 0;
}

#define CHUNK 64

/* Hashes up to CHUNK bytes at scratch->position; 1 when the string ended.
 * VERIFIER: in one loop of 4,096 turns the jumps in a row are too many (it allows 8,192); a global function
 * for a chunk is verified once, and the outer loop has 64 turns. */
__noinline int hash_chunk(__u32 area)
{
	struct scratch *scratch = scratch_area(area);

	if (!scratch)
		return 1;
	for (int i = 0; i < CHUNK; i++) {
		__u8 byte = scratch->bytes[scratch->position & SF_SCRATCH_MASK];

		if (!byte)
			return 1;
		if (byte == '/')
			scratch->directory_hash = scratch->hash;
		scratch->hash = (scratch->hash ^ byte) * FNV_PRIME;
		scratch->position++;
	}
	return 0;
}

/* Hashes the string that begins at scratch->begin, and apart the part before its last slash (0 when it
 * has none). */
int hash_string(__u32 area)
{
	struct scratch *scratch = scratch_area(area);

	if (!scratch)
		return -1;
	scratch->hash = FNV_OFFSET;
	scratch->directory_hash = 0;
	scratch->position = scratch->begin;
	for (int i = 0; i < SF_PATH_MAX / CHUNK; i++) {
		if (hash_chunk(area))
			return 0;
	}
	return 0;
}
