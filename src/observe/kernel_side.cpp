#include "observe/kernel_side.h"

#include "observe/kernel_support.h"
#include "observe/syscall_table.h"

#include "base/error.h"
#include "base/fd.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include <sandfit.skel.h>

namespace sandfit::observe {
namespace {

// What libbpf and the verifier said last: shown only when loading fails.
std::string g_last_words;

int keep_last_words(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) return 0;
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    if (g_last_words.size() < 4096) g_last_words += line.data();
    return 0;
}

Error load_error(const std::string& what, int error) {
    Error out = base::system_error(what, error);
    if (error == EPERM) {
        out.hint = "run it as root; sandfit doctor tells what is missing";
    } else {
        out.kind = error == EINVAL || error == ENOENT || error == ESRCH || error == EOPNOTSUPP ? ErrorKind::unsupported
                                                                                                : ErrorKind::failed;
        out.hint = "sandfit doctor tells what this kernel lacks";
        if (!g_last_words.empty()) out.hint += "; libbpf said: " + g_last_words.substr(0, g_last_words.find('\n'));
    }
    return out;
}

// Kernels before 5.11 charge maps to RLIMIT_MEMLOCK; where it may not be raised it need not be.
void raise_memlock() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

}  // namespace

KernelSide::~KernelSide() {
    if (ring_ != nullptr) ring_buffer__free(ring_);
    if (skeleton_ != nullptr) sandfit_bpf__destroy(skeleton_);
}

int KernelSide::on_record(void* context, void* data, std::size_t size) {
    static_cast<KernelSide*>(context)->handler_(std::as_bytes(std::span(static_cast<const char*>(data), size)));
    return 0;
}

Result<std::unique_ptr<KernelSide>> KernelSide::load(const Options& options, RecordHandler handler) {
    libbpf_set_print(keep_last_words);
    g_last_words.clear();
    raise_memlock();

    std::unique_ptr<KernelSide> side(new KernelSide);
    side->handler_ = std::move(handler);

    std::map<std::string_view, Attempt> attempts;
    side->plan_ = plan_hooks(options, [&attempts](const Candidate& candidate) {
        // A required hook has no second way: loading itself will tell more than an attempt.
        const auto [entry, fresh] = attempts.try_emplace(candidate.mechanism);
        if (fresh) entry->second = try_mechanism(candidate.mechanism);
        return entry->second.works;
    });
    for (const auto& [hook, candidate] : side->plan_) {
        if (hook->required && candidate == nullptr) {
            const auto& first = hook->candidates.front();
            const std::string& answer = attempts[first.mechanism].answer;
            const bool denied = answer.find(std::strerror(EPERM)) != std::string::npos;
            return Error{denied ? ErrorKind::not_permitted : ErrorKind::unsupported,
                         fmt::format("cannot observe: {} {}", first.mechanism, answer), 0,
                         denied ? "run it as root; sandfit doctor tells what is missing"
                                : "sandfit doctor tells what this kernel lacks"};
        }
    }

    for (const auto& [hook, candidate] : side->plan_) {
        if (options.probes != Probes::automatic && candidate == nullptr) {
            return Error{ErrorKind::unsupported,
                         fmt::format("cannot watch \"{}\" in the way that was asked for", hook->name), 0,
                         "leave out --probes to take the best way that works here; sandfit doctor lists them"};
        }
    }

    side->skeleton_ = sandfit_bpf__open();
    if (side->skeleton_ == nullptr) return load_error("cannot open the kernel programs", errno);
    auto* skeleton = side->skeleton_;
    const ActionTable native = action_table(Abi::native);
    const ActionTable compat = action_table(Abi::compat);
    std::memcpy(skeleton->rodata->native_actions, native.data(), sizeof(native));
    std::memcpy(skeleton->rodata->compat_actions, compat.data(), sizeof(compat));
    skeleton->rodata->watch_refusals = options.refusals;
    bpf_map__set_max_entries(skeleton->maps.records, static_cast<__u32>(options.ring_bytes));
    bpf_map__set_max_entries(skeleton->maps.seen, static_cast<__u32>(options.max_file_keys));

    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj) {
        const bool chosen = std::any_of(side->plan_.begin(), side->plan_.end(), [program](const ChosenHook& hook) {
            return hook.candidate != nullptr && hook.candidate->program == bpf_program__name(program);
        });
        bpf_program__set_autoload(program, chosen);
    }
    if (const int error = sandfit_bpf__load(skeleton); error != 0) {
        return load_error("cannot load the kernel programs", -error);
    }
    side->ring_ = ring_buffer__new(bpf_map__fd(skeleton->maps.records), on_record, side.get(), nullptr);
    if (side->ring_ == nullptr) return load_error("cannot map the ring buffer", errno);
    if (const int error = sandfit_bpf__attach(skeleton); error != 0) {
        return load_error("cannot attach the kernel programs", -error);
    }
    // Also without a unit: it notes the levels of our own namespaces.
    if (auto noted = side->mark_running(); !noted) return noted.error();
    return side;
}

sf_unit_state& KernelSide::unit(std::uint32_t slot) const { return skeleton_->bss->units[slot % SF_MAX_UNITS]; }

Result<void> KernelSide::enrol_group(std::uint64_t cgroup_id, sf_enrolment enrolment) {
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.cgroups), &cgroup_id, &enrolment, BPF_ANY) != 0) {
        return base::system_error("cannot enrol a cgroup");
    }
    return {};
}

Result<void> KernelSide::expect_group(std::uint64_t parent_id, const std::string& name, sf_enrolment enrolment) {
    sf_expected key{};
    key.parent_id = parent_id;
    if (name.size() >= sizeof(key.name)) {
        return Error{ErrorKind::failed, fmt::format("cgroup name of {} bytes is too long", name.size()), 0, ""};
    }
    std::memcpy(key.name, name.data(), name.size());
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.expected_groups), &key, &enrolment, BPF_ANY) != 0) {
        return base::system_error("cannot wait for a cgroup");
    }
    return {};
}

Result<void> KernelSide::mark_running() {
    const base::Fd iterator(bpf_iter_create(bpf_link__fd(skeleton_->links.enrol_running_iter)));
    if (!iterator.is_open()) return base::system_error("cannot look at running tasks");
    std::array<char, 256> nothing{};
    while (::read(iterator.get(), nothing.data(), nothing.size()) > 0) {
    }
    return {};
}

Result<void> KernelSide::consume() {
    const int read = ring_buffer__consume(ring_);
    if (read < 0 && read != -EINTR) return base::system_error("cannot read the ring buffer", -read);
    // What found the buffer full waits here, whole: the record says its own length.
    std::vector<std::byte> record(SF_SPILL_BYTES);
    while (bpf_map_lookup_and_delete_elem(bpf_map__fd(skeleton_->maps.spilled), nullptr, record.data()) == 0) {
        handler_(record);
    }
    return {};
}

int KernelSide::wake_fd() const { return ring_buffer__epoll_fd(ring_); }

void KernelSide::for_each_seen(const std::function<void(const sf_key&, const sf_seen&)>& visit) const {
    const int map = bpf_map__fd(skeleton_->maps.seen);
    constexpr __u32 kBatch = 1024;
    std::vector<sf_key> keys(kBatch);
    std::vector<sf_seen> values(kBatch);
    __u32 cursor = 0;
    void* from = nullptr;
    for (;;) {
        __u32 count = kBatch;
        const int failed = bpf_map_lookup_batch(map, from, &cursor, keys.data(), values.data(), &count, nullptr);
        // ENOENT marks the last batch. ENOSPC: a bucket is larger than the batch, which 1,024 makes impossible.
        if (failed != 0 && errno != ENOENT) return;
        for (__u32 i = 0; i < count; ++i) visit(keys[i], values[i]);
        if (failed != 0) return;
        from = &cursor;
    }
}

std::uint64_t KernelSide::stat(sf_stat which) const {
    const __u32 key = which;
    std::vector<__u64> each_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.stats), &key, each_cpu.data()) != 0) return 0;
    std::uint64_t sum = 0;
    for (const auto value : each_cpu) sum += value;
    return sum;
}

void KernelSide::settle_check(sf_key key, std::uint32_t verdict) {
    key.mount_id = 0;  // the stack's place in the key
    bpf_map_update_elem(bpf_map__fd(skeleton_->maps.judged_checks), &key, &verdict, BPF_ANY);
}

std::uint64_t KernelSide::recursion_misses() const {
    std::uint64_t misses = 0;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) {
        if (bpf_program__fd(program) < 0) continue;
        bpf_prog_info info{};
        __u32 length = sizeof(info);
        if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0) misses += info.recursion_misses;
    }
    return misses;
}

bool KernelSide::is_live(pid_t pid) const {
    const base::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process.is_open()) return false;
    const int key = process.get();
    sf_task task{};
    return bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.tasks), &key, &task) == 0 && task.phase == SF_PHASE_LIVE;
}

}  // namespace sandfit::observe
