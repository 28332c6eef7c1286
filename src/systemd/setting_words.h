// The words in which settings are kept (see UnitSettings), from what systemd keeps them as. Shared by who reads them
// from a running systemd and who reads them from a unit's files, so that both say the same. Pure.
#ifndef SANDFIT_SYSTEMD_SETTING_WORDS_H
#define SANDFIT_SYSTEMD_SETTING_WORDS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "systemd/service_manager.h"

namespace sandfit::systemd {

using SettingWords = std::vector<std::string>;

inline constexpr std::uint64_t kAllCapabilities = UINT64_MAX;

/// "CAP_CHOWN" ...: those of the mask that this kernel knows.
SettingWords capability_words(std::uint64_t mask);

/// RestrictNamespaces=, from the CLONE_NEW* flags that stay allowed.
SettingWords namespace_words(std::uint64_t allowed);

/// MountFlags=, from MS_SHARED and its like.
SettingWords mount_flag_words(std::uint64_t flags);

enum class ListSense { allow, deny };
/// An allow- or deny-list, sorted. An empty allow-list allows nothing, which only RestrictAddressFamilies= means.
SettingWords list_words(std::string_view directive, ListSense sense, SettingWords names);

/// SocketBindAllow=: "ipv4:tcp:80-90"; "any" for all.
std::string port_range_word(int family, int protocol, unsigned count, unsigned lowest);

/// "1.2.3.0/24", from the bytes of the address; "" when they are no address of that family.
std::string address_range_word(int family, std::string_view bytes, unsigned prefix_length);

/// The line as a unit file has it, less its quoting: "-+/usr/bin/foo -d".
std::string command_line(const ExecCommand& command);

}  // namespace sandfit::systemd

#endif
