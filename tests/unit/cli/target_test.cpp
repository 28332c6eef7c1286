#include "cli/target.h"

#include <map>

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

/// A service manager in memory.
class FakeManager : public systemd::ServiceManager {
public:
    std::map<std::string, systemd::UnitState> units;
    std::vector<std::string>* restarted = nullptr;  ///< what was asked for, in its order
    std::string fails_to_restart;

    Result<systemd::UnitState> load(const std::string& unit) override {
        const auto it = units.find(unit);
        if (it != units.end()) return it->second;
        systemd::UnitState missing;
        missing.id = unit;
        missing.load_state = "not-found";
        return missing;
    }
    Result<void> start(const std::string&, std::chrono::seconds, systemd::ShouldStop) override { return {}; }
    Result<void> stop(const std::string&, std::chrono::seconds, systemd::ShouldStop) override { return {}; }
    Result<void> restart(const std::string& unit, std::chrono::seconds, systemd::ShouldStop should_stop) override {
        if (unit == fails_to_restart) return Error{ErrorKind::failed, "no", 0, ""};
        if (unit == "slow.service") {
            while (!should_stop()) std::this_thread::yield();
            return Error{ErrorKind::interrupted, "stopped waiting", 0, ""};
        }
        restarted->push_back(unit);
        return {};
    }
    Result<void> reload(const std::string&, std::chrono::seconds, systemd::ShouldStop) override { return {}; }
    Result<void> daemon_reload() override { return {}; }
    Result<void> reset_failed(const std::string& unit) override {
        if (restarted != nullptr) restarted->push_back("reset " + unit);
        return {};
    }
};

systemd::UnitState loaded(const std::string& id) {
    systemd::UnitState state;
    state.id = id;
    state.load_state = "loaded";
    state.active_state = "inactive";
    state.slice = "system.slice";
    state.can_start = true;
    state.can_stop = true;
    return state;
}

FakeManager manager_with(const std::vector<systemd::UnitState>& states) {
    FakeManager manager;
    for (const auto& state : states) manager.units[state.id] = state;
    return manager;
}

Target target_of(const systemd::UnitState& state) {
    return {state, "/cg/system.slice/" + state.id};
}

}  // namespace

TEST_CASE("a running unit's processes are in its control group") {
    auto state = loaded("nginx.service");
    state.control_group = "/custom.slice/nginx.service";
    auto manager = manager_with({state});
    const auto targets = find_targets(manager, {"nginx"}, "/sys/fs/cgroup");
    REQUIRE(targets);
    REQUIRE(targets->size() == 1);
    CHECK(targets->front().cgroup == "/sys/fs/cgroup/custom.slice/nginx.service");
}

TEST_CASE("a unit that does not run is waited for where its slice will put it") {
    auto plain = loaded("nginx.service");
    auto instance = loaded("postgresql@15-main.service");
    instance.slice = "system-postgresql.slice";
    auto root = loaded("root.service");
    root.slice = "-.slice";
    auto controller = loaded("memory.service");
    auto manager = manager_with({plain, instance, root, controller});
    const auto targets =
        find_targets(manager, {"nginx", "postgresql@15-main", "root", "memory"}, "/sys/fs/cgroup/unified");
    REQUIRE(targets);
    REQUIRE(targets->size() == 4);
    CHECK((*targets)[0].cgroup == "/sys/fs/cgroup/unified/system.slice/nginx.service");
    CHECK((*targets)[1].cgroup ==
          "/sys/fs/cgroup/unified/system.slice/system-postgresql.slice/postgresql@15-main.service");
    CHECK((*targets)[2].cgroup == "/sys/fs/cgroup/unified/root.service");
    CHECK((*targets)[3].cgroup == "/sys/fs/cgroup/unified/system.slice/_memory.service");
}

TEST_CASE("a unit that is named twice is watched once") {
    auto manager = manager_with({loaded("nginx.service")});
    manager.units["www.service"] = manager.units["nginx.service"];  // an alias
    const auto targets = find_targets(manager, {"nginx", "nginx.service", "www"}, "/cg");
    REQUIRE(targets);
    CHECK(targets->size() == 1);
}

TEST_CASE("a unit that is not there, and a name that can be none, are told") {
    auto manager = manager_with({});
    const auto missing = find_targets(manager, {"nginx"}, "/cg");
    REQUIRE(!missing);
    CHECK(missing.error().what.find("nginx.service") != std::string::npos);
    const auto no_instance = find_targets(manager, {"getty@"}, "/cg");
    REQUIRE(!no_instance);
    CHECK(no_instance.error().kind == ErrorKind::usage);
    CHECK(!no_instance.error().hint.empty());
}

TEST_CASE("a unit is restarted only where nothing hangs on it") {
    CHECK(check_may_restart(target_of(loaded("nginx.service")), "/cg/user.slice/session-1.scope"));
    CHECK(!check_may_restart(target_of(loaded("dbus.service")), "/cg"));
    CHECK(!check_may_restart(target_of(loaded("systemd-logind.service")), "/cg"));

    const Target runner = target_of(loaded("ci-runner.service"));
    const auto inside = check_may_restart(runner, "/cg/system.slice/ci-runner.service/job");
    REQUIRE(!inside);
    CHECK(inside.error().what == "cannot restart ci-runner.service: sandfit itself runs inside of it");
    CHECK(check_may_restart(runner, "/cg/system.slice/ci-runner.service-2"));

    auto refusing = loaded("systemd-udevd.service");
    refusing.refuse_manual_stop = true;
    refusing.active_state = "active";
    CHECK(!check_may_restart(target_of(refusing), "/cg"));
    auto unstoppable = loaded("x.service");
    unstoppable.can_stop = false;
    unstoppable.active_state = "active";
    CHECK(!check_may_restart(target_of(unstoppable), "/cg"));
}

TEST_CASE("units are restarted in their order, up to the first that fails") {
    std::vector<std::string> restarted;
    const auto connect = [&restarted](const std::string& fails) {
        return [&restarted, fails]() -> Result<std::unique_ptr<systemd::ServiceManager>> {
            auto manager = std::make_unique<FakeManager>();
            manager->restarted = &restarted;
            manager->fails_to_restart = fails;
            return std::unique_ptr<systemd::ServiceManager>(std::move(manager));
        };
    };
    std::atomic<int> woken = 0;
    {
        const Restarter restarter({"a.service", "b.service"}, connect(""), [&woken] { ++woken; });
        while (!restarter.done()) std::this_thread::yield();
        CHECK(restarter.result());
    }
    CHECK(woken == 1);
    // Its starts so far must not count against the unit.
    CHECK(restarted == std::vector<std::string>{"reset a.service", "a.service", "reset b.service", "b.service"});

    restarted.clear();
    {
        const Restarter restarter({"a.service", "b.service", "c.service"}, connect("b.service"), [] {});
        while (!restarter.done()) std::this_thread::yield();
        CHECK(!restarter.result());
    }
    CHECK(restarted == std::vector<std::string>{"reset a.service", "a.service", "reset b.service"});

    // Giving up does not wait for a restart that hangs.
    const Restarter hanging({"slow.service"}, connect(""), [] {});
    CHECK(!hanging.done());
}
