// What is behind a start that failed before the service's own program ran: systemd's own exit statuses, and which
// directives of the candidate can be to blame.
#ifndef SANDFIT_DERIVE_START_FAILURE_H
#define SANDFIT_DERIVE_START_FAILURE_H

#include <sandfit/denial.h>
#include <sandfit/unit.h>

#include <string_view>
#include <vector>

namespace sandfit::derive {

/// "NAMESPACE" for 226, as `systemctl status` shows it; "" for a status that is the service's own. A service may
/// use these numbers for itself, so ask only when its program did not run.
std::string_view name_of_start_failure(int exit_status);

/// The directives that the candidate changed and that systemd sets up in the step that failed, the likeliest first.
/// Empty when the step has nothing to do with the candidate.
std::vector<DenialCause> causes_of_start_failure(int exit_status, const UnitSettings& before,
                                                 const UnitSettings& in_force);

}  // namespace sandfit::derive

#endif
