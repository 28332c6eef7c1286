#include "derive/internet.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

constexpr std::size_t kMappedPrefix = 12;  // bytes of ::ffff:0:0/96

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
    return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
           bytes[10] == 0xff && bytes[11] == 0xff;
}

/// To whom sendmmsg(2) sends is not recorded: a connected socket's peer is a fact of its own, another's is none.
bool may_send_unseen(const Profile& profile, const Fact& fact) {
    const auto* call = std::get_if<SyscallFact>(&fact);
    if (call == nullptr || call->name != "sendmmsg") return false;
    return std::any_of(profile.facts.begin(), profile.facts.end(), [](const SeenFact& seen) {
        const auto* socket = std::get_if<SocketFact>(&seen.fact);
        return socket != nullptr && is_internet(socket->family) && socket->type == "SOCK_DGRAM" && socket->error == 0;
    });
}

/// Connecting or sending to 0.0.0.0 or :: is to this host itself.
bool is_this_host(const AddressFact& fact, const IpAddress& address) {
    return address.is_loopback() || (fact.op != AddressOp::bind && address.is_wildcard());
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(const std::string& text) {
    // inet_pton() would stop at a NUL that a damaged profile may hold.
    if (text.find('\0') != std::string::npos) return std::nullopt;
    IpAddress address;
    if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) return address;
    if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1) return std::nullopt;
    address.is_v6 = !is_mapped(address.bytes);
    if (!address.is_v6) {
        std::copy(address.bytes.begin() + kMappedPrefix, address.bytes.end(), address.bytes.begin());
        std::fill(address.bytes.begin() + 4, address.bytes.end(), std::uint8_t{0});
    }
    return address;
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    const int family = is_v6 ? AF_INET6 : AF_INET;
    return ::inet_ntop(family, bytes.data(), out.data(), out.size()) == nullptr ? std::string() : out.data();
}

bool IpAddress::is_loopback() const {
    if (!is_v6) return bytes[0] == 127;
    return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_wildcard() const {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

void IpRanges::add(std::string_view word) {
    // systemd.resource-control(5) says what the words stand for.
    if (word == "any") {
        add_all({"0.0.0.0/0", "::/0"});
    } else if (word == "localhost") {
        add_all({"127.0.0.0/8", "::1/128"});
    } else if (word == "link-local") {
        add_all({"169.254.0.0/16", "fe80::/64"});
    } else if (word == "multicast") {
        add_all({"224.0.0.0/4", "ff00::/8"});
    } else {
        const std::size_t slash = word.find('/');
        const auto first = IpAddress::parse(std::string(word.substr(0, slash)));
        if (!first) return;
        unsigned prefix = first->is_v6 ? 128 : 32;
        if (slash != std::string_view::npos) {
            const std::string_view length = word.substr(slash + 1);
            unsigned given = 0;
            const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), given);
            if (error != std::errc() || end != length.data() + length.size() || given > prefix) return;
            prefix = given;
        }
        ranges_.push_back({*first, prefix});
    }
}

void IpRanges::add_all(const std::vector<std::string>& words) {
    for (const auto& word : words) add(word);
}

bool IpRanges::holds(const IpAddress& address) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [&address](const Range& range) {
        if (range.first.is_v6 != address.is_v6) return false;
        for (unsigned bit = 0; bit < range.prefix; ++bit) {
            const unsigned mask = 0x80u >> (bit % 8);
            if (((range.first.bytes[bit / 8] ^ address.bytes[bit / 8]) & mask) != 0) return false;
        }
        return true;
    });
}

bool IpRanges::holds_all(bool is_v6) const {
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [is_v6](const Range& range) { return range.prefix == 0 && range.first.is_v6 == is_v6; });
}

bool IpRanges::holds_beyond_loopback() const {
    return std::any_of(ranges_.begin(), ranges_.end(), [](const Range& range) {
        const bool within =
            range.first.is_loopback() && (range.first.is_v6 ? range.prefix == 128 : range.prefix >= 8);
        return !within;
    });
}

bool is_internet(const std::string& family) {
    return family == "AF_INET" || family == "AF_INET6";
}

bool is_raw_socket(const Fact& fact) {
    const auto* socket = std::get_if<SocketFact>(&fact);
    if (socket == nullptr || socket->error != 0) return false;
    if (socket->family == "AF_PACKET") return true;
    return is_internet(socket->family) &&
           (socket->type == "SOCK_RAW" || socket->protocol == IPPROTO_ICMP || socket->protocol == IPPROTO_ICMPV6);
}

const AddressFact* met_address(const Fact& fact) {
    const auto* address = std::get_if<AddressFact>(&fact);
    if (address == nullptr || !is_internet(address->family)) return nullptr;
    return address->error == EPERM || address->error == EACCES ? nullptr : address;
}

Peers peers_of(const Situation& situation) {
    Peers peers;
    const auto give_up = [&peers](std::string why, std::optional<std::size_t> fact) {
        if (peers.unknown) return;
        peers.unknown = std::move(why);
        peers.unknown_because = fact;
    };
    for (const auto& trigger : list_of(situation.profile.settings, "TriggeredBy")) {
        if (!trigger.ends_with(".socket")) continue;
        give_up(clipped(trigger) + " hands the unit sockets, and who connects to these is not known", std::nullopt);
    }
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (is_raw_socket(facts[i].fact)) {
            give_up(describe(facts[i].fact) + " was made, whose peers no address tells", i);
        }
        if (may_send_unseen(situation.profile, facts[i].fact)) {
            give_up(describe(facts[i].fact) + " was made, and to whom it sent is not recorded", i);
        }
        const auto* socket = std::get_if<SocketFact>(&facts[i].fact);
        if (socket != nullptr && is_internet(socket->family) && socket->error == 0) peers.has_sockets = true;
        const AddressFact* met = met_address(facts[i].fact);
        if (met == nullptr) continue;
        peers.has_sockets = true;
        peers.facts.push_back(i);
        const auto address = IpAddress::parse(met->address);
        if (!address) {
            give_up(met->address.empty() ? "more peers were met than are told apart"
                                         : clipped(met->address) + " is no address that is understood",
                    i);
        } else if (is_this_host(*met, *address)) {
            peers.uses_loopback = true;
        } else if (met->op == AddressOp::bind) {
            give_up(describe(facts[i].fact) + " was seen, and who may connect there is not known", i);
        } else {
            peers.others.insert(address->text());
        }
    }
    return peers;
}

}  // namespace sandfit::derive
