// The hook table: what is watched, by which programs in which order of preference, and what each way
// cannot see. The plan is pure, so it is tested without a kernel; the observer and `sandfit doctor` use it.
#ifndef SANDFIT_OBSERVE_HOOKS_H
#define SANDFIT_OBSERVE_HOOKS_H

#include "observe/observer.h"

#include <sandfit/coverage.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::observe {

struct BlindSpot {
    Subject subject;
    std::string_view sentence;  ///< no full stop
};

/// One way to watch a hook.
struct Candidate {
    std::string_view program;    ///< name of the kernel program in the skeleton
    std::string_view mechanism;  ///< "tp_btf/sys_exit"
    bool trampoline = false;
    std::vector<BlindSpot> blind_spots;
};

struct Hook {
    std::string_view name;
    std::vector<Subject> subjects;      ///< what is not watched without it
    bool required = true;               ///< no observation at all without it
    std::vector<Candidate> candidates;  ///< best first
    bool when_asked = false;            ///< only where Options::refusals asks for it
};

const std::vector<Hook>& hook_table();

struct ChosenHook {
    const Hook* hook = nullptr;
    const Candidate* candidate = nullptr;  ///< null: none of them works here
};

/// Takes the first candidate of each hook that the options allow and that `works` accepts. A hook that was not asked
/// for is not in the plan.
std::vector<ChosenHook> plan_hooks(const Options& options, const std::function<bool(const Candidate&)>& works);

/// What the chosen hooks cover.
std::map<Subject, SubjectCoverage> planned_coverage(const std::vector<ChosenHook>& plan);

}  // namespace sandfit::observe

#endif
