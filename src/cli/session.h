// One observation, from the first unit that is watched to the saved profiles: what `observe` and `run`
// have in common.
//
// It owns the observer, the recorder and the signals. Nothing that was seen is given up: SIGINT, SIGTERM
// and SIGHUP end a wait() and leave it to the command to call finish(); every few seconds a checkpoint
// replaces the profile's file, so that even SIGKILL loses no more than that; and a poll that fails still
// lets finish() save.
//
// In steady state (no new facts) it wakes ten times a second, to look at the ring buffer, and writes
// a file every half minute; this is far below 1 % of a core.
#ifndef SANDFIT_CLI_SESSION_H
#define SANDFIT_CLI_SESSION_H

#include <sandfit/profile.h>
#include <sandfit/result.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "observe/observer.h"
#include "profile/recorder.h"

namespace sandfit::cli {

struct SessionOptions {
    observe::Options observer;
    ProgressStyle progress = ProgressStyle::lines;
    std::string how;  ///< for Run::how
};

/// A unit to be watched.
struct WatchedUnit {
    Profile skeleton;  ///< unit, host and settings; the session adds the run
    observe::Enrolment enrolment;
    std::string output;  ///< the profile's file; "" keeps it in memory
    StartSeen start = StartSeen::not_asked;
};

struct SavedProfile {
    std::string path;
    Profile profile;
    std::vector<std::string> gaps;  ///< why it is incomplete: see gaps_of(), or nothing was seen at all
};

enum class Ending { condition, deadline, interrupted };

class Session {
public:
    using Clock = std::chrono::steady_clock;

    /// Blocks SIGINT, SIGTERM, SIGHUP (unless it is ignored, as nohup does) and SIGCHLD in this thread and those
    /// that it makes from now on, ignores SIGPIPE, and attaches the kernel programs.
    static Result<std::unique_ptr<Session>> create(const SessionOptions& options);
    /// The same with an observer that is there already, for tests.
    static Result<std::unique_ptr<Session>> create(const SessionOptions& options,
                                                   std::unique_ptr<observe::Observer> observer);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Result<void> watch(WatchedUnit unit);

    /// Observes until `done` says so (asked after every wake-up, may be empty), the deadline has passed, or
    /// a signal arrives that did not arrive before. A child's end and wake() wake it.
    Result<Ending> wait(std::optional<Clock::time_point> deadline, const std::function<bool()>& done);

    /// Makes wait() ask `done` again. From any thread.
    void wake();

    /// The workload, for the profiles.
    void set_workload(std::vector<std::string> command) { workload_ = std::move(command); }
    void set_workload_status(int status) { workload_status_ = status; }
    [[nodiscard]] std::optional<int> workload_status() const { return workload_status_; }

    /// A start of the units that we asked for is going on: as long as it does, and for ever when it is broken off, their
    /// start was not seen, and no profile is complete.
    void set_start_going_on(bool going_on) { start_goes_on_ = going_on; }

    /// A line to the user, unless quiet.
    void note(std::string_view line) { progress_.note(line); }

    /// Collects for the last time and saves every profile. Tries all of them even when one fails.
    Result<std::vector<SavedProfile>> finish();

    [[nodiscard]] observe::Observer& observer() { return *observer_; }
    [[nodiscard]] bool interrupted() const { return signals_ > 0; }
    /// The last signal that ended a wait, and whether the terminal sent it (to our children, too).
    [[nodiscard]] int last_signal() const { return last_signal_; }
    [[nodiscard]] bool last_signal_was_typed() const { return last_signal_was_typed_; }
    /// The signal mask from before the session, for children.
    [[nodiscard]] const sigset_t& original_mask() const { return original_mask_; }

private:
    struct Unit {
        std::string output;
        StartSeen start;
        Run run;
        Clock::time_point saved_at;
        bool saved_once = false;
    };

    explicit Session(const SessionOptions& options);

    Result<void> take_over_signals();
    Result<Ending> wait_or_fail(std::optional<Clock::time_point> deadline, const std::function<bool()>& done);
    void read_signals();
    void show_progress(Clock::time_point now);
    Result<void> checkpoint();
    Profile profile_of(UnitIndex index, bool complete) const;

    std::string how_;
    Progress progress_;
    std::unique_ptr<observe::Observer> observer_;
    profile::Recorder recorder_;
    std::vector<Unit> units_;
    std::vector<std::string> workload_;
    std::optional<int> workload_status_;

    sigset_t original_mask_{};
    void (*original_sigpipe_)(int) = nullptr;
    bool owns_signals_ = false;
    base::Fd signal_fd_;
    base::Fd wake_fd_;  // eventfd of wake()
    base::Fd any_fd_;   // epoll over the two above: what the observer waits for
    unsigned signals_ = 0;
    int last_signal_ = 0;
    bool last_signal_was_typed_ = false;

    Clock::time_point started_;
    Clock::time_point next_checkpoint_;
    bool told_checkpoint_failure_ = false;
    bool start_goes_on_ = false;
    bool failed_ = false;  // observation broke off: what is saved is not complete
};

/// Where the profile of `unit` goes: the file `given`; with several units or where `given` is a directory, a
/// file in it; without `given`, a file in the current directory. `unit` may hold any bytes.
std::string profile_path(const std::optional<std::string>& given, bool given_is_directory, std::string_view unit);

/// An error when a file cannot be made at `path`: better told now than after an hour of observation.
Result<void> check_writable(const std::string& path);

}  // namespace sandfit::cli

#endif
