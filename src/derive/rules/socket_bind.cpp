// SocketBindDeny=, SocketBindAllow=
//
// Directive: bind(2) of an Internet socket fails with EPERM for what SocketBindDeny= names and SocketBindAllow= does
// not. A port that the kernel chooses at connect(2) or sendto(2) is not concerned; one that it chooses at bind(2), to
// port 0, is, and only `any` would allow it.
//
// Concludes from: the ports that were bound. `any` is denied, the ports are allowed by family and number. Only at
// `strict`, unless no Internet socket was made: configurations change, and a newer version may bind port 0, if only
// to try what the kernel can do (haproxy 3.0 does).
//
// Needs coverage of: sockets, from start-up on.
//
// Can be wrong when: another configuration names another port; a protocol hands out ports as it runs (passive FTP).
// It does nothing where systemd was built without BPF support, or the kernel has none.
//
// Since: systemd 249
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "derive/coverage.h"
#include "derive/host_features.h"
#include "derive/internet.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDeny = "SocketBindDeny";
constexpr std::string_view kAllow = "SocketBindAllow";
constexpr std::uint32_t kHighestPort = 65535;

const AddressFact* bound(const Fact& fact) {
    const AddressFact* met = met_address(fact);
    return met != nullptr && met->op == AddressOp::bind ? met : nullptr;
}

/// "ipv4:80": the protocol is not told apart.
std::string word_for(const AddressFact& fact) {
    return (fact.family == "AF_INET6" ? "ipv6:" : "ipv4:") + std::to_string(fact.port);
}

bool makes_internet_sockets(const Profile& profile) {
    return std::any_of(profile.facts.begin(), profile.facts.end(), [](const SeenFact& seen) {
        if (bound(seen.fact) != nullptr) return true;
        const auto* socket = std::get_if<SocketFact>(&seen.fact);
        return socket != nullptr && (socket->family == "AF_INET" || socket->family == "AF_INET6");
    });
}

struct Ports {
    std::set<std::string> words;
    std::vector<std::size_t> facts;
    std::optional<std::size_t> chosen_by_kernel;
};

Ports ports_of(const Profile& profile) {
    Ports ports;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const AddressFact* address = bound(profile.facts[i].fact);
        if (address == nullptr) continue;
        ports.facts.push_back(i);
        if (address->port == 0 || address->port > kHighestPort) {
            ports.chosen_by_kernel = i;
        } else {
            ports.words.insert(word_for(*address));
        }
    }
    return ports;
}

Suggestion conclude_deny(const Situation& situation) {
    const auto& present = list_of(situation.profile.settings, "SocketBindDeny");
    if (present.size() == 1 && present.front() == "any") return keep(kDeny, "the unit denies what it does not allow");
    if (const auto why = obstacle(situation, {Subject::sockets})) return abstain(kDeny, *why);
    if (situation.tightness != Tightness::strict && makes_internet_sockets(situation.profile)) {
        return abstain(kDeny,
                       "which ports another configuration or version binds is not known; at `strict`, those seen");
    }
    const Ports ports = ports_of(situation.profile);
    if (ports.chosen_by_kernel) {
        Suggestion open = abstain(kDeny, describe(situation.profile.facts[*ports.chosen_by_kernel].fact) +
                                             " lets the kernel choose a port, which no list can allow");
        open.because = {*ports.chosen_by_kernel};
        return open;
    }
    // More than a list that is read by people bears: the service hands out ports.
    constexpr std::size_t kMost = 16;
    if (ports.words.size() > kMost) return abstain(kDeny, "too many ports were bound to be known all");
    const std::vector<std::string> words(ports.words.begin(), ports.words.end());
    Suggestion suggestion = suggest(kDeny, ValueForm::words, {"any"},
                                    words.empty() ? "no port was bound" : "ports bound were " + some_of(words, 16));
    suggestion.because = ports.facts;
    suggestion.caveats = doubts(situation, {Subject::sockets});
    if (const auto idle = does_nothing_without_bpf(situation.host)) suggestion.caveats.push_back(*idle);
    return suggestion;
}

Suggestion conclude_allow(const Situation& situation) {
    const Suggestion* deny = situation.proposed(std::string(kDeny));
    if (deny == nullptr || deny->verdict != Verdict::suggest) {
        return deny != nullptr && deny->verdict == Verdict::keep
                   ? keep(kAllow, "it goes with the unit's own SocketBindDeny=")
                   : abstain(kAllow, "SocketBindDeny= is not suggested");
    }
    const Ports ports = ports_of(situation.profile);
    if (ports.words.empty()) return abstain(kAllow, "no port was bound that would have to be allowed");
    Suggestion suggestion =
        suggest(kAllow, ValueForm::words, {ports.words.begin(), ports.words.end()}, "see SocketBindDeny=");
    suggestion.reset_first = !list_of(situation.profile.settings, "SocketBindAllow").empty();
    suggestion.one_each = true;
    suggestion.because = ports.facts;
    return suggestion;
}

Denier denies_deny(const Situation& situation, const Suggestion& suggestion) {
    // Of lists that are not `any` nothing is said: sandfit writes none.
    const bool all = suggestion.items.size() == 1 && suggestion.items.front() == "any";
    const Suggestion* made = situation.proposed(std::string(kAllow));
    const bool proposed = made != nullptr && made->verdict == Verdict::suggest;
    std::set<std::string> allowed;
    if (proposed) allowed.insert(made->items.begin(), made->items.end());
    // The unit's own words may be ranges and protocols; with any of them nothing is said either.
    const bool own =
        !list_of(situation.profile.settings, "SocketBindAllow").empty() && (!proposed || !made->reset_first);
    return [all, own, allowed](const SeenFact& seen) {
        const AddressFact* address = bound(seen.fact);
        return all && !own && address != nullptr && allowed.count(word_for(*address)) == 0;
    };
}

Denier denies_allow(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // judged with SocketBindDeny=
}

}  // namespace

Rule socket_bind_deny() {
    return {std::string(kDeny), conclude_deny, denies_deny};
}

Rule socket_bind_allow() {
    return {std::string(kAllow), conclude_allow, denies_allow};
}

}  // namespace sandfit::derive::rules
