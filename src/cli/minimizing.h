// What of a sandbox's grants the unit can do without: tried on the unit, with the workload as the judge.
#ifndef SANDFIT_CLI_MINIMIZING_H
#define SANDFIT_CLI_MINIMIZING_H

#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/candidate.h"
#include "cli/hardening.h"
#include "derive/doubt.h"
#include "enforce/search.h"

namespace sandfit::cli {

/// The grants of a candidate: capabilities, write paths, address families (as systemd has them in force, less those
/// of `before`), and groups of system calls (as they are written).
std::vector<derive::Grant> grants_of(const Candidate& candidate, const UnitSettings& before,
                                     const UnitSettings& in_force);

/// The words of the candidate's SystemCallFilter=, groups as they are written; empty when it denies instead of
/// allowing.
std::vector<std::string> filter_words(const Candidate& candidate);

/// The candidate without these grants, named as by name_of(). With suggestions behind it, it keeps its reasons.
Result<Candidate> without_grants(const Candidate& candidate, const std::vector<derive::Grant>& all,
                                 const std::set<std::string>& left_out, const Host& host);

/// "CapabilityBoundingSet=CAP_CHOWN"
std::string name_of(const derive::Grant& grant);

struct Minimal {
    Candidate candidate;
    enforce::Minimised grants;  ///< of those in doubt
    int attempts = 0;
};

/// Takes away what is in doubt, as far as the workload passes and nothing is refused. `may_go_on` is asked before
/// each attempt.
Result<Minimal> minimize(const Candidate& candidate, std::size_t refused_anyway,
                         const std::vector<derive::Grant>& all, const std::vector<derive::Grant>& in_doubt,
                         const Host& host, const Trials& trials, const std::function<bool()>& may_go_on);

}  // namespace sandfit::cli

#endif
