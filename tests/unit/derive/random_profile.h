// Random profiles over a small universe, so that facts meet: the same directories, moves across them, the same calls.
#ifndef SANDFIT_TESTS_UNIT_DERIVE_RANDOM_PROFILE_H
#define SANDFIT_TESTS_UNIT_DERIVE_RANDOM_PROFILE_H

#include <sandfit/host.h>
#include <sandfit/profile.h>

#include <random>

namespace sandfit::test {

enum class Names { plain, hostile };

/// A profile with full coverage. The same seed gives the same profile.
Profile random_profile(std::mt19937& random, const Host& host, Names names);

}  // namespace sandfit::test

#endif
