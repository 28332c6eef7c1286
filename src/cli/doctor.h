// What `doctor` found, in words. Pure, so that it is tested without the hosts that lack things.
#ifndef SANDFIT_CLI_DOCTOR_H
#define SANDFIT_CLI_DOCTOR_H

#include <sandfit/coverage.h>
#include <sandfit/exit_code.h>
#include <sandfit/host.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "observe/probe.h"

namespace sandfit::cli {

struct Examination {
    HostIdentity identity;
    bool is_root = false;
    int systemd_version = 0;  ///< 0: none
    std::size_t directives = 0;
    std::size_t syscall_groups = 0;
    std::size_t syscalls = 0;
    std::string cgroup_mount;  ///< "" when cgroup2 is not mounted
    std::vector<observe::ProbeResult> probes;
    std::map<Subject, SubjectCoverage> coverage;  ///< what would be watched; empty when observing is not possible
};

enum class CheckState { works, optional_missing, missing };

struct Check {
    std::string name;
    CheckState state = CheckState::works;
    std::string detail;
    std::string hint;
    std::vector<std::string> blind_spots{};  ///< of what works: no failure, but said beforehand
};

/// All that was found, the kernel's part last, and of that what would be watched.
std::vector<Check> checks_of(const Examination& host);

std::string doctor_text(const Examination& host, bool colours);
std::string doctor_json(const Examination& host);

/// When something required is missing: `not_permitted` without root or its privileges, else `unsupported`.
ExitCode doctor_verdict(const Examination& host);

}  // namespace sandfit::cli

#endif
