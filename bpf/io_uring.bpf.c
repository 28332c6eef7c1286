// SPDX-License-Identifier: GPL-2.0-or-later
/* What a unit submits through io_uring: no system call shows it.
 *
 * A request carries what sys_exit would read from registers: opcode, directory descriptor, and the kernel's own copy of
 * the path. Its record waits until the request completes, for its result; an open that gave a descriptor is told by
 * the file, as exact as one by a call. Requests whose completion the program does not want to see (when they work)
 * are told at once. Opcodes of which nothing is told here are noted, and user space says which of them are a gap;
 * reads, writes and waiting ask for nothing that a sandbox refuses.
 *
 * NOT SEEN: connect, bind, listen, extended attributes, and addresses of messages (told as a gap); before Linux 6.0
 * how an operation ended (it is told as if it had worked), and statx.
 */
#include "call.bpf.h"

/* include/uapi/linux/io_uring.h: fixed for good, but not in the BTF of a kernel that is older. */
enum ring_op {
	RING_OPENAT = 18,
	RING_STATX = 21,
	RING_OPENAT2 = 28,
	RING_RENAMEAT = 35,
	RING_UNLINKAT = 36,
	RING_MKDIRAT = 37,
	RING_SYMLINKAT = 38,
	RING_LINKAT = 39,
	RING_SOCKET = 45,
};

#define RING_SKIPS_COMPLETION (1 << 6) /* REQ_F_CQE_SKIP is IOSQE_CQE_SKIP_SUCCESS_BIT */

/* A path of a request is a pointer to a struct filename; COMPAT(7.0): since then inside a struct delayed_filename. */
struct delayed_filename___own {
	struct filename *__incomplete_filename;
} __attribute__((preserve_access_index));

/* What of each request is read here. Fields are found by name; the path's type tells the two sorts of kernels apart. */
struct io_open___own {
	int dfd;
	u32 file_slot;
	struct filename *filename;
	struct open_how how;
} __attribute__((preserve_access_index));

struct io_open___delayed {
	struct delayed_filename___own filename;
} __attribute__((preserve_access_index));

struct io_statx___own {
	int dfd;
	unsigned int flags;
	struct filename *filename;
} __attribute__((preserve_access_index));

struct io_statx___delayed {
	struct delayed_filename___own filename;
} __attribute__((preserve_access_index));

struct io_unlink___own {
	int dfd;
	int flags;
	struct filename *filename;
} __attribute__((preserve_access_index));

struct io_unlink___delayed {
	struct delayed_filename___own filename;
} __attribute__((preserve_access_index));

struct io_mkdir___own {
	int dfd;
	umode_t mode;
	struct filename *filename;
} __attribute__((preserve_access_index));

struct io_mkdir___delayed {
	struct delayed_filename___own filename;
} __attribute__((preserve_access_index));

struct io_rename___own {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
} __attribute__((preserve_access_index));

struct io_rename___delayed {
	struct delayed_filename___own oldpath;
	struct delayed_filename___own newpath;
} __attribute__((preserve_access_index));

struct io_link___own {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
} __attribute__((preserve_access_index));

struct io_link___delayed {
	struct delayed_filename___own oldpath;
	struct delayed_filename___own newpath;
} __attribute__((preserve_access_index));

struct io_socket___own {
	int domain;
	int type;
	int protocol;
} __attribute__((preserve_access_index));

/* A field that is a struct is not matched by one that is a pointer, nor the other way round. */
#define RING_PATH(request, type, field)                                                                               \
	(bpf_core_field_exists(struct type##___delayed, field)                                                        \
		 ? BPF_CORE_READ((struct type##___delayed *)(request), field.__incomplete_filename, name)              \
		 : BPF_CORE_READ((struct type##___own *)(request), field, name))

/* One operation on paths. */
struct ring_paths {
	const char *path;
	const char *path2;
	__s32 dirfd;
	__s32 dirfd2;
	__u32 op;
	__u32 op_failed;
	__u32 flags;
	__u32 mode;
	bool opens;
};

/* False for an operation that is not one on paths, or that this kernel shows otherwise. */
static __always_inline bool paths_of(void *request, __u32 opcode, struct ring_paths *out)
{
	__u32 flags;

	switch (opcode) {
	case RING_OPENAT:
	case RING_OPENAT2:
		if (!bpf_core_type_exists(struct io_open___own))
			return false;
		flags = BPF_CORE_READ((struct io_open___own *)request, how.flags);
		out->path = RING_PATH(request, io_open, filename);
		out->dirfd = BPF_CORE_READ((struct io_open___own *)request, dfd);
		out->op = flags & O_TMPFILE_BIT		  ? SF_OP_CREATE_TMPFILE
			  : flags & O_CREAT		  ? SF_OP_CREATE
			  : flags & (O_ACCMODE | O_TRUNC) ? SF_OP_WRITE
							  : SF_OP_READ;
		out->op_failed = out->op == SF_OP_READ ? SF_OP_LOOK : out->op;
		out->mode = flags & (O_CREAT | O_TMPFILE_BIT) ? BPF_CORE_READ((struct io_open___own *)request, how.mode) : 0;
		out->flags = SF_FLAG_FOLLOW;
		out->opens = !BPF_CORE_READ((struct io_open___own *)request, file_slot);
		return true;
	case RING_STATX:
		if (!bpf_core_type_exists(struct io_statx___own))
			return false;
		out->path = RING_PATH(request, io_statx, filename);
		out->dirfd = BPF_CORE_READ((struct io_statx___own *)request, dfd);
		flags = BPF_CORE_READ((struct io_statx___own *)request, flags);
		out->op = out->op_failed = SF_OP_LOOK;
		out->flags = flags & AT_SYMLINK_NOFOLLOW ? 0 : SF_FLAG_FOLLOW;
		return true;
	case RING_UNLINKAT:
		if (!bpf_core_type_exists(struct io_unlink___own))
			return false;
		out->path = RING_PATH(request, io_unlink, filename);
		out->dirfd = BPF_CORE_READ((struct io_unlink___own *)request, dfd);
		flags = BPF_CORE_READ((struct io_unlink___own *)request, flags);
		out->op = out->op_failed = flags & AT_REMOVEDIR ? SF_OP_REMOVE_DIRECTORY : SF_OP_REMOVE;
		return true;
	case RING_MKDIRAT:
		if (!bpf_core_type_exists(struct io_mkdir___own))
			return false;
		out->path = RING_PATH(request, io_mkdir, filename);
		out->dirfd = BPF_CORE_READ((struct io_mkdir___own *)request, dfd);
		out->mode = BPF_CORE_READ((struct io_mkdir___own *)request, mode);
		out->op = out->op_failed = SF_OP_MAKE_DIRECTORY;
		return true;
	case RING_RENAMEAT:
		if (!bpf_core_type_exists(struct io_rename___own))
			return false;
		out->path = RING_PATH(request, io_rename, oldpath);
		out->path2 = RING_PATH(request, io_rename, newpath);
		out->dirfd = BPF_CORE_READ((struct io_rename___own *)request, old_dfd);
		out->dirfd2 = BPF_CORE_READ((struct io_rename___own *)request, new_dfd);
		flags = BPF_CORE_READ((struct io_rename___own *)request, flags);
		out->op = out->op_failed = flags & RENAME_EXCHANGE ? SF_OP_EXCHANGE : SF_OP_RENAME;
		return true;
	case RING_SYMLINKAT:
		if (!bpf_core_type_exists(struct io_link___own))
			return false;
		out->path = RING_PATH(request, io_link, newpath);
		out->dirfd = BPF_CORE_READ((struct io_link___own *)request, new_dfd);
		out->op = out->op_failed = SF_OP_MAKE_SYMLINK;
		return true;
	case RING_LINKAT:
		if (!bpf_core_type_exists(struct io_link___own))
			return false;
		out->path = RING_PATH(request, io_link, oldpath);
		out->path2 = RING_PATH(request, io_link, newpath);
		out->dirfd = BPF_CORE_READ((struct io_link___own *)request, old_dfd);
		out->dirfd2 = BPF_CORE_READ((struct io_link___own *)request, new_dfd);
		flags = BPF_CORE_READ((struct io_link___own *)request, flags);
		out->op = out->op_failed = SF_OP_LINK;
		out->flags = flags & AT_SYMLINK_FOLLOW ? SF_FLAG_FOLLOW : 0;
		return true;
	}
	return false;
}

/* Puts the record of an operation on paths together, in the area. */
static __noinline bool compose_paths(struct scratch *scratch, const struct ring_paths *paths, __u32 unit)
{
	struct task_struct *task = current_task();
	struct sf_header *header = (struct sf_header *)scratch->bytes;
	struct sf_path *payload = (struct sf_path *)(header + 1);
	bool relative = false, relative2 = false;
	__u64 names;

	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->offset = PAYLOAD_PATH;
	scratch->key.a = identity_of_string(scratch, SCRATCH_RING, task, paths->dirfd, paths->path, &relative);
	if (!scratch->key.a)
		return false;
	scratch->key.unit = unit;
	scratch->key.op = paths->op;
	scratch->key.device = paths->flags & SF_FLAG_FOLLOW;
	if (paths->op == SF_OP_MAKE_DIRECTORY)
		scratch->key.mount_id = telling_mode(paths->op, paths->mode);
	if (paths->op == SF_OP_CREATE || paths->op == SF_OP_CREATE_TMPFILE)
		scratch->key.mount_id = paths->mode & S_SETID;
	names = scratch->hash;
	if (paths->path2) {
		scratch->offset = PAYLOAD_PATH;
		scratch->key.b = identity_of_string(scratch, SCRATCH_RING, task, paths->dirfd2, paths->path2, &relative2);
		if (!scratch->key.b)
			return false;
		names = names * FNV_PRIME ^ scratch->hash;
	}
	scratch->name = name_hash(names);

	__builtin_memset(payload, 0, sizeof(*payload));
	payload->mode = paths->mode;
	scratch->offset = PAYLOAD_PATH;
	scratch->flags = paths->flags | (relative ? SF_FLAG_RELATIVE : 0);
	if (!append_kernel_path(scratch, SCRATCH_RING, task, paths->dirfd, paths->path, relative, &payload->base_length,
				&payload->path_length))
		return false;
	payload->flags = scratch->flags;
	if (paths->path2) {
		scratch->flags = relative2 ? SF_FLAG_RELATIVE : 0;
		if (!append_kernel_path(scratch, SCRATCH_RING, task, paths->dirfd2, paths->path2, relative2,
					&payload->base2_length, &payload->path2_length))
			return false;
		payload->flags2 = scratch->flags;
	}
	fill_header(header, task, SF_RECORD_PATH, unit);
	header->key = scratch->key;
	header->size = scratch->offset;
	header->name = scratch->name;
	header->op_failed = paths->op_failed;
	header->opens = paths->opens;
	return header->size <= SF_PENDING_BYTES;
}

static __noinline bool compose_socket(struct scratch *scratch, struct io_socket___own *request, __u32 unit)
{
	struct sf_header *header = (struct sf_header *)scratch->bytes;
	struct sf_socket *payload = (struct sf_socket *)(header + 1);

	fill_header(header, current_task(), SF_RECORD_SOCKET, unit);
	payload->family = BPF_CORE_READ(request, domain);
	payload->type = BPF_CORE_READ(request, type) & 0xf; /* SOCK_TYPE_MASK */
	payload->protocol = BPF_CORE_READ(request, protocol);
	payload->reserved = 0;
	header->key.a = payload->family | (__u64)payload->type << 32;
	header->key.b = payload->protocol;
	header->key.unit = unit;
	header->key.op = header->op_failed = SF_OP_SOCKET;
	header->size = sizeof(*header) + sizeof(*payload);
	header->name = 1;
	return true;
}

/* The end of an operation: its record with its result. */
static __noinline int tell_end(struct pending_record *waiting, __s64 result)
{
	struct sf_header *header = (struct sf_header *)waiting->bytes;
	__u32 size = header->size, name = header->name;
	struct sf_seen *entry;

	if (result < 0) {
		header->key.error = -result;
		header->key.op = header->op_failed;
	} else if (header->key.op == SF_OP_CREATE || header->key.op == SF_OP_CREATE_TMPFILE) {
		header->key.mount_id = 0; /* what a call is told by, too, when it worked */
	}
	entry = seen_entry(&header->key);
	if (!entry || !count_and_test(entry, name))
		return 0;
	header->result = result;
	header->op_failed = 0;
	header->opens = 0;
	header->size = 0;
	header->name = 0;
	note_told(entry, name, submit_waiting(waiting, size));
	return 0;
}

/* One submission: `flags` of the request; `ends` when its completion will be seen. */
static __noinline int on_submission(void *request, __u32 opcode, __u64 flags, bool ends)
{
	struct sf_task *mine = live_task(current_task());
	struct scratch *scratch = scratch_area(SCRATCH_RING);
	struct ring_paths paths = {.dirfd = AT_FDCWD, .dirfd2 = AT_FDCWD};
	struct pending_record *waiting;
	struct sf_unit_state *state;
	__u64 address = (__u64)request;
	bool told = false;

	if (!mine || !scratch)
		return 0;
	state = unit_state(mine->unit);
	/* Left by another request at this address: a completion that does not fit into its queue is not traced. It stays
	 * counted as one that waits. */
	bpf_map_delete_elem(&pending, &address);
	if (opcode == RING_SOCKET && bpf_core_type_exists(struct io_socket___own))
		told = compose_socket(scratch, request, mine->unit);
	else if ((ends || opcode != RING_STATX) && paths_of(request, opcode, &paths))
		told = compose_paths(scratch, &paths, mine->unit);
	if (told)
		told = !bpf_map_update_elem(&pending, &address, scratch->bytes, BPF_ANY);
	if (!told) {
		state->io_uring[opcode & (SF_MAX_RING_OP - 1)] = 1;
		return 0;
	}
	__sync_fetch_and_add(&state->waiting, 1);
	if (ends && !(flags & RING_SKIPS_COMPLETION))
		return 0;
	waiting = bpf_map_lookup_elem(&pending, &address);
	if (waiting)
		tell_end(waiting, 0);
	bpf_map_delete_elem(&pending, &address);
	__sync_fetch_and_add(&state->waiting, -1);
	return 0;
}

static __always_inline int on_completion(void *request, __s64 result)
{
	__u64 address = (__u64)request;
	struct pending_record *waiting = bpf_map_lookup_elem(&pending, &address);
	const struct sf_header *header;
	__u32 asked;

	if (!waiting)
		return 0;
	header = (const struct sf_header *)waiting->bytes;
	__sync_fetch_and_add(&unit_state(header->unit)->waiting, -1);
	asked = header->key.op == SF_OP_WRITE ? O_TRUNC : 0;
	if (result < 0 || !header->opens || !at_ring_open(header->unit, result, asked))
		tell_end(waiting, result);
	bpf_map_delete_elem(&pending, &address);
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(io_uring_submit_req_tp, struct io_kiocb *request)
{
	return on_submission(request, BPF_CORE_READ(request, opcode), BPF_CORE_READ(request, flags), true);
}

/* COMPAT(6.4): its name before commit 2ad57931db64. Remove when 6.1 is no longer supported. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(io_uring_submit_sqe_tp, struct io_kiocb *request)
{
	return on_submission(request, BPF_CORE_READ(request, opcode), BPF_CORE_READ(request, flags), true);
}

/* COMPAT(6.0): before, the completion does not show the request. Remove when 5.10 is no longer supported. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(io_uring_submit_alone_tp, void *ring, struct io_kiocb *request)
{
	/* the arguments behind it changed places with 5.18 */
	return on_submission(request, BPF_CORE_READ(request, opcode), 0, false);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_tp, void *ring, void *request, u64 data, int result)
{
	return on_completion(request, result);
}

/* Since 6.15 the result is in what the ring is given. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_cqe_tp, struct io_ring_ctx *ring, void *request, struct io_uring_cqe *completion)
{
	return on_completion(request, BPF_CORE_READ(completion, res));
}
