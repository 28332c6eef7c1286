// The plan: which candidate of each hook is taken.
#include "support/catch.h"

#include "observe/hooks.h"

#include <set>

using namespace sandfit;
using namespace sandfit::observe;

namespace {

const Candidate* chosen(const std::vector<ChosenHook>& plan, std::string_view hook) {
    for (const auto& entry : plan) {
        if (entry.hook->name == hook) return entry.candidate;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("the first candidate that works is taken") {
    const auto all = plan_hooks({}, [](const Candidate&) { return true; });
    CHECK(chosen(all, "capability checked")->mechanism == "fexit/cap_capable");
    const auto no_trampolines = plan_hooks({}, [](const Candidate& c) { return !c.trampoline; });
    CHECK(chosen(no_trampolines, "capability checked")->mechanism == "tp_btf/cap_capable");
}

TEST_CASE("forcing a way decides where there is a choice, and nowhere else") {
    const auto forced = plan_hooks({.probes = Probes::tracepoint}, [](const Candidate&) { return true; });
    CHECK(chosen(forced, "capability checked")->mechanism == "tp_btf/cap_capable");
    const auto other = plan_hooks({.probes = Probes::trampoline}, [](const Candidate&) { return true; });
    CHECK(chosen(other, "capability checked")->mechanism == "fexit/cap_capable");
    CHECK(chosen(other, "syscall made")->mechanism == "tp_btf/sys_exit");
}

TEST_CASE("what no candidate watches is not covered") {
    const auto plan = plan_hooks({}, [](const Candidate& c) { return c.mechanism.find("cap_") == std::string_view::npos; });
    CHECK(chosen(plan, "capability checked") == nullptr);
    const auto coverage = planned_coverage(plan);
    CHECK_FALSE(coverage.at(Subject::capabilities).watched);
    CHECK(coverage.at(Subject::files).watched);
    CHECK(coverage.at(Subject::files).mechanism == "tp_btf/sys_exit");
    CHECK_FALSE(coverage.at(Subject::files).blind_spots.empty());
    CHECK(coverage.at(Subject::syscalls).blind_spots.empty());
}

TEST_CASE("refusals are watched where that was asked for, and nowhere else") {
    const auto works = [](const Candidate&) { return true; };
    CHECK(planned_coverage(plan_hooks({}, works)).count(Subject::refusals) == 0);
    const auto asked = planned_coverage(plan_hooks({.refusals = true}, works));
    CHECK(asked.at(Subject::refusals).watched);
    CHECK(asked.at(Subject::refusals).mechanism == "tp_btf/sys_enter");
    CHECK(asked.at(Subject::syscalls).mechanism == "tp_btf/sys_exit");
}

TEST_CASE("every subject has a hook, and every program is named once") {
    std::set<Subject> subjects;
    std::set<std::string_view> programs;
    for (const auto& hook : hook_table()) {
        subjects.insert(hook.subjects.begin(), hook.subjects.end());
        REQUIRE_FALSE(hook.candidates.empty());
        for (const auto& candidate : hook.candidates) CHECK(programs.insert(candidate.program).second);
    }
    CHECK(subjects.size() == 7);
}
