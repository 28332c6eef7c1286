#include "observe/kernel_support.h"

#include "base/error.h"
#include "base/fd.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace sandfit::observe {
namespace {

using base::Fd;

struct BtfDeleter {
    void operator()(btf* loaded) const { btf__free(loaded); }
};

const btf* vmlinux_btf() {
    static const std::unique_ptr<btf, BtfDeleter> loaded(btf__load_vmlinux_btf());
    return libbpf_get_error(loaded.get()) != 0 ? nullptr : loaded.get();
}

Attempt failed(std::string_view step, int error) {
    constexpr int kNotSupported = 524;  // ENOTSUPP, which the kernel should not show and libc has no words for
    if (error == kNotSupported) return {false, fmt::format("{}: this kernel does not support it", step)};
    return {false, fmt::format("{}: {}", step, std::strerror(error))};
}

struct Place {
    bpf_attach_type attach;
    std::string btf_name;
    __u32 btf_kind;
};

// The prefixes of the kernel's own type names for each sort of program: include/linux/btf_ids.h.
bool parse(std::string_view mechanism, Place& place) {
    const std::size_t slash = mechanism.find('/');
    if (slash == std::string_view::npos) return false;
    const std::string_view sort = mechanism.substr(0, slash);
    const std::string name(mechanism.substr(slash + 1));
    if (sort == "tp_btf") place = {BPF_TRACE_RAW_TP, "btf_trace_" + name, BTF_KIND_TYPEDEF};
    else if (sort == "fentry") place = {BPF_TRACE_FENTRY, name, BTF_KIND_FUNC};
    else if (sort == "fexit") place = {BPF_TRACE_FEXIT, name, BTF_KIND_FUNC};
    else if (sort == "iter") place = {BPF_TRACE_ITER, "bpf_iter_" + name, BTF_KIND_FUNC};
    else return false;
    return true;
}

// Of a tracepoint (its type leads to a prototype, whose first argument is the tracepoint's own) or a function.
int arguments_of(const btf* types, __s32 id) {
    const btf_type* type = btf__type_by_id(types, static_cast<__u32>(id));
    const bool is_tracepoint = btf_is_typedef(type);
    while (type != nullptr && !btf_is_func_proto(type)) {
        if (!btf_is_typedef(type) && !btf_is_ptr(type) && !btf_is_func(type)) return -1;
        type = btf__type_by_id(types, type->type);
    }
    return type == nullptr ? -1 : btf_vlen(type) - (is_tracepoint ? 1 : 0);
}

Attempt load_empty(const Program& program, Fd& loaded, bpf_attach_type& attach) {
    const btf* types = vmlinux_btf();
    if (types == nullptr) return try_btf();
    Place place{};
    if (!parse(program.place, place)) return {false, "not a mechanism that can be tried"};
    const __s32 id = btf__find_by_name_kind(types, place.btf_name.c_str(), place.btf_kind);
    if (id < 0) return {false, "this kernel has no such place"};

    if (!program.only_with.empty() && btf__find_by_name(types, std::string(program.only_with).c_str()) < 0) {
        return {false, fmt::format("not used here: this kernel has no {}", program.only_with)};
    }
    if (program.arguments >= 0 && arguments_of(types, id) != program.arguments) {
        return {false, "has other arguments on this kernel"};
    }

    // r0 = 0; exit
    const bpf_insn empty[] = {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = place.attach,
                .attach_btf_id = static_cast<__u32>(id));
    loaded = Fd(bpf_prog_load(BPF_PROG_TYPE_TRACING, "sandfit_try", "GPL", empty, 2, &options));
    if (!loaded.is_open()) return failed("does not load", errno);
    attach = place.attach;
    return {true, "loads"};
}

}  // namespace

Attempt try_btf() {
    if (vmlinux_btf() != nullptr) return {true, "read"};
    return {false, "this kernel shows no information about its types (BTF, at /sys/kernel/btf/vmlinux)"};
}

Attempt try_to_load(const Program& program) {
    Fd loaded;
    bpf_attach_type attach{};
    return load_empty(program, loaded, attach);
}

Attempt try_to_attach(const Program& program) {
    Fd loaded;
    bpf_attach_type attach{};
    if (Attempt attempt = load_empty(program, loaded, attach); !attempt.works) return attempt;
    const Fd link(attach == BPF_TRACE_ITER ? bpf_link_create(loaded.get(), 0, BPF_TRACE_ITER, nullptr)
                                            : bpf_raw_tracepoint_open(nullptr, loaded.get()));
    if (!link.is_open()) return failed("loads, but does not attach", errno);
    return {true, "loads and attaches"};
}

Attempt try_ring_buffer() {
    const Fd map(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sandfit_try", 0, 0,
                                static_cast<__u32>(::sysconf(_SC_PAGESIZE)), nullptr));
    return map.is_open() ? Attempt{true, "can be made"} : failed("cannot be made", errno);
}

Attempt try_task_storage() {
    // Task storage wants types for key and value: a BTF of its own with int and a struct would do; libbpf has a
    // probe that makes exactly that.
    const int answer = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, nullptr);
    if (answer == 1) return {true, "can be made"};
    return answer == 0 ? Attempt{false, "this kernel has none: tasks are kept in a hash"} : failed("cannot be tried", -answer);
}

}  // namespace sandfit::observe
