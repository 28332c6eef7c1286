// What a unit has outgrown since a profile of it was recorded, and what it is granted and no longer uses.
#ifndef SANDFIT_DERIVE_DRIFT_H
#define SANDFIT_DERIVE_DRIFT_H

#include <sandfit/drift.h>
#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <vector>

namespace sandfit::derive {

/// For each of the facts of `now` with these indexes the directives of the sandbox made from `then` that refuse it.
std::vector<NewFact> judged_by(const Profile& then, const Profile& now, const std::vector<std::size_t>& indexes,
                               const Host& host, Tightness tightness);

/// What the lists of `present` grant and `now` does not need: capabilities, address families, places to write. A list
/// that denies, and one of which nothing can be said, is left out.
std::vector<StaleGrant> stale_grants(const Profile& now, const UnitSettings& present, const Host& host,
                                     Tightness tightness);

}  // namespace sandfit::derive

#endif
