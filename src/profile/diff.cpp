#include "profile/diff.h"

#include <set>

#include "profile/fact_set.h"

namespace sandfit::profile {

std::vector<std::size_t> facts_not_in(const Profile& now, const Profile& then) {
    std::set<Fact, IdentityLess> known;
    for (const SeenFact& seen : then.facts) known.insert(seen.fact);
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < now.facts.size(); ++i) {
        if (known.count(now.facts[i].fact) == 0) indexes.push_back(i);
    }
    return indexes;
}

}  // namespace sandfit::profile
