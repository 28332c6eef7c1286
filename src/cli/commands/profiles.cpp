#include "cli/commands/profiles.h"

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

}  // namespace sandfit::cli
