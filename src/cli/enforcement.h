// What the commands that change a unit share: the lock on it, the process that rolls back when we are gone, signals
// that wait, and the change itself.
#ifndef SANDFIT_CLI_ENFORCEMENT_H
#define SANDFIT_CLI_ENFORCEMENT_H

#include <sandfit/audit.h>
#include <sandfit/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/guardian.h"
#include "cli/interruption.h"
#include "cli/parse.h"
#include "cli/target.h"
#include "enforce/changer.h"
#include "enforce/files.h"
#include "enforce/records.h"

namespace sandfit::cli {

/// One change of one unit, from the lock to the report.
class Enforcement {
public:
    using Note = std::function<void(std::string_view)>;

    /// For a change: the unit must be loaded, neither starting nor stopping, and restartable where it will be
    /// restarted. Starts the guardian, takes the lock.
    static Result<std::unique_ptr<Enforcement>> of(const Target& target, Note note);
    ~Enforcement();

    /// Records the change; see enforce::plan_change(). `die_at` is for tests: SIGKILL to ourselves at that step.
    Result<void> begin(Lifetime lifetime, bool restarts, const std::optional<std::string>& die_at);
    [[nodiscard]] bool begun() const { return changer_.has_value(); }
    /// REQUIRES: begun().
    enforce::Changer& changer() { return *changer_; }

    /// Undoes what was begun; nothing when nothing was. REQUIRES for all that follows: begin() again.
    Result<void> roll_back();

    /// The unit's end, where it did not run before.
    Result<void> stop();

    /// The unit as systemd sees it now.
    Result<systemd::UnitState> state();
    Interruption& interruption() { return interruption_; }

private:
    explicit Enforcement(std::string unit, Note note);

    std::string unit_;
    Note note_;
    Interruption interruption_;
    std::optional<Guardian> guardian_;
    std::optional<enforce::Lock> lock_;
    enforce::HostFiles files_;
    enforce::Records records_;
    enforce::Manager manager_;
    enforce::Surroundings around_;
    std::optional<enforce::Changer> changer_;
};

/// What every process that changes units needs.
enforce::Surroundings host_surroundings(enforce::Files& files, enforce::Records& records, enforce::Manager& manager);

/// The unit named on the command line, with its cgroup. ErrorKinds as for find_targets().
Result<Target> find_target(const std::string& name);

/// An error when the unit cannot be changed now: it is starting or stopping, or must not be restarted.
Result<void> check_changeable(const Target& target, bool restarts);

/// An error when sandfit's drop-in is in force already: what is derived for a unit leaves out what it has, and would
/// be in the place of the very drop-in from which it has it.
Result<void> check_without_own_drop_in(const Target& target);

/// systemd's measure of these settings.
Result<Exposure> exposure_of(const UnitSettings& settings);

}  // namespace sandfit::cli

#endif
