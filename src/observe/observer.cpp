#include "observe/observer.h"

#include "observe/cgroup.h"
#include "observe/kernel_side.h"
#include "observe/peaks.h"
#include "observe/resolve.h"
#include "observe/seen_keys.h"
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
#include <ctime>
#include <limits>
#include <map>
#include <set>
#include <span>

namespace sandfit::observe {
namespace {

std::int64_t clock_us(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

struct Unit {
    Enrolment enrolment;
    std::set<std::string> written;  // directories with a fact that changes them
    std::set<std::string> created;  // directories that the unit made
    bool used_io_uring = false;
    bool used_socketcall = false;
    bool ran_unknown_script = false;  // by a descriptor: report_script() in bpf/lifecycle.bpf.c
    std::uint64_t stops_before = 0;    // of threads that came and went while the running ones were found
    std::set<Phase> phases;            // that were seen before what is collected
    std::int64_t under_way = 0;        // path operations of io_uring that had not ended at the last collect
    std::int64_t still_under_way = 0;  // the fewest of them while it waits
    std::uint64_t sigsys_told = 0;
    PeakSampler sampler;
};

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
    Result<void> collect_counts(std::int64_t now);
    void note_phases();
    bool look_at_rings();
    Result<void> drain(ObservationSink& sink);
    [[nodiscard]] std::vector<pid_t> processes_of(std::uint32_t unit) const {
        return unit < units_.size() ? processes_below(units_[unit].enrolment.cgroup) : std::vector<pid_t>{};
    }

    Options options_;
    std::unique_ptr<KernelSide> kernel_;
    Translator translator_;
    std::vector<Unit> units_;
    SeenKeys keys_;
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
            units_.back().stops_before = kernel_->unit(static_cast<std::uint32_t>(index)).stops;
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
    if (header.kind != SF_RECORD_SYSCALL) keys_.learn(header.key, translation.facts);
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

void KernelObserver::note_phases() {
    for (std::uint32_t index = 0; index < units_.size(); ++index) {
        Unit& unit = units_[index];
        const sf_unit_state& state = kernel_->unit(index);
        if (state.starts > 0) unit.phases.insert(Phase::start);
        // As it is now: what seemed to be a stop was none when the start goes on.
        unit.phases.erase(Phase::stop);
        if (state.stops > unit.stops_before) unit.phases.insert(Phase::stop);
    }
}

// Of requests of io_uring those that were under way at each look; true when there are more than the last collect left.
// One of which nothing is heard any more counts at each look.
bool KernelObserver::look_at_rings() {
    bool more = false;
    for (std::uint32_t index = 0; index < units_.size(); ++index) {
        Unit& unit = units_[index];
        unit.still_under_way = std::min<std::int64_t>(unit.still_under_way, kernel_->unit(index).waiting);
        more = more || unit.still_under_way > unit.under_way;
    }
    return more;
}

// A program may be at work on a key at the moment of the look, or a request of io_uring may not have ended: those are
// told in a moment. What still is not after a second (a thread that was preempted has run by then), was refused or
// hangs, and is not waited for again.
Result<void> KernelObserver::collect_counts(std::int64_t now) {
    constexpr std::chrono::milliseconds kLongest(1000), kLongestPause(100);
    const auto hand_on_count = [this](std::uint32_t unit, Fact fact, Evidence evidence) {
        hand_on(unit, std::move(fact), std::move(evidence));
    };
    for (Unit& unit : units_) unit.still_under_way = std::numeric_limits<std::int64_t>::max();
    auto done = keys_.collect(*kernel_, now, hand_on_count);
    std::chrono::milliseconds pause(1), waited(0);
    while (done && waited < kLongest) {
        const bool rings_at_work = look_at_rings();
        if (!rings_at_work && !keys_.has_newly_untold()) break;
        pollfd wake{kernel_->wake_fd(), POLLIN, 0};
        ::poll(&wake, 1, static_cast<int>(pause.count()));
        waited += pause;
        pause = std::min(2 * pause, kLongestPause);
        done = kernel_->consume();
        if (done) done = keys_.collect_late(*kernel_, now, hand_on_count);
    }
    if (!done) return done;
    for (Unit& unit : units_) unit.under_way = unit.still_under_way;
    // What was accepted since: whoever asks for the coverage now must not miss the facts that belong to it.
    done = kernel_->consume();
    return done ? keys_.collect_late(*kernel_, now, hand_on_count) : done;
}

Result<void> KernelObserver::collect(ObservationSink& sink) {
    note_phases();  // before what belongs to them is read
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
            if (task.unit != unit) continue;
            tasks.push_back(task);  // of one that left the group, too
            const auto process = static_cast<pid_t>(task.process);
            if (known.count(process) != 0) processes.insert(process);
        }
        collect_blocked(unit, tasks, now);
        units_[unit].sampler.look(units_[unit].enrolment.cgroup, {processes.begin(), processes.end()});
    }
    auto done = collect_counts(now);
    sink_ = nullptr;
    return done;
}

Coverage KernelObserver::coverage(UnitIndex index) const {
    Coverage out;
    out.subjects = planned_coverage(kernel_->plan());
    const Unit& unit = units_[index];
    const sf_unit_state& state = kernel_->unit(static_cast<std::uint32_t>(index));
    out.phases = unit.phases;

    const auto add = [](std::map<std::string, std::uint64_t>& to, const char* reason, std::uint64_t count) {
        if (count > 0) to[reason] = count;
    };
    add(out.losses, "fact_never_delivered", keys_.untold(index));
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
    for (const auto& [call, count] : keys_.untold_writes(index)) {
        out.losses[fmt::format("file_write_by_{}_not_told", call)] = count;
    }
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
