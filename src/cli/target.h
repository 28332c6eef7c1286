// The units that `observe` is asked to watch: which they are, where their processes live, and
// whether they may be restarted for it.
#ifndef SANDFIT_CLI_TARGET_H
#define SANDFIT_CLI_TARGET_H

#include <sandfit/result.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "systemd/service_manager.h"

namespace sandfit::cli {

struct Target {
    systemd::UnitState state;
    std::string cgroup;  ///< absolute directory; it exists only while the unit runs
};

/// Completes each name, loads the unit, and finds its cgroup below `cgroup_mount`. A unit that is given
/// twice (perhaps by an alias) comes once.
Result<std::vector<Target>> find_targets(systemd::ServiceManager& manager, const std::vector<std::string>& names,
                                         const std::string& cgroup_mount);

/// An error in clear words when a unit must not be restarted: its own settings forbid it, the host's
/// session hangs on it, or sandfit runs inside of it (`own_cgroup`, absolute).
Result<void> check_may_restart(const Target& target, std::string_view own_cgroup);

/// Restarts units one after the other in a thread of its own, so that the observation goes on meanwhile.
/// Stops at the first that fails. A connection to systemd belongs to one thread, so it makes its own.
class Restarter {
public:
    using Connect = std::function<Result<std::unique_ptr<systemd::ServiceManager>>()>;

    /// `when_done` is called at the end, from that thread.
    Restarter(std::vector<std::string> units, Connect connect, std::function<void()> when_done);
    /// Gives up waiting for systemd, and joins. The restart that runs goes on without us.
    ~Restarter();
    Restarter(const Restarter&) = delete;
    Restarter& operator=(const Restarter&) = delete;

    [[nodiscard]] bool done() const { return done_; }
    /// REQUIRES: done().
    [[nodiscard]] const Result<void>& result() const { return result_; }

private:
    Result<void> restart_all(const std::vector<std::string>& units, const Connect& connect);

    std::atomic<bool> give_up_ = false;
    std::atomic<bool> done_ = false;
    Result<void> result_;
    std::thread thread_;
};

}  // namespace sandfit::cli

#endif
