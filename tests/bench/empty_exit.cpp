// Attaches a program that does nothing to tp_btf/sys_exit, until its standard input ends: the cost that no tool that
// watches system calls by tracepoint can go below, and the one that sandfit is measured against.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

int fail(const char* what) {
    std::fprintf(stderr, "bench_empty_exit: %s: %s\n", what, std::strerror(errno));
    return 1;
}

}  // namespace

int main() {
    btf* types = btf__load_vmlinux_btf();
    if (libbpf_get_error(types) != 0) return fail("the kernel shows no type information");
    const int id = btf__find_by_name_kind(types, "btf_trace_sys_exit", BTF_KIND_TYPEDEF);
    if (id < 0) return fail("the kernel has no tracepoint sys_exit");

    // r0 = 0; exit
    const bpf_insn empty[] = {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP,
                .attach_btf_id = static_cast<__u32>(id));
    const int program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "bench_empty", "GPL", empty, 2, &options);
    if (program < 0) return fail("the empty program does not load");
    if (bpf_raw_tracepoint_open(nullptr, program) < 0) return fail("the empty program does not attach");

    std::puts("ready");
    std::fflush(stdout);
    char ignored = 0;
    while (::read(STDIN_FILENO, &ignored, 1) > 0) {
    }
    return 0;  // the kernel detaches what its last holder leaves
}
