// Profiles for the tests of src/profile: one full example, and as many generated ones as wanted.
#ifndef SANDFIT_TESTS_UNIT_PROFILE_EXAMPLES_H
#define SANDFIT_TESTS_UNIT_PROFILE_EXAMPLES_H

#include <sandfit/profile.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace sandfit::profile::examples {

/// One fact of every kind, every optional field both with and without its default, and hostile names.
/// It is what tests/golden/profile/schema-1.json holds.
Profile full();

/// Strings that have broken formats before: every byte, quotes, escapes, broken UTF-8, bidirectional overrides.
const std::vector<std::string>& hostile_strings();

/// Generates facts, evidence and profiles from a seed: the same on every machine.
class Generator {
public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    /// A number from 0 to `limit` - 1. Not std::uniform_int_distribution: its values differ between libraries.
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
    bool chance() { return below(2) == 0; }

    /// A fact out of few identities, so that two generated profiles share many; its merged members vary.
    Fact fact();
    std::set<int> errors();
    Evidence evidence();
    /// A fact as src/observe could hand it on, with hostile bytes wherever the observed program chooses them.
    Fact hostile_fact();
    /// A profile of one run that no other call gives. Facts are sorted and have no identity twice.
    Profile profile();

private:
    std::string hostile();
    std::set<std::string> few(const char* prefix, std::uint32_t most);

    std::mt19937 random_;
    std::int64_t last_run_ = 1'700'000'000'000'000;
};

}  // namespace sandfit::profile::examples

#endif
