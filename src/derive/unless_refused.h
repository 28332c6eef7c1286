// The shape of most rules: a value is suggested unless a fact is in its way.
#ifndef SANDFIT_DERIVE_UNLESS_REFUSED_H
#define SANDFIT_DERIVE_UNLESS_REFUSED_H

#include <sandfit/fact.h>
#include <sandfit/suggestion.h>

#include <functional>

#include "derive/rule.h"

namespace sandfit::derive {

/// `wanted`, or an abstention that names the first fact that `refuses` is true of.
Suggestion unless_refused(const Situation& situation, Suggestion wanted,
                          const std::function<bool(const Fact&)>& refuses);

}  // namespace sandfit::derive

#endif
