#include "observe/kernel_support.h"

#include "base/error.h"
#include "base/fd.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>

namespace sandfit::observe {
namespace {

using base::Fd;

// Null when there is none.
std::shared_ptr<const btf> owned(btf* loaded) {
    return libbpf_get_error(loaded) != 0 ? nullptr : std::shared_ptr<const btf>(loaded, btf__free);
}

const std::shared_ptr<const btf>& vmlinux_btf() {
    static const std::shared_ptr<const btf> loaded = owned(btf__load_vmlinux_btf());
    return loaded;
}

// Also in the structures and unions without a name that it is made of.
bool has_member(const btf* types, const btf_type* structure, std::string_view name) {
    for (int i = 0; i < btf_vlen(structure); ++i) {
        const btf_member& member = btf_members(structure)[i];
        const std::string_view its = btf__name_by_offset(types, member.name_off);
        if (its == name) return true;
        const btf_type* inner = btf__type_by_id(types, member.type);
        if (its.empty() && btf_is_composite(inner) && has_member(types, inner, name)) return true;
    }
    return false;
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
    bool by_perf;  ///< attached to perf's event of the tracepoint, whatever the attach type says
};

// The prefixes of the kernel's own type names for each sort of program: include/linux/btf_ids.h.
bool parse(std::string_view mechanism, Place& place) {
    const std::size_t slash = mechanism.find('/');
    if (slash == std::string_view::npos) return false;
    const std::string_view sort = mechanism.substr(0, slash);
    const std::string name(mechanism.substr(slash + 1));
    if (sort == "tp_btf") place = {BPF_TRACE_RAW_TP, "btf_trace_" + name, BTF_KIND_TYPEDEF, false};
    else if (sort == "fentry") place = {BPF_TRACE_FENTRY, name, BTF_KIND_FUNC, false};
    else if (sort == "fexit") place = {BPF_TRACE_FEXIT, name, BTF_KIND_FUNC, false};
    else if (sort == "iter") place = {BPF_TRACE_ITER, "bpf_iter_" + name, BTF_KIND_FUNC, false};
    else if (sort == "tracepoint")
        place = {BPF_PERF_EVENT, "btf_trace_" + name.substr(name.find('/') + 1), BTF_KIND_TYPEDEF, true};
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

// Perf's number of the event, as its file system says wherever it is mounted; -1 without it.
std::int64_t event_of(std::string_view place) {
    const std::string name(place.substr(place.find('/') + 1));
    for (const std::string_view root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
        std::ifstream file(fmt::format("{}/events/{}/id", root, name));
        std::int64_t number = -1;
        if (file >> number) return number;
    }
    return -1;
}

struct Loaded {
    Fd program;
    Place place{};
};

Attempt load_empty(const Program& program, Loaded& loaded) {
    const btf* types = vmlinux_btf().get();
    if (types == nullptr) return try_btf();
    Place& place = loaded.place;
    if (!parse(program.place, place)) return {false, "not a mechanism that can be tried"};
    const __s32 id = btf__find_by_name_kind(types, place.btf_name.c_str(), place.btf_kind);
    if (id < 0) return {false, "this kernel has no such place"};

    if (!program.only_with.empty() && btf__find_by_name(types, std::string(program.only_with).c_str()) < 0) {
        return {false, fmt::format("not used here: this kernel has no {}", program.only_with)};
    }
    if (program.arguments >= 0 && arguments_of(types, id) != program.arguments) {
        return {false, "has other arguments on this kernel"};
    }
    if (place.by_perf && event_of(program.place) < 0) {
        return {false, "there is no such event: is tracefs mounted at /sys/kernel/tracing?"};
    }

    // r0 = 0; exit
    const bpf_insn empty[] = {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    if (!place.by_perf) {
        options.expected_attach_type = place.attach;
        options.attach_btf_id = static_cast<__u32>(id);
    }
    loaded.program = Fd(bpf_prog_load(place.by_perf ? BPF_PROG_TYPE_TRACEPOINT : BPF_PROG_TYPE_TRACING, "sandfit_try",
                                      "GPL", empty, 2, &options));
    if (!loaded.program.is_open()) return failed("does not load", errno);
    return {true, "loads"};
}

Fd attach_to_event(const Fd& program, std::string_view place) {
    perf_event_attr event{};
    event.type = PERF_TYPE_TRACEPOINT;
    event.size = sizeof(event);
    event.config = static_cast<__u64>(event_of(place));
    Fd opened(static_cast<int>(::syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
    if (opened.is_open() && ::ioctl(opened.get(), PERF_EVENT_IOC_SET_BPF, program.get()) != 0) return Fd();
    return opened;
}

// To tasks and their files as they are; to the elements of a map, of which one is made.
Fd attach_iterator(const Fd& program, std::string_view place) {
    if (place != kSeenIterator) return Fd(bpf_link_create(program.get(), 0, BPF_TRACE_ITER, nullptr));
    const Fd map(bpf_map_create(BPF_MAP_TYPE_HASH, "sandfit_try", 4, 4, 1, nullptr));
    bpf_iter_link_info info{};
    info.map.map_fd = static_cast<__u32>(map.get());
    LIBBPF_OPTS(bpf_link_create_opts, options, .iter_info = &info, .iter_info_len = sizeof(info));
    return Fd(bpf_link_create(program.get(), 0, BPF_TRACE_ITER, &options));
}

}  // namespace

Attempt try_btf() {
    if (vmlinux_btf() != nullptr) return {true, "read"};
    return {false, "this kernel shows no information about its types (BTF, at /sys/kernel/btf/vmlinux)"};
}

Attempt try_to_load(const Program& program) {
    Loaded loaded;
    return load_empty(program, loaded);
}

Attempt try_to_attach(const Program& program) {
    Loaded loaded;
    if (Attempt attempt = load_empty(program, loaded); !attempt.works) return attempt;
    Fd link;
    if (loaded.place.by_perf) link = attach_to_event(loaded.program, program.place);
    else if (loaded.place.attach == BPF_TRACE_ITER) link = attach_iterator(loaded.program, program.place);
    else link = Fd(bpf_raw_tracepoint_open(nullptr, loaded.program.get()));
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
    return answer == 0 ? Attempt{false, "this kernel has none: tasks are kept in a hash"}
                       : failed("cannot be tried", -answer);
}

KernelTypes::KernelTypes(const std::string& file)
    : types_(file.empty() ? vmlinux_btf() : owned(btf__parse(file.c_str(), nullptr))) {}

bool KernelTypes::has_field(std::string_view field) const {
    const auto dot = field.find('.');
    if (types_ == nullptr || dot == std::string_view::npos) return false;
    const std::string structure(field.substr(0, dot));
    const __s32 id = btf__find_by_name_kind(types_.get(), structure.c_str(), BTF_KIND_STRUCT);
    return id > 0 && has_member(types_.get(), btf__type_by_id(types_.get(), static_cast<__u32>(id)), field.substr(dot + 1));
}

}  // namespace sandfit::observe
