// The whole way from what was seen to a sandbox that fits: try it, widen what was refused, try again. The unit is
// behind functions, so that the way is tested without one.
#ifndef SANDFIT_CLI_HARDENING_H
#define SANDFIT_CLI_HARDENING_H

#include <sandfit/denial.h>
#include <sandfit/result.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/attempt.h"
#include "cli/draft.h"

namespace sandfit::cli {

/// The unit as the way sees it. An error of any ends it.
struct Trials {
    /// Starts the unit under this drop-in, and exercises it.
    std::function<Result<Attempt>(const std::string& drop_in)> under;
    /// The same without any.
    std::function<Result<Attempt>()> without;
    /// What the drop-in refused.
    std::function<std::vector<Denial>(const Attempt&)> denials;
    /// Tells the user.
    std::function<void(std::string_view)> note;
};

/// How the draft was widened.
enum class Widened {
    by_denials,   ///< what was refused, and nothing else
    by_learning,  ///< the workload was observed again without a sandbox
    by_trying,    ///< directives were left out that it was seen to fail with
};

struct Round {
    int number = 0;       ///< from 1
    std::string why_not;  ///< why it did not pass; "" when only denials were left
    Widened how = Widened::by_denials;
    std::vector<Denial> denials;     ///< Widened::by_denials
    std::size_t learnt = 0;          ///< Widened::by_learning: facts that are new
    std::set<std::string> left_out;  ///< Widened::by_trying: without '='
};

struct Hardened {
    bool fits = false;                 ///< false: the rounds were used up
    Candidate candidate;               ///< the last one that was tried
    std::vector<Round> widened;        ///< in their order
    int rounds = 0;                    ///< how many drop-ins were tried, those of a search not counted
    int attempts = 0;                  ///< how often the unit was started
    std::vector<Denial> still_denied;  ///< the workload passes, and these are refused in spite of all
    std::string why_not;               ///< when it does not fit
    std::vector<std::string> gaps;     ///< why what was seen of the last drop-in is incomplete
};

/// ErrorKind::failed when the workload fails without any sandbox, too, or when nothing can be suggested.
Result<Hardened> harden(Draft& draft, const Trials& trials, int rounds);

/// "ProtectHome=", ...: all directives of a drop-in, in its order.
std::vector<std::string> directives_of(const Candidate& candidate);

}  // namespace sandfit::cli

#endif
