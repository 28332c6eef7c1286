// What lets a refused operation through: the value that the candidate lacks, or what must go.
#ifndef SANDFIT_DERIVE_REMEDY_H
#define SANDFIT_DERIVE_REMEDY_H

#include <sandfit/denial.h>
#include <sandfit/fact.h>

#include <string>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// Of one directive that refuses `wanted`, the fact as a success would have been. `value` is in force. Advice for
/// people: a new suggestion comes from the widened profile, not from this.
Remedy remedy_of(const std::string& directive, const std::vector<std::string>& value, const Fact& wanted,
                 const Situation& situation);

}  // namespace sandfit::derive

#endif
