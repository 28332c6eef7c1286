#include "profile/reload.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/path.h"

namespace sandfit::profile {
namespace {

/// The last components of the programs that a line of commands runs: /bin is a link to /usr/bin, and the kernel tells the
/// path behind it.
std::set<std::string> programs_of(const std::vector<std::string>& commands) {
    std::set<std::string> programs;
    for (const auto& command : commands) {
        std::string_view path = command;
        path.remove_prefix(std::min(path.find_first_not_of("-:+!@"), path.size()));
        programs.insert(base::last_component(std::string(path.substr(0, path.find(' ')))));
    }
    return programs;
}

}  // namespace

bool saw_reload(const Profile& profile) {
    std::set<std::string> reloads;
    std::set<std::string> others;
    for (const auto& [directive, commands] : profile.settings.values) {
        if (!directive.starts_with("Exec") || directive == "ExecPaths") continue;
        auto programs = programs_of(commands);
        (directive == "ExecReload" ? reloads : others).merge(programs);
    }
    return std::any_of(profile.facts.begin(), profile.facts.end(), [&](const SeenFact& seen) {
        const auto* exec = std::get_if<ExecFact>(&seen.fact);
        if (exec == nullptr || !exec->by_systemd) return false;
        const std::string name = base::last_component(exec->path);
        return reloads.count(name) != 0 && others.count(name) == 0;
    });
}

}  // namespace sandfit::profile
