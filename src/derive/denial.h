// From what was seen of a unit under a candidate to what the candidate refused, and by which directive.
//
// Three must agree before a refusal is called one of the candidate's: the fact bears the sign of a directive that the
// candidate changed (denial_sign.h), that directive's rule says that its value refuses the operation, and without the
// candidate it would not have failed in the same way.
#ifndef SANDFIT_DERIVE_DENIAL_H
#define SANDFIT_DERIVE_DENIAL_H

#include <sandfit/denial.h>
#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/unit.h>

#include <functional>
#include <string>
#include <vector>

namespace sandfit::derive {

/// A unit that was observed under a candidate, and what is known about it without. References outlive the call.
struct Trial {
    const Profile& recorded;
    const UnitSettings& before;    ///< the unit's settings without the candidate
    const UnitSettings& in_force;  ///< with it, while `recorded` was
    const Host& host;
    const Profile* baseline = nullptr;  ///< recorded without it; null: none

    /// Answers of the host, outside of the sandbox, about an absolute path. Without them nothing is known.
    std::function<bool(const std::string& path)> exists = {};        ///< something has that name
    std::function<bool(const std::string& path)> is_read_only = {};  ///< it lies on a file system that is read-only
    std::function<bool(const std::string& path)> is_closed = {};     ///< the unit's user may not go where it lies
};

/// In the order of the recorded facts. Facts of which some names only were refused come with those names.
///
/// Not told: failures that the candidate has no part in (a file that is missing everywhere, a plain user's missing
/// capability, a peer's refusal); a check that was refused inside a call that then worked; and clone3 under
/// RestrictNamespaces=, as long as clone followed, which is how libc makes its threads there.
std::vector<Denial> denials(const Trial& trial);

}  // namespace sandfit::derive

#endif
