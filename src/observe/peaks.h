// The most that a unit uses of what limits bound, sampled: what the kernel keeps of its cgroup, and what /proc shows
// of its processes at the moment. It proves nothing (a burst between two looks is not seen), so it is only advice.
//
// A look costs a process one small file and one seek, however many descriptors it has; it is made at checkpoints
// only.
#ifndef SANDFIT_OBSERVE_PEAKS_H
#define SANDFIT_OBSERVE_PEAKS_H

#include <sandfit/profile.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::observe {

/// What /proc/PID/status tells of a process.
struct ProcessUse {
    std::uint32_t user = 0;  ///< real user, whom LimitNPROC= counts
    std::uint64_t threads = 0;
    std::uint64_t locked_bytes = 0;    ///< by mlock(2), or pinned by a device
    std::uint64_t resident_bytes = 0;  ///< at most, since its exec

    bool operator==(const ProcessUse&) const = default;
};

/// None when a line is missing that every process has: it was a zombie, or the text is something else.
std::optional<ProcessUse> parse_status(std::string_view text);

/// A decimal number with a newline behind it, as in pids.peak; none for "max" and everything else.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// One more than the highest open descriptor of a process, or `known` when none is beyond it.
std::uint64_t open_files_beyond(pid_t pid, std::uint64_t known);

class PeakSampler {
public:
    /// One look at a unit's cgroup directory and at its processes.
    void look(const std::string& group, const std::vector<pid_t>& processes);

    [[nodiscard]] const std::map<Used, Peak>& peaks() const { return peaks_; }

private:
    void raise(Used what, std::uint64_t value, const char* source);

    std::map<Used, Peak> peaks_;
};

}  // namespace sandfit::observe

#endif
