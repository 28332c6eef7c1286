// What this kernel lets us do, found by trying.
#ifndef SANDFIT_OBSERVE_PROBE_H
#define SANDFIT_OBSERVE_PROBE_H

#include <sandfit/coverage.h>
#include <sandfit/result.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::observe {

/// The feature of the first probe: may we load programs at all?
inline constexpr std::string_view kPrivileges = "privileges";

enum class ProbeState { works, missing, optional_missing };

struct ProbeResult {
    std::string feature;  ///< "BPF ring buffer", "tp_btf/sys_exit"
    ProbeState state = ProbeState::works;
    std::string detail;   ///< what was tried and what the kernel answered
    std::string hint;     ///< what to do about it; empty when it works
};

/// Whether observing can work here at all: may we load programs (ErrorKind::not_permitted), does the kernel show its
/// types (ErrorKind::unsupported). What else may be missing, loading tells.
Result<void> check_host();

struct KernelAnswers {
    std::vector<ProbeResult> features;
    /// What our own programs watch here, and how, refusals by filters too. Empty when they were not loaded.
    std::map<Subject, SubjectCoverage> coverage;
};

/// Tries each feature that observation stands on, in the order in which they matter: privileges, BTF,
/// cgroup2, ring buffer, task storage, each program by loading and attaching it: an empty one at each place first, then
/// all of ours, and those of them that were refused. Leaves nothing behind.
KernelAnswers probe_kernel();

}  // namespace sandfit::observe

#endif
