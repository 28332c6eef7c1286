#include "derive/seccomp_switch.h"

#include <utility>

#include "derive/coverage.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive {

Suggestion conclude_switch(const Situation& situation, const SeccompSwitch& what) {
    if (is_on(situation.profile.settings, std::string(what.directive))) {
        return keep(what.directive, "the unit has it already");
    }
    if (const auto why = obstacle(situation, what.subjects)) return abstain(what.directive, *why);
    if (const auto why = seccomp_would_take_privileges(situation)) return abstain(what.directive, *why);
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const bool refused = what.refuses(facts[i]);
        if (!refused && (!what.obscures || !what.obscures(facts[i]))) continue;
        Suggestion needed = abstain(
            what.directive, describe(facts[i].fact) + (refused ? " was seen, which it refuses" : what.why_obscured));
        needed.because = {i};
        return needed;
    }
    Suggestion suggestion = suggest(what.directive, ValueForm::word, {"yes"}, what.unseen);
    suggestion.caveats = doubts(situation, what.subjects);
    return suggestion;
}

Denier deny_switch(const Situation& situation, std::function<bool(const SeenFact&)> refuses) {
    return [&situation, refuses = std::move(refuses)](const SeenFact& seen) {
        return seccomp_denies(situation, seen.fact) || refuses(seen);
    };
}

}  // namespace sandfit::derive
