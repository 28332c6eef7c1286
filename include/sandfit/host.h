// What is known about a host: where a profile was recorded, and where a suggestion will be used.
#ifndef SANDFIT_HOST_H
#define SANDFIT_HOST_H

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sandfit {

/// Identity of the host of a recording; part of the profile.
struct HostIdentity {
    std::string kernel;        ///< uname release
    std::string architecture;  ///< uname machine, "x86_64"
    std::string libc;          ///< "glibc 2.36"
    std::string os;            ///< PRETTY_NAME of os-release
    std::string systemd;       ///< "252.39-1~deb12u2"; "" where there is none
    /// The symbolic links in /, /usr, /var and /var/spool, and where each leads: "/bin" -> "/usr/bin". Empty: not known.
    std::map<std::string, std::string> links = {};

    bool operator==(const HostIdentity&) const = default;
};

/// What the host's systemd can do; what rules may rely on. Never hard-coded: it is asked.
struct Host {
    int systemd_version = 0;            ///< 252; 0 where there is no systemd (nothing is then ruled out)
    std::set<std::string> directives;   ///< known directives, without '='; empty: unknown, nothing is ruled out
    std::map<std::string, std::vector<std::string>> syscall_groups;  ///< "@basic-io" -> members (groups expanded)
    /// "@basic-api" -> types of file systems, as RestrictFileSystems= takes them; empty: unknown.
    std::map<std::string, std::vector<std::string>> file_system_groups;
    std::set<std::string> syscalls;     ///< names that libseccomp knows here; empty: unknown
    std::string architecture;           ///< "x86_64"
    /// What its systemd was built with, "BPF_FRAMEWORK"; empty: unknown, nothing is doubted.
    std::set<std::string> features;

    [[nodiscard]] bool knows(const std::string& directive) const {
        return directives.empty() || directives.count(directive) != 0;
    }
};

}  // namespace sandfit

#endif
