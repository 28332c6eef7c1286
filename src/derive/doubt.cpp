#include "derive/doubt.h"

#include <algorithm>
#include <set>

#include "derive/contradiction.h"

namespace sandfit::derive {
namespace {

bool is_firm(const Fact& fact) {
    if (const auto* check = std::get_if<CapabilityFact>(&fact)) {
        return check->granted && check->use == CapabilityUse::need;
    }
    if (const auto* file = std::get_if<FileFact>(&fact)) {
        return file->error == 0 &&
               (file->resolution == Resolution::walked || file->resolution == Resolution::resolved);
    }
    if (const auto* move = std::get_if<MoveFact>(&fact)) {
        return move->error == 0 &&
               (move->resolution == Resolution::walked || move->resolution == Resolution::resolved);
    }
    if (const auto* socket = std::get_if<SocketFact>(&fact)) return socket->error == 0;
    return true;
}

Profile firm_part(const Profile& profile) {
    Profile firm = profile;
    std::erase_if(firm.facts, [](const SeenFact& seen) { return !is_firm(seen.fact); });
    return firm;
}

std::set<std::string> expanded(const std::vector<std::string>& words, const Host& host) {
    std::set<std::string> calls;
    for (const std::string& word : words) {
        const auto group = host.syscall_groups.find(word);
        if (group == host.syscall_groups.end()) {
            calls.insert(word);
        } else {
            calls.insert(group->second.begin(), group->second.end());
        }
    }
    return calls;
}

/// `in_force` without the grant.
UnitSettings without(const Grant& grant, UnitSettings settings, const std::vector<std::string>& filter,
                     const Host& host) {
    auto& words = settings.values[grant.directive];
    if (grant.directive != "SystemCallFilter") {
        std::erase(words, grant.item);
        // An empty list of families restricts nothing.
        if (words.empty() && grant.directive == "RestrictAddressFamilies") words = {"none"};
        return settings;
    }
    std::vector<std::string> others = filter;
    std::erase(others, grant.item);
    const auto still = expanded(others, host);
    const auto gone = expanded({grant.item}, host);
    std::erase_if(words, [&](const std::string& word) { return gone.count(word) != 0 && still.count(word) == 0; });
    return settings;
}

/// How many facts of the profile these settings refuse.
std::size_t refused_under(const Profile& profile, const UnitSettings& settings, const Host& host) {
    std::size_t count = 0;
    for (const auto& one : contradictions(profile, settings, host)) count += one.facts.size();
    return count;
}

}  // namespace

std::vector<Grant> doubtful(const std::vector<Grant>& grants, const Profile& profile, const UnitSettings& in_force,
                            const std::vector<std::string>& filter, const Host& host) {
    const Profile firm = firm_part(profile);
    // What is refused with all of them is refused by something else.
    const std::size_t refused_anyway = refused_under(firm, in_force, host);
    std::vector<Grant> doubtful;
    for (const Grant& grant : grants) {
        const std::size_t refused = refused_under(firm, without(grant, in_force, filter, host), host);
        if (refused <= refused_anyway) doubtful.push_back(grant);
    }
    return doubtful;
}

}  // namespace sandfit::derive
