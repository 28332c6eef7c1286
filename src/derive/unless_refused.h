// The shape of most rules: a value is suggested unless a fact is in its way.
#ifndef SANDFIT_DERIVE_UNLESS_REFUSED_H
#define SANDFIT_DERIVE_UNLESS_REFUSED_H

#include <sandfit/fact.h>
#include <sandfit/suggestion.h>

#include <functional>
#include <string_view>

#include "derive/rule.h"

namespace sandfit::derive {

/// What is said of the fact that stands in the way: words before and after its description.
struct Refusal {
    std::string_view before = "it would refuse ";
    std::string_view after;
};

/// `wanted`, or an abstention that names the first fact that `refuses` is true of.
Suggestion unless_refused(const Situation& situation, Suggestion wanted,
                          const std::function<bool(const Fact&)>& refuses, const Refusal& said = {});

}  // namespace sandfit::derive

#endif
