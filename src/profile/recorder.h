// Collects observations of several units into their profiles.
#ifndef SANDFIT_PROFILE_RECORDER_H
#define SANDFIT_PROFILE_RECORDER_H

#include <sandfit/observation.h>
#include <sandfit/profile.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "profile/fact_set.h"

namespace sandfit::profile {

/// How many facts of one kind there are, for a progress display.
struct KindCount {
    std::string_view kind;  ///< "syscalls", "files" ...; lives for ever
    std::size_t facts = 0;
};

/// Not thread-safe: fed, asked and checkpointed by one thread.
class Recorder : public ObservationSink {
public:
    using Clock = std::chrono::steady_clock;

    /// `now` is for tests.
    explicit Recorder(std::function<Clock::time_point()> now = Clock::now);

    /// Adds a unit; units are numbered from 0 in the order of the calls, as src/observe numbers them. Facts that
    /// stand in the skeleton are the unit's first ones; all else in it comes back unchanged from snapshot().
    UnitIndex add_unit(Profile skeleton);

    /// Merges one observation into its unit. REQUIRES: observation.unit was added.
    void take(Observation observation) override;

    /// The profile as it stands: the skeleton with the facts so far, sorted. The same observations give the same
    /// profile, in whatever order they came. REQUIRES: the unit was added.
    [[nodiscard]] Profile snapshot(UnitIndex unit) const;

    /// The number of facts of each kind, in the order in which a profile holds them. REQUIRES: the unit was added.
    [[nodiscard]] std::array<KindCount, kFactKinds> counts(UnitIndex unit) const;

    /// When a fact of a new identity, or a new name in a known directory, last arrived; before the first one: when
    /// the unit was added. The overload without a unit tells the latest of all units (REQUIRES: one was added).
    [[nodiscard]] Clock::time_point last_new_fact(UnitIndex unit) const;
    [[nodiscard]] Clock::time_point last_new_fact() const;

    [[nodiscard]] std::size_t units() const { return units_.size(); }

private:
    struct Unit {
        Profile skeleton;  // without facts
        FactSet facts;
        Clock::time_point last_new_fact;
    };

    std::function<Clock::time_point()> now_;
    std::vector<Unit> units_;
};

}  // namespace sandfit::profile

#endif
