// Several profiles of one unit become one.
#ifndef SANDFIT_PROFILE_MERGE_H
#define SANDFIT_PROFILE_MERGE_H

#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <vector>

namespace sandfit::profile {

/// The union of the profiles' facts, under the weakest of their coverages. The order of `profiles` does not matter.
///
/// - Facts: those of any profile. Merging a profile with itself changes nothing.
/// - Counts (of evidence, losses, retries): added between recordings that have no run in common. Profiles that
///   share a run may count the same events, and a profile does not tell which of its runs saw what: of those
///   the largest count is taken. So a count is exact for single recordings, and never more than what happened.
/// - Runs: all, by time; of two states of one run (a checkpoint and the finished file) the later one.
/// - Coverage: a subject is watched when it was in every profile, a phase was seen when it was in every one;
///   blind spots and losses are those of any.
/// - Host, settings, version: those of the latest recording. Directories: of each path the latest state, but one
///   `existed_before` only where all that know it agree.
///
/// Fails with ErrorKind::usage on no profile, and on profiles of different units.
Result<Profile> merge(const std::vector<Profile>& profiles);

}  // namespace sandfit::profile

#endif
