#include "profile/merge.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "profile/fact_set.h"

namespace sandfit::profile {
namespace {

/// Which recording a run is, whatever became of it. Microseconds make a chance agreement of two hosts unlikely.
using RunKey = std::tuple<std::int64_t, std::string, std::vector<std::string>>;

RunKey key_of(const Run& run) {
    return {run.started_us, run.how, run.workload};
}

using Counts = std::map<std::string, std::uint64_t>;

void absorb(Counts& into, const Counts& from, Counting counting) {
    for (const auto& [reason, n] : from) {
        auto& count = into[reason];
        count = counting == Counting::sum ? saturating_sum(count, n) : std::max(count, n);
    }
}

/// All that is counted.
struct Tally {
    FactSet facts;
    Counts losses;
    Counts retries;

    void absorb(const Tally& from, Counting counting) {
        facts.add_all(from.facts, counting);
        profile::absorb(losses, from.losses, counting);
        profile::absorb(retries, from.retries, counting);
    }
};

Tally tally_of(const Profile& profile) {
    Tally tally;
    for (const auto& seen : profile.facts) tally.facts.add(seen.fact, seen.evidence);
    tally.losses = profile.coverage.losses;
    tally.retries = profile.coverage.retries;
    return tally;
}

/// Profiles that hang together by shared runs, so that their counts may overlap.
struct Group {
    std::set<RunKey> runs;
    Tally tally;
};

bool share_a_run(const std::set<RunKey>& a, const std::set<RunKey>& b) {
    return std::any_of(a.begin(), a.end(), [&b](const RunKey& run) { return b.count(run) != 0; });
}

Tally tally_of(const std::vector<Profile>& profiles) {
    std::vector<Group> groups;
    for (const auto& profile : profiles) {
        Group group{{}, tally_of(profile)};
        for (const auto& run : profile.runs) group.runs.insert(key_of(run));
        // This profile may be what ties groups together that had nothing in common so far.
        const auto tied = std::stable_partition(groups.begin(), groups.end(), [&group](const Group& other) {
            return !share_a_run(group.runs, other.runs);
        });
        for (auto other = tied; other != groups.end(); ++other) {
            group.tally.absorb(other->tally, Counting::largest);
            group.runs.merge(other->runs);
        }
        groups.erase(tied, groups.end());
        groups.push_back(std::move(group));
    }
    Tally total;
    for (const auto& group : groups) total.absorb(group.tally, Counting::sum);
    return total;
}

std::vector<Run> unite_runs(const std::vector<Profile>& profiles) {
    const auto progress = [](const Run& run) { return std::tie(run.ended_us, run.complete, run.workload_status); };
    std::map<RunKey, Run> latest;
    for (const auto& profile : profiles) {
        for (const auto& run : profile.runs) {
            const auto [at, added] = latest.try_emplace(key_of(run), run);
            if (!added && progress(at->second) < progress(run)) at->second = run;
        }
    }
    std::vector<Run> out;
    out.reserve(latest.size());
    for (auto& [key, run] : latest) out.push_back(std::move(run));
    return out;
}

/// "a, b" and "b, c" give "a, b, c".
std::string unite_mechanisms(const std::string& a, const std::string& b) {
    if (a == b) return a;
    std::set<std::string> all;
    for (const auto& list : {a, b}) {
        for (const auto& mechanism : base::split(list, ',')) all.insert(std::string(base::trim(mechanism)));
    }
    all.erase("");
    return base::join_with({all.begin(), all.end()}, ", ");
}

void weaken(SubjectCoverage& into, const SubjectCoverage& from) {
    into.watched = into.watched && from.watched;
    into.mechanism = into.watched ? unite_mechanisms(into.mechanism, from.mechanism) : "";
    into.blind_spots.insert(from.blind_spots.begin(), from.blind_spots.end());
}

/// Subjects and phases; what was lost is part of the tally.
void weaken(Coverage& into, const Coverage& from) {
    // A subject that one side does not name was not watched there: the default says so.
    for (const auto& [subject, coverage] : from.subjects) into.subjects.try_emplace(subject);
    for (auto& [subject, coverage] : into.subjects) {
        const auto other = from.subjects.find(subject);
        weaken(coverage, other == from.subjects.end() ? SubjectCoverage{} : other->second);
    }
    std::erase_if(into.phases, [&from](Phase phase) { return from.phases.count(phase) == 0; });
}

std::int64_t latest_end(const Profile& profile) {
    std::int64_t end = std::numeric_limits<std::int64_t>::min();
    for (const auto& run : profile.runs) end = std::max(end, run.ended_us);
    return end;
}

/// Orders by the end of the last run. Ties are broken by what the latest profile gives to the result, so that
/// their order cannot be told from it.
bool is_earlier(const Profile* a, const Profile* b) {
    const auto rank = [](const Profile& p) {
        return std::make_tuple(latest_end(p),
                               std::tie(p.tool_version, p.host.kernel, p.host.architecture, p.host.libc, p.host.os,
                                        p.host.systemd, p.host.links, p.settings.values));
    };
    return rank(*a) < rank(*b);
}

void supersede(std::map<std::string, DirectoryState>& into, const std::map<std::string, DirectoryState>& later) {
    for (const auto& [path, state] : later) {
        const auto [at, added] = into.try_emplace(path, state);
        if (added) continue;
        const bool before = at->second.existed_before && state.existed_before;
        at->second = state;
        at->second.existed_before = before;
    }
}

void raise(std::map<Used, Peak>& into, const std::map<Used, Peak>& from) {
    for (const auto& [what, peak] : from) {
        Peak& known = into[what];
        known.value = std::max(known.value, peak.value);
        known.sources.insert(peak.sources.begin(), peak.sources.end());
    }
}

}  // namespace

Result<Profile> merge(const std::vector<Profile>& profiles) {
    if (profiles.empty()) return Error{ErrorKind::usage, "there is no profile to merge", 0, ""};
    for (const auto& profile : profiles) {
        if (profile.unit == profiles.front().unit) continue;
        // Named in order, so that the message does not depend on that of the operands.
        const auto [first, second] = std::minmax(profiles.front().unit, profile.unit);
        return Error{ErrorKind::usage,
                     fmt::format("cannot merge profiles of different units: {} and {}", base::escape_bytes(first),
                                 base::escape_bytes(second)),
                     0, "merge the profiles of each unit apart"};
    }

    std::vector<const Profile*> by_time;
    by_time.reserve(profiles.size());
    for (const auto& profile : profiles) by_time.push_back(&profile);
    std::stable_sort(by_time.begin(), by_time.end(), is_earlier);

    Profile merged;
    merged.unit = profiles.front().unit;
    merged.tool_version = by_time.back()->tool_version;
    merged.host = by_time.back()->host;
    merged.settings = by_time.back()->settings;
    for (const auto* profile : by_time) supersede(merged.directories, profile->directories);
    for (const auto& profile : profiles) raise(merged.peaks, profile.peaks);

    merged.runs = unite_runs(profiles);
    merged.coverage = profiles.front().coverage;
    for (const auto& profile : profiles) weaken(merged.coverage, profile.coverage);
    Tally tally = tally_of(profiles);
    merged.coverage.losses = std::move(tally.losses);
    merged.coverage.retries = std::move(tally.retries);
    merged.facts = tally.facts.sorted();
    return merged;
}

}  // namespace sandfit::profile
