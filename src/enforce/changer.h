// Puts a drop-in in force for a unit, step by step, and leads back. Every step is on disk before it is done
// (records.h), so that whoever comes later (the same process after an error, one that watches over it, the user
// after a crash or a reboot) knows what to undo; and each undoing may be done again.
#ifndef SANDFIT_ENFORCE_CHANGER_H
#define SANDFIT_ENFORCE_CHANGER_H

#include <sandfit/change.h>
#include <sandfit/result.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "enforce/files.h"
#include "enforce/records.h"
#include "systemd/service_manager.h"

namespace sandfit::enforce {

using Connect = std::function<Result<std::unique_ptr<systemd::ServiceManager>>()>;

/// A connection to systemd that is made again when it was lost (a message bus that was restarted).
class Manager {
public:
    explicit Manager(Connect connect) : connect_(std::move(connect)) {}

    /// What `ask` says to the service manager; once more over a new connection where the first one was lost.
    template <typename T>
    Result<T> ask(const std::function<Result<T>(systemd::ServiceManager&)>& ask) {
        for (int attempt = 0;; ++attempt) {
            if (auto there = be_connected(); !there) return there.error();
            auto answer = ask(*manager_);
            if (answer || attempt > 0 || !is_lost_connection(answer.error())) return answer;
            manager_.reset();
        }
    }
    Result<systemd::UnitState> load(const std::string& unit);
    Result<void> daemon_reload();

    static bool is_lost_connection(const Error& error);

private:
    Result<void> be_connected();

    Connect connect_;
    std::unique_ptr<systemd::ServiceManager> manager_;
};

/// What a change is made with.
struct Surroundings {
    Files& files;
    Records& records;
    Manager& manager;
    /// Sleeps; false when the user wants an end.
    std::function<bool(std::chrono::milliseconds)> pause;
    /// Called when a step is on disk and about to be done. For what is told, and for tests.
    std::function<void(Step)> entering;
    std::function<std::int64_t()> now_us;  ///< microseconds since 1970
    std::string boot;                      ///< the kernel's boot id
};

/// What is to be done, decided before anything is.
struct Plan {
    systemd::UnitState unit;  ///< as it stands
    Lifetime lifetime = Lifetime::until_reboot;
    bool restarts = true;
    std::string path;  ///< of the drop-in
};

/// The directory that drop-ins of this lifetime go to, and the file there.
std::string drop_in_path(const std::string& unit, Lifetime lifetime);

/// Errors where the change could not take effect, or would not be safe: a drop-in of the same name that hides it.
Result<Plan> plan_change(Surroundings& around, const systemd::UnitState& unit, Lifetime lifetime, bool restarts);

/// One sentence for each step, for people; what would undo it among them.
std::vector<std::string> describe_plan(const Plan& plan);

/// One change of one unit. REQUIRES: the unit's Lock, for as long as it lives. It does not roll back by itself when
/// it goes: call roll_back(), or leave it to whoever reads the record.
class Changer {
public:
    /// Records the change; nothing is done yet.
    static Result<Changer> begin(Surroundings& around, const Plan& plan);

    /// Writes the drop-in, or replaces what this change wrote before: the step on record remains the furthest one.
    Result<void> write(std::string_view content);
    Result<void> reload();
    /// The unit's start under the drop-in. A unit that is not active is left so, unless it is a part of the test.
    Result<void> restart(const systemd::ShouldStop& should_stop);
    /// For a caller that restarts the unit by itself, while it observes it.
    Result<void> about_to_restart();
    /// Looks at the unit for that long. An error says why it is not well.
    Result<void> watch(std::chrono::milliseconds time);
    /// From here on the change stands, and only roll_back_all() undoes it.
    Result<void> commit();

    /// Leads back to how the unit was before this change.
    Result<void> roll_back();

private:
    Changer(Surroundings& around, Plan plan, Change change, std::vector<Change> below)
        : around_(&around), plan_(std::move(plan)), change_(std::move(change)), below_(std::move(below)) {}

    Result<void> prepare_place();
    Result<void> enter(Step step);

    Surroundings* around_;
    Plan plan_;
    Change change_;
    std::vector<Change> below_;  // those that stand, on which this one is made
};

/// What was rolled back.
struct RolledBack {
    std::vector<Change> changes;  ///< empty: there was nothing
    bool restarted = false;
    bool stopped = false;
};

enum class Which {
    pending,  ///< changes that did not come to their end
    all,
};

enum class Restart { where_needed, never };

/// Undoes what the record tells, the newest first. REQUIRES: the unit's Lock. On an error the record stays, and it
/// can be tried again.
Result<RolledBack> roll_back(Surroundings& around, const std::string& unit, Which which,
                             Restart restart = Restart::where_needed);

}  // namespace sandfit::enforce

#endif
