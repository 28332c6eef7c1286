// What this host is and what its systemd can do. Everything is asked from the host, nothing is known by
// version; whatever cannot be asked stays empty, for sandfit also runs where there is no systemd.
#ifndef SANDFIT_SYSTEMD_HOST_H
#define SANDFIT_SYSTEMD_HOST_H

#include <sandfit/host.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::systemd {

/// Kernel, architecture, libc, distribution and systemd of this host. Never fails: a part that
/// cannot be asked is empty.
HostIdentity identify_host();

/// What a suggestion for this host may contain. Asks the systemd that is installed, whether or not
/// it runs. Never fails: what cannot be asked is empty, which rules nothing out.
Host read_host();

/// The symbolic links in these directories, by path, and where each leads. One that leads nowhere is left out, and so
/// is all of a directory that has more of them than `most`.
std::map<std::string, std::string> links_in(const std::vector<std::string>& directories, std::size_t most = 64);

// The parsers behind them, pure.

/// "systemd 252 (252.39-1~deb12u2)\n+PAM ..." -> number 252, version "252.39-1~deb12u2".
struct SystemdVersion {
    int number = 0;
    std::string text;
};
SystemdVersion parse_systemd_version(std::string_view output);

/// What the same output lists with a "+": "+PAM -BPF_FRAMEWORK" -> PAM.
std::set<std::string> parse_systemd_features(std::string_view output);

/// The groups that `systemd-analyze syscall-filter` and `systemd-analyze filesystems` print, each with its members:
/// groups among them are replaced by theirs. Sorted, no name twice.
std::map<std::string, std::vector<std::string>> parse_groups(std::string_view output);

/// The directives of the section [Service] that `systemd --dump-configuration-items` prints,
/// without those that this build only tolerates.
std::set<std::string> parse_service_directives(std::string_view output);

/// PRETTY_NAME of an os-release file, "" when it has none.
std::string parse_pretty_name(std::string_view os_release);

}  // namespace sandfit::systemd

#endif
