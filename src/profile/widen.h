// A profile with facts that it lacks: what a sandbox that was tried refused.
#ifndef SANDFIT_PROFILE_WIDEN_H
#define SANDFIT_PROFILE_WIDEN_H

#include <sandfit/profile.h>

#include <vector>

namespace sandfit::profile {

/// The profile with `facts` added; those that it has already are merged by the laws of FactSet. Nothing else changes:
/// runs, coverage and settings are still those of the recording.
Profile widened(Profile profile, const std::vector<SeenFact>& facts);

}  // namespace sandfit::profile

#endif
