// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets made, addresses bound, connected to and sent to.
 *
 * NOT SEEN: sendmmsg's addresses, and sockets that are inherited or passed in.
 */
#include "call.bpf.h"

int at_socket_path(__u32 unit, __u32 op, __s32 error);

/* One call of the socket family for each of socket(2) and socketpair(2): the first three arguments. */
int at_socket(__u32 unit)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_socket socket;
	} *record;
	struct sf_seen *entry;
	__u32 family, type, protocol;

	if (!scratch)
		return 0;
	family = scratch->call.args[0];
	type = scratch->call.args[1] & 0xf; /* SOCK_TYPE_MASK: without SOCK_CLOEXEC and SOCK_NONBLOCK */
	protocol = scratch->call.args[2];
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	scratch->key.a = family | (__u64)type << 32;
	scratch->key.b = protocol;
	scratch->key.unit = unit;
	scratch->key.op = SF_OP_SOCKET;
	scratch->key.error = scratch->result < 0 ? -scratch->result : 0;
	entry = seen_entry(&scratch->key);
	if (!entry || !count_and_test(entry, 1))
		return 0;
	record = (void *)scratch->bytes;
	fill_call_header(&record->header, scratch, SF_RECORD_SOCKET, unit);
	record->socket.family = family;
	record->socket.type = type;
	record->socket.protocol = protocol;
	record->socket.reserved = 0;
	note_told(entry, 1, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}

/* Apart from at_address(), since its frame would lie below those of a socket's path: see tests/support/stack_depth.py. */
static __noinline int report_address(__u64 address, __u32 length, __u32 unit, __u32 op, __s32 error)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	struct {
		struct sf_header header;
		struct sf_address address;
	} *record;
	struct sf_seen *entry;

	if (!scratch)
		return 0;
	record = (void *)scratch->bytes;
	__builtin_memset(&record->address, 0, sizeof(record->address));
	length = length > SF_SOCKADDR_MAX ? SF_SOCKADDR_MAX : length;
	if (bpf_probe_read_user(record->address.bytes, length, (const void *)address)) {
		if (error != EFAULT)
			count_stat(SF_STAT_USER_STRING);
		return 0;
	}
	record->address.length = length;
	record->address.reserved = 0;

	__u64 hash = FNV_OFFSET;

	for (int i = 0; i < SF_SOCKADDR_MAX / 8; i++)
		hash = (hash ^ ((__u64 *)record->address.bytes)[i]) * FNV_PRIME ^ hash >> 29;
	__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	/* one key a family and port: clients of a thousand addresses are one fact with a few samples */
	scratch->key.a = *(__u32 *)record->address.bytes;
	if (op == SF_OP_BIND || *(__u16 *)record->address.bytes == AF_UNIX)
		scratch->key.b = hash;
	scratch->key.unit = unit;
	scratch->key.op = op;
	scratch->key.error = error;
	entry = seen_entry(&scratch->key);
	scratch->name = name_hash(hash);
	if (!entry || !count_and_test(entry, scratch->name))
		return 0;
	fill_call_header(&record->header, scratch, SF_RECORD_ADDRESS, unit);
	note_told(entry, scratch->name, submit_or_keep(scratch, sizeof(*record)));
	return 0;
}

#define EINPROGRESS 115

int at_address(__u32 unit, __u32 op)
{
	struct scratch *scratch = scratch_area(SCRATCH_SYSCALL);
	__u64 address;
	__u32 length;
	__u16 family = 0;

	if (!scratch)
		return 0;
	address = scratch->call.args[1];
	length = scratch->call.args[2];
	if (op == SF_OP_SEND) {
		address = scratch->call.args[4];
		length = scratch->call.args[5];
	}
	if (action_of(&scratch->call)->handler == SF_HANDLE_SENDMSG) {
		struct {
			__u64 name;
			__u32 length;
		} message = {};

		if (scratch->call.compat) {
			__u32 words[2] = {};

			bpf_probe_read_user(words, sizeof(words), (const void *)scratch->call.args[1]);
			message.name = words[0];
			message.length = words[1];
		} else {
			bpf_probe_read_user(&message, 12, (const void *)scratch->call.args[1]);
		}
		address = message.name;
		length = message.length;
	}
	if (!address || length < sizeof(family))
		return 0;
	if (bpf_probe_read_user(&family, sizeof(family), (const void *)address))
		return 0;

	__s32 error = scratch->result < 0 ? -scratch->result : 0;

	if (error == EINPROGRESS)
		error = 0;
	if (family == AF_UNIX && length > sizeof(family)) {
		__u8 first = 0;

		bpf_probe_read_user(&first, 1, (const void *)(address + sizeof(family)));
		if (first) {
			scratch->hash = address + sizeof(family);
			return at_socket_path(unit, op == SF_OP_BIND ? SF_OP_MAKE_SOCKET : op, error);
		}
	}

	return report_address(address, length, unit, op, error);
}
