#include "cli/attempt.h"

#include <fmt/core.h>

#include <utility>

#include "base/text.h"
#include "cli/child.h"
#include "cli/workload.h"
#include "enforce/health.h"
#include "systemd/bus.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

/// What a workload set going in the unit may end a moment after the workload.
constexpr std::chrono::milliseconds kSettle{500};

/// One more restart: what the unit does at its end is a part of what it needs, and so is a start that finds what an
/// earlier one left.
Result<void> restart_once_more(Enforcement& enforcement, Session& session, const std::string& unit,
                               Attempt& attempt) {
    const auto restarted = restart_observed(session, {unit});
    if (session.interrupted()) return {};
    auto state = enforcement.state();
    if (!state) return state.error();
    attempt.unit = std::move(*state);
    if (restarted) {
        attempt.unwell = enforce::why_unwell(attempt.unit, attempt.unit);
    } else {
        attempt.start_failure = "after its exercise: " + restarted.error().what;
    }
    return {};
}

/// From the start of the unit to the end of its exercise. What is wrong with the unit goes into `attempt`.
Result<void> exercise_unit(Enforcement& enforcement, Session& session, const std::string& unit,
                           const Exercise& exercise, Attempt& attempt) {
    const auto restarted = restart_observed(session, {unit});
    if (session.interrupted()) return {};
    const auto started = enforcement.state();
    if (!started) return started.error();
    attempt.unit = *started;
    if (!restarted) {
        attempt.start_failure = restarted.error().what;
        return {};
    }
    if (const auto why = enforce::why_unwell(*started, *started)) {
        attempt.unwell = *why;
        return {};
    }
    if (exercise.workload) {
        const sigset_t& mask = enforcement.interruption().original_mask();
        if (auto ran = run_workload(session, *exercise.workload, mask, std::nullopt); !ran) return ran.error();
        attempt.workload_status = session.workload_status();
    } else {
        auto waited = session.wait(Session::Clock::now() + exercise.time, {});
        if (!waited) return waited.error();
    }
    if (session.interrupted()) return {};
    auto ended = enforcement.state();
    if (!ended) return ended.error();
    // A workload may restart the unit, and the count of automatic restarts begins anew.
    if (ended->invocation == started->invocation || ended->restarts > 0) {
        attempt.unwell = enforce::why_unwell(*started, *ended);
    } else {
        attempt.unwell = enforce::why_unwell(*ended, *ended);
    }
    attempt.unit = std::move(*ended);
    if (!attempt.passes() || !attempt.unit.is_running()) return {};
    return restart_once_more(enforcement, session, unit, attempt);
}

}  // namespace

std::string why_it_fails(const Attempt& attempt) {
    if (attempt.interrupted) return "it was interrupted";
    if (attempt.start_failure) {
        std::string why = *attempt.start_failure;
        // systemd's own statuses tell which part of the sandbox could not be set up.
        if (attempt.unit.main_status >= 200) why += fmt::format(", status {}", attempt.unit.main_status);
        return why;
    }
    if (attempt.workload_status.value_or(0) != 0) {
        std::string why = fmt::format("the workload {}", describe_status(*attempt.workload_status));
        if (attempt.unwell) why += fmt::format("; the unit: {}", *attempt.unwell);
        return why;
    }
    return attempt.unwell ? fmt::format("the unit: {}", *attempt.unwell) : "";
}

Result<void> restart_observed(Session& session, std::vector<std::string> units) {
    Restarter restarter(std::move(units), systemd::connect_system_manager, [&session] { session.wake(); });
    const auto ending = session.wait(std::nullopt, [&restarter] { return restarter.done(); });
    if (!ending) return ending.error();
    if (*ending == Ending::interrupted) return {};
    return restarter.result();
}

Result<void> run_workload(Session& session, const std::string& command, const sigset_t& signal_mask,
                          std::optional<Session::Clock::time_point> deadline) {
    session.note(fmt::format("running the workload: {}", base::escape_bytes(command)));
    ChildSpec spec;
    spec.command = {"/bin/sh", "-c", command};
    spec.own_group = true;
    spec.signal_mask = signal_mask;
    session.set_workload(spec.command);
    auto workload = Child::start(spec);
    if (!workload) return workload.error();
    if (const auto attended = attend_workload(session, *workload, deadline); !attended) return attended.error();
    if (session.interrupted()) return {};
    const auto settled = session.wait(Session::Clock::now() + kSettle, {});
    if (!settled) return settled.error();
    return {};
}

Result<Attempt> make_attempt(Enforcement& enforcement, const Target& target, const SessionOptions& options,
                             const Exercise& exercise, const std::function<Result<void>()>& before_restart) {
    auto session = Session::create(options);
    if (!session) return session.error();
    const auto now = enforcement.state();
    if (!now) return now.error();
    WatchedUnit unit;
    unit.skeleton.unit = target.state.id;
    unit.skeleton.host = systemd::identify_host();
    unit.enrolment = {target.cgroup, now->is_running(), true};
    unit.start = StartSeen::required;
    if (auto watched = (*session)->watch(std::move(unit)); !watched) return watched.error();

    Attempt attempt;
    auto exercised = before_restart();
    if (exercised) {
        exercised = exercise_unit(enforcement, **session, target.state.id, exercise, attempt);
    }
    auto saved = (*session)->finish();
    attempt.interrupted = (*session)->interrupted();
    if (attempt.interrupted) enforcement.interruption().note();
    if (!exercised) return exercised.error();
    if (!saved) return saved.error();
    attempt.recorded = std::move(saved->front().profile);
    attempt.recorded.settings = attempt.unit.settings;
    attempt.gaps = std::move(saved->front().gaps);
    return attempt;
}

}  // namespace sandfit::cli
