// Which items of a sandbox's lists nothing firm speaks for: worth a try without.
#ifndef SANDFIT_DERIVE_DOUBT_H
#define SANDFIT_DERIVE_DOUBT_H

#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/unit.h>

#include <string>
#include <vector>

namespace sandfit::derive {

/// One item of a directive that grants: a capability, a path, an address family, a group of system calls.
struct Grant {
    std::string directive;  ///< without '='
    std::string item;       ///< in the words of UnitSettings; "@group" for SystemCallFilter=

    bool operator==(const Grant&) const = default;
};

/// Those of `grants` without which `in_force` would refuse no firm fact of `profile`, which was recorded without the
/// sandbox. Firm is what worked and is known exactly: a capability that was granted in a check that was a need, a
/// path that the kernel walked or that was followed, a socket that was made. `filter` are the words of
/// SystemCallFilter= as they are written, groups among them.
std::vector<Grant> doubtful(const std::vector<Grant>& grants, const Profile& profile, const UnitSettings& in_force,
                            const std::vector<std::string>& filter, const Host& host);

}  // namespace sandfit::derive

#endif
