#include "cli/target.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/path.h"
#include "systemd/unit_name.h"

namespace sandfit::cli {
namespace {

/// Longer than any sane TimeoutStopSec= and TimeoutStartSec= together; Ctrl-C ends it sooner.
constexpr std::chrono::seconds kRestartTimeout{900};

/// Units on which every login hangs: restarting one takes down sessions, or the bus over which we ask for it.
/// None of them sets RefuseManualStop= on all distributions.
constexpr std::array<std::string_view, 4> kNeverRestarted{"dbus.service", "dbus-broker.service",
                                                          "systemd-logind.service", "display-manager.service"};

Result<std::string> cgroup_of_unit(const systemd::UnitState& state, const std::string& mount) {
    if (!state.control_group.empty()) return mount + state.control_group;
    auto slice = systemd::slice_path(state.slice.empty() ? "system.slice" : state.slice);
    if (!slice) return slice.error();
    const std::string parent = slice->empty() ? mount : base::join(mount, *slice);
    return base::join(parent, systemd::cgroup_directory_name(state.id));
}

}  // namespace

Result<std::vector<Target>> find_targets(systemd::ServiceManager& manager, const std::vector<std::string>& names,
                                         const std::string& cgroup_mount) {
    std::vector<Target> targets;
    for (const std::string& given : names) {
        const auto name = systemd::service_name(given);
        if (!name) return name.error();
        auto state = manager.load(*name);
        if (!state) return state.error();
        if (const auto loaded = systemd::check_loaded(*state); !loaded) return loaded.error();
        if (state->id.empty()) state->id = *name;
        const auto is_same = [&](const Target& target) { return target.state.id == state->id; };
        if (std::ranges::any_of(targets, is_same)) continue;
        auto cgroup = cgroup_of_unit(*state, cgroup_mount);
        if (!cgroup) return cgroup.error();
        targets.push_back({std::move(*state), std::move(*cgroup)});
    }
    return targets;
}

Result<void> check_may_restart(const Target& target, std::string_view own_cgroup) {
    const std::string& unit = target.state.id;
    const std::string hint = "leave --restart away to watch it from now on; its start is then not seen";
    if (std::ranges::find(kNeverRestarted, unit) != kNeverRestarted.end()) {
        return Error{ErrorKind::usage,
                     fmt::format("cannot restart {}: sessions of this host would end with it", unit), 0, hint};
    }
    if (base::is_at_or_below(own_cgroup, target.cgroup)) {
        return Error{ErrorKind::usage, fmt::format("cannot restart {}: sandfit itself runs inside of it", unit), 0,
                     hint};
    }
    if (target.state.is_running() && !target.state.can_stop) {
        return Error{ErrorKind::usage, fmt::format("cannot restart {}: it cannot be stopped", unit), 0, hint};
    }
    return systemd::check_restartable(target.state);
}

Restarter::Restarter(std::vector<std::string> units, Connect connect, std::function<void()> when_done) {
    thread_ =
        std::thread([this, units = std::move(units), connect = std::move(connect), when_done = std::move(when_done)] {
            result_ = restart_all(units, connect);
            done_ = true;
            when_done();
        });
}

Restarter::~Restarter() {
    give_up_ = true;
    thread_.join();
}

Result<void> Restarter::restart_all(const std::vector<std::string>& units, const Connect& connect) {
    auto manager = connect();
    if (!manager) return manager.error();
    for (const std::string& unit : units) {
        // Starts are counted (StartLimitBurst=), and those that were asked for one after the other are no loop.
        if (auto reset = (*manager)->reset_failed(unit); !reset) return reset.error();
        const auto restarted = (*manager)->restart(unit, kRestartTimeout, [this] { return give_up_.load(); });
        if (!restarted) return restarted.error();
    }
    return {};
}

}  // namespace sandfit::cli
