// What it means for a unit to get a mount namespace of its own, which many directives bring along: mounts that it
// makes or removes are then not seen by the host any more (MountFlags=slave, systemd.exec(5)). Nothing fails, so it
// must be known before.
#ifndef SANDFIT_DERIVE_MOUNT_NAMESPACE_H
#define SANDFIT_DERIVE_MOUNT_NAMESPACE_H

#include <sandfit/fact.h>
#include <sandfit/unit.h>

#include <optional>
#include <string>

#include "derive/path_use.h"
#include "derive/rule.h"

namespace sandfit::derive {

/// True when the unit runs in a mount namespace of its own by its present settings.
bool has_mount_namespace(const UnitSettings& settings);

/// True for a call that makes, moves, changes or removes a mount, attempted or done. A namespace that was made is no
/// such call: what is mounted in it shows by the calls.
bool is_mount_call(const Fact& fact);

/// Why the unit must not be given a mount namespace: it mounts, or nobody knows whether it does. None: it may, or it
/// has one.
std::optional<std::string> mount_namespace_obstacle(const Situation& situation);

/// The half of the same question that a rule's `denies` asks.
bool mount_namespace_denies(const Situation& situation, const Fact& fact);

/// Why it cannot be judged what the unit's own mounts need: it mounts, and from what and where is no fact.
std::optional<std::string> unknown_mounts(const Situation& situation);

/// Why nothing may be mounted over /proc, /sys, /dev or /home for the unit, even when it has a namespace of its own:
/// see unknown_mounts(), and the kernel refuses a procfs or sysfs of its own to a user
/// namespace in which parts of them are covered. Contains mount_namespace_obstacle().
std::optional<std::string> covering_obstacle(const Situation& situation);

/// True when the use is of something that a procfs of the unit's own lacks: ProtectProc=, ProcSubset=,
/// ProtectKernelTunables= and ProtectControlGroups= imply MountAPIVFS=, which mounts one without what others mounted
/// below /proc.
bool fresh_procfs_hides(const PathUse& use);

}  // namespace sandfit::derive

#endif
