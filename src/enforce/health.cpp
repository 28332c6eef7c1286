#include "enforce/health.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace sandfit::enforce {
namespace {

constexpr std::chrono::seconds kMargin{15};
constexpr std::chrono::seconds kLongest{3600};
/// systemd's DefaultTimeoutStartSec=, for a setting that is not told.
constexpr std::uint64_t kDefaultUs = 90'000'000;

std::uint64_t timeout_of(const systemd::UnitState& state, const std::string& name) {
    const std::string text = state.settings.scalar(name);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) {
        return text == "infinity" ? UINT64_MAX : kDefaultUs;
    }
    // Twenty digits are infinity in microseconds.
    return text.size() >= 19 ? UINT64_MAX : std::stoull(text);
}

}  // namespace

bool is_oneshot(const systemd::UnitState& state) {
    return state.type == "oneshot";
}

std::optional<std::string> why_unwell(const systemd::UnitState& started, const systemd::UnitState& now) {
    const auto ended = [&now] {
        std::string how = now.result.empty() ? "" : fmt::format(" (\"{}\"", base::escape_bytes(now.result));
        if (!how.empty() && now.main_status != 0) how += fmt::format(", status {}", now.main_status);
        return how.empty() ? how : how + ")";
    };
    if (now.active_state == "failed") return "it failed" + ended();
    if (now.restarts > started.restarts) {
        return fmt::format("it died and was started again by systemd, {}",
                           base::count_of(now.restarts - started.restarts, "time", "times"));
    }
    if (now.active_state == "activating" && now.sub_state == "auto-restart") {
        return "it died, and systemd is about to start it again" + ended();
    }
    if (!now.result.empty() && now.result != "success") return "it ended badly" + ended();
    if (started.is_running() && !now.is_running() && !is_oneshot(now)) {
        return fmt::format("it is {} although nobody stopped it", now.active_state);
    }
    return std::nullopt;
}

std::chrono::seconds job_limit(const systemd::UnitState& state) {
    constexpr auto kLongestUs = static_cast<std::uint64_t>(std::chrono::microseconds(kLongest).count());
    const auto start = std::min(timeout_of(state, "TimeoutStartUSec"), kLongestUs);
    const auto stop = std::min(timeout_of(state, "TimeoutStopUSec"), kLongestUs);
    const std::chrono::microseconds both(start + stop);
    return std::min(std::chrono::duration_cast<std::chrono::seconds>(both) + kMargin, kLongest);
}

}  // namespace sandfit::enforce
