// A profile: the mergeable set of a unit's facts, with the host, the runs and the losses under
// which it was recorded. Its file format is docs/PROFILE_FORMAT.md.
#ifndef SANDFIT_PROFILE_H
#define SANDFIT_PROFILE_H

#include <sandfit/coverage.h>
#include <sandfit/fact.h>
#include <sandfit/host.h>
#include <sandfit/unit.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sandfit {

inline constexpr int kProfileSchema = 1;

/// One recording. A profile that was merged has several.
struct Run {
    std::int64_t started_us = 0;   ///< microseconds since 1970
    std::int64_t ended_us = 0;
    std::string how;               ///< "observe --restart", "observe", "run"
    std::vector<std::string> workload;   ///< the workload's command line; empty without --run
    std::optional<int> workload_status;  ///< its exit status; 128+N when signal N ended it
    bool complete = false;         ///< false: a checkpoint that sandfit did not live to finish, or a start that was broken off

    bool operator==(const Run&) const = default;
};

/// A directory in which something was written, as it was at the end of the observation.
struct DirectoryState {
    bool exists = false;
    bool existed_before = false;  ///< known to have been there before the unit's own programs ran
    std::uint32_t mode = 0;       ///< permission bits
    std::string owner;            ///< user name, or the number
    std::string group;
    bool private_to_unit = false; ///< in a mount that only the unit sees (its own /tmp, a tmpfs of its own)
    std::string file_system;      ///< "tmpfs", "ext4"; "" where it could not be asked

    bool operator==(const DirectoryState&) const = default;
};

/// What limits bound.
enum class Used {
    tasks,           ///< of the unit: processes and threads (TasksMax=)
    tasks_of_user,   ///< of one user other than root, within the unit (LimitNPROC=)
    open_files,      ///< of one process: its highest descriptor, plus one (LimitNOFILE=)
    locked_bytes,    ///< of one process: memory that cannot be swapped (LimitMEMLOCK=)
    resident_bytes,  ///< of one process: memory, which a core dump would hold (LimitCORE=)
};

/// The most that was seen. Sampled while the unit was observed, so it may have been more in between.
struct Peak {
    std::uint64_t value = 0;
    std::set<std::string> sources;  ///< how it was measured: "pids.peak" (kept by the kernel), "/proc/PID/fd"

    bool operator==(const Peak&) const = default;
};

struct SeenFact {
    Fact fact;
    Evidence evidence;
    bool operator==(const SeenFact&) const = default;
};

struct Profile {
    std::string unit;          ///< "nginx.service"; for `run` the command's base name, without a suffix
    std::string tool_version;  ///< of the sandfit that wrote it
    HostIdentity host;
    std::vector<Run> runs;
    Coverage coverage;         ///< the weakest of its runs
    UnitSettings settings;     ///< at the time of the (last) recording; empty for `run`
    std::vector<SeenFact> facts;  ///< sorted by kind and identity, no identity twice
    std::map<std::string, DirectoryState> directories;  ///< by absolute path
    std::map<Used, Peak> peaks;

    bool operator==(const Profile&) const = default;
};

}  // namespace sandfit

#endif
