// The settings that a unit has already, held against what it was seen to do.
#ifndef SANDFIT_DERIVE_CONTRADICTION_H
#define SANDFIT_DERIVE_CONTRADICTION_H

#include <sandfit/audit.h>
#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/unit.h>

#include <vector>

namespace sandfit::derive {

/// For each present setting the facts that it refuses, in the order of the rules. `present` are the unit's settings
/// as they stand, `profile.settings` those under which the facts were seen.
///
/// The rules' own `denies` are asked about the present value, as if it were suggested to a unit without it. Where
/// the settings are still those of the recording, what is known to have worked is not refused, whatever a rule says;
/// left are system calls (a filter's refusals are recorded without their errno), programs that lose their
/// privileges, and attempts that failed as a sandbox fails them: EROFS on a file, EAFNOSUPPORT on a socket, EPERM
/// on an address. A missing capability is no such sign: a unit that dropped it by itself meets the same.
///
/// Not judged, since their values refuse nothing by themselves: directories that systemd makes, ReadWritePaths=
/// (ProtectSystem= is judged with it), AmbientCapabilities=, SystemCallErrorNumber=, identities, limits, UMask=.
std::vector<Contradiction> contradictions(const Profile& profile, const UnitSettings& present, const Host& host);

}  // namespace sandfit::derive

#endif
