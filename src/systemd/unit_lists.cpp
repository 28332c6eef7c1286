#include "systemd/unit_lists.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "systemd/unit_values.h"
#include "systemd/unit_words.h"

namespace sandfit::systemd {
namespace {

using Quotes = WordSyntax::Quotes;

constexpr int kHighestErrno = 4095;
constexpr int kHighestNamedErrno = 255;  // Linux names less than 140

std::string in_quotes(std::string_view word) {
    return fmt::format("\"{}\"", base::escape_bytes(word));
}

void complain_of_syntax(const Words& words, Complaints& complaints) {
    if (!words.complete) complaints.emplace_back("a quote or a backslash has no end");
}

/// All AF_* that Linux' C libraries name; AF_LOCAL and its like are other names of the same.
constexpr std::array<std::string_view, 45> kAddressFamilies = {
    "AF_UNIX",       "AF_INET",    "AF_AX25",      "AF_IPX",     "AF_APPLETALK", "AF_NETROM",  "AF_BRIDGE",
    "AF_ATMPVC",     "AF_X25",     "AF_INET6",     "AF_ROSE",    "AF_DECnet",    "AF_NETBEUI", "AF_SECURITY",
    "AF_KEY",        "AF_NETLINK", "AF_PACKET",    "AF_ASH",     "AF_ECONET",    "AF_ATMSVC",  "AF_RDS",
    "AF_SNA",        "AF_IRDA",    "AF_PPPOX",     "AF_WANPIPE", "AF_LLC",       "AF_IB",      "AF_MPLS",
    "AF_CAN",        "AF_TIPC",    "AF_BLUETOOTH", "AF_IUCV",    "AF_RXRPC",     "AF_ISDN",    "AF_PHONET",
    "AF_IEEE802154", "AF_CAIF",    "AF_ALG",       "AF_NFC",     "AF_VSOCK",     "AF_KCM",     "AF_QIPCRTR",
    "AF_SMC",        "AF_XDP",     "AF_MCTP"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFamilyAliases = {
    {{"AF_LOCAL", "AF_UNIX"}, {"AF_FILE", "AF_UNIX"}, {"AF_ROUTE", "AF_NETLINK"}}};

std::string_view family_named(std::string_view word) {
    for (const auto& [alias, name] : kFamilyAliases) {
        if (word == alias) return name;
    }
    const auto it = std::ranges::find(kAddressFamilies, word);
    return it == kAddressFamilies.end() ? std::string_view() : *it;
}

std::optional<unsigned> capability_number(const std::string& word) {
    constexpr std::int64_t kBits = 64;
    if (const auto number = parse_signed(word)) {
        return *number >= 0 && *number < kBits ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
    }
    cap_value_t value = 0;
    std::string lower = word;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!lower.starts_with("cap_") || cap_from_name(lower.c_str(), &value) != 0) return std::nullopt;
    return static_cast<unsigned>(value);
}

struct Range {
    int family;
    std::string_view address;
    unsigned prefix_length;
};
constexpr std::array<std::pair<std::string_view, std::array<Range, 2>>, 4> kRangeNames = {{
    {"any", {{{AF_INET, "0.0.0.0", 0}, {AF_INET6, "::", 0}}}},
    {"localhost", {{{AF_INET, "127.0.0.0", 8}, {AF_INET6, "::1", 128}}}},
    {"link-local", {{{AF_INET, "169.254.0.0", 16}, {AF_INET6, "fe80::", 64}}}},
    {"multicast", {{{AF_INET, "224.0.0.0", 4}, {AF_INET6, "ff00::", 8}}}},
}};

/// "10.1.2.3/8" -> "10.0.0.0/8".
std::optional<std::string> address_range(int family, std::string_view address, std::optional<std::uint64_t> length) {
    const std::size_t size = family == AF_INET ? 4 : 16;
    std::string bytes(size, '\0');
    if (inet_pton(family, std::string(address).c_str(), bytes.data()) != 1) return std::nullopt;
    const std::uint64_t bits = length.value_or(size * 8);
    if (bits > size * 8) return std::nullopt;
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t kept = bits > i * 8 ? std::min<std::uint64_t>(bits - i * 8, 8) : 0;
        bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) & (0xFF00u >> kept & 0xFFu));
    }
    return address_range_word(family, bytes, static_cast<unsigned>(bits));
}

std::optional<std::string> parsed_range(const std::string& word) {
    const std::size_t slash = word.find('/');
    const std::string address = word.substr(0, slash);
    std::optional<std::uint64_t> length;
    if (slash != std::string::npos) {
        length = parse_unsigned(word.substr(slash + 1));
        if (!length) return std::nullopt;
    }
    const auto range = address_range(AF_INET, address, length);
    return range ? range : address_range(AF_INET6, address, length);
}

}  // namespace

// --- allow- and deny-lists

void NameFilter::allow_nothing() {
    names_.clear();
    sense_ = ListSense::allow;
    is_set_ = false;
}

bool NameFilter::begin(std::string_view& value) {
    const bool denies = value.starts_with('~');
    if (denies) value.remove_prefix(1);
    assigned_ = denies ? ListSense::deny : ListSense::allow;
    const bool first = !is_set_;
    if (first) sense_ = assigned_;
    is_set_ = true;
    return first && !denies;
}

void NameFilter::put(const std::string& name, const std::string& error) {
    // An error within an allow-list: the call stays refused, with that error.
    const bool refused = sense_ == ListSense::allow && assigned_ == ListSense::deny && !error.empty();
    if (adds() || refused) {
        names_[name] = error;
    } else {
        names_.erase(name);
    }
}

SettingWords NameFilter::words(std::string_view directive) const {
    SettingWords words;
    for (const auto& [name, error] : names_) {
        if (!error.empty() && sense_ == ListSense::allow) continue;
        words.push_back(error.empty() ? name : name + ":" + error);
    }
    return list_words(directive, sense_, std::move(words));
}

Complaints assign_syscalls(NameFilter& filter, std::string_view value, const Host& host) {
    Complaints complaints;
    if (value.empty()) {
        filter.reset();
        return complaints;
    }
    const auto put = [&](const std::string& name, const std::string& error) {
        if (!name.starts_with('@')) {
            if (!host.syscalls.empty() && host.syscalls.count(name) == 0) return false;
            filter.put(name, error);
            return true;
        }
        const auto group = host.syscall_groups.find(name);
        if (host.syscall_groups.empty()) {
            filter.put(name, error);  // nobody here knows what is in it: it stays a group
        } else if (group == host.syscall_groups.end()) {
            return false;
        } else {
            for (const auto& member : group->second) {
                if (host.syscalls.empty() || host.syscalls.count(member) != 0) filter.put(member, error);
            }
        }
        return true;
    };

    if (filter.begin(value)) put("@default", "");
    const auto words = words_of(value, {Quotes::literal});
    for (const auto& word : words.words) {
        const std::size_t colon = word.find(':');
        std::string error;
        if (colon != std::string::npos) {
            const auto known = error_word(word.substr(colon + 1));
            if (!known || filter.assigned() == ListSense::allow) {
                complaints.push_back(
                    fmt::format("{}: {}", in_quotes(word),
                                known ? "only a denied call has an error of its own" : "no such error"));
                continue;
            }
            error = *known;
        }
        if (!put(word.substr(0, colon), error))
            complaints.push_back(fmt::format("{} is no system call", in_quotes(word)));
    }
    complain_of_syntax(words, complaints);
    return complaints;
}

Complaints assign_address_families(NameFilter& filter, std::string_view value) {
    Complaints complaints;
    if (value.empty()) {
        filter.reset();
        return complaints;
    }
    if (value == "none") {
        filter.allow_nothing();
        return complaints;
    }
    filter.begin(value);
    const auto words = words_of(value);
    for (const auto& word : words.words) {
        const std::string_view name = family_named(word);
        if (name.empty()) {
            complaints.push_back(fmt::format("{} is no address family", in_quotes(word)));
        } else {
            filter.put(std::string(name));
        }
    }
    complain_of_syntax(words, complaints);
    return complaints;
}

Complaints assign_file_systems(NameFilter& filter, std::string_view value, const Host& host) {
    Complaints complaints;
    if (value.empty()) {
        filter.reset();
        return complaints;
    }
    filter.begin(value);
    const auto words = words_of(value);
    for (const auto& word : words.words) {
        const auto group = host.file_system_groups.find(word);
        if (group == host.file_system_groups.end()) {
            filter.put(word);
        } else {
            for (const auto& member : group->second) filter.put(member);
        }
    }
    complain_of_syntax(words, complaints);
    return complaints;
}

Complaints assign_names(NameFilter& filter, std::string_view value) {
    return assign_file_systems(filter, value, Host());
}

// --- sets

void assign_capabilities(std::uint64_t& mask, std::uint64_t unset, std::string_view value) {
    const bool denies = value.starts_with('~');
    if (denies) value.remove_prefix(1);
    std::uint64_t named = 0;
    for (const auto& word : words_of(value).words) {
        if (const auto number = capability_number(word)) named |= std::uint64_t{1} << *number;
    }
    if (named == 0 || mask == unset) {
        mask = denies ? ~named : named;
    } else if (denies) {
        mask &= ~named;
    } else {
        mask |= named;
    }
}

Complaints assign_namespaces(std::uint64_t& allowed, std::string_view value) {
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kNames = {{{"cgroup", CLONE_NEWCGROUP},
                                                                                   {"ipc", CLONE_NEWIPC},
                                                                                   {"net", CLONE_NEWNET},
                                                                                   {"mnt", CLONE_NEWNS},
                                                                                   {"pid", CLONE_NEWPID},
                                                                                   {"user", CLONE_NEWUSER},
                                                                                   {"uts", CLONE_NEWUTS},
                                                                                   {"time", CLONE_NEWTIME}}};
    // Without "time", which systemd knows by name but does not count among all.
    constexpr std::uint64_t kAll =
        CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWUTS;
    if (value.empty()) {
        allowed = kNamespacesUnset;
        return {};
    }
    if (const auto restricted = parse_boolean(value)) {
        allowed = *restricted ? 0 : kAll;
        return {};
    }
    const bool denies = value.starts_with('~');
    if (denies) value.remove_prefix(1);
    std::uint64_t flags = 0;
    const auto words = words_of(value, {Quotes::literal});
    for (const auto& word : words.words) {
        const auto known = std::ranges::find_if(kNames, [&word](const auto& name) { return name.first == word; });
        if (known == kNames.end()) return {fmt::format("{} is no namespace", in_quotes(word))};
        flags |= known->second;
    }
    if (!words.complete) return {"a backslash has nothing behind it"};
    if (allowed == kNamespacesUnset) {
        allowed = denies ? ~flags & kAll : flags;
    } else if (denies) {
        allowed &= ~flags;
    } else {
        allowed |= flags;
    }
    return {};
}

Complaints assign_addresses(std::set<std::string>& ranges, std::string_view value) {
    Complaints complaints;
    if (value.empty()) {
        ranges.clear();
        return complaints;
    }
    const auto words = words_of(value, {Quotes::literal});
    for (const auto& word : words.words) {
        const auto named =
            std::ranges::find_if(kRangeNames, [&word](const auto& name) { return name.first == word; });
        if (named != kRangeNames.end()) {
            for (const auto& range : named->second) {
                ranges.insert(address_range(range.family, range.address, range.prefix_length).value_or(""));
            }
        } else if (const auto range = parsed_range(word)) {
            ranges.insert(*range);
        } else {
            complaints.push_back(fmt::format("{} is no range of addresses", in_quotes(word)));
        }
    }
    complain_of_syntax(words, complaints);
    return complaints;
}

// --- single words

bool is_filter_architecture(std::string_view word) {
    constexpr auto kKnown = std::to_array<std::string_view>(
        {"native",   "x86",    "x86-64",     "x32",      "arm",       "arm64",         "loongarch64",
         "mips",     "mips64", "mips64-n32", "mips-le",  "mips64-le", "mips64-le-n32", "parisc",
         "parisc64", "ppc",    "ppc64",      "ppc64-le", "riscv64",   "s390",          "s390x"});
    return std::ranges::find(kKnown, word) != kKnown.end();
}

std::optional<std::string> error_word(std::string_view text) {
    if (text == "kill") return "kill";
    for (int number = 1; number <= kHighestNamedErrno; ++number) {
        const std::string name = base::errno_name(number);
        if (name == text) return name;
    }
    const auto number = parse_unsigned(text);
    if (!number || *number == 0 || *number > kHighestErrno) return std::nullopt;
    const std::string name = base::errno_name(static_cast<int>(*number));
    return name.find(' ') == std::string::npos ? name : std::to_string(*number);
}

std::optional<std::string> parsed_port_range(std::string_view value) {
    if (value == "any") return "any";
    constexpr std::uint64_t kHighestPort = 65535;
    int family = 0;
    int protocol = 0;
    auto parts = base::split(value, ':');
    const auto take = [&parts](std::string_view word) {
        if (parts.empty() || parts.front() != word) return false;
        parts.erase(parts.begin());
        return true;
    };
    if (take("ipv4")) family = AF_INET;
    if (family == 0 && take("ipv6")) family = AF_INET6;
    if (take("tcp")) protocol = IPPROTO_TCP;
    if (protocol == 0 && take("udp")) protocol = IPPROTO_UDP;
    if (parts.empty() || take("any")) {
        return parts.empty() ? std::optional(port_range_word(family, protocol, 0, 0)) : std::nullopt;
    }
    if (parts.size() != 1) return std::nullopt;
    const std::size_t dash = parts.front().find('-');
    const auto low = parse_unsigned(parts.front().substr(0, dash));
    const auto high = dash == std::string::npos ? low : parse_unsigned(parts.front().substr(dash + 1));
    if (!low || !high || *low == 0 || *low > *high || *high > kHighestPort) return std::nullopt;
    return port_range_word(family, protocol, static_cast<unsigned>(*high - *low + 1), static_cast<unsigned>(*low));
}

}  // namespace sandfit::systemd
