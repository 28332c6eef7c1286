#include "cli/commands/profiles.h"

#include <algorithm>

#include "cli/exit_status.h"
#include "profile/merge.h"
#include "profile/store.h"

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
