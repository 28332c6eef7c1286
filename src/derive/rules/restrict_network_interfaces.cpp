// RestrictNetworkInterfaces=
//
// Directive: IP packets are dropped on all network interfaces but those listed.
//
// Concludes from: the addresses that were bound, connected to and sent to. `lo` when these are loopback ones, or no
// Internet socket was made. Through which interface other addresses are reached is the host's business: then nothing
// is concluded.
//
// Needs coverage of: sockets, from start-up on; syscalls, since sendmmsg(2) tells no address.
//
// Can be wrong when: another configuration names another server. It does nothing where systemd was built without BPF
// support, or the kernel has none.
//
// Since: systemd 250
#include <string_view>

#include "derive/coverage.h"
#include "derive/host_features.h"
#include "derive/internet.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictNetworkInterfaces";

Suggestion conclude(const Situation& situation) {
    const auto& present = list_of(situation.profile.settings, "RestrictNetworkInterfaces");
    if (present.size() == 1 && present.front() == "lo") return keep(kDirective, "the unit has lo only");
    if (const auto why = obstacle(situation, {Subject::sockets, Subject::syscalls})) {
        return abstain(kDirective, *why);
    }
    const Peers peers = peers_of(situation);
    if (peers.unknown || !peers.others.empty()) {
        const std::vector<std::string> others(peers.others.begin(), peers.others.end());
        Suggestion open = abstain(
            kDirective, peers.unknown ? *peers.unknown
                                      : "through which interfaces " + some_of(others) + " are reached is not known");
        if (peers.unknown_because) open.because = {*peers.unknown_because};
        return open;
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::words, {"lo"},
                                    peers.has_sockets ? "only addresses of this host were bound, connected or sent to"
                                                      : "no Internet socket was made");
    suggestion.reset_first = !present.empty();
    suggestion.because = peers.facts;
    suggestion.caveats = doubts(situation, {Subject::sockets, Subject::syscalls});
    if (const auto idle = does_nothing_without_bpf(situation.host)) suggestion.caveats.push_back(*idle);
    return suggestion;
}

Denier denies(const Situation&, const Suggestion& suggestion) {
    // Which addresses other interfaces lead to is not known: of such lists nothing is said.
    const bool loopback_only = suggestion.items.size() == 1 && suggestion.items.front() == "lo";
    return [loopback_only](const SeenFact& seen) {
        if (!loopback_only) return false;
        if (is_raw_socket(seen.fact)) return true;
        const AddressFact* met = met_address(seen.fact);
        if (met == nullptr) return false;
        const auto address = IpAddress::parse(met->address);
        if (!address) return true;
        return !address->is_loopback() && !(met->op != AddressOp::bind && address->is_wildcard());
    };
}

}  // namespace

Rule restrict_network_interfaces() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
