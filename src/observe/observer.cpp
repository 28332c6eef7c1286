#include "observe/observer.h"

#include "observe/cgroup.h"
#include "observe/kernel_side.h"
#include "observe/peaks.h"
#include "observe/resolve.h"
#include "observe/syscall_table.h"
#include "observe/translate.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <fmt/core.h>
#include <linux/io_uring.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace sandfit::observe {
namespace {

namespace fs = std::filesystem;

std::int64_t clock_us(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

struct KeyHash {
    std::size_t operator()(const sf_key& key) const {
        return std::hash<std::string_view>()({reinterpret_cast<const char*>(&key), sizeof(key)});
    }
};
struct KeyEqual {
    bool operator()(const sf_key& a, const sf_key& b) const { return std::memcmp(&a, &b, sizeof(a)) == 0; }
};

using Keys = std::unordered_set<sf_key, KeyHash, KeyEqual>;

// What user space knows of a key: its facts, and how much of its count was handed on.
struct KeyState {
    std::vector<Fact> facts;
    std::uint64_t counted = 0;
    bool more_told = false;
};

struct Unit {
    Enrolment enrolment;
    std::set<std::string> written;  // directories with a fact that changes them
    std::set<std::string> created;  // directories that the unit made
    bool used_io_uring = false;
    bool used_socketcall = false;
    bool ran_unknown_script = false;  // by a descriptor: report_script() in bpf/lifecycle.bpf.c
    // Calls that asked for write access while no access to a file was counted, and how often.
    std::map<std::string, std::uint64_t> untold_writes;
    std::uint64_t never_told = 0;  // keys that are untold at the last collect
    std::int64_t under_way = 0;    // path operations of io_uring that had not ended by then
    std::uint64_t sigsys_told = 0;
    PeakSampler sampler;
};

// Names and addresses of one key are samples: how often each of them was, nobody counted, so that the first stands for
// all. What else comes of one key happened together, as often as the key was seen.
bool is_sample_of_one(const Fact& a, const Fact& b) {
    if (std::holds_alternative<AddressFact>(a) && std::holds_alternative<AddressFact>(b)) return true;
    return std::visit(
        [&b](const auto& fact) {
            const auto* other = std::get_if<std::decay_t<decltype(fact)>>(&b);
            return other != nullptr && other->identity() == fact.identity();
        },
        a);
}

// Operations on what is open already, and waiting: nothing that a sandbox refuses.
bool is_plain_io(unsigned opcode) {
    switch (opcode) {
        case IORING_OP_NOP:
        case IORING_OP_READV:
        case IORING_OP_WRITEV:
        case IORING_OP_FSYNC:
        case IORING_OP_READ_FIXED:
        case IORING_OP_WRITE_FIXED:
        case IORING_OP_POLL_ADD:
        case IORING_OP_POLL_REMOVE:
        case IORING_OP_SYNC_FILE_RANGE:
        case IORING_OP_RECVMSG:
        case IORING_OP_TIMEOUT:
        case IORING_OP_TIMEOUT_REMOVE:
        case IORING_OP_ACCEPT:
        case IORING_OP_ASYNC_CANCEL:
        case IORING_OP_LINK_TIMEOUT:
        case IORING_OP_FALLOCATE:
        case IORING_OP_CLOSE:
        case IORING_OP_FILES_UPDATE:
        case IORING_OP_READ:
        case IORING_OP_WRITE:
        case IORING_OP_FADVISE:
        case IORING_OP_MADVISE:
        case IORING_OP_RECV:
        case IORING_OP_EPOLL_CTL:
        case IORING_OP_SPLICE:
        case IORING_OP_PROVIDE_BUFFERS:
        case IORING_OP_REMOVE_BUFFERS:
        case IORING_OP_TEE:
        case IORING_OP_SHUTDOWN:
        case IORING_OP_MSG_RING: return true;
        default: return false;
    }
}

bool changes_directory(FileOp op) {
    return op != FileOp::read && op != FileOp::execute && op != FileOp::look && op != FileOp::map;
}

class KernelObserver final : public Observer {
public:
    explicit KernelObserver(const Options& options)
        : options_(options),
          translator_([this](std::uint32_t unit) { return processes_of(unit); }) {}

    Result<void> start() {
        auto kernel = KernelSide::load(options_, [this](std::span<const std::byte> bytes) { on_record(bytes); });
        if (!kernel) return kernel.error();
        kernel_ = std::move(*kernel);
        to_unix_us_ = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
        return {};
    }

    Result<UnitIndex> enrol(const Enrolment& enrolment) override;
    Result<void> poll(ObservationSink& sink, std::chrono::milliseconds limit, int wake_fd) override;
    Result<void> collect(ObservationSink& sink) override;
    [[nodiscard]] Coverage coverage(UnitIndex unit) const override;
    [[nodiscard]] std::map<std::string, DirectoryState> directories(UnitIndex unit) const override;
    [[nodiscard]] std::map<Used, Peak> peaks(UnitIndex unit) const override { return units_[unit].sampler.peaks(); }
    [[nodiscard]] Progress progress() const override;
    [[nodiscard]] bool populated(UnitIndex unit) const override {
        return kernel_->unit(static_cast<std::uint32_t>(unit)).tasks > 0;
    }
    std::vector<std::string> take_notices() override { return std::exchange(notices_, {}); }

private:
    Result<void> expect(const std::string& cgroup, sf_enrolment enrolment);
    void on_record(std::span<const std::byte> bytes);
    void hand_on(std::uint32_t unit, Fact fact, Evidence evidence);
    void remember(std::uint32_t unit, const Fact& fact);
    void collect_windows(std::uint32_t unit, std::int64_t now);
    void collect_blocked(std::uint32_t unit, std::span<const sf_live_task> tasks, std::int64_t now);
    Result<Keys> collect_counts(std::int64_t now);
    Result<void> await_telling(Keys untold, ObservationSink& sink);
    [[nodiscard]] bool is_under_way(const Keys& untold) const;
    Result<void> drain(ObservationSink& sink);
    [[nodiscard]] std::vector<pid_t> processes_of(std::uint32_t unit) const {
        return unit < units_.size() ? processes_below(units_[unit].enrolment.cgroup) : std::vector<pid_t>{};
    }

    Options options_;
    std::unique_ptr<KernelSide> kernel_;
    Translator translator_;
    std::vector<Unit> units_;
    std::unordered_map<sf_key, KeyState, KeyHash, KeyEqual> keys_;
    Keys untold_;                      // at the last collect
    ObservationSink* sink_ = nullptr;  // while a call of ours is handing on
    std::int64_t to_unix_us_ = 0;
    std::uint64_t undecodable_ = 0;
    std::vector<std::string> notices_;
};

// A slice may go with its last unit and come back under another id: so the group is waited for below each of those above
// it, where it is that one's child, its grandchild, and one further.
Result<void> KernelObserver::expect(const std::string& cgroup, sf_enrolment enrolment) {
    const auto root = cgroup2_mount();
    if (!root) return root.error();
    bool waits = false;
    std::string above = cgroup, names;
    for (int depth = 0; depth < SF_EXPECTED_DEPTH && above != *root && above != "/"; ++depth) {
        names = base::last_component(above) + (names.empty() ? "" : "/" + names);
        above = base::parent_of(above);
        const auto id = cgroup_id(above);
        if (!id || names.size() >= SF_UNIT_NAME_MAX) continue;
        if (auto done = kernel_->expect_group(*id, names, enrolment); !done) return done.error();
        waits = true;
    }
    if (waits || cgroup_id(cgroup)) return {};
    return Error{ErrorKind::unsupported,
                 fmt::format("cannot wait for cgroup {}: {} groups above it do not exist", cgroup, SF_EXPECTED_DEPTH), 0,
                 "start its slice first"};
}

Result<UnitIndex> KernelObserver::enrol(const Enrolment& enrolment) {
    if (units_.size() >= SF_MAX_UNITS) {
        return Error{ErrorKind::usage, fmt::format("more than {} units at once", SF_MAX_UNITS), 0, ""};
    }
    const UnitIndex index = units_.size();
    sf_enrolment value{static_cast<__u16>(index), 0};
    if (enrolment.running_processes) value.flags |= SF_ENROL_RUNNING;
    if (enrolment.arrivals) value.flags |= SF_ENROL_ARRIVALS;

    // First wait for the group to be made (again), then take what is there: nothing falls in between.
    if (enrolment.arrivals) {
        if (auto done = expect(enrolment.cgroup, {value.unit, SF_ENROL_ARRIVALS}); !done) return done.error();
    }
    units_.emplace_back().enrolment = enrolment;
    if (const auto id = cgroup_id(enrolment.cgroup)) {
        if (auto done = kernel_->enrol_group(*id, value); !done) return done.error();
        for (const std::string& group : groups_at(enrolment.cgroup)) {
            const auto child = cgroup_id(group);
            if (!child) continue;
            if (auto done = kernel_->enrol_group(*child, value); !done) return done.error();
        }
        if (enrolment.running_processes) {
            if (auto done = kernel_->mark_running(); !done) return done.error();
            if (auto done = kernel_->tell_open_files(); !done) return done.error();
        }
    } else if (!enrolment.arrivals) {
        return id.error();
    }
    return index;
}

void KernelObserver::hand_on(std::uint32_t unit, Fact fact, Evidence evidence) {
    if (unit >= units_.size() || sink_ == nullptr) return;
    sink_->take({unit, std::move(fact), std::move(evidence)});
}

void KernelObserver::remember(std::uint32_t index, const Fact& fact) {
    if (index >= units_.size()) return;
    Unit& unit = units_[index];
    const auto* file = std::get_if<FileFact>(&fact);
    if (file != nullptr && file->op == FileOp::execute && file->error == 0) {
        for (const char* descriptors : {"/dev/fd", "/proc/[pid]/fd", "/proc/self/fd"})
            unit.ran_unknown_script = unit.ran_unknown_script || base::is_at_or_below(file->directory, descriptors);
    } else if (file != nullptr && changes_directory(file->op)) {
        unit.written.insert(file->directory);
        if (file->kind == FileKind::directory) {
            for (const auto& name : file->names) unit.written.insert(base::join(file->directory, name));
        }
        if (file->op == FileOp::make_directory && file->error == 0) {
            for (const auto& name : file->names) unit.created.insert(base::join(file->directory, name));
        }
    } else if (const auto* move = std::get_if<MoveFact>(&fact)) {
        unit.written.insert(move->from_directory);
        unit.written.insert(move->to_directory);
    } else if (const auto* call = std::get_if<SyscallFact>(&fact)) {
        // With a thread of the kernel that takes what is submitted, none enters.
        unit.used_io_uring = unit.used_io_uring || call->name == "io_uring_enter" || call->name == "io_uring_setup";
        unit.used_socketcall = unit.used_socketcall || call->name == "socketcall";
    }
}

void KernelObserver::on_record(std::span<const std::byte> bytes) {
    const auto record = decode(bytes);
    if (!record) {
        ++undecodable_;
        return;
    }
    const sf_header& header = record->header;
    Translation translation = translator_.translate(*record);
    Evidence evidence;
    evidence.first_us = evidence.last_us = static_cast<std::int64_t>(header.time_ns / 1000) + to_unix_us_;
    if (!translation.executable.empty()) evidence.executables.insert(translation.executable);
    if (!translation.syscall.empty()) evidence.syscalls.insert(translation.syscall);
    if (translation.settled) {
        if (const auto* fact = std::get_if<CapabilityFact>(&translation.facts.front())) {
            kernel_->settle_check(header.key, static_cast<std::uint32_t>(fact->use) + 1);
        }
    }
    for (const auto& fact : translation.facts) remember(header.unit, fact);
    if (header.kind != SF_RECORD_SYSCALL && !translation.facts.empty()) {
        // Later occurrences are only counted; they are handed on with what is known of the key now.
        KeyState& state = keys_[header.key];
        for (const auto& fact : translation.facts) {
            if (std::find(state.facts.begin(), state.facts.end(), fact) == state.facts.end())
                state.facts.push_back(fact);
        }
    }
    for (auto& fact : translation.facts) hand_on(header.unit, std::move(fact), evidence);
}

Result<void> KernelObserver::drain(ObservationSink& sink) {
    sink_ = &sink;
    auto done = kernel_->consume();
    sink_ = nullptr;
    return done;
}

Result<void> KernelObserver::poll(ObservationSink& sink, std::chrono::milliseconds limit, int wake_fd) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        std::array<pollfd, 2> fds{pollfd{kernel_->wake_fd(), POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
        const auto step = std::clamp(left, std::chrono::milliseconds(0), options_.poll_interval);
        ::poll(fds.data(), fds.size(), static_cast<int>(step.count()));
        if (auto done = drain(sink); !done) return done;
        if (fds[1].revents != 0 || left <= step) return {};
    }
}

// Calls of the window that ends now. The programs set a bit at the first call after the exchange.
void KernelObserver::collect_windows(std::uint32_t index, std::int64_t now) {
    sf_unit_state& state = kernel_->unit(index);
    Evidence evidence;
    evidence.count = evidence.windows = 1;
    evidence.first_us = evidence.last_us = now;
    const auto take = [&](__u8(&seen)[2][SF_MAX_SYSCALL], bool by_unwinding) {
        for (int abi = 0; abi < 2; ++abi) {
            for (int number = 0; number < SF_MAX_SYSCALL; ++number) {
                if (seen[abi][number] == 0 || __atomic_exchange_n(&seen[abi][number], 0, __ATOMIC_ACQ_REL) == 0)
                    continue;
                const Abi which = abi == 0 ? Abi::native : Abi::compat;
                const Fact fact = SyscallFact{syscall_name(which, number), which, by_unwinding};
                remember(index, fact);
                hand_on(index, fact, evidence);
            }
        }
    };
    take(state.window, false);
    take(state.by_exit, true);
    if (state.sigsys > units_[index].sigsys_told) {
        notices_.push_back(fmt::format("{} of its tasks were killed for a refused system call (SIGSYS)",
                                       state.sigsys - units_[index].sigsys_told));
        units_[index].sigsys_told = state.sigsys;
    }
}

// A call that is still blocked has not come to its exit: the kernel tells its number in /proc.
void KernelObserver::collect_blocked(std::uint32_t index, std::span<const sf_live_task> tasks, std::int64_t now) {
    Evidence evidence;
    evidence.count = evidence.windows = 1;
    evidence.first_us = evidence.last_us = now;
    std::set<std::pair<Abi, int>> calls;
    for (const sf_live_task& task : tasks) {
        const auto text = base::read_file(fmt::format("/proc/{}/task/{}/syscall", task.process, task.thread), 4096);
        int number = -1;  // "running" for a thread that is in none
        if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc()) continue;
        // Another than a moment before: of which ABI is not known, and it is seen at its exit or the next time.
        if (number < 0 || (task.number >= 0 && task.number != number)) continue;
        calls.emplace(task.compat != 0 ? Abi::compat : Abi::native, number);
    }
    for (const auto& [abi, number] : calls)
        hand_on(index, SyscallFact{syscall_name(abi, number), abi, false}, evidence);
}

// Hands on what was counted; the keys that are not told yet.
Result<Keys> KernelObserver::collect_counts(std::int64_t now) {
    Keys untold;
    // Many keys are on one file system: told once, with all that was opened on it.
    std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> opened;
    const auto done = kernel_->for_each_seen([&](const sf_key& key, const sf_seen& seen) {
        if (key.unit >= units_.size()) return;
        if (key.op == SF_OP_UNTOLD_WRITE) {  // without a record: the key says all
            const Abi abi = key.b != 0 ? Abi::compat : Abi::native;
            units_[key.unit].untold_writes[syscall_name(abi, static_cast<int>(key.a))] = seen.count;
            return;
        }
        if (seen.told == 0) {
            untold.insert(key);
            return;
        }
        const auto found = keys_.find(key);
        if (found == keys_.end()) return;  // its record is in the buffer: next time
        KeyState& state = found->second;
        const bool more = seen.more != 0 && !state.more_told;
        if (seen.count == state.counted && !more) return;
        Evidence evidence;
        evidence.count = seen.count - state.counted;
        evidence.windows = 1;
        evidence.first_us = evidence.last_us = now;
        Evidence uncounted = evidence;
        uncounted.count = 0;
        for (const Fact& fact : state.facts) {
            if (const auto* file_system = std::get_if<FileSystemFact>(&fact)) {
                opened[{key.unit, file_system->type}] += evidence.count;
                continue;
            }
            Fact told = fact;
            if (more) {
                if (auto* file = std::get_if<FileFact>(&told)) file->many = true;
                if (auto* move = std::get_if<MoveFact>(&told)) move->many = true;
            }
            const auto earlier = std::span(state.facts).first(static_cast<std::size_t>(&fact - state.facts.data()));
            const bool counted = std::any_of(earlier.begin(), earlier.end(),
                                             [&](const Fact& other) { return is_sample_of_one(fact, other); });
            hand_on(key.unit, std::move(told), counted ? uncounted : evidence);
        }
        if (more) {
            if (auto* address = std::get_if<AddressFact>(&state.facts.front());
                address != nullptr && address->op != AddressOp::bind) {
                AddressFact any = *address;
                any.address.clear();
                hand_on(key.unit, any, uncounted);
            }
        }
        state.counted = seen.count;
        state.more_told = seen.more != 0;
    });
    for (const auto& [what, count] : opened) {
        Evidence evidence;
        evidence.count = count;
        evidence.windows = 1;
        evidence.first_us = evidence.last_us = now;
        hand_on(what.first, FileSystemFact{what.second}, std::move(evidence));
    }
    if (!done) return done.error();
    return untold;
}

bool KernelObserver::is_under_way(const Keys& untold) const {
    for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
        if (kernel_->unit(unit).waiting > units_[unit].under_way) return true;
    }
    return std::any_of(untold.begin(), untold.end(), [this](const sf_key& key) { return untold_.count(key) == 0; });
}

// A program may be at work on a key at the moment of the look, or a request of io_uring may not have ended: those are
// told in a moment. What still is not after a second (a thread that was preempted has run by then), was refused or
// hangs, and is not waited for again.
Result<void> KernelObserver::await_telling(Keys untold, ObservationSink& sink) {
    constexpr std::chrono::milliseconds kLongest(512);
    for (std::chrono::milliseconds pause(1); is_under_way(untold) && pause <= kLongest; pause *= 2) {
        std::this_thread::sleep_for(pause);
        if (auto done = drain(sink); !done) return done;
        auto looked = kernel_->for_each_seen([&untold](const sf_key& key, const sf_seen& seen) {
            if (seen.told != 0) untold.erase(key);
        });
        if (!looked) return looked;
    }
    for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
        units_[unit].under_way = kernel_->unit(unit).waiting;
        units_[unit].never_told = 0;
    }
    for (const sf_key& key : untold) ++units_[key.unit].never_told;
    untold_ = std::move(untold);
    return {};
}

Result<void> KernelObserver::collect(ObservationSink& sink) {
    if (auto done = drain(sink); !done) return done;
    const auto live = kernel_->live_tasks();
    if (!live) return live.error();
    sink_ = &sink;
    const std::int64_t now = clock_us(CLOCK_REALTIME);
    for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
        collect_windows(unit, now);
        std::set<pid_t> processes;
        std::vector<sf_live_task> tasks;
        const auto in_group = processes_of(unit);
        const std::set<pid_t> known(in_group.begin(), in_group.end());
        for (const sf_live_task& task : *live) {
            if (known.count(static_cast<pid_t>(task.process)) == 0) continue;
            processes.insert(static_cast<pid_t>(task.process));
            tasks.push_back(task);
        }
        collect_blocked(unit, tasks, now);
        units_[unit].sampler.look(units_[unit].enrolment.cgroup, {processes.begin(), processes.end()});
    }
    auto untold = collect_counts(now);
    sink_ = nullptr;
    if (!untold) return untold.error();
    return await_telling(std::move(*untold), sink);
}

Coverage KernelObserver::coverage(UnitIndex index) const {
    Coverage out;
    out.subjects = planned_coverage(kernel_->plan());
    const Unit& unit = units_[index];
    const sf_unit_state& state = kernel_->unit(static_cast<std::uint32_t>(index));
    if (state.starts > 0) out.phases.insert(Phase::start);
    if (state.stops > 0) out.phases.insert(Phase::stop);

    const auto add = [](std::map<std::string, std::uint64_t>& to, const char* reason, std::uint64_t count) {
        if (count > 0) to[reason] = count;
    };
    add(out.losses, "fact_never_delivered", unit.never_told);
    add(out.losses, "seen_map_full", kernel_->stat(SF_STAT_SEEN_MAP_FULL));
    add(out.losses, "task_not_marked", kernel_->stat(SF_STAT_TASK_STORAGE));
    add(out.losses, "path_argument_unreadable", kernel_->stat(SF_STAT_USER_STRING));
    add(out.losses, "path_not_walkable", kernel_->stat(SF_STAT_WALK));
    add(out.losses, "cgroup_map_full", kernel_->stat(SF_STAT_CGROUP_MAP_FULL));
    add(out.losses, "syscall_number_beyond_table", kernel_->stat(SF_STAT_SYSCALL_BEYOND));
    add(out.losses, "no_scratch_memory", kernel_->stat(SF_STAT_SCRATCH));
    add(out.losses, "record_undecodable", undecodable_);
    add(out.losses, "program_skipped_by_kernel", kernel_->recursion_misses());
    bool io_uring_hidden =
        unit.under_way != 0 || (unit.used_io_uring && !is_watched(kernel_->plan(), "io_uring operation"));
    for (unsigned opcode = 0; opcode < std::size(state.io_uring); ++opcode) {
        io_uring_hidden = io_uring_hidden || (state.io_uring[opcode] != 0 && !is_plain_io(opcode));
    }
    for (const auto& [call, count] : unit.untold_writes) {
        out.losses[fmt::format("file_write_by_{}_not_told", call)] = count;
    }
    add(out.losses, "capability_check_not_seen", state.unseen_checks);
    add(out.losses, "io_uring_operations_not_seen", io_uring_hidden ? 1 : 0);
    add(out.losses, "compat_socketcall_not_seen", unit.used_socketcall ? 1 : 0);
    add(out.losses, "exec_of_script_by_descriptor_not_told", unit.ran_unknown_script ? 1 : 0);
    add(out.retries, "ring_buffer_full", kernel_->stat(SF_STAT_RING_FULL));
    add(out.retries, "capability_stack_unreadable", kernel_->stat(SF_STAT_STACK));
    return out;
}

std::map<std::string, DirectoryState> KernelObserver::directories(UnitIndex index) const {
    std::map<std::string, DirectoryState> out;
    const Unit& unit = units_[index];
    const auto processes = processes_of(static_cast<std::uint32_t>(index));
    const auto made_by_unit = [&unit](std::string path) {
        for (; path != "/"; path = base::parent_of(path)) {
            if (unit.created.count(path) != 0) return true;
        }
        return false;
    };
    for (std::string path : unit.written) {
        // A path that was cut is no path; /proc is not a place that a mount could protect.
        if (base::lexically_absolute("/", path) != path || base::is_at_or_below(path, "/proc")) continue;
        // Ancestors too: where a directory is gone, the rule needs the nearest one that is there.
        for (;; path = base::parent_of(path)) {
            if (out.count(path) != 0) break;
            out[path] = directory_state(path, processes, made_by_unit(path));
            if (path == "/") break;
        }
    }
    return out;
}

Progress KernelObserver::progress() const {
    Progress out;
    out.records = kernel_->stat(SF_STAT_RECORDS);
    out.retried = kernel_->stat(SF_STAT_RING_FULL);
    out.lost = kernel_->stat(SF_STAT_SEEN_MAP_FULL) + kernel_->stat(SF_STAT_TASK_STORAGE) +
               kernel_->stat(SF_STAT_USER_STRING) + kernel_->stat(SF_STAT_WALK) + kernel_->recursion_misses();
    for (std::uint32_t unit = 0; unit < units_.size(); ++unit) out.processes += kernel_->unit(unit).execs;
    return out;
}

}  // namespace

Result<std::unique_ptr<Observer>> Observer::create(const Options& options) {
    auto observer = std::make_unique<KernelObserver>(options);
    if (auto started = observer->start(); !started) return started.error();
    return std::unique_ptr<Observer>(std::move(observer));
}

}  // namespace sandfit::observe
