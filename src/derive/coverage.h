// The only gate to "it never happened": a rule that concludes from what is *not* in a profile asks
// here first.
#ifndef SANDFIT_DERIVE_COVERAGE_H
#define SANDFIT_DERIVE_COVERAGE_H

#include <sandfit/coverage.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// Why nothing may be concluded from the absence of facts about these subjects: one was not
/// watched, something of it was lost, start-up was not seen, nothing was seen at all, or the unit
/// runs whatever its users like. One sentence, no full stop. None: the absence is earned.
///
/// A drop-in made without start-up seen would stop the service from starting, which is worse than
/// no drop-in: so that is no caveat but an obstacle, at every tightness. So are losses.
std::optional<std::string> obstacle(const Situation& situation, std::initializer_list<Subject> subjects);

/// What may have been missed nevertheless: caveats for a suggestion that rests on these subjects.
std::vector<std::string> doubts(const Situation& situation, std::initializer_list<Subject> subjects);

/// True when a loss that was counted under this reason may hide facts of the subject.
bool loss_concerns(const std::string& reason, Subject subject);

}  // namespace sandfit::derive

#endif
