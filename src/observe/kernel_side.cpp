#include "observe/kernel_side.h"

#include "observe/kernel_support.h"
#include "observe/syscall_table.h"
#include "observe/unpreempted.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include <sandfit.skel.h>

namespace sandfit::observe {
namespace {

constexpr int kNotSupported = 524;  // ENOTSUPP, which the kernel should not show and libc has no name for

// What libbpf and the verifier said last: shown only when loading fails.
std::string g_last_words;
// The end of the verifier's log, where its objection is.
std::string g_log_end;

int keep_last_words(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) return 0;
    va_list again;
    va_copy(again, arguments);
    const int size = std::vsnprintf(nullptr, 0, format, again);
    va_end(again);
    if (size < 0) return 0;
    std::string words(static_cast<std::size_t>(size) + 1, '\0');
    std::vsnprintf(words.data(), words.size(), format, arguments);
    words.pop_back();
    // A log is one call, of megabytes at most.
    if (const auto end = words.find("-- END PROG LOAD LOG --"); end != std::string::npos) {
        const auto begin = end < 4096 ? 0 : end - 4096;
        g_log_end = words.substr(begin, end - begin);
    }
    if (g_last_words.size() < 4096) g_last_words += words.substr(0, 511);
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

// The program that libbpf named in "prog 'NAME': ..." when it could not be loaded; "" when it named none.
std::string program_in(std::string_view words) {
    constexpr std::string_view kBefore = "prog '";
    const auto begin = words.find(kBefore);
    if (begin == std::string_view::npos) return "";
    const auto name = words.substr(begin + kBefore.size());
    return std::string(name.substr(0, name.find('\'')));
}

// "... relocation <byte_off> [966] struct io_open___own.how.flags (0:3:0 @ offset 16)" of libbpf, where the kernel has no
// such field: io_open.how.flags; "" for other words. What is behind "___" is our own name of that version of it.
std::string field_in(std::string_view words) {
    if (!words.starts_with("failed to resolve CO-RE relocation ")) return "";
    const auto begin = words.find("] "), end = words.rfind(" (");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
    std::string field(words.substr(begin + 2, end - begin - 2));
    if (const auto space = field.find(' '); space != std::string::npos) field.erase(0, space + 1);
    if (const auto flavor = field.find("___"); flavor != std::string::npos)
        field.erase(flavor, field.find('.', flavor) - flavor);
    return field;
}

// What the verifier objected to: the last line of its log, but for its figures. Without a log, what libbpf said first;
// "" when that is no more than the error.
std::string objection(std::string_view error) {
    std::string last;
    for (const auto& line : base::split(g_log_end, '\n')) {
        const auto words = base::trim(line);
        const bool figures = words.starts_with("processed ") || words.starts_with("verification time ") ||
                             words.starts_with("stack depth ") || words.starts_with("libbpf: ");
        if (!words.empty() && !figures) last = words;
    }
    if (!last.empty()) return last;
    std::string first = g_last_words.substr(0, g_last_words.find('\n'));
    return first.ends_with(error) ? "" : first;
}

std::string answer_of(const Error& error, bool attaching) {
    const std::string_view what = attaching ? "loads, but does not attach" : "does not load";
    if (error.sys_errno == kNotSupported) return fmt::format("{}: this kernel does not support it", what);
    const std::string reason = std::strerror(error.sys_errno);
    const std::string said = objection(reason);
    if (const auto field = field_in(said); !field.empty())
        return fmt::format("{}: this kernel's types have no {}", what, field);
    return fmt::format("{}: {}{}{}", what, reason, said.empty() ? "" : ": ", said);
}

// The sentence for a host on which the plan cannot observe, or not in the way that was asked for.
std::optional<Error> what_is_missing(const Plan& plan, const Options& options,
                                     const std::map<std::string_view, Attempt>& attempts) {
    for (const auto& [hook, candidate] : plan) {
        if (candidate != nullptr) continue;
        if (hook->need == Need::required) {
            // The one that needs least of the kernel.
            const Program& last = hook->candidates.back().programs.front();
            const std::string& answer = attempts.at(last.name).answer;
            const bool denied = answer.find(std::strerror(EPERM)) != std::string::npos;
            return Error{denied ? ErrorKind::not_permitted : ErrorKind::unsupported,
                         fmt::format("cannot observe: {}: {}", last.place, answer), 0,
                         denied ? "run it as root; sandfit doctor tells what is missing"
                                : "sandfit doctor tells what this kernel lacks"};
        }
    }
    if (options.probes == Probes::trampoline && !uses_trampolines(plan)) {
        const auto tried =
            std::ranges::find_if(attempts, [](const auto& attempt) { return attempt.first.ends_with("_fentry"); });
        return Error{
            ErrorKind::unsupported,
            fmt::format("this kernel takes no trampolines: {}", tried == attempts.end() ? "" : tried->second.answer),
            0, "leave out --probes to take the best way that works here; sandfit doctor lists them"};
    }
    return std::nullopt;
}

// Kernels before 5.11 charge maps to RLIMIT_MEMLOCK; where it may not be raised it need not be.
void raise_memlock() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

// All 0 for a program that is not loaded, and what an older kernel does not tell.
bpf_prog_info info_of(const bpf_object* object, std::string_view name) {
    bpf_prog_info info{};
    __u32 length = sizeof(info);
    const bpf_program* program = bpf_object__find_program_by_name(object, std::string(name).c_str());
    if (program == nullptr || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) != 0) return {};
    return info;
}

// `seen`: the map of the iterator over what was seen.
bpf_link* attach(const bpf_program* program, int seen) {
    if (bpf_program__section_name(program) != kSeenIterator) return bpf_program__attach(program);
    bpf_iter_link_info info{};
    info.map.map_fd = static_cast<__u32>(seen);
    LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));
    return bpf_program__attach_iter(program, &options);
}

}  // namespace

KernelSide::~KernelSide() {
    for (const auto& [program, link] : links_) bpf_link__destroy(link);
    if (ring_ != nullptr) ring_buffer__free(ring_);
    if (skeleton_ != nullptr) sandfit_bpf__destroy(skeleton_);
}

int KernelSide::on_record(void* context, void* data, std::size_t size) {
    static_cast<KernelSide*>(context)->handler_(std::as_bytes(std::span(static_cast<const char*>(data), size)));
    return 0;
}

Result<std::unique_ptr<KernelSide>> KernelSide::load(const Options& options, RecordHandler handler) {
    libbpf_set_print(keep_last_words);
    raise_memlock();

    std::map<std::string_view, Attempt> attempts;  // by the name of the program
    const auto works = [&attempts, &options](Program program) {
        const auto [entry, fresh] = attempts.try_emplace(program.name);
        if (!fresh) return entry->second.works;
        if (options.perf_events && !program.is_trampoline()) program.only_with = "";
        const bool unwanted = std::ranges::any_of(options.without, [&program](const std::string& part) {
            return program.place.find(part) != std::string_view::npos;
        });
        entry->second = unwanted ? Attempt{false, "left out"} : try_to_load(program);
        return entry->second.works;
    };
    const KernelTypes types(options.kernel_types);
    const auto has_field = [&types](std::string_view field) { return types.has_field(field); };
    std::vector<RefusedProgram> refusals;
    Options loading = options;
    for (;;) {
        std::unique_ptr<KernelSide> side(new KernelSide);
        side->handler_ = handler;
        side->plan_ = plan_hooks(options, works, has_field);
        if (auto error = what_is_missing(side->plan_, options, attempts)) {
            // COMPAT(5.12): 5.11 has task storage, and its helper for security modules only.
            const bool lacks_helper = std::ranges::any_of(refusals, [](const RefusedProgram& one) {
                return one.answer.find("bpf_task_storage_get") != std::string::npos;
            });
            if (!lacks_helper || !loading.task_storage) return *error;
            loading.task_storage = false;
            attempts.clear();
            refusals.clear();
            continue;
        }
        Refused refused;
        auto loaded = side->load_planned(loading, refused);
        if (loaded) {
            side->refused_ = std::move(refusals);
            return side;
        }
        // A place can be had, but not with our program: the next way, or none. Each turn takes at least one program out, so
        // this ends. What was short of memory would be so by another way.
        const auto planned = planned_programs(side->plan_);
        const auto program = std::ranges::find(planned, refused.program, &Program::name);
        if (program == planned.end() || loaded.error().sys_errno == ENOMEM) return loaded.error();
        const Attempt no{false, answer_of(loaded.error(), refused.attaching)};
        attempts[program->name] = no;
        refusals.push_back({*program, no.answer});
        // One trampoline that loads and cannot be attached for want of an architecture's part speaks for all: so do
        // those of arm64 before 6.4.
        if (!refused.for_all || !program->is_trampoline()) continue;
        for (const Hook& hook : hook_table()) {
            for (const Candidate& candidate : hook.candidates) {
                for (const Program& one : candidate.programs) {
                    if (one.is_trampoline()) attempts[one.name] = no;
                }
            }
        }
    }
}

Result<void> KernelSide::load_planned(const Options& options, Refused& refused) {
    g_last_words.clear();
    g_log_end.clear();
    LIBBPF_OPTS(bpf_object_open_opts, opening);
    if (!options.kernel_types.empty()) opening.btf_custom_path = options.kernel_types.c_str();
    skeleton_ = sandfit_bpf__open_opts(&opening);
    if (skeleton_ == nullptr) return load_error("cannot open the kernel programs", errno);
    const ActionTable native = action_table(Abi::native);
    const ActionTable compat = action_table(Abi::compat);
    std::memcpy(skeleton_->rodata->native_actions, native.data(), sizeof(native));
    std::memcpy(skeleton_->rodata->compat_actions, compat.data(), sizeof(compat));
    skeleton_->rodata->watch_refusals = options.refusals;
    const bool has_task_storage = options.task_storage && try_task_storage().works;
    skeleton_->rodata->has_task_storage = has_task_storage;
    skeleton_->rodata->follows_descriptors = is_watched(plan_, kFollowedDescriptors);
    skeleton_->rodata->knows_owners_in_proc = is_watched(plan_, kOwnersInProc);
    bpf_map__set_autocreate(skeleton_->maps.tasks, has_task_storage);
    bpf_map__set_autocreate(skeleton_->maps.tasks_by_address, !has_task_storage);
    bpf_map__set_max_entries(skeleton_->maps.records, static_cast<__u32>(options.ring_bytes));
    bpf_map__set_max_entries(skeleton_->maps.seen, static_cast<__u32>(options.max_file_keys));

    const auto planned = planned_programs(plan_);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) {
        const bool chosen = std::ranges::any_of(
            planned, [program](const Program& one) { return one.name == bpf_program__name(program); });
        bpf_program__set_autoload(program, chosen);
        // A sort of program that has none of its arguments.
        if (std::ranges::find(options.refused, bpf_program__name(program)) != options.refused.end())
            bpf_program__set_type(program, BPF_PROG_TYPE_SOCKET_FILTER);
    }
    if (const int error = sandfit_bpf__load(skeleton_); error != 0) {
        refused.program = program_in(g_last_words);
        return load_error("cannot load the kernel programs", -error);
    }
    ring_ = ring_buffer__new(bpf_map__fd(skeleton_->maps.records), on_record, this, nullptr);
    if (ring_ == nullptr) return load_error("cannot map the ring buffer", errno);
    if (const int error = ring_buffer__add(ring_, bpf_map__fd(skeleton_->maps.spilled), on_record, this); error != 0)
        return load_error("cannot map the ring buffer beside it", -error);
    bpf_object__for_each_program(program, skeleton_->obj) {
        if (!bpf_program__autoload(program)) continue;
        bpf_link* link = attach(program, bpf_map__fd(skeleton_->maps.seen));
        if (link == nullptr) {
            const int error = errno;
            refused = {bpf_program__name(program), true, error == kNotSupported || error == EOPNOTSUPP};
            return load_error(fmt::format("cannot attach {}", refused.program), error);
        }
        links_.emplace(bpf_program__name(program), link);
    }
    // Also without a unit: it notes the levels of our own namespaces.
    return mark_running();
}

sf_unit_state& KernelSide::unit(std::uint32_t slot) const { return skeleton_->bss->units[slot % SF_MAX_UNITS]; }

Result<void> KernelSide::enrol_group(std::uint64_t cgroup_id, sf_enrolment enrolment) {
    const Unpreempted now;
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
    const Unpreempted now;
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.expected_groups), &key, &enrolment, BPF_ANY) != 0) {
        return base::system_error("cannot wait for a cgroup");
    }
    return {};
}

template <typename Told>
Result<void> KernelSide::iterate(std::string_view program, const std::function<void(const Told&)>& visit) const {
    const base::Fd iterator(bpf_iter_create(bpf_link__fd(links_.at(program))));
    if (!iterator.is_open()) return base::system_error(fmt::format("cannot run {}", program));
    std::vector<std::byte> bytes(64 * 1024);
    std::size_t filled = 0;  // with the first part of one, whose rest comes with the next bytes
    for (;;) {
        const ssize_t size = ::read(iterator.get(), bytes.data() + filled, bytes.size() - filled);
        if (size == 0) return {};
        if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (size < 0) return base::system_error(fmt::format("cannot read what {} tells", program));
        filled += static_cast<std::size_t>(size);
        std::size_t at = 0;
        for (; filled - at >= sizeof(Told); at += sizeof(Told)) {
            Told told;
            std::memcpy(&told, bytes.data() + at, sizeof(told));
            visit(told);
        }
        filled -= at;
        std::memmove(bytes.data(), bytes.data() + at, filled);
    }
}

Result<void> KernelSide::mark_running() { return iterate<std::byte>("enrol_running_iter", [](std::byte) {}); }

Result<void> KernelSide::tell_open_files() {
    return is_watched(plan_, "open files") ? iterate<std::byte>("open_files_iter", [](std::byte) {}) : Result<void>{};
}

Result<void> KernelSide::consume() {
    const int read = ring_buffer__consume(ring_);
    if (read < 0 && read != -EINTR) return base::system_error("cannot read the ring buffer", -read);
    return {};
}

int KernelSide::wake_fd() const { return ring_buffer__epoll_fd(ring_); }

Result<void> KernelSide::for_each_seen(const std::function<void(const sf_key&, const sf_seen&)>& visit) const {
    return iterate<sf_entry>("seen_iter", [&visit](const sf_entry& entry) { visit(entry.key, entry.seen); });
}

std::uint64_t KernelSide::stat(sf_stat which) const {
    return __atomic_load_n(&skeleton_->bss->stats[which], __ATOMIC_RELAXED);
}

void KernelSide::settle_check(sf_key key, std::uint32_t verdict) {
    key.mount_id = 0;  // the stack's place in the key
    const Unpreempted now;
    bpf_map_update_elem(bpf_map__fd(skeleton_->maps.judged_checks), &key, &verdict, BPF_ANY);
}

std::map<std::string, std::uint32_t> KernelSide::verified_instructions() const {
    std::map<std::string, std::uint32_t> out;
    for (const Program& program : planned_programs(plan_)) {
        out[std::string(program.name)] = info_of(skeleton_->obj, program.name).verified_insns;
    }
    return out;
}

std::uint64_t KernelSide::recursion_misses() const {
    std::uint64_t misses = 0;
    for (const Program& program : planned_programs(plan_)) {
        if (!program.spared) misses += info_of(skeleton_->obj, program.name).recursion_misses;
    }
    return misses;
}

Result<std::vector<sf_live_task>> KernelSide::live_tasks() const {
    std::vector<sf_live_task> out;
    const auto done = iterate<sf_live_task>("live_tasks_iter", [&out](const sf_live_task& task) { out.push_back(task); });
    if (!done) return done.error();
    return out;
}

}  // namespace sandfit::observe
