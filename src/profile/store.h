// Profiles as files.
#ifndef SANDFIT_PROFILE_STORE_H
#define SANDFIT_PROFILE_STORE_H

#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <cstddef>
#include <string>

namespace sandfit::profile {

/// The largest file that load() reads. The largest recordings (65,536 directories with eight names each) take less
/// than half of it; anything larger is no profile.
inline constexpr std::size_t kMaxProfileBytes = 64u << 20;

Result<Profile> load(const std::string& path);

/// Replaces `path`; a reader sees the old profile or the new one, never half of one.
Result<void> save(const Profile& profile, const std::string& path);

}  // namespace sandfit::profile

#endif
