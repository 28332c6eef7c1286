// Which processes are the unit's: by the group in which they arrive, and when that was made.
#include "support/catch.h"
#include "support/observed.h"

#include "observe/cgroup.h"

#include "base/error.h"
#include "profile/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>

using namespace sandfit;
using sandfit::tests::can_observe;

namespace {

template <typename T>
T made(Result<T> result) {
    if (!result) FAIL(base::describe(result.error()));
    return std::move(*result);
}

/// One unit below a group of our own.
struct Watch {
    observe::OwnCgroup group = made(observe::OwnCgroup::create());
    std::unique_ptr<observe::Observer> observer =
        made(observe::Observer::create({.probes = tests::probes_under_test()}));
    profile::Recorder recorder;
    UnitIndex unit = 0;

    void enrol(const std::string& directory, bool running) {
        unit = made(observer->enrol({directory, running, true}));
        recorder.add_unit({});
    }
    /// How often it was executed, as far as the unit's profile says.
    std::uint64_t executions(const std::string& program) {
        REQUIRE(observer->poll(recorder, std::chrono::milliseconds(0)));
        REQUIRE(observer->collect(recorder));
        std::uint64_t count = 0;
        for (const auto& seen : recorder.snapshot(unit).facts) {
            const auto* fact = std::get_if<ExecFact>(&seen.fact);
            if (fact != nullptr && fact->path.ends_with(program)) count += seen.evidence.count;
        }
        return count;
    }
    [[nodiscard]] bool saw(Phase phase) const { return observer->coverage(unit).phases.count(phase) == 1; }
    [[nodiscard]] bool saw_start() const { return saw(Phase::start); }
};

/// Arrives in the group, as the service manager's child does, and executes the program.
pid_t start_in(const std::string& group, const char* program, const char* argument = nullptr) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int procs = ::open((group + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    if (::write(procs, "0", 1) == 1) ::execl(program, program, argument, nullptr);
    ::_exit(127);
}

void run_in(const std::string& group, const char* program) {
    int status = -1;
    ::waitpid(start_in(group, program), &status, 0);
    REQUIRE(status == 0);
}

void end(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

void make_group(const std::string& directory) { REQUIRE(::mkdir(directory.c_str(), 0755) == 0); }
void remove_group(const std::string& directory) { REQUIRE(::rmdir(directory.c_str()) == 0); }

}  // namespace

TEST_CASE("what arrives in a unit that was running already is the unit's, and no start of it") {
    if (!can_observe()) return;
    Watch watch;
    const std::string& group = watch.group.directory();
    const pid_t main = start_in(group, "/bin/sleep", "60");
    while (observe::processes_below(group).empty()) ::usleep(1000);
    watch.enrol(group, true);
    run_in(group, "/bin/true");
    CHECK(watch.executions("/true") == 1);
    CHECK_FALSE(watch.saw_start());

    // nor in a group below it
    make_group(group + "/control");
    run_in(group + "/control", "/bin/true");
    CHECK(watch.executions("/true") == 2);
    CHECK_FALSE(watch.saw_start());
    end(main);
}

TEST_CASE("the end of what a start executes before its main program is no stop") {
    if (!can_observe()) return;
    Watch watch;
    const std::string group = watch.group.directory() + "/x.service";
    watch.enrol(group, false);
    make_group(group);
    for (const bool again : {false, true}) {
        run_in(group, "/bin/true");
        const pid_t main = start_in(group, "/bin/sleep", "60");
        while (watch.executions("/sleep") == (again ? 1U : 0U)) ::usleep(1000);
        CHECK(watch.executions("/true") == (again ? 2U : 1U));
        CHECK(watch.saw_start());
        CHECK_FALSE(watch.saw(Phase::stop));
        end(main);
        CHECK(watch.executions("/true") == (again ? 2U : 1U));
        CHECK(watch.saw(Phase::stop));
    }
    // A new start is in a new group: what was seen before it was a stop.
    remove_group(group);
    make_group(group);
    run_in(group, "/bin/true");
    const pid_t main = start_in(group, "/bin/sleep", "60");
    while (watch.executions("/sleep") == 2) ::usleep(1000);
    CHECK(watch.executions("/true") == 3);
    CHECK(watch.saw(Phase::stop));
    end(main);
}

TEST_CASE("one that has ended, and whom nobody waited for yet, does not keep a unit's stop from being seen") {
    if (!can_observe()) return;
    Watch watch;
    const std::string& group = watch.group.directory();
    const pid_t main = start_in(group, "/bin/sleep", "60");
    const pid_t ended = start_in(group, "/bin/true");
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(ended), &info, WEXITED | WNOWAIT) == 0);
    watch.enrol(group, true);
    end(main);
    CHECK(watch.executions("/true") == 0);
    CHECK(watch.saw(Phase::stop));
    ::waitpid(ended, nullptr, 0);
}

TEST_CASE("a unit's group is waited for where it belongs, and not elsewhere") {
    if (!can_observe()) return;
    Watch watch;
    const std::string& top = watch.group.directory();
    const std::string slice = top + "/a.slice", unit = slice + "/x.service";
    watch.enrol(unit, false);
    for (const std::string& above : {top + "/other", top + "/other/a.slice", top + "/other/a.slice/x.service"})
        make_group(above);
    make_group(top + "/x.service");
    run_in(top + "/other/a.slice/x.service", "/bin/true");
    run_in(top + "/x.service", "/bin/true");
    CHECK(watch.executions("/true") == 0);
    CHECK_FALSE(watch.saw_start());

    // Each time that slice and group are made, under other numbers.
    for (std::uint64_t times = 1; times <= 2; ++times) {
        make_group(slice);
        make_group(unit);
        run_in(unit, "/bin/true");
        CHECK(watch.executions("/true") == times);
        CHECK(watch.saw_start());
        remove_group(unit);
        remove_group(slice);
    }
}

TEST_CASE("a unit's group may be three names below one that exists, and no more") {
    if (!can_observe()) return;
    Watch watch;
    const std::string& top = watch.group.directory();
    const std::string longest = top + "/" + std::string(247, 'x') + ".service";
    watch.enrol(longest, false);
    make_group(longest);
    run_in(longest, "/bin/true");
    CHECK(watch.executions("/true") == 1);

    watch.enrol(top + "/a/b/x.service", false);
    std::string group = top;
    for (const char* name : {"/a", "/b", "/x.service"}) make_group(group += name);
    run_in(group, "/bin/true");
    CHECK(watch.executions("/true") == 1);
    const auto deeper = watch.observer->enrol({top + "/none/of/these/x.service", false, true});
    REQUIRE_FALSE(deeper);
    CHECK(deeper.error().what.find("do not exist") != std::string::npos);
}
