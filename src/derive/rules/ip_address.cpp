// IPAddressDeny=, IPAddressAllow=
//
// Directive: IP packets from and to the addresses of IPAddressDeny= are dropped, but for those of IPAddressAllow=.
// Sockets can still be made, bound and, if they are UDP, connected. Sockets that a .socket unit hands over obey that
// unit's lists.
//
// Concludes from: the addresses that were bound, connected to and sent to. `any` is denied when no Internet socket
// was made; with `localhost` allowed when all addresses are loopback ones. At `strict` the peers that were seen are
// allowed by their addresses. Nothing is concluded for a unit that others reach over the network, or that uses raw
// sockets: its peers are not known.
//
// Needs coverage of: sockets, from start-up on; syscalls, since sendmmsg(2) tells no address.
//
// Can be wrong when: another configuration names another server; at `strict`, when a name resolves to another
// address.
//
// Since: systemd 235
#include <algorithm>
#include <string_view>

#include "derive/coverage.h"
#include "derive/internet.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDeny = "IPAddressDeny";
constexpr std::string_view kAllow = "IPAddressAllow";

IpRanges ranges_of(const std::vector<std::string>& words) {
    IpRanges ranges;
    ranges.add_all(words);
    return ranges;
}

bool denies_everything(const IpRanges& ranges) {
    return ranges.holds_all(false) && ranges.holds_all(true);
}

Suggestion with_facts(Suggestion suggestion, const Situation& situation, const Peers& peers) {
    suggestion.because = peers.facts;
    suggestion.caveats = doubts(situation, {Subject::sockets, Subject::syscalls});
    return suggestion;
}

Suggestion conclude_deny(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (denies_everything(ranges_of(list_of(settings, "IPAddressDeny")))) {
        return keep(kDeny, "the unit denies what it does not allow");
    }
    if (const auto why = obstacle(situation, {Subject::sockets, Subject::syscalls})) return abstain(kDeny, *why);
    const Peers peers = peers_of(situation);
    if (peers.unknown) {
        Suggestion open = abstain(kDeny, *peers.unknown + ": if you know it, deny any and allow these");
        if (peers.unknown_because) open.because = {*peers.unknown_because};
        return open;
    }
    const std::vector<std::string> others(peers.others.begin(), peers.others.end());
    if (!others.empty() && situation.tightness != Tightness::strict) {
        Suggestion open = abstain(kDeny, "the unit talks to " + some_of(others) +
                                             ", and with whom next time is not known: if you know it, deny any and "
                                             "allow these");
        open.because = peers.facts;
        return open;
    }
    std::string reason = "no Internet socket was made";
    if (!others.empty()) {
        reason = "addresses of other hosts were " + some_of(others) + " only";
    } else if (peers.has_sockets) {
        reason = "only addresses of this host were bound, connected or sent to";
    }
    return with_facts(suggest(kDeny, ValueForm::words, {"any"}, std::move(reason)), situation, peers);
}

Suggestion conclude_allow(const Situation& situation) {
    const Suggestion* deny = situation.proposed(std::string(kDeny));
    if (deny == nullptr || deny->verdict != Verdict::suggest) {
        return deny != nullptr && deny->verdict == Verdict::keep
                   ? keep(kAllow, "it goes with the unit's own IPAddressDeny=")
                   : abstain(kAllow, "IPAddressDeny= is not suggested");
    }
    const Peers peers = peers_of(situation);
    std::vector<std::string> items;
    if (peers.has_sockets && (peers.uses_loopback || peers.others.empty())) items.emplace_back("localhost");
    items.insert(items.end(), peers.others.begin(), peers.others.end());
    if (items.empty()) return abstain(kAllow, "no address was met that would have to be allowed");
    Suggestion suggestion =
        with_facts(suggest(kAllow, ValueForm::words, std::move(items), "see IPAddressDeny="), situation, peers);
    suggestion.reset_first = !list_of(situation.profile.settings, "IPAddressAllow").empty();
    if (!peers.others.empty()) suggestion.caveats.emplace_back("names may resolve to other addresses another time");
    return suggestion;
}

/// Dropped are packets, which tell themselves by the addresses that they go to.
Denier denies_deny(const Situation& situation, const Suggestion& suggestion) {
    const IpRanges denied = ranges_of(suggestion.items);
    IpRanges allowed;
    const Suggestion* made = situation.proposed(std::string(kAllow));
    const bool proposed = made != nullptr && made->verdict == Verdict::suggest;
    if (proposed) allowed.add_all(made->items);
    if (!proposed || !made->reset_first) allowed.add_all(list_of(situation.profile.settings, "IPAddressAllow"));
    return [denied, allowed](const SeenFact& seen) {
        const bool leaves_no_peer = denies_everything(denied) && !allowed.holds_beyond_loopback();
        if (is_raw_socket(seen.fact)) return leaves_no_peer;
        const AddressFact* met = met_address(seen.fact);
        if (met == nullptr) return false;
        const auto address = IpAddress::parse(met->address);
        if (!address) return leaves_no_peer;
        if (address->is_wildcard() && met->op != AddressOp::bind) {
            const auto self = IpAddress::parse(address->is_v6 ? "::1" : "127.0.0.1");
            return denied.holds(*self) && !allowed.holds(*self);
        }
        // A server is refused when nobody can reach it.
        if (met->op == AddressOp::bind && !address->is_loopback()) return leaves_no_peer;
        return denied.holds(*address) && !allowed.holds(*address);
    };
}

Denier denies_allow(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // judged with IPAddressDeny=
}

}  // namespace

Rule ip_address_deny() {
    return {std::string(kDeny), conclude_deny, denies_deny};
}

Rule ip_address_allow() {
    return {std::string(kAllow), conclude_allow, denies_allow};
}

}  // namespace sandfit::derive::rules
