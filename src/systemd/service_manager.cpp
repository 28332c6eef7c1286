#include "systemd/service_manager.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace sandfit::systemd {

bool ExecCommand::is_privileged() const {
    return std::any_of(flags.begin(), flags.end(), [](const std::string& flag) {
        return flag == "privileged" || flag == "no-setuid" || flag == "ambient";
    });
}

Result<void> check_loaded(const UnitState& state) {
    if (state.load_state == "loaded") return {};
    if (state.load_state == "not-found") {
        return Error{ErrorKind::failed, fmt::format("there is no unit {}", state.id), 0,
                     "`systemctl list-unit-files --type=service` lists those that there are"};
    }
    if (state.load_state == "masked") {
        return Error{ErrorKind::failed, fmt::format("{} is masked, it cannot be started", state.id), 0,
                     fmt::format("`systemctl unmask {}` makes it usable again", state.id)};
    }
    std::string why = state.load_error.empty() ? state.load_state : state.load_error;
    if (why.ends_with('.')) why.pop_back();
    return Error{ErrorKind::failed, fmt::format("systemd could not load {}: {}", state.id, base::escape_bytes(why)),
                 0, fmt::format("`systemd-analyze verify {}` names the line", state.id)};
}

Result<void> check_restartable(const UnitState& state) {
    if (auto loaded = check_loaded(state); !loaded) return loaded;
    if (state.refuse_manual_start || (state.refuse_manual_stop && state.is_running())) {
        return Error{ErrorKind::usage,
                     fmt::format("{} may not be restarted by hand: it sets {}", state.id,
                                 state.refuse_manual_start ? "RefuseManualStart=yes" : "RefuseManualStop=yes"),
                     0, "observe it without --restart, or across a reboot"};
    }
    if (!state.can_start) {
        return Error{ErrorKind::usage, fmt::format("{} cannot be started", state.id), 0, ""};
    }
    return {};
}

}  // namespace sandfit::systemd
