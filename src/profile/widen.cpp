#include "profile/widen.h"

#include "profile/fact_set.h"

namespace sandfit::profile {

Profile widened(Profile profile, const std::vector<SeenFact>& facts) {
    FactSet all;
    for (const auto& seen : profile.facts) all.add(seen.fact, seen.evidence);
    for (const auto& seen : facts) all.add(seen.fact, seen.evidence);
    profile.facts = all.sorted();
    return profile;
}

}  // namespace sandfit::profile
