#include "derive/unless_refused.h"

#include "derive/verdict.h"

namespace sandfit::derive {

Suggestion unless_refused(const Situation& situation, Suggestion wanted,
                          const std::function<bool(const Fact&)>& refuses, const Refusal& said) {
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (!refuses(facts[i].fact)) continue;
        Suggestion needed =
            abstain(wanted.directive, std::string(said.before) + describe(facts[i].fact) + std::string(said.after));
        needed.because = {i};
        return needed;
    }
    return wanted;
}

}  // namespace sandfit::derive
