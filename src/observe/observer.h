// The observer: loads the kernel programs, enrols units, and turns what the kernel reports into
// observations. Everything that it attaches is owned by this process: when the process is gone,
// however it ended, nothing stays attached.
#ifndef SANDFIT_OBSERVE_OBSERVER_H
#define SANDFIT_OBSERVE_OBSERVER_H

#include <sandfit/coverage.h>
#include <sandfit/observation.h>
#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sandfit::observe {

/// Which mechanism to use where there are several. `automatic` takes the best that loads.
enum class Probes { automatic, trampoline, tracepoint };

struct Options {
    Probes probes = Probes::automatic;
    /// Bytes of the ring buffer; a power of two and a multiple of the page size. 1 MiB holds what
    /// a busy service does for the first time between two polls; an overrun is retried and counted.
    std::size_t ring_bytes = 1u << 20;
    /// Entries of the file map: directories times operations, over all units. When it is full,
    /// further ones are counted as lost ("seen_map_full").
    std::size_t max_file_keys = 1u << 16;
    /// Also tell which calls a seccomp filter refused: costs every task of the host about 30 ns a call.
    bool refusals = false;
    /// Keep tasks in task storage where the kernel has it; false: in a hash, as on kernels that have it not.
    bool task_storage = true;
    /// Watch syscalls by perf's events where that is not needed, too: as on kernels whose tracepoints may be preempted.
    bool perf_events = false;
    /// Kernel places whose names hold one of these are not used: as on a kernel that has them not.
    std::vector<std::string> without{};
    /// Programs of ours that the kernel is made to refuse: as one that reads a field which was renamed.
    std::vector<std::string> refused{};
    /// A file of BTF that is taken for the kernel's own where our programs find the fields that they read; "" for the
    /// kernel's.
    std::string kernel_types{};
    /// How often poll() looks into the ring buffer.
    std::chrono::milliseconds poll_interval{100};

    bool operator==(const Options&) const = default;
};

/// How a unit's processes are found.
struct Enrolment {
    /// Absolute path of the unit's cgroup directory, below the cgroup2 mount. It need not exist yet.
    std::string cgroup;
    /// Take the processes that are in it now, as running services: their start-up was not seen.
    bool running_processes = false;
    /// Take what arrives in it from now on: a unit that is about to be started. Also waits for the
    /// directory to be made (again), before the first process can be in it.
    bool arrivals = true;
};

/// Figures for the progress display; all of them are totals since the start.
struct Progress {
    std::uint64_t records = 0;      ///< records read from the ring buffer
    std::uint64_t retried = 0;      ///< reservations that failed and will be or were retried
    std::uint64_t lost = 0;         ///< lost for good
    std::uint64_t processes = 0;    ///< programs executed in the enrolled units
};

class Observer {
public:
    /// Loads and attaches. Needs root (CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_SYS_ADMIN on old kernels).
    static Result<std::unique_ptr<Observer>> create(const Options& options);
    virtual ~Observer() = default;

    /// Starts to watch one more unit. Units are numbered in the order of enrolment, from 0.
    virtual Result<UnitIndex> enrol(const Enrolment& enrolment) = 0;

    /// Waits at most `limit` (in steps of poll_interval, and less when `wake_fd` >= 0 becomes readable),
    /// and hands every observation that arrived to `sink`. Cheap when nothing happened.
    virtual Result<void> poll(ObservationSink& sink, std::chrono::milliseconds limit, int wake_fd = -1) = 0;

    /// Reads counters out of the kernel: hands on counts and times of facts that were seen again, and the
    /// calls in which tasks are blocked at this moment. To be called before each checkpoint and at the end.
    virtual Result<void> collect(ObservationSink& sink) = 0;

    /// What was watched and lost so far. `phases` holds start when the unit's first program was seen
    /// from its exec, and stop when all of its processes were seen to end after that.
    [[nodiscard]] virtual Coverage coverage(UnitIndex unit) const = 0;

    /// State of the directories in which the unit wrote (for Profile::directories), asked now, through a
    /// process of the unit where one lives, else through our own view.
    [[nodiscard]] virtual std::map<std::string, DirectoryState> directories(UnitIndex unit) const = 0;

    /// The most that collect() saw the unit use of what limits bound.
    [[nodiscard]] virtual std::map<Used, Peak> peaks(UnitIndex unit) const = 0;

    [[nodiscard]] virtual Progress progress() const = 0;

    /// The unit has at least one process now.
    [[nodiscard]] virtual bool populated(UnitIndex unit) const = 0;

    /// Processes of the sandfit-enrolled unit that were terminated by SIGSYS, and other things worth a line to
    /// the user; each is handed out once.
    virtual std::vector<std::string> take_notices() = 0;
};

}  // namespace sandfit::observe

#endif
