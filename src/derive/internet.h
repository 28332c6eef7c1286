// Which addresses of the Internet families a unit meets, and ranges of them as IPAddressDeny= has them.
#ifndef SANDFIT_DERIVE_INTERNET_H
#define SANDFIT_DERIVE_INTERNET_H

#include <sandfit/fact.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// An IPv4 address in its 4 bytes, an IPv6 one in 16. One that is mapped ("::ffff:127.0.0.1") is IPv4: so are its
/// packets.
struct IpAddress {
    bool is_v6 = false;
    std::array<std::uint8_t, 16> bytes{};

    /// None for what is no address.
    static std::optional<IpAddress> parse(const std::string& text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] bool is_wildcard() const;
};

/// Ranges in systemd's words: "any", "localhost", "link-local", "multicast", "10.0.0.0/8", "::1". What it would not
/// read holds nothing.
class IpRanges {
public:
    void add(std::string_view word);
    void add_all(const std::vector<std::string>& words);
    [[nodiscard]] bool holds(const IpAddress& address) const;
    [[nodiscard]] bool holds_all(bool is_v6) const;    ///< every address of the family
    [[nodiscard]] bool holds_beyond_loopback() const;  ///< some address of another host

private:
    struct Range {
        IpAddress first;
        unsigned prefix = 0;
    };
    std::vector<Range> ranges_;
};

/// True for AF_INET and AF_INET6.
bool is_internet(const std::string& family);

/// A socket whose packets have no peer that a fact names: raw, ICMP, packet sockets.
bool is_raw_socket(const Fact& fact);

/// The address of a bind, connect or send of an Internet family that was not refused anyway; null for other facts.
const AddressFact* met_address(const Fact& fact);

/// The peers of a unit.
struct Peers {
    std::vector<std::size_t> facts;  ///< that name them
    bool has_sockets = false;        ///< sockets of the Internet families were made
    bool uses_loopback = false;
    std::set<std::string> others;                ///< peers that are not this host, by address
    std::optional<std::string> unknown;          ///< why not all of them are known, as an end of a sentence
    std::optional<std::size_t> unknown_because;  ///< the fact of that
};

Peers peers_of(const Situation& situation);

}  // namespace sandfit::derive

#endif
