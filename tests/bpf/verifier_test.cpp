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

// At most, on any kernel: about a third above what was counted on 5.16 to 7.3. Raise one knowingly.
constexpr std::uint32_t kMost = 16'000;
const std::map<std::string_view, std::uint32_t> kMore = {{"sys_exit_tp", 75'000},
                                                         {"sys_exit_perf_tp", 75'000},
                                                         {"io_uring_submit_req_tp", 30'000},
                                                         {"io_uring_submit_sqe_tp", 30'000}};

std::unique_ptr<observe::KernelSide> load(const observe::Options& options) {
    auto side = observe::KernelSide::load(options, [](std::span<const std::byte>) {});
    if (!side) FAIL(side.error().what);
    return std::move(*side);
}

/// Kernel place of the first program that watches the hook; "" when none does.
std::string_view place(const observe::Plan& plan, std::string_view hook) {
    for (const auto& [one, candidate] : plan) {
        if (one->name == hook && candidate != nullptr && !candidate->programs.empty())
            return candidate->programs.front().place;
    }
    return "";
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
        std::printf("%8u %s\n", count, name.c_str());
        const auto more = kMore.find(name);
        INFO(name);
        CHECK(count <= (more == kMore.end() ? kMost : more->second));
    }
}

TEST_CASE("a program of ours that the kernel refuses costs its way, and no more") {
    if (!can_observe()) return;
    observe::Options options{.probes = tests::probes_under_test()};
    const observe::Plan usual = load(options)->plan();
    for (const std::string_view hook :
         {"directory made", "mode changed", "write access asked for", "open files", "io_uring operation", "capability checked"}) {
        INFO(hook);
        const auto& chosen = *std::ranges::find(usual, hook, [](const auto& one) { return one.hook->name; });
        if (chosen.candidate == nullptr || chosen.candidate->programs.empty()) continue;
        options.refused = {std::string(chosen.candidate->programs.front().name)};
        const observe::Plan plan = load(options)->plan();
        for (const auto& [other, candidate] : usual) {
            INFO(other->name);
            CHECK((place(plan, other->name) == place(usual, other->name)) == (other->name != hook));
        }
        // By another of the same worth, or the profile says what is not seen.
        const auto before = observe::planned_coverage(usual), after = observe::planned_coverage(plan);
        CHECK_FALSE(before == after);
        bool less = false;
        for (const auto& [subject, coverage] : after)
            less = less || !coverage.watched || coverage.blind_spots != before.at(subject).blind_spots;
        CHECK(less != place(plan, hook).starts_with("fentry/"));
    }

    options.refused = {"cgroup_mkdir_tp"};
    const auto required = observe::KernelSide::load(options, [](std::span<const std::byte>) {});
    REQUIRE_FALSE(required);
    CHECK(required.error().what == "cannot load the kernel programs");
    CHECK(required.error().hint.find("cgroup_mkdir_tp") != std::string::npos);
}
