// A rule: a pure function from a profile to the suggestion for one directive, and its own account
// of what that suggestion would forbid.
//
// `conclude` and `denies` are two questions on purpose: the last gate in derive.cpp runs every
// suggestion's `denies` against every fact of the profile, so a mistake in `conclude` shows as a
// refused suggestion instead of a broken service.
#ifndef SANDFIT_DERIVE_RULE_H
#define SANDFIT_DERIVE_RULE_H

#include <sandfit/fact.h>
#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace sandfit::derive {

/// All that a rule may look at. References outlive the derivation.
struct Situation {
    const Profile& profile;
    const Host& host;
    Tightness tightness = Tightness::balanced;
    /// Concluded so far, by the rules before this one in the table; for `denies`: all of them.
    std::span<const Suggestion> proposal;

    /// The suggestion already made for a directive, or null.
    [[nodiscard]] const Suggestion* proposed(const std::string& directive) const;
};

/// Says of one fact whether it would have been refused. Valid as long as the situation and the suggestion are.
using Denier = std::function<bool(const SeenFact&)>;

struct Rule {
    std::string directive;  ///< without '='
    /// What the profile says about the directive. Never throws; abstains when it cannot judge.
    Suggestion (*conclude)(const Situation&);
    /// True of a fact when a unit that runs under `suggestion` (with the rest of situation.proposal) would have been
    /// refused what it records. Only asked of Verdict::suggest. A predicate, so that what it has to know is worked
    /// out once and not for each of ten thousand facts.
    Denier (*denies)(const Situation&, const Suggestion& suggestion);
};

/// All rules, in the order in which their directives stand in a drop-in.
std::span<const Rule> rule_table();

}  // namespace sandfit::derive

#endif
