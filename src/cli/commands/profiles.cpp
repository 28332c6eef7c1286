#include "cli/commands/profiles.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "cli/exit_status.h"
#include "profile/merge.h"
#include "profile/store.h"
#include "systemd/unit_name.h"

namespace sandfit::cli {

Result<Profile> load_and_merge(const std::vector<std::string>& paths) {
    std::vector<Profile> profiles;
    for (const std::string& path : paths) {
        auto profile = profile::load(path);
        if (!profile) return profile.error();
        profiles.push_back(std::move(*profile));
    }
    if (profiles.size() == 1) return std::move(profiles.front());
    return profile::merge(profiles);
}

Result<void> check_profile_of(const Profile& profile, std::string_view unit, std::string_view path) {
    const auto recorded = systemd::service_name(profile.unit);
    if (recorded && *recorded == unit) return {};
    return Error{ErrorKind::usage,
                 fmt::format("{} is a profile of {}, not of {}", base::escape_bytes(path),
                             base::escape_bytes(profile.unit), base::escape_bytes(unit)),
                 0, fmt::format("`sandfit observe --restart {}` records one", base::escape_bytes(unit))};
}

Tightness tightness_of(const Arguments& arguments) {
    const std::string given = arguments.value("tightness").value_or("balanced");
    if (given == "strict") return Tightness::strict;
    if (given == "cautious") return Tightness::cautious;
    return Tightness::balanced;
}

std::vector<std::string> gaps_for_suggestions(const Profile& profile) {
    auto gaps = gaps_of(profile.coverage, StartSeen::required);
    const auto is_checkpoint = [](const Run& run) { return !run.complete; };
    if (std::ranges::any_of(profile.runs, is_checkpoint)) gaps.emplace_back("a recording was broken off");
    return gaps;
}

}  // namespace sandfit::cli
