// The phases of an observation that have to do with a child of ours: let it run, and end it.
#ifndef SANDFIT_CLI_WORKLOAD_H
#define SANDFIT_CLI_WORKLOAD_H

#include <optional>

#include "cli/child.h"
#include "cli/session.h"

namespace sandfit::cli {

/// Observes until the child has ended, the deadline has passed, or a signal came. In the latter two cases
/// asks a child with a process group of its own to end (SIGTERM, after five seconds SIGKILL).
Result<void> attend_workload(Session& session, Child& workload, std::optional<Session::Clock::time_point> deadline);

/// The same for the command of `run`, which is not ours to kill: passes the signal on (one that was typed at the
/// terminal reached it already) and waits for its end; a second signal ends the observation and leaves it.
/// At the deadline it gets SIGTERM.
Result<void> attend_command(Session& session, Child& command, std::optional<Session::Clock::time_point> deadline);

}  // namespace sandfit::cli

#endif
