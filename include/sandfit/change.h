// A change to a unit: what it was before sandfit touched it, and how far the change has come. It is on disk before
// anything is done, so that the way back is known after a crash and after a reboot.
#ifndef SANDFIT_CHANGE_H
#define SANDFIT_CHANGE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sandfit {

/// How long a drop-in stays: below /run/systemd/system, so that a reboot is a rollback, or below /etc.
enum class Lifetime { until_reboot, persistent };

/// The steps of applying a drop-in, in their order.
enum class Step {
    write,    ///< the drop-in, with its directory where there is none
    reload,   ///< systemd reads its unit files
    restart,  ///< the unit starts again under it
    watch,    ///< it has to stay up
    done,     ///< nothing is left to do: the change stands
};

/// The drop-in's file before a change.
struct FormerDropIn {
    std::string path;
    bool existed = false;
    std::string copy;  ///< its other name, under which it is kept; "" when it did not exist
    bool directory_existed = false;

    bool operator==(const FormerDropIn&) const = default;
};

/// What stands on disk about a unit that was changed.
struct Change {
    std::string unit;
    Lifetime lifetime = Lifetime::until_reboot;
    Step step = Step::write;      ///< the furthest that may have begun
    bool restarts = true;         ///< false with --no-restart
    bool was_active = false;      ///< before the change
    std::string invocation;       ///< systemd's id of the run of the unit at that time; "" while it did not run
    std::string boot;             ///< kernel's boot id at that time
    std::int64_t started_us = 0;  ///< microseconds since 1970
    FormerDropIn former;

    bool operator==(const Change&) const = default;
};

}  // namespace sandfit

#endif
