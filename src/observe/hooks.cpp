#include "observe/hooks.h"

#include "base/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sandfit::observe {
namespace {

constexpr std::string_view kToldByCall =
    "a path given to a call that changes it ({}) is resolved after the call; when no process of its mount namespace is "
    "left, symbolic links in it are not followed";
constexpr std::string_view kToldByStack =
    "the check does not say whether it is audited: a need is told from a probe by its kernel stack";
constexpr std::string_view kFirstRefusal =
    "what a task was refused as the first thing that it did while it was watched";
// How the kernel guards tracepoints since their programs may be preempted (7.0). Then ours are attached in perf's way,
// around which it turns preemption off: PREEMPTION in bpf/syscalls.bpf.c.
constexpr std::string_view kPreemptible = "class_srcu_fast_notrace_t";
constexpr std::string_view kNoDescriptors =
    "what a descriptor leads to: an open is told by the path that was given, and each use of one counts as lost";
constexpr std::string_view kRingByPath =
    "what io_uring opens is known by its path only, and not on which type of file system it is, when it has no "
    "descriptor";

Program by_event(std::string_view name, std::string_view place) { return {name, place, -1, false, kPreemptible}; }

Hook required(std::string_view name, std::string_view program, std::string_view place,
              std::vector<Subject> subjects = {}, std::vector<Program> by_events = {}) {
    Hook hook{name, std::move(subjects), Need::required, {{place, {{program, place}}, {}}}, "", {}};
    if (!by_events.empty()) hook.candidates.insert(hook.candidates.begin(), {by_events.front().place, by_events, {}});
    return hook;
}

// Since 5.12, and in Debian's 5.10 (commit e21aa341785c), a trampoline is changed without waiting until no task runs in
// it: before, each of a dozen takes up to seconds to attach and to detach.
constexpr std::string_view kQuickTrampolines = "bpf_tramp_image";

Program by_trampoline(std::string_view name, std::string_view place) {
    return {name, place, -1, true, kQuickTrampolines};
}

// A call that changes a path: its security hook has the path itself; so has what is behind it, for a kernel without
// that hook (no CONFIG_SECURITY_PATH); else the string that the program gave is told at the call's exit.
Hook path_change(std::string_view name, std::string_view calls, Program hook, Candidate behind) {
    return {name,
            {Subject::files},
            Need::additional,
            {{"fentry/security_path_*", {hook}, {}},
             std::move(behind),
             {"tp_btf/sys_exit", {}, {{Subject::files, kToldByCall}}}},
            calls,
            {}};
}

// The security hooks of inodes have no mount: that is the one to which write access was asked for.
Candidate by_inode(std::vector<Program> programs) {
    programs.push_back(by_trampoline("want_write_fentry", "fentry/mnt_want_write"));
    return {"fentry/security_inode_*", std::move(programs), {}};
}

// The tracepoints of io_uring had other names and arguments: io_uring_submit_sqe until 6.3, and a completion with
// seven arguments until 6.14. Before 6.0 the request itself is not shown.
Candidate ring(Program submit, int completion_arguments) {
    const std::string_view complete =
        completion_arguments == 3 ? "io_uring_complete_cqe_tp" : "io_uring_complete_tp";
    return {submit.place,
            {submit, {complete, "tp_btf/io_uring_complete", completion_arguments}},
            {{Subject::files, kRingByPath}}};
}

}  // namespace

const std::vector<Hook>& hook_table() {
    static const std::vector<Hook> table = {
        required("group made", "cgroup_mkdir_tp", "tp_btf/cgroup_mkdir"),
        required("group removed", "cgroup_rmdir_tp", "tp_btf/cgroup_rmdir"),
        required("task moved", "cgroup_attach_task_tp", "tp_btf/cgroup_attach_task"),
        required("task made", "task_newtask_tp", "tp_btf/task_newtask", {},
                 {by_event("task_newtask_perf_tp", "tracepoint/task/task_newtask")}),
        required("task ended", "sched_process_exit_tp", "tp_btf/sched_process_exit", {},
                 {by_event("sched_process_exit_perf_tp", "tracepoint/sched/sched_process_exit")}),
        required("running tasks", "enrol_running_iter", "iter/task"),
        required("tasks at hand", "live_tasks_iter", "iter/task"),
        required("what was seen", "seen_iter", kSeenIterator),
        required("program executed", "sched_process_exec_tp", "tp_btf/sched_process_exec", {Subject::executions},
                 {by_event("sched_process_exec_perf_tp", "tracepoint/sched/sched_process_exec"),
                  by_event("sched_prepare_exec_perf_tp", "tracepoint/sched/sched_prepare_exec")}),
        {"syscall made",
         {Subject::syscalls, Subject::files, Subject::sockets, Subject::requests},
         Need::required,
         {{"tracepoint/raw_syscalls/sys_exit",
           {by_event("sys_exit_perf_tp", "tracepoint/raw_syscalls/sys_exit")},
           {{Subject::files, kToldByCall}, {Subject::sockets, "addresses given to sendmmsg are not seen"}}},
          {"tp_btf/sys_exit",
           {{"sys_exit_tp", "tp_btf/sys_exit"}},
           {{Subject::files, kToldByCall}, {Subject::sockets, "addresses given to sendmmsg are not seen"}}}},
         "utimensat, setxattr",
         {}},
        // What the program at sys_exit can do without.
        {kFollowedDescriptors,
         {Subject::files},
         Need::additional,
         {{"tp_btf/sys_exit",
           {},
           {},
           {"task_struct.files", "files_struct.fdt", "fdtable.max_fds", "fdtable.fd", "file.f_mode", "file.f_flags"}}},
         "",
         {{Subject::files, kNoDescriptors}}},
        {kOwnersInProc,
         {Subject::files},
         Need::additional,
         {{"tp_btf/sys_exit",
           {},
           {},
           {"proc_inode.pid", "proc_inode.vfs_inode", "pid.tasks", "hlist_head.first", "task_struct.pid_links",
            "task_struct.tgid"}}},
         "",
         {{Subject::files, "whose process a file of /proc belongs to: each is taken for another's"}}},
        {"write access asked for",
         {Subject::files},
         Need::additional,
         {{"fentry/mnt_want_write",
           {by_trampoline("want_write_fentry", "fentry/mnt_want_write"),
            by_trampoline("want_write_file_fentry", "fentry/mnt_want_write_file")},
           {}}},
         "",
         {{Subject::files, "whether a call that is not known to change files asked for write access"}}},
        path_change("directory made", "mkdir", by_trampoline("path_mkdir_fentry", "fentry/security_path_mkdir"),
                    by_inode({by_trampoline("inode_mkdir_fentry", "fentry/security_inode_mkdir")})),
        path_change("node made", "mknod", by_trampoline("path_mknod_fentry", "fentry/security_path_mknod"),
                    by_inode({by_trampoline("inode_mknod_fentry", "fentry/security_inode_mknod"),
                              by_trampoline("inode_create_fentry", "fentry/security_inode_create")})),
        path_change("symbolic link made", "symlink",
                    by_trampoline("path_symlink_fentry", "fentry/security_path_symlink"),
                    by_inode({by_trampoline("inode_symlink_fentry", "fentry/security_inode_symlink")})),
        path_change("hard link made", "link", by_trampoline("path_link_fentry", "fentry/security_path_link"),
                    by_inode({by_trampoline("inode_link_fentry", "fentry/security_inode_link")})),
        path_change("file renamed", "rename", by_trampoline("path_rename_fentry", "fentry/security_path_rename"),
                    by_inode({by_trampoline("inode_rename_fentry", "fentry/security_inode_rename")})),
        path_change("file removed", "unlink", by_trampoline("path_unlink_fentry", "fentry/security_path_unlink"),
                    by_inode({by_trampoline("inode_unlink_fentry", "fentry/security_inode_unlink")})),
        path_change("directory removed", "rmdir", by_trampoline("path_rmdir_fentry", "fentry/security_path_rmdir"),
                    by_inode({by_trampoline("inode_rmdir_fentry", "fentry/security_inode_rmdir")})),
        path_change("file cut", "truncate", by_trampoline("path_truncate_fentry", "fentry/security_path_truncate"),
                    {"fentry/vfs_truncate", {by_trampoline("vfs_truncate_fentry", "fentry/vfs_truncate")}, {}}),
        path_change("mode changed", "chmod", by_trampoline("path_chmod_fentry", "fentry/security_path_chmod"),
                    {"fentry/chmod_common", {by_trampoline("chmod_common_fentry", "fentry/chmod_common")}, {}}),
        // Before 6.1 trampolines take no structures as arguments, which user and group are for the security hook.
        path_change("owner changed", "chown", by_trampoline("path_chown_fentry", "fentry/security_path_chown"),
                    {"fentry/chown_common", {by_trampoline("chown_common_fentry", "fentry/chown_common")}, {}}),
        {"open files",
         {Subject::files},
         Need::additional,
         {{"iter/task_file", {{"open_files_iter", "iter/task_file"}}, {}}},
         "",
         {{Subject::files, "files that a running unit had open before it was observed"}}},
        {"syscall entered",
         {Subject::refusals},
         Need::required,
         {{"tracepoint/raw_syscalls/sys_enter",
           {by_event("sys_enter_perf_tp", "tracepoint/raw_syscalls/sys_enter")},
           {{Subject::refusals, kFirstRefusal}}},
          {"tp_btf/sys_enter", {{"sys_enter_tp", "tp_btf/sys_enter"}}, {{Subject::refusals, kFirstRefusal}}}},
         "",
         {},
         true},
        {"task ended by a filter",
         {Subject::refusals},
         Need::additional,
         {{"tp_btf/sched_process_exit", {}, {}, {"task_struct.seccomp", "seccomp.mode"}}},
         "",
         {{Subject::refusals, "the call for which a filter ended a task"}},
         true},
        {"io_uring operation",
         {},
         Need::additional,
         {ring({"io_uring_submit_req_tp", "tp_btf/io_uring_submit_req"}, 3),
          ring({"io_uring_submit_req_tp", "tp_btf/io_uring_submit_req"}, 7),
          ring({"io_uring_submit_sqe_tp", "tp_btf/io_uring_submit_sqe", 2}, 7),
          {"tp_btf/io_uring_submit_sqe",
           {{"io_uring_submit_alone_tp", "tp_btf/io_uring_submit_sqe", 7}},
           {{Subject::files, "how operations submitted through io_uring ended"}, {Subject::files, kRingByPath}}}},
         "",
         {{Subject::files, "operations submitted through io_uring are not seen"},
          {Subject::sockets, "sockets made or connected through io_uring are not seen"}}},
        {"capability checked",
         {Subject::capabilities},
         Need::optional,
         // Of a check that the trampoline misses the stack tells.
         {{"fentry/cap_capable",
           {{"cap_options_fentry", "fentry/cap_capable", -1, true},
            by_event("cap_capable_perf_tp", "tracepoint/capability/cap_capable")},
           {}},
          {"fentry/cap_capable",
           {{"cap_options_fentry", "fentry/cap_capable", -1, true}, {"cap_capable_tp", "tp_btf/cap_capable"}},
           {}},
          {"fexit/cap_capable",
           {{"cap_capable_fexit", "fexit/cap_capable"}},
           {{Subject::capabilities, "whether CAP_SYS_RAWIO was needed to map the lowest addresses"}}},
          {"tracepoint/capability/cap_capable",
           {by_event("cap_capable_perf_tp", "tracepoint/capability/cap_capable")},
           {{Subject::capabilities, kToldByStack}}},
          {"tp_btf/cap_capable",
           {{"cap_capable_tp", "tp_btf/cap_capable"}},
           {{Subject::capabilities, kToldByStack}}}},
         "",
         {}},
    };
    return table;
}

Plan plan_hooks(const Options& options, const std::function<bool(const Program&)>& works,
                const std::function<bool(std::string_view)>& has_field) {
    Plan plan;
    for (const Hook& hook : hook_table()) {
        if (hook.when_asked && !options.refusals) continue;
        ChosenHook chosen{&hook, nullptr};
        for (const Candidate& candidate : hook.candidates) {
            if (options.probes == Probes::tracepoint && candidate.is_trampoline()) continue;
            if (std::ranges::all_of(candidate.programs, works) && std::ranges::all_of(candidate.fields, has_field)) {
                chosen.candidate = &candidate;
                break;
            }
        }
        plan.push_back(chosen);
    }
    return plan;
}

std::vector<Program> planned_programs(const Plan& plan) {
    std::vector<Program> out;
    std::set<std::string_view> names;
    for (const auto& [hook, candidate] : plan) {
        if (candidate == nullptr) continue;
        for (const Program& program : candidate->programs) {
            if (names.insert(program.name).second) out.push_back(program);
        }
    }
    return out;
}

bool uses_trampolines(const Plan& plan) {
    return std::ranges::any_of(planned_programs(plan), &Program::is_trampoline);
}

bool is_watched(const Plan& plan, std::string_view hook, std::string_view mechanism) {
    return std::ranges::any_of(plan, [&](const ChosenHook& chosen) {
        return chosen.hook->name == hook && chosen.candidate != nullptr &&
               chosen.candidate->mechanism.starts_with(mechanism);
    });
}

std::map<Subject, SubjectCoverage> planned_coverage(const Plan& plan) {
    std::map<Subject, SubjectCoverage> out;
    std::map<Subject, std::set<std::string>> mechanisms;
    std::map<std::pair<Subject, std::string_view>, std::vector<std::string>> spots;  // with the calls that they are of
    for (const auto& [hook, candidate] : plan) {
        for (const Subject subject : hook->subjects) {
            SubjectCoverage& coverage = out[subject];
            if (candidate == nullptr) continue;
            coverage.watched = coverage.watched || hook->need != Need::additional;
            if (!candidate->programs.empty()) mechanisms[subject].emplace(candidate->mechanism);
        }
        for (const BlindSpot& spot : candidate != nullptr ? candidate->blind_spots : hook->without) {
            auto& calls = spots[{spot.subject, spot.sentence}];
            if (!hook->calls.empty()) calls.emplace_back(hook->calls);
        }
    }
    for (auto& [subject, names] : mechanisms) {
        out[subject].mechanism = base::join_with({names.begin(), names.end()}, ", ");
    }
    for (const auto& [spot, calls] : spots) {
        std::string sentence(spot.second);
        if (const auto gap = sentence.find("{}"); gap != std::string::npos) {
            sentence.replace(gap, 2, base::join_with(calls, ", "));
        }
        out[spot.first].blind_spots.insert(std::move(sentence));
    }
    return out;
}

}  // namespace sandfit::observe
