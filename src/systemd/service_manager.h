// The service manager as the rest of sandfit sees it: an interface, so that commands are tested
// with one in memory. The real one speaks D-Bus (bus.h).
#ifndef SANDFIT_SYSTEMD_SERVICE_MANAGER_H
#define SANDFIT_SYSTEMD_SERVICE_MANAGER_H

#include <sandfit/result.h>
#include <sandfit/unit.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sandfit::systemd {

/// One line of an Exec*= directive.
struct ExecCommand {
    std::string directive;  ///< "ExecStartPre"
    std::string path;
    std::vector<std::string> argv;   ///< with argv[0]
    std::vector<std::string> flags;  ///< systemd's words: "ignore-failure", "privileged", "no-setuid", "ambient", ...

    /// True for the prefixes "+", "!" and "!!": it runs outside (part of) the sandbox.
    [[nodiscard]] bool is_privileged() const;
    bool operator==(const ExecCommand&) const = default;
};

struct UnitState {
    std::string id;             ///< the canonical name: an alias is resolved
    std::string load_state;     ///< "loaded", "not-found", "masked", "error", "bad-setting"
    std::string load_error;     ///< systemd's own words, "" when it loaded
    std::string active_state;   ///< "active", "inactive", "failed", "activating", ...
    std::string sub_state;      ///< "running", "exited", "dead", ...
    std::string type;           ///< "simple", "forking", "notify", ...
    std::string control_group;  ///< "/system.slice/nginx.service"; "" while it has none
    std::string slice;          ///< "system.slice"
    std::int64_t main_pid = 0;  ///< 0: none
    bool can_start = false;
    bool can_stop = false;
    bool can_reload = false;
    bool refuse_manual_start = false;
    bool refuse_manual_stop = false;
    bool need_daemon_reload = false;  ///< its files changed since systemd read them
    std::string fragment_path;
    std::vector<std::string> drop_in_paths;
    std::vector<std::string> triggered_by;  ///< sockets, timers, paths that start it
    std::uint64_t restarts = 0;             ///< automatic ones, since it was last started
    std::string invocation;                 ///< of its present or last run, in hexadecimal; "" before the first
    std::string result;                     ///< how its last run ended: "success", "exit-code", "signal", ...
    int main_status = 0;                    ///< exit status of its last main process; systemd's own are 200 and above
    std::vector<ExecCommand> commands;
    UnitSettings settings;

    [[nodiscard]] bool is_running() const { return active_state == "active" || active_state == "reloading"; }
};

/// Asked a few times a second while a job runs; true ends the wait.
using ShouldStop = std::function<bool()>;

class ServiceManager {
public:
    virtual ~ServiceManager() = default;

    /// The unit as systemd knows it; loads it when need be. A unit that does not exist, is masked
    /// or does not parse is no error: its load_state says so, and check_loaded() puts it in words.
    virtual Result<UnitState> load(const std::string& unit) = 0;

    // Each queues a job and waits until it is done. An error when the job ends otherwise than
    // "done" (with a hint to the journal), when `timeout` has passed (the job stays queued), and
    // ErrorKind::interrupted when `should_stop` said so. An empty `should_stop` never does.
    virtual Result<void> start(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) = 0;
    virtual Result<void> stop(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) = 0;
    virtual Result<void> restart(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) = 0;
    virtual Result<void> reload(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) = 0;

    /// Makes systemd read all unit files again.
    virtual Result<void> daemon_reload() = 0;

    /// Forgets that the unit failed, and how often it was started lately.
    virtual Result<void> reset_failed(const std::string& unit) = 0;
};

/// An error in clear words, with a hint, when the unit did not load.
Result<void> check_loaded(const UnitState& state);

/// The same, and when it may not be restarted by hand.
Result<void> check_restartable(const UnitState& state);

}  // namespace sandfit::systemd

#endif
