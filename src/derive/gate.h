// The parts of derive(): concluding, and the last gate. Apart, so that tests can ask the rules without the gate.
#ifndef SANDFIT_DERIVE_GATE_H
#define SANDFIT_DERIVE_GATE_H

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// Verdicts that are settled before a rule is asked, by directive.
using Settled = std::map<std::string, Suggestion>;

/// One suggestion a rule, in the order of the table. Where a verdict is settled the rule is not asked.
std::vector<Suggestion> conclude_all(const Profile& profile, const Host& host, Tightness tightness,
                                     const Settled& settled);

/// A suggestion that would deny an observed fact.
struct DeniedFact {
    std::size_t suggestion;  ///< index into the proposal
    std::size_t fact;        ///< index into Profile::facts
};

/// The first denial in the order of the table; none when the proposal fits the profile.
std::optional<DeniedFact> first_denial(const Profile& profile, const Host& host, Tightness tightness,
                                       const std::vector<Suggestion>& proposal);

/// Why the items of a suggestion must not be written to a unit file, or nothing. Whatever a profile holds, what
/// leaves is a plain word, or an absolute path that a unit file can hold.
std::optional<std::string> unwritable(const Suggestion& suggestion);

}  // namespace sandfit::derive

#endif
