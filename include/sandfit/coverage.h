// What was watched, by which mechanism, with which gaps. "It never happened" must be earned:
// a rule reaches a negative conclusion only through a Coverage.
#ifndef SANDFIT_COVERAGE_H
#define SANDFIT_COVERAGE_H

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace sandfit {

/// The subjects that hooks watch, each with hooks of its own.
enum class Subject {
    syscalls,
    files,
    capabilities,
    sockets,
    executions,
    requests,
    refusals,  ///< by seccomp filters; watched only when a sandbox is tried
};

/// How one subject was watched.
struct SubjectCoverage {
    bool watched = false;
    std::string mechanism;              ///< "tp_btf/sys_exit", "fexit/cap_capable"; "" when not watched
    std::set<std::string> blind_spots;  ///< what this mechanism cannot see, one sentence each, no full stop

    bool operator==(const SubjectCoverage&) const = default;
};

/// A phase of a unit's life.
enum class Phase { start, reload, stop };

struct Coverage {
    std::map<Subject, SubjectCoverage> subjects;
    std::set<Phase> phases;  ///< those seen from their first instruction to the last
    /// What was lost for good, by reason ("file_map_full"); only counts above 0 stand here.
    std::map<std::string, std::uint64_t> losses;
    /// What went wrong and was made good ("ring_full_retried"): told, but no gap.
    std::map<std::string, std::uint64_t> retries;

    [[nodiscard]] bool lost_anything() const { return !losses.empty(); }
    bool operator==(const Coverage&) const = default;
};

}  // namespace sandfit

#endif
