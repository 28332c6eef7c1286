// The plan: which candidate of each hook is taken, and what is covered with it.
#include "support/catch.h"

#include "observe/hooks.h"

#include <set>

using namespace sandfit;
using namespace sandfit::observe;

namespace {

const Candidate* chosen(const Plan& plan, std::string_view hook) {
    for (const auto& entry : plan) {
        if (entry.hook->name == hook) return entry.candidate;
    }
    return nullptr;
}

std::string_view mechanism(const Plan& plan, std::string_view hook) {
    const Candidate* candidate = chosen(plan, hook);
    return candidate != nullptr ? candidate->mechanism : "";
}

/// What a kernel before 7.0 can have.
bool everything(const Program& program) { return program.only_with != "class_srcu_fast_notrace_t"; }
bool no_trampolines(const Program& program) { return everything(program) && !program.is_trampoline(); }

/// All but the places of that name.
auto without(std::string_view name) {
    return [name](const Program& program) {
        return everything(program) && program.place.find(name) == std::string_view::npos;
    };
}

bool mentions(const std::set<std::string>& sentences, std::string_view word) {
    for (const auto& sentence : sentences) {
        if (sentence.find(word) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("the first candidate that works is taken") {
    const auto all = plan_hooks({}, everything);
    CHECK(mechanism(all, "capability checked") == "fentry/cap_capable");
    CHECK(chosen(all, "capability checked")->programs.size() == 2);
    CHECK(mechanism(all, "file renamed") == "fentry/security_path_*");
    const auto fewer = plan_hooks({}, no_trampolines);
    CHECK(mechanism(fewer, "capability checked") == "tp_btf/cap_capable");
    CHECK(mechanism(fewer, "file renamed") == "tp_btf/sys_exit");
    CHECK(chosen(fewer, "write access asked for") == nullptr);
}

TEST_CASE("one function that a kernel has not costs one candidate") {
    const auto behind = plan_hooks({}, without("security_path_rename"));
    CHECK(mechanism(behind, "file renamed") == "fentry/security_inode_*");
    CHECK(mechanism(behind, "file removed") == "fentry/security_path_*");
    CHECK_FALSE(mentions(planned_coverage(behind).at(Subject::files).blind_spots, "rename"));

    const auto plan = plan_hooks({}, without("_rename"));
    CHECK(mechanism(plan, "file renamed") == "tp_btf/sys_exit");
    CHECK(mechanism(plan, "file removed") == "fentry/security_path_*");
    const auto files = planned_coverage(plan).at(Subject::files);
    CHECK(files.mechanism == "fentry/mnt_want_write, fentry/security_path_*, iter/task_file, tp_btf/sys_exit");
    CHECK(mentions(files.blind_spots, "(utimensat, setxattr, rename)"));

    // Without the tracepoint that counts the checks, a check that was skipped is a loss.
    const auto older = plan_hooks({}, without("tp_btf/cap_capable"));
    REQUIRE(chosen(older, "capability checked")->programs.size() == 1);
    CHECK_FALSE(chosen(older, "capability checked")->programs.front().spared);
    CHECK(chosen(plan, "capability checked")->programs.front().spared);
}

TEST_CASE("a kernel without CONFIG_SECURITY_PATH is watched behind its hooks") {
    const auto plan = plan_hooks({}, without("security_path_"));
    CHECK(mechanism(plan, "directory made") == "fentry/security_inode_*");
    CHECK(mechanism(plan, "file cut") == "fentry/vfs_truncate");
    CHECK(mechanism(plan, "mode changed") == "fentry/chmod_common");
    CHECK(mechanism(plan, "owner changed") == "fentry/chown_common");
    const auto files = planned_coverage(plan).at(Subject::files);
    const auto usual = planned_coverage(plan_hooks({}, everything)).at(Subject::files);
    CHECK(files.blind_spots == usual.blind_spots);

    // The names' hooks are of no use without the mount.
    const auto fewer = plan_hooks({}, [](const Program& program) {
        return without("security_path_")(program) && program.place != "fentry/mnt_want_write";
    });
    CHECK(mechanism(fewer, "directory made") == "tp_btf/sys_exit");
    CHECK(mechanism(fewer, "file cut") == "fentry/vfs_truncate");

    // What several hooks use is loaded once.
    std::multiset<std::string_view> names;
    for (const Program& program : planned_programs(plan)) names.insert(program.name);
    CHECK(names.count("want_write_fentry") == 1);
}

TEST_CASE("forcing a way decides where there is a choice, and nowhere else") {
    const auto forced = plan_hooks({.probes = Probes::tracepoint}, everything);
    CHECK(mechanism(forced, "capability checked") == "tp_btf/cap_capable");
    for (const auto& program : planned_programs(forced)) CHECK_FALSE(program.is_trampoline());
    const auto other = plan_hooks({.probes = Probes::trampoline}, everything);
    CHECK(mechanism(other, "capability checked") == "fentry/cap_capable");
    CHECK(mechanism(other, "syscall made") == "tp_btf/sys_exit");
    CHECK(uses_trampolines(other));
    CHECK_FALSE(uses_trampolines(forced));
    // A kernel that has one less is watched otherwise there; one that has none is told apart.
    const auto fewer = plan_hooks({.probes = Probes::trampoline}, without("security_path_chown"));
    CHECK(mechanism(fewer, "owner changed") == "fentry/chown_common");
    CHECK(uses_trampolines(fewer));
    CHECK_FALSE(uses_trampolines(plan_hooks({.probes = Probes::trampoline}, no_trampolines)));
}

TEST_CASE("what no candidate watches is not covered, or told as a blind spot") {
    const auto plan = plan_hooks({}, without("cap_"));
    CHECK(chosen(plan, "capability checked") == nullptr);
    const auto coverage = planned_coverage(plan);
    CHECK_FALSE(coverage.at(Subject::capabilities).watched);
    CHECK(coverage.at(Subject::files).watched);
    CHECK(coverage.at(Subject::syscalls).blind_spots.empty());

    CHECK_FALSE(mentions(coverage.at(Subject::files).blind_spots, "io_uring are not seen"));
    const auto no_ring = planned_coverage(plan_hooks({}, without("io_uring")));
    CHECK(mentions(no_ring.at(Subject::files).blind_spots, "io_uring are not seen"));
    CHECK(mentions(no_ring.at(Subject::sockets).blind_spots, "io_uring are not seen"));
    CHECK(mentions(planned_coverage(plan_hooks({}, without("task_file"))).at(Subject::files).blind_spots, "had open before"));
}

TEST_CASE("a field that a kernel has not costs what is told by it") {
    const auto without_field = [](std::string_view name) {
        return plan_hooks({.refusals = true}, everything, [name](std::string_view field) { return field != name; });
    };
    const auto usual = plan_hooks({.refusals = true}, everything);
    CHECK(is_watched(usual, kFollowedDescriptors));
    CHECK(is_watched(usual, kOwnersInProc));
    struct Case {
        std::string_view field, hook;
        Subject subject;
        std::string_view word;
    };
    for (const Case& one : {Case{"fdtable.fd", kFollowedDescriptors, Subject::files, "counts as lost"},
                            Case{"pid.tasks", kOwnersInProc, Subject::files, "taken for another's"},
                            Case{"seccomp.mode", "task ended by a filter", Subject::refusals, "ended a task"}}) {
        INFO(one.field);
        const auto plan = without_field(one.field);
        for (const auto& [hook, candidate] : plan)
            CHECK((candidate == chosen(usual, hook->name)) == (hook->name != one.hook));
        CHECK(planned_programs(plan).size() == planned_programs(usual).size());
        CHECK(mentions(planned_coverage(plan).at(one.subject).blind_spots, one.word));
        CHECK_FALSE(mentions(planned_coverage(usual).at(one.subject).blind_spots, one.word));
    }
}

TEST_CASE("the tracepoints of io_uring are told apart by their arguments") {
    const auto with = [](std::string_view submit, int submit_arguments, int completion_arguments) {
        return plan_hooks({}, [=](const Program& program) {
            if (program.place.find("io_uring") == std::string_view::npos) return true;
            const bool submits = program.place.find("complete") == std::string_view::npos;
            if (submits && program.place != submit) return false;
            const int has = submits ? submit_arguments : completion_arguments;
            return program.arguments < 0 || program.arguments == has;
        });
    };
    const auto programs = [](const Plan& plan) {
        std::string names;
        for (const auto& program : chosen(plan, "io_uring operation")->programs) names += std::string(program.name) + " ";
        return names;
    };
    CHECK(programs(with("tp_btf/io_uring_submit_req", 1, 3)) == "io_uring_submit_req_tp io_uring_complete_cqe_tp ");
    CHECK(programs(with("tp_btf/io_uring_submit_req", 1, 7)) == "io_uring_submit_req_tp io_uring_complete_tp ");
    CHECK(programs(with("tp_btf/io_uring_submit_sqe", 2, 7)) == "io_uring_submit_sqe_tp io_uring_complete_tp ");
    CHECK(programs(with("tp_btf/io_uring_submit_sqe", 7, 4)) == "io_uring_submit_alone_tp ");
    CHECK(chosen(with("tp_btf/io_uring_submit_sqe", 5, 4), "io_uring operation") == nullptr);
}

TEST_CASE("refusals are watched where that was asked for, and nowhere else") {
    CHECK(planned_coverage(plan_hooks({}, everything)).count(Subject::refusals) == 0);
    const auto asked = planned_coverage(plan_hooks({.refusals = true}, everything));
    CHECK(asked.at(Subject::refusals).watched);
    CHECK(asked.at(Subject::refusals).mechanism == "tp_btf/sys_enter");
    CHECK(asked.at(Subject::syscalls).mechanism == "tp_btf/sys_exit");
}

TEST_CASE("where tracepoints may be preempted, perf's events are used, if there are any") {
    const auto newest = planned_coverage(plan_hooks({.refusals = true}, [](const Program&) { return true; }));
    CHECK(newest.at(Subject::syscalls).mechanism == "tracepoint/raw_syscalls/sys_exit");
    CHECK(newest.at(Subject::refusals).mechanism == "tracepoint/raw_syscalls/sys_enter");
    CHECK(newest.at(Subject::executions).mechanism == "tracepoint/sched/sched_process_exec");
    CHECK(newest.at(Subject::capabilities).mechanism == "fentry/cap_capable");
    CHECK(newest.at(Subject::files).mechanism.find("tp_btf/sys_exit") == std::string::npos);
    const auto by_tracepoint = plan_hooks({.probes = Probes::tracepoint, .refusals = true}, [](const Program&) { return true; });
    for (const Program& program : planned_programs(by_tracepoint)) {
        // Two of these are made one after the other, under a mutex, or at our own request; those of io_uring are rare.
        const bool guarded = program.place.find("cgroup_") != std::string_view::npos || program.place.starts_with("iter/") ||
                             program.place.find("io_uring") != std::string_view::npos;
        INFO(program.name);
        CHECK(guarded != program.place.starts_with("tracepoint/"));
    }
    // Without tracefs as before: what is skipped then is counted.
    const auto plan = plan_hooks({}, without("raw_syscalls"));
    CHECK(mechanism(plan, "syscall made") == "tp_btf/sys_exit");
    CHECK_FALSE(chosen(plan, "syscall made")->programs.front().spared);
    CHECK_FALSE(chosen(plan_hooks({}, everything), "task made")->programs.front().spared);
}

TEST_CASE("every subject has a hook, and a program has one place") {
    std::set<Subject> subjects;
    std::map<std::string_view, std::string_view> places;
    for (const auto& hook : hook_table()) {
        subjects.insert(hook.subjects.begin(), hook.subjects.end());
        REQUIRE_FALSE(hook.candidates.empty());
        // What is told of a kernel without it names the last one.
        if (hook.need == Need::required) CHECK(hook.candidates.back().programs.size() == 1);
        for (const auto& candidate : hook.candidates) {
            CHECK_FALSE(candidate.mechanism.empty());
            for (const auto& program : candidate.programs) {
                CHECK(places.try_emplace(program.name, program.place).first->second == program.place);
            }
        }
    }
    CHECK(subjects.size() == 7);
}
