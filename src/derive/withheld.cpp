#include "derive/withheld.h"

#include <algorithm>
#include <utility>

#include "derive/capability_need.h"
#include "derive/settings.h"

namespace sandfit::derive {

Withheld withheld(const Host& host, std::set<std::string> capabilities, const std::string& group,
                  std::set<std::string> known) {
    Withheld taken{std::move(capabilities), std::move(known)};
    const auto it = host.syscall_groups.find(group);
    if (it != host.syscall_groups.end()) taken.syscalls.insert(it->second.begin(), it->second.end());
    return taken;
}

bool withheld_denies(const Situation& situation, const Withheld& taken, const Fact& fact) {
    if (seccomp_denies(situation, fact)) return true;
    if (const auto* call = std::get_if<SyscallFact>(&fact)) return taken.syscalls.count(call->name) != 0;
    if (const auto* check = std::get_if<CapabilityFact>(&fact)) {
        return taken.capabilities.count(check->capability) != 0 && is_capability_need(situation.profile, *check);
    }
    if (const auto* request = std::get_if<CapabilityRequestFact>(&fact)) {
        // Who asks for every one at once asks for these, too.
        const bool asks = request->capability == CapabilityRequestFact::kAll
                              ? !taken.capabilities.empty()
                              : taken.capabilities.count(request->capability) != 0;
        return asks && is_request_need(situation.profile, *request);
    }
    const auto* exec = std::get_if<ExecFact>(&fact);
    return exec != nullptr &&
           std::any_of(exec->file_capabilities.begin(), exec->file_capabilities.end(),
                       [&taken](const std::string& capability) { return taken.capabilities.count(capability) != 0; });
}

std::optional<std::string> withheld_obstacle(const Situation& situation, const Withheld& taken) {
    if (auto why = seccomp_would_take_privileges(situation)) return why;
    for (const auto& capability : list_of(situation.profile.settings, "AmbientCapabilities")) {
        if (taken.capabilities.count(capability) == 0) continue;
        return "it would drop " + capability + ", which the unit's AmbientCapabilities= gives";
    }
    return std::nullopt;
}

}  // namespace sandfit::derive
