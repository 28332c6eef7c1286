// Whether a unit that was started under new settings is well. Pure: states in, a sentence out.
#ifndef SANDFIT_ENFORCE_HEALTH_H
#define SANDFIT_ENFORCE_HEALTH_H

#include <chrono>
#include <optional>
#include <string>

#include "systemd/service_manager.h"

namespace sandfit::enforce {

/// Why the unit is not well, without a full stop; none when it is. `started` is its state when its start was done,
/// `now` a later one. A unit that does one thing and ends (Type=oneshot, or any that ended well before it was
/// changed) may have ended.
std::optional<std::string> why_unwell(const systemd::UnitState& started, const systemd::UnitState& now);

/// True when its start is done once its program has ended.
bool is_oneshot(const systemd::UnitState& state);

/// How long a job for the unit may take by its own settings (TimeoutStopSec= and TimeoutStartSec=), and a little
/// more. At most an hour.
std::chrono::seconds job_limit(const systemd::UnitState& state);

}  // namespace sandfit::enforce

#endif
