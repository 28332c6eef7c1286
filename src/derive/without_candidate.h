// What would have become of a refused operation without the candidate: the difference between a denial and a failure
// that always was.
#ifndef SANDFIT_DERIVE_WITHOUT_CANDIDATE_H
#define SANDFIT_DERIVE_WITHOUT_CANDIDATE_H

#include <sandfit/profile.h>

#include "derive/denial.h"

namespace sandfit::derive {

/// True when it would have failed in the same way. Of `fact`, a refusal, at most one name is told. What the baseline
/// saw is believed first, then what the host answers; what nobody knows is taken as the candidate's doing.
bool fails_without_candidate(const Trial& trial, const Fact& fact);

/// True when the baseline saw the capability granted in the same call.
bool was_granted_before(const Trial& trial, const CapabilityFact& check);

}  // namespace sandfit::derive

#endif
