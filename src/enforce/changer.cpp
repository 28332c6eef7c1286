#include "enforce/changer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/path.h"
#include "base/text.h"
#include "enforce/health.h"

namespace sandfit::enforce {
namespace {

constexpr const char* kDropInName = "50-sandfit.conf";
constexpr const char* kUntilReboot = "/run/systemd/system";
constexpr const char* kPersistent = "/etc/systemd/system";

constexpr std::chrono::milliseconds kLook{200};

/// The other name for the drop-in that this change replaces: another one for each change that stands at that place.
/// No ".conf" at its end, so that systemd leaves it alone.
std::string name_for_copy(const std::string& path, const std::vector<Change>& below) {
    const auto same_place = [&path](const Change& other) { return other.former.path == path; };
    return fmt::format("{}/.{}.before-{}", base::parent_of(path), base::last_component(path),
                       1 + std::count_if(below.begin(), below.end(), same_place));
}

Error interrupted() {
    return Error{ErrorKind::interrupted, "interrupted", 0, ""};
}

/// Puts the drop-in's file back. True when that changed something.
Result<bool> restore_file(Files& files, const FormerDropIn& former) {
    const std::string directory = base::parent_of(former.path);
    // Without its copy a former file was not touched yet: the copy is made before anything is written.
    const auto restored = former.existed ? files.put_back(former.copy, former.path) : files.remove(former.path);
    if (!restored) return restored.error();
    if (!former.directory_existed) {
        if (auto removed = files.remove_directory(directory); !removed) return removed.error();
    }
    return *restored;
}

Result<void> restart_unit(Manager& manager, const systemd::UnitState& state, const systemd::ShouldStop& should_stop) {
    // Its starts of the last seconds count against StartLimitBurst=, and they were ours.
    auto reset = manager.ask<void>([&](systemd::ServiceManager& systemd) { return systemd.reset_failed(state.id); });
    if (!reset) return reset.error();
    return manager.ask<void>(
        [&](systemd::ServiceManager& systemd) { return systemd.restart(state.id, job_limit(state), should_stop); });
}

enum class Action { none, restart, stop };

/// What the unit needs, now that its files are back.
Action action_for(const Change& change, const systemd::UnitState& now, bool file_changed, bool same_boot) {
    // It runs as it ran before sandfit came, or as it was started after a reboot that undid the change.
    if (now.invocation == change.invocation && now.is_running() == change.was_active) return Action::none;
    if (!same_boot && !file_changed) return Action::none;
    if (now.is_running() || now.active_state == "activating" || now.active_state == "deactivating") {
        return change.was_active || !same_boot ? Action::restart : Action::stop;
    }
    return change.was_active ? Action::restart : Action::none;
}

}  // namespace

// --- the connection ----------------------------------------------------------------------------------

bool Manager::is_lost_connection(const Error& error) {
    switch (error.sys_errno) {
        case ENOTCONN:
        case ECONNRESET:
        case EPIPE:
        case ESTALE:
        case ECONNREFUSED:
            return true;
        default:
            return false;
    }
}

Result<void> Manager::be_connected() {
    if (manager_ != nullptr) return {};
    auto connected = connect_();
    if (!connected) return connected.error();
    manager_ = std::move(*connected);
    return {};
}

Result<systemd::UnitState> Manager::load(const std::string& unit) {
    return ask<systemd::UnitState>([&](systemd::ServiceManager& systemd) { return systemd.load(unit); });
}

Result<void> Manager::daemon_reload() {
    return ask<void>([](systemd::ServiceManager& systemd) { return systemd.daemon_reload(); });
}

// --- the plan ----------------------------------------------------------------------------------------

std::string drop_in_path(const std::string& unit, Lifetime lifetime) {
    return fmt::format("{}/{}.d/{}", lifetime == Lifetime::persistent ? kPersistent : kUntilReboot, unit,
                       kDropInName);
}

Result<Plan> plan_change(Surroundings& around, const systemd::UnitState& unit, Lifetime lifetime, bool restarts) {
    const auto known = around.records.read(unit.id);
    if (!known) return known.error();
    if (!known->empty() && known->back().step != Step::done) {
        return Error{ErrorKind::failed, fmt::format("an earlier change of {} did not come to its end", unit.id), 0,
                     fmt::format("`sandfit rollback {}` undoes it", unit.id)};
    }
    Plan plan{unit, lifetime, restarts, drop_in_path(unit.id, lifetime)};
    if (lifetime == Lifetime::until_reboot) {
        const std::string hiding = drop_in_path(unit.id, Lifetime::persistent);
        const auto there = around.files.exists(hiding);
        if (!there) return there.error();
        if (*there) {
            return Error{
                ErrorKind::usage,
                fmt::format("{} stands, and hides a drop-in that is made for the time until the reboot", hiding), 0,
                fmt::format("`--persistent` replaces it, `sandfit rollback {}` removes it", unit.id)};
        }
    }
    return plan;
}

std::vector<std::string> describe_plan(const Plan& plan) {
    const std::string& unit = plan.unit.id;
    std::vector<std::string> steps;
    steps.push_back(
        fmt::format("write {} ({})", plan.path,
                    plan.lifetime == Lifetime::persistent ? "stays over reboots" : "a reboot removes it"));
    steps.emplace_back("make systemd read its unit files again");
    if (!plan.restarts) {
        steps.push_back(fmt::format("leave {} alone: it takes effect at its next start", unit));
    } else if (!plan.unit.is_running()) {
        steps.push_back(fmt::format("leave {} stopped, as it is: it takes effect at its next start", unit));
    } else {
        steps.push_back(fmt::format("restart {}, and watch it", unit));
    }
    steps.push_back(fmt::format("undo all of it when a step fails, or later by `sandfit rollback {}`", unit));
    return steps;
}

// --- one change --------------------------------------------------------------------------------------

Result<Changer> Changer::begin(Surroundings& around, const Plan& plan) {
    auto below = around.records.read(plan.unit.id);
    if (!below) return below.error();
    Change change;
    change.unit = plan.unit.id;
    change.lifetime = plan.lifetime;
    change.restarts = plan.restarts;
    change.was_active = plan.unit.is_running();
    change.invocation = plan.unit.invocation;
    change.boot = around.boot;
    change.started_us = around.now_us();
    change.former.path = plan.path;
    const auto existed = around.files.exists(plan.path);
    if (!existed) return existed.error();
    const std::string directory = base::parent_of(plan.path);
    const auto directory_existed = around.files.exists(directory);
    if (!directory_existed) return directory_existed.error();
    change.former.existed = *existed;
    if (*existed) change.former.copy = name_for_copy(plan.path, *below);
    change.former.directory_existed = *directory_existed;

    Changer changer(around, plan, std::move(change), std::move(*below));
    if (auto recorded = changer.enter(Step::write); !recorded) return recorded.error();
    if (auto prepared = changer.prepare_place(); !prepared) {
        // Its own failure is of less worth than the first one, and leaves the record for a later try.
        (void)changer.roll_back();
        return prepared.error();
    }
    return changer;
}

Result<void> Changer::prepare_place() {
    const FormerDropIn& former = change_.former;
    if (!former.directory_existed) {
        if (auto made = around_->files.make_directory(base::parent_of(former.path)); !made) return made.error();
    }
    if (!former.existed) return {};
    return around_->files.keep(former.path, former.copy);
}

Result<void> Changer::enter(Step step) {
    change_.step = step;
    std::vector<Change> all = below_;
    all.push_back(change_);
    if (auto recorded = around_->records.write(change_.unit, all); !recorded) return recorded.error();
    if (around_->entering) around_->entering(step);
    return {};
}

Result<void> Changer::write(std::string_view content) {
    return around_->files.write(change_.former.path, content);
}

Result<void> Changer::reload() {
    if (auto entered = enter(Step::reload); !entered) return entered.error();
    return around_->manager.daemon_reload();
}

Result<void> Changer::about_to_restart() {
    return enter(Step::restart);
}

Result<void> Changer::restart(const systemd::ShouldStop& should_stop) {
    if (auto entered = about_to_restart(); !entered) return entered.error();
    return restart_unit(around_->manager, plan_.unit, should_stop);
}

Result<void> Changer::watch(std::chrono::milliseconds time) {
    if (auto entered = enter(Step::watch); !entered) return entered.error();
    const auto started = around_->manager.load(change_.unit);
    if (!started) return started.error();
    systemd::UnitState now = *started;
    for (auto left = time;; left -= kLook) {
        if (const auto why = why_unwell(*started, now)) {
            return Error{ErrorKind::failed, fmt::format("{}: {}", change_.unit, *why), 0,
                         fmt::format("`journalctl -e -u {}` tells more", change_.unit)};
        }
        if (left <= std::chrono::milliseconds(0)) return {};
        if (!around_->pause(std::min(left, kLook))) return interrupted();
        auto next = around_->manager.load(change_.unit);
        if (!next) return next.error();
        now = std::move(*next);
    }
}

Result<void> Changer::commit() {
    change_.step = Step::done;
    const auto replaced = std::find_if(below_.begin(), below_.end(), [this](const Change& other) {
        return other.former.path == change_.former.path;
    });
    const std::string copy = change_.former.copy;
    if (replaced != below_.end()) {
        // The way back leads to what was there before sandfit's first change, not to one of sandfit's own drop-ins.
        change_.former = replaced->former;
        change_.was_active = replaced->was_active;
        below_.erase(replaced);
    }
    if (auto entered = enter(Step::done); !entered) return entered.error();
    // It stands, whatever becomes of the copy: to systemd that is no drop-in, and no record names it any more.
    if (!copy.empty() && copy != change_.former.copy) (void)around_->files.remove(copy);
    return {};
}

Result<void> Changer::roll_back() {
    auto done = sandfit::enforce::roll_back(*around_, change_.unit, Which::pending);
    if (!done) return done.error();
    return {};
}

// --- the way back ------------------------------------------------------------------------------------

Result<RolledBack> roll_back(Surroundings& around, const std::string& unit, Which which, Restart restart) {
    auto changes = around.records.read(unit);
    if (!changes) return changes.error();
    RolledBack report;
    std::vector<Change> left = *changes;
    while (!left.empty() && (which == Which::all || left.back().step != Step::done)) {
        report.changes.push_back(left.back());
        left.pop_back();
    }
    if (report.changes.empty()) return report;

    bool file_changed = false;
    for (const Change& change : report.changes) {
        const auto restored = restore_file(around.files, change.former);
        if (!restored) return restored.error();
        file_changed = file_changed || *restored;
    }
    const Change& oldest = report.changes.back();
    // A change that was only written down has not reached systemd, nor has it to hear of it.
    const bool reached_systemd = std::any_of(report.changes.begin(), report.changes.end(),
                                             [](const Change& change) { return change.step != Step::write; });
    if (file_changed || reached_systemd) {
        if (auto reloaded = around.manager.daemon_reload(); !reloaded) return reloaded.error();
        const auto now = around.manager.load(unit);
        if (!now) return now.error();
        const bool same_boot = oldest.boot == around.boot;
        const Action action =
            restart == Restart::never ? Action::none : action_for(oldest, *now, file_changed, same_boot);
        if (action == Action::restart) {
            if (auto restarted = restart_unit(around.manager, *now, {}); !restarted) return restarted.error();
            report.restarted = true;
        } else if (action == Action::stop) {
            auto stopped = around.manager.ask<void>(
                [&](systemd::ServiceManager& systemd) { return systemd.stop(unit, job_limit(*now), {}); });
            if (!stopped) return stopped.error();
            report.stopped = true;
        }
        // A failure under our drop-in is not the unit's own.
        if (now->active_state == "failed" && action != Action::restart) {
            (void)around.manager.ask<void>(
                [&](systemd::ServiceManager& systemd) { return systemd.reset_failed(unit); });
        }
    }
    if (auto written = around.records.write(unit, left); !written) return written.error();
    return report;
}

}  // namespace sandfit::enforce
