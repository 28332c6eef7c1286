// Which parts of a sandbox are at fault, and which are not needed: searches in which each question costs a start of
// the unit and a run of its workload. Pure: the question is a function.
#ifndef SANDFIT_ENFORCE_SEARCH_H
#define SANDFIT_ENFORCE_SEARCH_H

#include <sandfit/result.h>

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace sandfit::enforce {

/// Does the workload pass without these? An error ends the search and is its result.
using PassesWithout = std::function<Result<bool>(const std::set<std::string>& left_out)>;

/// The parts that must be left out so that it passes: one after the other is found by halving, so that n parts with c
/// at fault take about c * log2(n) questions. None of them is there for nothing, when leaving more out never makes
/// it fail.
///
/// REQUIRES: it does not pass with all parts. Gives all of `parts` when it passes only without any, or not even then.
Result<std::set<std::string>> parts_at_fault(const std::vector<std::string>& parts, const PassesWithout& passes);

struct Minimised {
    std::set<std::string> superfluous;  ///< it passes without all of these
    std::set<std::string> needed;       ///< shown to be: it fails without this one
    std::set<std::string> not_tried;    ///< the time was over
};

/// Takes away as many parts as possible: all at first, then halves of what could not go together. `may_go_on` is asked
/// before each question.
Result<Minimised> minimise(const std::vector<std::string>& parts, const PassesWithout& passes,
                           const std::function<bool()>& may_go_on);

}  // namespace sandfit::enforce

#endif
