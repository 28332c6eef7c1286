// Sets of syscalls as systemd sees them: groups, what is always allowed, what raises the exposure.
#ifndef SANDFIT_DERIVE_SYSCALL_SETS_H
#define SANDFIT_DERIVE_SYSCALL_SETS_H

#include <sandfit/host.h>
#include <sandfit/unit.h>

#include <set>
#include <string>
#include <vector>

namespace sandfit::derive {

using SyscallNames = std::set<std::string>;

/// What every allow-list allows without saying so: the host's group @default, or what every version of systemd has in
/// it.
SyscallNames implicitly_allowed(const Host& host);

/// Names and groups as names. A group that the host does not know gives nothing, as systemd would have it.
SyscallNames expand(const Host& host, const std::vector<std::string>& items);

/// The groups by which `systemd-analyze security` counts: one call of such a group allowed costs as much as all.
/// Of the host, or those of systemd 252 where the host's are not known.
std::vector<SyscallNames> scored_groups(const Host& host);

/// A SystemCallFilter= that a unit has already, resolved to names.
struct PresentFilter {
    bool set = false;
    bool deny = false;   ///< a deny-list: `names` are those that are refused
    SyscallNames names;  ///< for an allow-list with what is allowed implicitly

    PresentFilter(const Host& host, const UnitSettings& settings);
    [[nodiscard]] bool allows(const std::string& name) const { return !set || (names.count(name) != 0) != deny; }
};

/// True for a syscall's name as systemd takes it: letters, digits, underscores. "#463" is none.
bool is_syscall_name(const std::string& name);

/// True when the host's libseccomp has the name, or may have it.
bool is_known_to(const Host& host, const std::string& name);

/// True when the host's systemd answers calls that it has no name for with ENOSYS, as a kernel without them would,
/// and not with the errno of the filter. COMPAT(256): https://github.com/systemd/systemd/pull/30291
bool unknown_calls_get_enosys(const Host& host);

}  // namespace sandfit::derive

#endif
