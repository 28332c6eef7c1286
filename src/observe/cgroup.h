// The cgroup2 hierarchy: where it is mounted, the identity of a group, and a group of our own.
#ifndef SANDFIT_OBSERVE_CGROUP_H
#define SANDFIT_OBSERVE_CGROUP_H

#include <sandfit/result.h>

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sandfit::observe {

/// Where cgroup2 is mounted, from /proc/self/mountinfo ("/sys/fs/cgroup", on hybrid hosts
/// "/sys/fs/cgroup/unified"). ErrorKind::unsupported when it is not mounted.
Result<std::string> cgroup2_mount();

/// Whether a group can be made below the mount, as far as the mount decides.
bool cgroup2_is_writable(const std::string& mount);

/// The kernel's id of a cgroup: the inode number of its directory (cgroup v2 since 5.5).
Result<std::uint64_t> cgroup_id(const std::string& directory);

/// The absolute directory of the cgroup2 group that a process is in.
Result<std::string> cgroup_of(pid_t pid);

/// The group and all below it. One that goes meanwhile is left out, or in.
std::vector<std::string> groups_at(const std::string& directory);

/// Processes of a group and of all below it.
std::vector<pid_t> processes_below(const std::string& directory);

/// A cgroup made for `sandfit run`, below the caller's own group or, where that may not have children,
/// below the root. Removed by the destructor, with what is below it, when no process is left in it.
class OwnCgroup {
public:
    /// Also removes empty groups that a killed sandfit left behind.
    static Result<OwnCgroup> create();
    OwnCgroup(OwnCgroup&&) noexcept;
    OwnCgroup& operator=(OwnCgroup&&) = delete;
    OwnCgroup(const OwnCgroup&) = delete;
    OwnCgroup& operator=(const OwnCgroup&) = delete;
    ~OwnCgroup();

    [[nodiscard]] const std::string& directory() const { return directory_; }
    /// Moves the calling process in. Async-signal-safe: to be called between fork and exec.
    /// Returns 0 or an errno.
    [[nodiscard]] int enter() const;

private:
    explicit OwnCgroup(std::string directory);
    std::string directory_;
    std::string procs_file_;
};

}  // namespace sandfit::observe

#endif
