// A refused fact as the one that a success would have been.
#ifndef SANDFIT_DERIVE_FREED_H
#define SANDFIT_DERIVE_FREED_H

#include <sandfit/denial.h>
#include <sandfit/fact.h>
#include <sandfit/profile.h>

#include <vector>

namespace sandfit::derive {

/// Without its error, granted, not refused. What was only asked for stands for what would have followed: access(2)
/// that met EROFS for a write. A program whose execution failed is one that is executed, with the privileges that
/// `baseline` knows of it, where there is one.
Fact freed(const Fact& fact, const Profile* baseline);

/// What the profile of a unit without the sandbox would have had more: the facts of the denials, freed, each with
/// Evidence::assumed. To be added by profile::widened().
std::vector<SeenFact> freed_facts(const std::vector<Denial>& denials, const Profile* baseline);

}  // namespace sandfit::derive

#endif
