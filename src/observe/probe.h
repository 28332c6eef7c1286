// What this kernel lets us do, found by trying.
#ifndef SANDFIT_OBSERVE_PROBE_H
#define SANDFIT_OBSERVE_PROBE_H

#include <string>
#include <vector>

namespace sandfit::observe {

enum class ProbeState { works, missing, optional_missing };

struct ProbeResult {
    std::string feature;  ///< "BPF ring buffer", "tp_btf/sys_exit"
    ProbeState state = ProbeState::works;
    std::string detail;   ///< what was tried and what the kernel answered
    std::string hint;     ///< what to do about it; empty when it works
};

/// Tries each feature that observation stands on, in the order in which they matter: privileges, BTF,
/// cgroup2, ring buffer, task storage, each program by loading and attaching it. Leaves nothing behind.
std::vector<ProbeResult> probe_kernel();

}  // namespace sandfit::observe

#endif
