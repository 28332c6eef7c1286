#include "cli/workload.h"

#include <signal.h>

#include <chrono>

namespace sandfit::cli {
namespace {

constexpr std::chrono::seconds kGrace{5};

}  // namespace

Result<void> attend_workload(Session& session, Child& workload, std::optional<Session::Clock::time_point> deadline) {
    const auto ended = [&workload] { return workload.ended(); };
    auto ending = session.wait(deadline, ended);
    if (!ending || *ending != Ending::condition) {
        workload.send(SIGTERM);
        ending = session.wait(Session::Clock::now() + kGrace, ended);
        if (!ending || *ending != Ending::condition) {
            workload.send(SIGKILL);
            ending = session.wait(Session::Clock::now() + kGrace, ended);
        }
    }
    if (workload.status()) session.set_workload_status(*workload.status());
    if (!ending) return ending.error();
    return {};
}

Result<void> attend_command(Session& session, Child& command, std::optional<Session::Clock::time_point> deadline) {
    const auto ended = [&command] { return command.ended(); };
    auto ending = session.wait(deadline, ended);
    if (ending && *ending == Ending::interrupted) {
        if (!session.last_signal_was_typed()) command.send(session.last_signal());
        session.note("interrupted: waiting for the command to end; once more to leave it running");
        ending = session.wait(std::nullopt, ended);
    } else if (ending && *ending == Ending::deadline) {
        command.send(SIGTERM);
        ending = session.wait(Session::Clock::now() + kGrace, ended);
    }
    if (command.status()) session.set_workload_status(*command.status());
    if (!ending) return ending.error();
    return {};
}

}  // namespace sandfit::cli
