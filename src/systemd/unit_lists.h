// The lists of unit files that are more than words put behind one another: allow- and deny-lists, sets of flags, sets
// of addresses. Each takes assignments one after the other, as systemd does (load-fragment.c), and gives the words of
// what then holds. Pure.
#ifndef SANDFIT_SYSTEMD_UNIT_LISTS_H
#define SANDFIT_SYSTEMD_UNIT_LISTS_H

#include <sandfit/host.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "systemd/setting_words.h"

namespace sandfit::systemd {

/// What an assignment is not: for each word that systemd passes over, why, as the end of a sentence.
using Complaints = std::vector<std::string>;

/// SystemCallFilter=, RestrictAddressFamilies=, RestrictFileSystems=, RestrictNetworkInterfaces=. The first
/// assignment decides whether it allows or denies; a later one of the other sense takes names away.
class NameFilter {
public:
    void reset() { *this = NameFilter(); }
    /// Allows nothing, until names are added: RestrictAddressFamilies=none.
    void allow_nothing();
    /// Begins an assignment; `value` loses its "~". True when it is the first, and allows.
    bool begin(std::string_view& value);
    /// Adds or takes away, as the assignment's sense and the list's demand. `error` is what a denied call gets.
    void put(const std::string& name, const std::string& error = "");
    [[nodiscard]] bool adds() const { return assigned_ == sense_; }
    [[nodiscard]] ListSense assigned() const { return assigned_; }
    [[nodiscard]] SettingWords words(std::string_view directive) const;

private:
    bool is_set_ = false;
    ListSense sense_ = ListSense::deny;
    ListSense assigned_ = ListSense::deny;
    std::map<std::string, std::string> names_;  ///< with the error, "" for none
};

Complaints assign_syscalls(NameFilter& filter, std::string_view value, const Host& host);
Complaints assign_address_families(NameFilter& filter, std::string_view value);
/// Any word is a type of file system; a group ("@basic-api") that the host does not tell of stays one.
Complaints assign_file_systems(NameFilter& filter, std::string_view value, const Host& host);
/// Network interfaces: any word is a name.
Complaints assign_names(NameFilter& filter, std::string_view value);

/// CapabilityBoundingSet=, AmbientCapabilities=.
void assign_capabilities(std::uint64_t& mask, std::uint64_t unset, std::string_view value);

/// RestrictNamespaces=: the flags that stay allowed; kNamespacesUnset where it is not set.
inline constexpr std::uint64_t kNamespacesUnset = UINT64_MAX;
Complaints assign_namespaces(std::uint64_t& allowed, std::string_view value);

/// IPAddressAllow=, IPAddressDeny=.
Complaints assign_addresses(std::set<std::string>& ranges, std::string_view value);

/// "native", "x86-64" ...: is it an architecture that systemd's filters know?
bool is_filter_architecture(std::string_view word);

/// "EPERM" or a number as the word that systemd reports; none for what is no error.
std::optional<std::string> error_word(std::string_view text);

/// SocketBindAllow=: "ipv4:tcp:80-90" in the form of port_range_word().
std::optional<std::string> parsed_port_range(std::string_view value);

}  // namespace sandfit::systemd

#endif
