// What one profile holds and another does not.
#ifndef SANDFIT_PROFILE_DIFF_H
#define SANDFIT_PROFILE_DIFF_H

#include <sandfit/profile.h>

#include <cstddef>
#include <vector>

namespace sandfit::profile {

/// Indexes of the facts of `now` that `then` does not hold. A file fact is new with its directory and operation, not
/// with another name in it.
std::vector<std::size_t> facts_not_in(const Profile& now, const Profile& then);

}  // namespace sandfit::profile

#endif
