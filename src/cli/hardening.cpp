#include "cli/hardening.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "enforce/search.h"

namespace sandfit::cli {
namespace {

class Way {
public:
    Way(Draft& draft, const Trials& trials, int rounds) : draft_(draft), trials_(trials), most_rounds_(rounds) {}

    Result<Hardened> go() {
        std::optional<Attempt> attempt;
        std::vector<Denial> denials;
        for (;;) {
            auto candidate = draft_.candidate();
            if (!candidate) return candidate.error();
            // The same again would be refused the same again.
            const bool is_new = !attempt || candidate->assignments != hardened_.candidate.assignments;
            hardened_.candidate = std::move(*candidate);
            if (is_new) {
                if (hardened_.rounds == most_rounds_) return std::move(hardened_);
                ++hardened_.rounds;
                auto made = try_out(hardened_.candidate.text);
                if (!made) return made.error();
                attempt = std::move(*made);
                denials = trials_.denials(*attempt);
                hardened_.gaps = attempt->gaps;
                hardened_.why_not = why_it_fails(*attempt);
            }
            if (attempt->passes() && (denials.empty() || !is_new)) {
                hardened_.fits = true;
                hardened_.still_denied = denials;
                return std::move(hardened_);
            }
            const bool by_denials = is_new && !denials.empty();
            if (auto widened = widen(by_denials ? denials : std::vector<Denial>()); !widened) return widened.error();
        }
    }

private:
    Result<Attempt> try_out(const std::string& drop_in) {
        ++hardened_.attempts;
        auto attempt = trials_.under(drop_in);
        if (attempt && attempt->interrupted) return Error{ErrorKind::interrupted, "interrupted", 0, ""};
        return attempt;
    }

    Result<void> widen(const std::vector<Denial>& denials) {
        Round round;
        round.number = hardened_.rounds;
        round.why_not = hardened_.why_not;
        if (!denials.empty()) {
            round.denials = denials;
            trials_.note(fmt::format("round {}: {}; widening what was refused ({})", round.number,
                                     round.why_not.empty() ? "it passes, with refusals" : round.why_not,
                                     base::count_of(denials.size(), "denial", "denials")));
            draft_.widen(denials);
        } else if (!learnt_) {
            if (auto done = learn(round); !done) return done;
        } else {
            if (auto done = leave_out(round); !done) return done;
        }
        hardened_.widened.push_back(std::move(round));
        return {};
    }

    /// The whole workload again, without a sandbox: what was not seen the first time.
    Result<void> learn(Round& round) {
        learnt_ = true;
        round.how = Widened::by_learning;
        trials_.note(fmt::format("round {}: {}, and no refusal was seen; observing the workload without a sandbox",
                                 round.number, round.why_not));
        ++hardened_.attempts;
        auto attempt = trials_.without();
        if (!attempt) return attempt.error();
        if (attempt->interrupted) return Error{ErrorKind::interrupted, "interrupted", 0, ""};
        if (!attempt->passes()) {
            return Error{ErrorKind::failed, fmt::format("without a sandbox, too: {}", why_it_fails(*attempt)), 0,
                         "the workload must pass on the unit as it is"};
        }
        round.learnt = draft_.learn(attempt->recorded);
        return {};
    }

    Result<void> leave_out(Round& round) {
        round.how = Widened::by_trying;
        trials_.note(fmt::format("round {}: {}, and no refusal was seen; searching the directive that is at fault",
                                 round.number, round.why_not));
        const auto passes = [this](const std::set<std::string>& left_out) -> Result<bool> {
            const auto attempt = try_out(text_without(left_out));
            if (!attempt) return attempt.error();
            return attempt->passes();
        };
        auto at_fault = enforce::parts_at_fault(directives_of(hardened_.candidate), passes);
        if (!at_fault) return at_fault.error();
        round.left_out = std::move(*at_fault);
        draft_.withdraw(round.left_out, fmt::format("the workload fails with it: {}", round.why_not));
        return {};
    }

    /// The candidate's text without the assignments of some directives.
    std::string text_without(const std::set<std::string>& left_out) const {
        std::string text = "[Service]\n";
        for (const auto& assignment : hardened_.candidate.assignments) {
            if (left_out.count(assignment.directive) != 0) continue;
            text += fmt::format("{}={}\n", assignment.directive, assignment.value);
        }
        return text;
    }

    Draft& draft_;
    const Trials& trials_;
    int most_rounds_;
    bool learnt_ = false;
    Hardened hardened_;
};

}  // namespace

std::vector<std::string> directives_of(const Candidate& candidate) {
    std::vector<std::string> directives;
    for (const auto& assignment : candidate.assignments) {
        if (std::ranges::find(directives, assignment.directive) == directives.end()) {
            directives.push_back(assignment.directive);
        }
    }
    return directives;
}

Result<Hardened> harden(Draft& draft, const Trials& trials, int rounds) {
    return Way(draft, trials, rounds).go();
}

}  // namespace sandfit::cli
