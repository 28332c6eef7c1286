// What has changed between an earlier profile of a unit and one of now: for after a package upgrade.
#ifndef SANDFIT_DRIFT_H
#define SANDFIT_DRIFT_H

#include <cstddef>
#include <string>
#include <vector>

namespace sandfit {

/// A fact that the earlier profile does not hold.
struct NewFact {
    std::size_t fact = 0;  ///< index into the facts of the profile of now
    /// The directives by which a sandbox made from the earlier profile would refuse it; empty when it lets it pass.
    std::vector<std::string> outgrown;

    bool operator==(const NewFact&) const = default;
};

/// What the unit is granted, and was not seen to use.
struct StaleGrant {
    std::string directive;           ///< without '='
    std::vector<std::string> items;  ///< of its list

    bool operator==(const StaleGrant&) const = default;
};

struct Drift {
    std::vector<NewFact> new_facts;  ///< in the order of the profile of now
    std::vector<StaleGrant> stale;

    /// True when a sandbox made from the earlier profile does not fit any more.
    [[nodiscard]] bool is_outgrown() const {
        for (const NewFact& fact : new_facts) {
            if (!fact.outgrown.empty()) return true;
        }
        return false;
    }
    bool operator==(const Drift&) const = default;
};

}  // namespace sandfit

#endif
