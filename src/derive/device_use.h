// Device nodes: which of them every policy of systemd leaves, and which a fact used besides.
#ifndef SANDFIT_DERIVE_DEVICE_USE_H
#define SANDFIT_DERIVE_DEVICE_USE_H

#include <sandfit/fact.h>

#include <string>
#include <string_view>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// True for what DevicePolicy=closed allows and PrivateDevices= provides: null, zero, full, random, urandom, tty,
/// ptmx and the pseudo terminals.
bool is_standard_device(std::string_view path);

/// True for the directories of /dev that are file systems of their own, and stay under PrivateDevices=.
bool is_in_kept_part_of_dev(std::string_view path);

/// The devices besides the standard ones that a fact used, or may have used: paths, "" for one that is not known. The
/// cgroup's device filter looks at numbers, which no fact holds, so a node outside of /dev is never standard.
std::vector<std::string> special_devices(const Fact& fact);

/// The same, less what DeviceAllow= names, as the unit has it or as it is proposed.
std::vector<std::string> devices_not_allowed(const Situation& situation, const Fact& fact);

}  // namespace sandfit::derive

#endif
