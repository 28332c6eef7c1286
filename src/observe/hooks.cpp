#include "observe/hooks.h"

#include <algorithm>

namespace sandfit::observe {

const std::vector<Hook>& hook_table() {
    static const std::vector<Hook> table = {
        {"group made", {}, true, {{"cgroup_mkdir_tp", "tp_btf/cgroup_mkdir", false, {}}}},
        {"group removed", {}, true, {{"cgroup_rmdir_tp", "tp_btf/cgroup_rmdir", false, {}}}},
        {"task moved", {}, true, {{"cgroup_attach_task_tp", "tp_btf/cgroup_attach_task", false, {}}}},
        {"task made", {}, true, {{"task_newtask_tp", "tp_btf/task_newtask", false, {}}}},
        {"task ended", {}, true, {{"sched_process_exit_tp", "tp_btf/sched_process_exit", false, {}}}},
        {"running tasks", {}, true, {{"enrol_running_iter", "iter/task", false, {}}}},
        {"program executed",
         {Subject::executions},
         true,
         {{"sched_process_exec_tp", "tp_btf/sched_process_exec", false, {}}}},
        {"syscall made",
         {Subject::syscalls, Subject::files, Subject::sockets, Subject::requests},
         true,
         {{"sys_exit_tp",
           "tp_btf/sys_exit",
           false,
           {{Subject::files, "operations submitted through io_uring are not seen"},
            {Subject::files,
             "a path given to a call that changes it (mkdir, unlink, rename, chmod ...) is resolved after the call; "
             "when no process of its mount namespace is left, symbolic links in it are not followed"},
            {Subject::sockets, "sockets made or connected through io_uring are not seen"},
            {Subject::sockets, "addresses given to sendmmsg are not seen"}}}}},
        {"syscall entered",
         {Subject::refusals},
         true,
         {{"sys_enter_tp",
           "tp_btf/sys_enter",
           false,
           {{Subject::refusals, "what a task was refused as the first thing that it did while it was watched"}}}},
         true},
        {"io_uring operation", {}, false, {{"io_uring_submit_req_tp", "tp_btf/io_uring_submit_req", false, {}}}},
        {"capability checked",
         {Subject::capabilities},
         false,
         {{"cap_capable_fexit", "fexit/cap_capable", true, {}},
          {"cap_capable_tp",
           "tp_btf/cap_capable",
           false,
           {{Subject::capabilities,
             "the check does not say whether it is audited: a need is told from a probe by its kernel stack"}}}}},
    };
    return table;
}

std::vector<ChosenHook> plan_hooks(const Options& options, const std::function<bool(const Candidate&)>& works) {
    const Probes probes = options.probes;
    std::vector<ChosenHook> plan;
    for (const Hook& hook : hook_table()) {
        if (hook.when_asked && !options.refusals) continue;
        ChosenHook chosen{&hook, nullptr};
        const bool has_choice = hook.candidates.size() > 1;
        for (const Candidate& candidate : hook.candidates) {
            // Forcing a mechanism decides between candidates; it does not take away the only one.
            if (has_choice && probes == Probes::tracepoint && candidate.trampoline) continue;
            if (has_choice && probes == Probes::trampoline && !candidate.trampoline) continue;
            if (works(candidate)) {
                chosen.candidate = &candidate;
                break;
            }
        }
        plan.push_back(chosen);
    }
    return plan;
}

std::map<Subject, SubjectCoverage> planned_coverage(const std::vector<ChosenHook>& plan) {
    std::map<Subject, SubjectCoverage> out;
    for (const auto& [hook, candidate] : plan) {
        for (const Subject subject : hook->subjects) {
            SubjectCoverage& coverage = out[subject];
            if (candidate == nullptr) continue;
            coverage.watched = true;
            coverage.mechanism = candidate->mechanism;
            for (const auto& spot : candidate->blind_spots) {
                if (spot.subject == subject) coverage.blind_spots.insert(std::string(spot.sentence));
            }
        }
    }
    return out;
}

}  // namespace sandfit::observe
