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

/// One kernel program and where it is attached.
struct Program {
    std::string_view name;   ///< in the skeleton
    std::string_view place;  ///< "tp_btf/sys_exit", "fentry/security_path_mkdir"
    /// How many arguments the place must have, where kernels differ in them; -1: any number.
    int arguments = -1;
    /// A run that the kernel skipped is made good otherwise.
    bool spared = false;
    /// A type of the kernel's without which the program is not used: it is not needed there, or costs too much.
    std::string_view only_with = "";

    [[nodiscard]] bool is_trampoline() const { return place.starts_with("fentry/") || place.starts_with("fexit/"); }
};

/// Where the program is attached that goes through the map of what was seen: unlike others, to that map.
inline constexpr std::string_view kSeenIterator = "iter/bpf_map_elem";

/// Hooks without programs of their own.
inline constexpr std::string_view kFollowedDescriptors = "file behind a descriptor";
inline constexpr std::string_view kOwnersInProc = "process behind a file of /proc";

struct BlindSpot {
    Subject subject;
    /// No full stop. "{}" stands for the calls of all hooks that are watched in this way.
    std::string_view sentence;

    bool operator==(const BlindSpot&) const = default;
};

/// One way to watch a hook.
struct Candidate {
    std::string_view mechanism;     ///< as the coverage names it: "tp_btf/sys_exit", "fentry/security_path_*"
    std::vector<Program> programs;  ///< none: what another hook's programs see is enough
    std::vector<BlindSpot> blind_spots;
    /// Of the kernel's structures: without one of them the way is not there.
    std::vector<std::string_view> fields{};

    [[nodiscard]] bool is_trampoline() const { return !programs.empty() && programs.front().is_trampoline(); }
};

/// What not having a hook at all means.
enum class Need {
    required,    ///< no observation
    optional,    ///< its subjects are not watched
    additional,  ///< its subjects are watched all the same, less well
};

struct Hook {
    std::string_view name;
    std::vector<Subject> subjects;
    Need need = Need::required;
    std::vector<Candidate> candidates;  ///< best first
    std::string_view calls;             ///< what fills "{}" of a blind spot: "mkdir"
    std::vector<BlindSpot> without;     ///< what is not seen when none of the candidates works
    bool when_asked = false;            ///< only where Options::refusals asks for it
};

const std::vector<Hook>& hook_table();

struct ChosenHook {
    const Hook* hook = nullptr;
    const Candidate* candidate = nullptr;  ///< null: none of them works here
};

using Plan = std::vector<ChosenHook>;

/// Takes the first candidate of each hook that the options allow, of which `works` accepts all programs, and whose
/// fields ("pid.tasks") the kernel has. A hook that was not asked for is not in the plan.
///
/// Probes::tracepoint takes no trampoline. Probes::trampoline is the order of preference itself; who asks for it looks
/// at uses_trampolines() of the plan.
Plan plan_hooks(
    const Options& options, const std::function<bool(const Program&)>& works,
    const std::function<bool(std::string_view)>& has_field = [](std::string_view) { return true; });

/// The programs of all chosen candidates, each once.
std::vector<Program> planned_programs(const Plan& plan);

/// At least one hook is watched by a trampoline.
bool uses_trampolines(const Plan& plan);

/// The hook is watched, by a mechanism that begins so.
bool is_watched(const Plan& plan, std::string_view hook, std::string_view mechanism = "");

/// What the chosen hooks cover.
std::map<Subject, SubjectCoverage> planned_coverage(const Plan& plan);

}  // namespace sandfit::observe

#endif
