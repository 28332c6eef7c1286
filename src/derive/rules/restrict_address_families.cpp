// RestrictAddressFamilies=
//
// Directive: socket(2) fails with EAFNOSUPPORT for all other families. Sockets that are inherited (socket activation)
// and socketpair(2) are not concerned. For a unit with User= it implies NoNewPrivileges=.
//
// Concludes from: the families of sockets that were made, and of those that failed for a passing reason. `balanced`
// adds AF_UNIX (every libc logs and looks up names through it) and the other of AF_INET and AF_INET6 (which of them a
// name resolves to is not the service's choice); neither costs exposure worth naming. AF_NETLINK is added by
// `cautious` only: glibc asks it for the host's addresses, and does without when it is refused.
//
// Needs coverage of: sockets, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: a family is used only on some hosts (AF_VSOCK, AF_BLUETOOTH) or in some configurations.
//
// Since: systemd 211; `none` 249
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string_view>

#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictAddressFamilies";

bool is_family_name(const std::string& name) {
    return name.starts_with("AF_") && name.size() > 3 && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
           });
}

/// EAFNOSUPPORT is what the directive answers; EACCES and EPERM are refusals that become another refusal. A protocol
/// that the family lacks is an answer that programs act upon (MPTCP falls back to TCP): a need.
bool is_need(const SocketFact& fact) {
    return fact.error != EAFNOSUPPORT && fact.error != EACCES && fact.error != EPERM;
}

/// The families that the unit's own setting leaves it: nothing known, an allow-list, or all but a deny-list.
struct Present {
    bool set = false;
    bool deny = false;
    std::set<std::string> names;

    explicit Present(const UnitSettings& settings) {
        for (std::string item : list_of(settings, "RestrictAddressFamilies")) {
            set = true;
            if (item.starts_with("~")) {
                deny = true;
                item.erase(0, 1);
            }
            if (item != "none") names.insert(item);
        }
    }
    bool allows(const std::string& family) const { return !set || (names.count(family) != 0) != deny; }
};

void generalise(std::set<std::string>& families, Tightness tightness) {
    if (tightness == Tightness::strict) return;
    families.insert("AF_UNIX");
    const bool internet = families.count("AF_INET") != 0 || families.count("AF_INET6") != 0;
    if (!internet) return;
    families.insert("AF_INET");
    families.insert("AF_INET6");
    if (tightness == Tightness::cautious) families.insert("AF_NETLINK");
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const Present present(profile.settings);
    if (present.set && !present.deny && present.names.empty()) return keep(kDirective, "the unit allows no family");
    if (const auto why = obstacle(situation, {Subject::sockets})) return abstain(kDirective, *why);
    if (const auto why = seccomp_would_take_privileges(situation)) return abstain(kDirective, *why);

    std::set<std::string> families;
    std::vector<std::size_t> because;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const auto* socket = std::get_if<SocketFact>(&profile.facts[i].fact);
        if (socket == nullptr || !is_need(*socket)) continue;
        if (!is_family_name(socket->family)) {
            return abstain(kDirective, "the family " + clipped(socket->family) + " was used, and it has no name");
        }
        families.insert(socket->family);
        because.push_back(i);
    }
    const std::vector<std::string> seen(families.begin(), families.end());
    generalise(families, situation.tightness);
    std::vector<std::string> items;
    std::copy_if(families.begin(), families.end(), std::back_inserter(items),
                 [&present](const std::string& family) { return present.allows(family); });
    if (present.set && !present.deny &&
        std::includes(items.begin(), items.end(), present.names.begin(), present.names.end())) {
        return keep(kDirective, "the unit's own list is as tight");
    }
    std::string reason = seen.empty() ? "no socket was made" : "sockets of " + some_of(seen, 8) + " were made";
    if (items.empty()) {
        // COMPAT(249): older versions know no "none". One family that can do no harm alone comes nearest.
        const int version = situation.host.systemd_version;
        items = {version != 0 && version < 249 ? "AF_UNIX" : "none"};
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::words, std::move(items), std::move(reason));
    suggestion.reset_first = present.set;
    suggestion.because = std::move(because);
    suggestion.caveats = doubts(situation, {Subject::sockets});
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const Present present(situation.profile.settings);
    return [&situation, &suggestion, present](const SeenFact& seen) {
        if (seccomp_denies(situation, seen.fact)) return true;
        const auto* socket = std::get_if<SocketFact>(&seen.fact);
        if (socket == nullptr || !is_need(*socket)) return false;
        if (!present.allows(socket->family)) return false;  // the unit's own list did that
        return std::find(suggestion.items.begin(), suggestion.items.end(), socket->family) == suggestion.items.end();
    };
}

}  // namespace

Rule restrict_address_families() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
