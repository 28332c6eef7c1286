// SPDX-License-Identifier: GPL-2.0-or-later
/* Which operations a unit submits through io_uring: their opcodes only. Reads and writes of what is open
 * already ask for nothing that a sandbox refuses; the others are told as a gap.
 */
#include "scope.bpf.h"

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(io_uring_submit_req_tp, struct io_kiocb *request)
{
	struct sf_task *mine = live_task(bpf_get_current_task_btf());
	struct sf_unit_state *state;
	__u32 opcode;
	__u64 bit;

	if (!mine)
		return 0;
	state = unit_state(mine->unit);
	opcode = BPF_CORE_READ(request, opcode);
	bit = 1ULL << (opcode % 64);
	if (!(state->io_uring[(opcode / 64) & 1] & bit))
		__sync_fetch_and_or(&state->io_uring[(opcode / 64) & 1], bit);
	return 0;
}
