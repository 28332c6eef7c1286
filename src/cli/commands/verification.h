// What `verify` and `harden` share: trials of a unit under a drop-in, and what they refused.
#ifndef SANDFIT_CLI_COMMANDS_VERIFICATION_H
#define SANDFIT_CLI_COMMANDS_VERIFICATION_H

#include <sandfit/denial.h>
#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/attempt.h"
#include "cli/enforcement.h"
#include "cli/parse.h"

namespace sandfit::cli {

/// Where a drop-in has to stand to be in force: below /run, but below /etc where a persistent one would hide it.
Lifetime lifetime_for_trial(const systemd::UnitState& unit);

/// Observes with refusals told; progress is told in lines, since a workload writes to the same terminal.
SessionOptions trial_session(const Arguments& arguments, std::string how);

/// Puts the drop-in in the unit's way, and starts and exercises the unit under it. The change stays pending: the
/// next trial replaces it, and Enforcement::roll_back() or a commit ends it.
Result<Attempt> try_under(Enforcement& enforcement, const Target& target, const std::string& drop_in,
                          const SessionOptions& options, const Exercise& exercise);

/// What the sandbox refused during the attempt. `baseline` was recorded without it.
std::vector<Denial> denials_of(const Attempt& attempt, const UnitSettings& before, const Host& host,
                               const Profile* baseline);

/// A start that systemd gave up before the unit's own program ran: what it was about, and what of the sandbox can be
/// behind it, the likeliest first. Told by the exit status alone: a program that exits with one of systemd's numbers
/// by itself looks the same. Empty when the unit started, or failed with another one.
struct StartFailure {
    std::string name;  ///< "NAMESPACE"
    std::vector<DenialCause> causes;
};
StartFailure start_failure_of(const Attempt& attempt, const UnitSettings& before);

}  // namespace sandfit::cli

#endif
