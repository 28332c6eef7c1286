// Directives whose one tight value is `yes` and that systemd enforces by seccomp filters on arguments: their verdicts
// differ only in what the filter refuses.
#ifndef SANDFIT_DERIVE_SECCOMP_SWITCH_H
#define SANDFIT_DERIVE_SECCOMP_SWITCH_H

#include <sandfit/coverage.h>
#include <sandfit/suggestion.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "derive/rule.h"

namespace sandfit::derive {

struct SeccompSwitch {
    std::string_view directive;
    std::initializer_list<Subject> subjects;        ///< what must have been watched
    std::function<bool(const SeenFact&)> refuses;   ///< what the filters would refuse
    std::function<bool(const SeenFact&)> obscures;  ///< what hides whether they would; may be empty
    std::string why_obscured;                       ///< follows the description of such a fact
    std::string unseen;                             ///< the reason for `yes`, when neither was seen
};

/// Keep, abstain, or `yes`.
Suggestion conclude_switch(const Situation& situation, const SeccompSwitch& what);

/// The same for `denies`: what the filters refuse, and what they take the privileges of.
Denier deny_switch(const Situation& situation, std::function<bool(const SeenFact&)> refuses);

}  // namespace sandfit::derive

#endif
