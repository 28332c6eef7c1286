// What the verifier has to go through: printed, and kept from growing unseen. It is most of the time that loading takes,
// and older kernels give up at a million for one program.
#include "support/catch.h"
#include "support/observed.h"

#include "observe/kernel_side.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>

using namespace sandfit;
using sandfit::tests::can_observe;

namespace {

// At most, on any kernel: about a third above what was counted on 6.1 to 7.3. Raise one knowingly. Kernels before 5.16
// tell nothing, and the one program that only they run (io_uring_submit_alone_tp) is not here.
const std::map<std::string_view, std::uint32_t> kMost = {
    {"cap_capable_fexit", 2'000},
    {"cap_capable_perf_tp", 4'600},
    {"cap_capable_tp", 4'600},
    {"cap_options_fentry", 80},
    {"cgroup_attach_task_tp", 280},
    {"cgroup_mkdir_tp", 700},
    {"cgroup_rmdir_tp", 80},
    {"chmod_common_fentry", 13'000},
    {"chown_common_fentry", 13'000},
    {"enrol_running_iter", 330},
    {"inode_create_fentry", 13'000},
    {"inode_link_fentry", 15'000},
    {"inode_mkdir_fentry", 13'000},
    {"inode_mknod_fentry", 14'000},
    {"inode_rename_fentry", 15'000},
    {"inode_rmdir_fentry", 13'000},
    {"inode_symlink_fentry", 13'000},
    {"inode_unlink_fentry", 13'000},
    {"io_uring_complete_cqe_tp", 16'000},
    {"io_uring_complete_tp", 16'000},
    {"io_uring_submit_req_tp", 28'000},
    {"io_uring_submit_sqe_tp", 25'000},
    {"live_tasks_iter", 600},
    {"open_files_iter", 15'000},
    {"path_chmod_fentry", 13'000},
    {"path_chown_fentry", 13'000},
    {"path_link_fentry", 15'000},
    {"path_mkdir_fentry", 13'000},
    {"path_mknod_fentry", 14'000},
    {"path_rename_fentry", 15'000},
    {"path_rmdir_fentry", 13'000},
    {"path_symlink_fentry", 13'000},
    {"path_truncate_fentry", 13'000},
    {"path_unlink_fentry", 13'000},
    {"sched_prepare_exec_perf_tp", 70},
    {"sched_process_exec_perf_tp", 16'000},
    {"sched_process_exec_tp", 15'000},
    {"sched_process_exit_perf_tp", 870},
    {"sched_process_exit_tp", 870},
    {"seen_iter", 70},
    {"sys_enter_perf_tp", 50},
    {"sys_enter_tp", 50},
    {"sys_exit_perf_tp", 80'000},
    {"sys_exit_tp", 72'000},
    {"task_newtask_perf_tp", 330},
    {"task_newtask_tp", 310},
    {"vfs_truncate_fentry", 13'000},
    {"want_write_fentry", 80},
    {"want_write_file_fentry", 90},
};

std::unique_ptr<observe::KernelSide> load(const observe::Options& options) {
    auto side = observe::KernelSide::load(options, [](std::span<const std::byte>) {});
    if (!side) FAIL(side.error().what);
    return std::move(*side);
}

/// By what the hook is watched; null when it is not.
const observe::Candidate* candidate(const observe::Plan& plan, std::string_view hook) {
    return std::ranges::find(plan, hook, [](const auto& one) { return one.hook->name; })->candidate;
}

}  // namespace

TEST_CASE("no program takes more instructions to verify than it is allowed") {
    if (!can_observe()) return;
    // With all that a kernel may need in place of what it has not.
    std::map<std::string, std::uint32_t> counts =
        load({.probes = tests::probes_under_test(), .refusals = true})->verified_instructions();
    if (tests::by_trampolines()) {
        counts.merge(load({.probes = observe::Probes::trampoline, .without = {"security_path_"}})->verified_instructions());
        CHECK(counts.count("inode_mkdir_fentry") == 1);
    }
    for (const auto& [name, count] : counts) {
        std::printf("verified: %6u %s\n", count, name.c_str());
        INFO(name);
        if (count == 0) continue;
        REQUIRE(kMost.count(name) == 1);
        CHECK(count <= kMost.at(name));
    }
}

TEST_CASE("a program of ours that the kernel refuses costs its way, and no more") {
    if (!can_observe()) return;
    observe::Options options{.probes = tests::probes_under_test()};
    observe::Plan usual;
    {
        const auto side = load(options);
        // But for one trampoline where none can be attached.
        for (const auto& one : side->refused()) CHECK((one.program.is_trampoline() && !tests::by_trampolines()));
        CHECK(side->refused().size() <= 1);
        usual = side->plan();
    }
    for (const std::string_view hook :
         {"directory made", "mode changed", "write access asked for", "open files", "io_uring operation", "capability checked"}) {
        INFO(hook);
        const observe::Candidate* chosen = candidate(usual, hook);
        if (chosen == nullptr || chosen->programs.empty()) continue;
        options.refused = {std::string(chosen->programs.front().name)};
        const auto side = load(options);
        REQUIRE_FALSE(side->refused().empty());
        CHECK(side->refused().front().program.name == options.refused.front());
        CHECK(side->refused().front().program.place == chosen->programs.front().place);
        CHECK(side->refused().front().answer.starts_with("does not load: "));
        for (const auto& [other, before] : usual) {
            INFO(other->name);
            CHECK((candidate(side->plan(), other->name) == before) == (other->name != hook));
        }
        // By another of the same worth, or the profile says what is not seen.
        const observe::Candidate* now = candidate(side->plan(), hook);
        const bool as_well = now != nullptr && now->blind_spots == chosen->blind_spots;
        const auto before = observe::planned_coverage(usual), after = observe::planned_coverage(side->plan());
        CHECK_FALSE(before == after);
        bool less = false;
        for (const auto& [subject, coverage] : after)
            less = less || !coverage.watched || coverage.blind_spots != before.at(subject).blind_spots;
        CHECK(less != as_well);
    }

    options.refused = {"cgroup_mkdir_tp"};
    const auto required = observe::KernelSide::load(options, [](std::span<const std::byte>) {});
    REQUIRE_FALSE(required);
    CHECK(required.error().kind == ErrorKind::unsupported);
    CHECK(required.error().what == "cannot observe: tp_btf/cgroup_mkdir: does not load: Invalid argument");
}
