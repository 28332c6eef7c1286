// One life of a unit under whatever settings it has now, from its start over its exercise to its end in one more
// restart, observed: what came of it, and what was seen.
// Verifying, hardening and minimising are made of attempts.
#ifndef SANDFIT_CLI_ATTEMPT_H
#define SANDFIT_CLI_ATTEMPT_H

#include <sandfit/profile.h>
#include <sandfit/result.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/enforcement.h"
#include "cli/session.h"
#include "cli/target.h"

namespace sandfit::cli {

struct Attempt {
    Profile recorded;
    std::vector<std::string> gaps;             ///< why `recorded` is incomplete
    systemd::UnitState unit;                   ///< at its end, settings in force among it
    std::optional<std::string> start_failure;  ///< the unit did not start
    std::optional<std::string> unwell;         ///< it started, and did not stay up
    std::optional<int> workload_status;        ///< none: there was none, or it was not begun
    bool interrupted = false;

    [[nodiscard]] bool passes() const {
        return !start_failure && !unwell && workload_status.value_or(0) == 0 && !interrupted;
    }
};

/// "the workload exited with status 1", "the unit does not start: ..."; "" when it passes.
std::string why_it_fails(const Attempt& attempt);

struct Exercise {
    std::optional<std::string> workload;  ///< a shell command
    std::chrono::milliseconds time{0};    ///< how long to watch the unit when there is none
};

/// Restarts the units one after the other while `session` observes them.
Result<void> restart_observed(Session& session, std::vector<std::string> units);

/// Runs the shell command while `session` observes, until it has ended or the deadline has passed; then waits a
/// moment for what it set going. `signal_mask` is the one the program was started with: it is the command's.
Result<void> run_workload(Session& session, const std::string& command, const sigset_t& signal_mask,
                          std::optional<Session::Clock::time_point> deadline);

/// `before_restart` is called when the observation is on. An error only where the attempt could not be made; that the
/// unit or the workload failed is in the Attempt.
Result<Attempt> make_attempt(Enforcement& enforcement, const Target& target, const SessionOptions& options,
                             const Exercise& exercise, const std::function<Result<void>()>& before_restart);

}  // namespace sandfit::cli

#endif
