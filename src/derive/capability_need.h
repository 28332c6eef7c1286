// Which capability checks were needs, and which only looked.
#ifndef SANDFIT_DERIVE_CAPABILITY_NEED_H
#define SANDFIT_DERIVE_CAPABILITY_NEED_H

#include <sandfit/profile.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// A capability that must stay, with what asked for it.
struct CapabilityNeed {
    std::set<std::string> syscalls;  ///< "" when outside of any
    bool by_request = false;         ///< the program sets it itself (capset, PR_CAP_AMBIENT_RAISE)
    bool by_file = false;            ///< the file capability of an executed program
    std::vector<std::size_t> facts;  ///< indexes into Profile::facts
};

/// Every capability that the profile needs, by name; after the drops that are provably safe.
std::map<std::string, CapabilityNeed> capability_needs(const Profile& profile);

/// Why capability_needs() may lack some: what they are worked out from was not watched, or not seen in full.
std::optional<std::string> capability_needs_obstacle(const Situation& situation);

/// What may be missing in them nevertheless.
std::vector<std::string> capability_needs_doubts(const Situation& situation);

/// True when a check of this fact was a need: granted, in the host's user namespace, no probe, and not one whose
/// refusal changes nothing (CAP_FSETID on a chmod without a set-group-ID bit).
bool is_capability_need(const Profile& profile, const CapabilityFact& fact);

/// True when the program's own request must be granted: not one that wrote back the whole set that it had read before,
/// for it would write back a smaller one as well.
bool is_request_need(const Profile& profile, const CapabilityRequestFact& request);

/// True when CAP_DAC_OVERRIDE, granted to the same processes, answers the check of this fact as well.
bool is_covered_by_dac_override(const Profile& profile, const CapabilityFact& fact);

/// True for a name that systemd would take: CAP_ and capitals.
bool is_capability_name(const std::string& name);

/// True when a set is the full one, by which systemd says that CapabilityBoundingSet= is not set.
bool is_full_capability_set(const std::vector<std::string>& capabilities);

}  // namespace sandfit::derive

#endif
