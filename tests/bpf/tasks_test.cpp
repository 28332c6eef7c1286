// Real programs, real children: whose call it was, by which ABI, in which task.
#include "support/catch.h"
#include "support/observed.h"

#include "observe/cgroup.h"
#include "observe/syscall_table.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "profile/recorder.h"

#include <fmt/core.h>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;

namespace {
constexpr int kCannot = 77;

/// `condition`, for at most ten seconds.
template <typename Condition>
bool comes_true(const Condition& condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) return true;
        ::usleep(20'000);
    }
    return false;
}

/// A behaviour that does not end by itself, observed; before its exec the process waits in rt_sigtimedwait.
struct Sleeper {
    observe::OwnCgroup group;
    std::unique_ptr<observe::Observer> observer;
    profile::Recorder recorder;
    UnitIndex unit = 0;
    pid_t child = -1;
    int status = -1;  ///< once it has ended

    explicit Sleeper(const char* behaviour) : group(made(observe::OwnCgroup::create())) {
        observer = made(observe::Observer::create({.probes = tests::probes_under_test()}));
        unit = made(observer->enrol({group.directory(), false, true}));
        recorder.add_unit({});
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGUSR1);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        child = ::fork();
        if (child != 0) return;
        if (group.enter() != 0) ::_exit(126);
        ::sigwaitinfo(&signals, nullptr);
        ::execl(SANDFIT_BEHAVIOURS, "behaviours", behaviour, "/", nullptr);
        ::_exit(127);
    }
    ~Sleeper() { end(); }

    bool told(const std::string& call, Abi abi = Abi::native) {
        CHECK(observer->collect(recorder));
        return std::ranges::any_of(recorder.snapshot(unit).facts, [&](const SeenFact& seen) {
            const auto* fact = std::get_if<SyscallFact>(&seen.fact);
            return fact != nullptr && fact->name == call && fact->abi == abi;
        });
    }
    void go_on() const { ::kill(child, SIGUSR1); }
    bool has_ended() {
        int ended = 0;
        if (status == -1 && ::waitpid(child, &ended, WNOHANG) == child)
            status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
        return status != -1;
    }
    void end() {
        if (has_ended()) return;
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        status = 128 + SIGKILL;
    }

private:
    template <typename T>
    static T made(Result<T> result) {
        if (!result) FAIL(base::describe(result.error()));
        return std::move(*result);
    }
};
}  // namespace

TEST_CASE("threads are their process's") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("threads");
    CHECK(seen.status == 0);
    for (int i = 0; i < 8; ++i) {
        CHECK(seen.file(FileOp::make_directory, "", "thread-" + std::to_string(i)).has_value());
    }
    CHECK((seen.made_syscall("clone3") || seen.made_syscall("clone")));
}

TEST_CASE("children of vfork, clone3 and a daemon's double fork are followed") {
    if (!can_observe()) return;
    const auto by_vfork = observe_behaviour("by_vfork");
    CHECK(by_vfork.status == 0);
    CHECK(by_vfork.file(FileOp::make_directory, "", "by-vfork").has_value());
    CHECK(by_vfork.made_syscall("execve"));
    CHECK(by_vfork.all<ExecFact>().size() == 2);

    const auto by_clone3 = observe_behaviour("by_clone3");
    CHECK(by_clone3.file(FileOp::create, "", "by-clone3").has_value());
    CHECK(by_clone3.made_syscall("clone3"));

    CHECK(observe_behaviour("by_daemon").file(FileOp::create, "", "by-daemon").has_value());
}

TEST_CASE("a syscall of the compatibility ABI is kept apart") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("compat_syscall");
    if (seen.status == kCannot) {
        WARN("SKIPPED: this kernel runs no 32-bit system calls");
        return;
    }
    CHECK(seen.made_syscall("getpid", Abi::compat));
    CHECK_FALSE(seen.made_syscall("getpid", Abi::native));
    CHECK_FALSE(seen.made_syscall(observe::syscall_name(Abi::native, 20), Abi::native));
}

TEST_CASE("the exec that the manager made is not the program's own") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("tmpfile");
    CHECK_FALSE(seen.made_syscall("execve"));
    CHECK(seen.made_syscall("brk"));         // the first thing that the dynamic loader does
    CHECK(seen.made_syscall("exit_group"));  // never comes to its exit: read when the task ends
    CHECK(seen.coverage.phases.count(Phase::start) == 1);
    CHECK(seen.coverage.phases.count(Phase::stop) == 1);
}

TEST_CASE("every syscall names the program that made it") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("threads");
    int named = 0;
    for (const auto& [fact, evidence] : seen.all<SyscallFact>()) {
        if (fact.name != "mkdir" && fact.name != "mkdirat") continue;  // libc chooses
        ++named;
        CHECK(evidence.executables.count(SANDFIT_BEHAVIOURS) == 1);
        CHECK(evidence.count >= 1);
    }
    CHECK(named == 1);
}

TEST_CASE("a call that is still blocked is told, and not one from before the exec") {
    if (!can_observe()) return;
    Sleeper sleeper("sleeps");
    const std::string number = fmt::format("{} ", SYS_rt_sigtimedwait);
    CHECK(comes_true([&] {
        const auto blocked = base::read_file(fmt::format("/proc/{}/syscall", sleeper.child), 4096);
        return blocked && blocked->starts_with(number);
    }));
    CHECK_FALSE(sleeper.told("rt_sigtimedwait"));
    sleeper.go_on();
    // pause(3) is ppoll where the kernel has no call of that name.
    CHECK(comes_true([&] { return sleeper.told("pause") || sleeper.told("ppoll"); }));
    sleeper.end();
    CHECK_FALSE(sleeper.told("rt_sigtimedwait"));
}

TEST_CASE("a blocked call of one that left the unit's group is told") {
    if (!can_observe()) return;
    Sleeper sleeper("sleeps");
    sleeper.go_on();
    CHECK(comes_true([&] {
        const auto name = base::read_file(fmt::format("/proc/{}/comm", sleeper.child), 4096);
        return name && *name == "behaviours\n";
    }));
    std::ofstream(base::parent_of(sleeper.group.directory()) + "/cgroup.procs") << sleeper.child << std::flush;
    CHECK(observe::processes_below(sleeper.group.directory()).empty());
    CHECK(comes_true([&] { return sleeper.told("pause") || sleeper.told("ppoll"); }));
    sleeper.end();
}

TEST_CASE("a blocked call of the compatibility ABI is told as one") {
    if (!can_observe()) return;
    Sleeper sleeper("sleeps_by_compat");
    sleeper.go_on();
    const bool found = comes_true([&] { return sleeper.has_ended() || sleeper.told("pause", Abi::compat); });
    if (sleeper.status == kCannot) {
        WARN("SKIPPED: this kernel runs no 32-bit system calls, or none of this architecture's is known");
        return;
    }
    CHECK(found);
    CHECK(sleeper.status == -1);
    CHECK_FALSE(sleeper.told("pause"));
    CHECK_FALSE(sleeper.told(observe::syscall_name(Abi::native, 29)));
}

TEST_CASE("a set-user-ID program is told with its bits") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("executes");
    CHECK(seen.status == 0);
    bool found = false;
    for (const auto& [fact, evidence] : seen.all<ExecFact>()) {
        if (fact.path != seen.directory + "/set-user-id") continue;
        found = true;
        CHECK(fact.set_user_id);
        CHECK_FALSE(fact.set_group_id);
        CHECK_FALSE(fact.by_systemd);
    }
    CHECK(found);
}

TEST_CASE("a script is told by its own path, its interpreter as what was executed") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("executes_scripts");
    CHECK(seen.status == 0);
    const auto script = seen.file(FileOp::execute, "", "script");
    REQUIRE(script.has_value());
    CHECK(script->kind == FileKind::regular);
    CHECK(script->resolution == Resolution::resolved);
    CHECK(seen.file(FileOp::execute, "sub", "relative").has_value());
    CHECK(seen.all<ExecFact>().size() == 2);  // the behaviour itself and the interpreter
    CHECK(seen.coverage.losses.empty());
}

TEST_CASE("each program that is executed is told, however many are in one directory") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("executes_many");
    REQUIRE(seen.status == 0);
    std::set<std::string> programs;
    bool many_scripts = false;
    for (const auto& [fact, evidence] : seen.all<ExecFact>()) {
        if (fact.path.starts_with(seen.directory)) programs.insert(fact.path);
    }
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op != FileOp::execute || fact.directory != seen.directory) continue;
        CHECK(fact.names.size() == FileFact::kMaxNames);
        CHECK(evidence.count == 12);
        many_scripts = fact.many;
    }
    CHECK(programs.size() == 12);
    CHECK(many_scripts);
    CHECK(seen.coverage.losses.empty());
}

TEST_CASE("a script that was executed by its descriptor is not known by its path, and that is told") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("executes_script_by_descriptor");
    if (seen.status == kCannot) {
        WARN("SKIPPED: there is no /dev/fd");
        return;
    }
    CHECK(seen.status == 0);
    CHECK(seen.coverage.losses == std::map<std::string, std::uint64_t>{{"exec_of_script_by_descriptor_not_told", 1}});
}
