#include "cli/enforcement.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "observe/cgroup.h"
#include "render/audit_unit_file.h"
#include "systemd/bus.h"
#include "systemd/security_items.h"
#include "systemd/security_scan.h"

namespace sandfit::cli {
namespace {

constexpr std::chrono::seconds kPatience{2};

std::string boot_id() {
    const auto id = base::read_file("/proc/sys/kernel/random/boot_id", 4096);
    return id ? std::string(base::trim(*id)) : std::string();
}

std::string_view word_for(Step step) {
    switch (step) {
        case Step::write:
            return "write";
        case Step::reload:
            return "reload";
        case Step::restart:
            return "restart";
        case Step::watch:
            return "watch";
        case Step::done:
            break;
    }
    return "done";
}

}  // namespace

enforce::Surroundings host_surroundings(enforce::Files& files, enforce::Records& records, enforce::Manager& manager) {
    return {files,
            records,
            manager,
            [](std::chrono::milliseconds) { return true; },
            {},
            [] {
                const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
                return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
            },
            boot_id()};
}

Result<Target> find_target(const std::string& name) {
    const auto mount = observe::cgroup2_mount();
    if (!mount) return mount.error();
    auto manager = systemd::connect_system_manager();
    if (!manager) return manager.error();
    auto targets = find_targets(**manager, {name}, *mount);
    if (!targets) return targets.error();
    return std::move(targets->front());
}

Result<void> check_changeable(const Target& target, bool restarts) {
    const std::string& state = target.state.active_state;
    if (state == "activating" || state == "deactivating" || state == "reloading") {
        return Error{ErrorKind::failed, fmt::format("{} is {} just now", target.state.id, state), 0,
                     "wait until it is active or inactive"};
    }
    if (!restarts) return {};
    const auto own_cgroup = observe::cgroup_of(::getpid());
    if (!own_cgroup) return own_cgroup.error();
    return check_may_restart(target, *own_cgroup);
}

Result<void> check_without_own_drop_in(const Target& target) {
    for (const Lifetime lifetime : {Lifetime::until_reboot, Lifetime::persistent}) {
        const std::string path = enforce::drop_in_path(target.state.id, lifetime);
        if (std::ranges::find(target.state.drop_in_paths, path) == target.state.drop_in_paths.end()) continue;
        return Error{
            ErrorKind::usage,
            fmt::format("{} runs under {}: what is derived now would lack what stands there", target.state.id, path),
            0, fmt::format("`sandfit rollback {}` first", target.state.id)};
    }
    return {};
}

Result<Exposure> exposure_of(const UnitSettings& settings) {
    const auto file = render::audit_unit_file(settings, systemd::scored_settings(), {});
    const auto score = systemd::score_unit_file(file.text);
    if (!score) return score.error();
    return score->overall;
}

Enforcement::Enforcement(std::string unit, Note note)
    : unit_(std::move(unit)),
      note_(std::move(note)),
      records_(files_),
      manager_(systemd::connect_system_manager),
      around_(host_surroundings(files_, records_, manager_)) {}

Enforcement::~Enforcement() = default;

Result<std::unique_ptr<Enforcement>> Enforcement::of(const Target& target, Note note) {
    const std::string& unit = target.state.id;
    std::unique_ptr<Enforcement> enforcement(new Enforcement(unit, std::move(note)));
    auto guardian = Guardian::start({"rollback", "--pending", "--quiet", "--", unit});
    if (!guardian) return guardian.error();
    enforcement->guardian_.emplace(std::move(*guardian));
    auto lock = enforce::Lock::take(unit, kPatience);
    if (!lock) return lock.error();
    enforcement->lock_.emplace(std::move(*lock));
    enforcement->around_.pause = [waits = &enforcement->interruption_](std::chrono::milliseconds time) {
        return waits->pause(time);
    };
    return enforcement;
}

Result<void> Enforcement::begin(Lifetime lifetime, bool restarts, const std::optional<std::string>& die_at) {
    around_.entering = [this, die_at](Step step) {
        if (die_at && *die_at == word_for(step)) ::kill(::getpid(), SIGKILL);
        if (step == Step::reload) note_("systemd reads its unit files again");
        if (step == Step::restart) note_(fmt::format("{}: restarting it", unit_));
    };
    const auto now = state();
    if (!now) return now.error();
    const auto plan = enforce::plan_change(around_, *now, lifetime, restarts);
    if (!plan) return plan.error();
    note_(fmt::format("writing {}", plan->path));
    auto changer = enforce::Changer::begin(around_, *plan);
    if (!changer) return changer.error();
    changer_.emplace(std::move(*changer));
    return {};
}

Result<void> Enforcement::roll_back() {
    if (!changer_) return {};
    // From here on nothing is to hold it up, a Ctrl-C neither.
    around_.pause = [](std::chrono::milliseconds) { return true; };
    around_.entering = {};
    note_(fmt::format("{}: rolling back", unit_));
    auto done = changer_->roll_back();
    if (done) changer_.reset();
    return done;
}

Result<void> Enforcement::stop() {
    return manager_.ask<void>([this](systemd::ServiceManager& systemd) {
        return systemd.stop(unit_, std::chrono::seconds(900), [this] { return interruption_.requested(); });
    });
}

Result<systemd::UnitState> Enforcement::state() {
    return manager_.load(unit_);
}

}  // namespace sandfit::cli
