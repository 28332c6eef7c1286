// A set of facts without double identities, and the laws by which two sightings of one fact become one.
//
// Recorder and merge() both stand on it, so that a profile recorded in one go and one that was merged from
// two halves hold the same facts. Every law is commutative, associative and (but for sums of counts)
// idempotent. Where a set is bounded it keeps the smallest elements, not the first that came: only so
// the result does not depend on the order.
#ifndef SANDFIT_PROFILE_FACT_SET_H
#define SANDFIT_PROFILE_FACT_SET_H

#include <sandfit/fact.h>
#include <sandfit/profile.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

namespace sandfit::profile {

inline constexpr std::size_t kFactKinds = std::variant_size_v<Fact>;

/// Names of the kinds of facts, in the order of the alternatives of Fact: "syscalls", "files" ...
extern const std::array<std::string_view, kFactKinds> kFactKindNames;

/// Orders facts by kind, then by identity; what is merged does not matter.
struct IdentityLess {
    using is_transparent = void;
    bool operator()(const Fact& a, const Fact& b) const;
    bool operator()(const std::unique_ptr<SeenFact>& a, const std::unique_ptr<SeenFact>& b) const {
        return (*this)(a->fact, b->fact);
    }
    bool operator()(const std::unique_ptr<SeenFact>& a, const Fact& b) const { return (*this)(a->fact, b); }
    bool operator()(const Fact& a, const std::unique_ptr<SeenFact>& b) const { return (*this)(a, b->fact); }
};

/// True when `path` is absolute and holds no ".", "..", doubled or trailing slash.
bool is_normal_absolute(std::string_view path);

/// a + b, or the largest number where that would overflow: a sum that stays associative.
std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b);

/// How counts of two sightings of one fact combine.
enum class Counting {
    sum,      ///< the sightings are different events
    largest,  ///< both may count the same events (a run that stands in both of two profiles)
};

/// What an added fact brought.
enum class Novelty {
    repeated,  ///< nothing but evidence
    widened,   ///< a known fact with a new name in its directory
    new_fact,
};

class FactSet {
public:
    FactSet() = default;

    /// Adds a fact, or merges it into the one of the same identity. Logarithmic in the number of facts.
    ///
    /// Brings the fact into the form that the file format demands: a directory that is not absolute becomes
    /// Resolution::cut, and a name that cannot be one (a memfd's may hold a slash) is told as `many`. Without
    /// this a hostile program could make a profile unreadable by the names of its files.
    Novelty add(Fact fact, const Evidence& evidence, Counting counting = Counting::sum);

    /// Adds all of another set.
    void add_all(const FactSet& other, Counting counting);

    [[nodiscard]] std::size_t size() const { return facts_.size(); }
    [[nodiscard]] const std::array<std::size_t, kFactKinds>& counts() const { return counts_; }

    /// Copies of all facts, ordered by kind and identity.
    [[nodiscard]] std::vector<SeenFact> sorted() const;

private:
    // Nodes by pointer: the merged members of an element change in place, its identity never does.
    std::set<std::unique_ptr<SeenFact>, IdentityLess> facts_;
    std::array<std::size_t, kFactKinds> counts_{};
};

}  // namespace sandfit::profile

#endif
