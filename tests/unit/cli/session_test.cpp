#include "cli/session.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"
#include "cli/child.h"
#include "cli/commands/observation.h"
#include "cli/workload.h"
#include "profile/store.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;
using namespace std::chrono_literals;

namespace {

/// Sees one syscall at its first poll, another when it collects, and can be told to fail.
class FakeObserver : public observe::Observer {
public:
    bool fails = false;
    bool blind = false;
    Coverage answer;

    FakeObserver() {
        for (const Subject subject :
             {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets, Subject::executions}) {
            answer.subjects[subject] = {true, "fake", {}};
        }
    }
    Result<UnitIndex> enrol(const observe::Enrolment&) override { return units_++; }
    Result<void> poll(ObservationSink& sink, std::chrono::milliseconds limit, int wake_fd) override {
        if (fails) return Error{ErrorKind::failed, "the ring buffer is gone", 0, ""};
        see(sink, "read");
        pollfd fd{wake_fd, POLLIN, 0};
        ::poll(&fd, 1, static_cast<int>(limit.count()));
        return {};
    }
    Result<void> collect(ObservationSink& sink) override {
        see(sink, "futex");
        return {};
    }
    [[nodiscard]] Coverage coverage(UnitIndex) const override { return answer; }
    [[nodiscard]] std::map<std::string, DirectoryState> directories(UnitIndex) const override {
        return {{"/run/x", {}}};
    }
    [[nodiscard]] std::map<Used, Peak> peaks(UnitIndex) const override { return {{Used::tasks, {7, {"fake"}}}}; }
    [[nodiscard]] observe::Progress progress() const override { return {}; }
    [[nodiscard]] bool populated(UnitIndex) const override { return true; }
    std::vector<std::string> take_notices() override { return {}; }

private:
    void see(ObservationSink& sink, const std::string& syscall) const {
        for (UnitIndex unit = 0; unit < units_ && !blind; ++unit) sink.take(seen(unit, syscall));
    }
    static Observation seen(UnitIndex unit, const std::string& syscall) {
        Observation observation;
        observation.unit = unit;
        observation.fact = SyscallFact{syscall, Abi::native, false};
        observation.evidence.count = 1;
        observation.evidence.windows = 1;
        return observation;
    }

    UnitIndex units_ = 0;
};

class Directory {
public:
    Directory() {
        char name[] = "/tmp/sandfit-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }
    ~Directory() {
        ::unlink(file().c_str());
        ::rmdir(path_.c_str());
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file() const { return path_ + "/a.json"; }

private:
    std::string path_;
};

struct Started {
    std::unique_ptr<Session> session;
    FakeObserver* observer = nullptr;
};

Started start_session(const std::string& output) {
    auto observer = std::make_unique<FakeObserver>();
    Started started;
    started.observer = observer.get();
    SessionOptions options;
    options.progress = ProgressStyle::silent;
    options.how = "observe";
    auto session = Session::create(options, std::move(observer));
    REQUIRE(session);
    started.session = std::move(*session);
    WatchedUnit unit;
    unit.skeleton.unit = "a.service";
    unit.output = output;
    REQUIRE(started.session->watch(std::move(unit)));
    return started;
}

ChildSpec shell(const Session& session, const std::string& command) {
    ChildSpec spec;
    spec.command = {"/bin/sh", "-c", command};
    spec.own_group = true;
    spec.signal_mask = session.original_mask();
    return spec;
}

}  // namespace

TEST_CASE("a start that was broken off was not seen, and its profile is not complete") {
    const Directory directory;
    for (const bool goes_on : {true, false}) {
        auto [session, observer] = start_session(directory.file());
        observer->answer.phases = {Phase::start};
        session->set_start_going_on(true);
        REQUIRE(session->wait(Session::Clock::now() + 20ms, {}));
        session->set_start_going_on(goes_on);
        REQUIRE(session->finish());
        const auto profile = profile::load(directory.file());
        REQUIRE(profile);
        CHECK(profile->coverage.phases.contains(Phase::start) == !goes_on);
        REQUIRE(profile->runs.size() == 1);
        CHECK(profile->runs.front().complete == !goes_on);
    }
}

TEST_CASE("an observation ends at its deadline and saves what was seen") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    const auto ending = session->wait(Session::Clock::now() + 50ms, {});
    REQUIRE(ending);
    CHECK(*ending == Ending::deadline);
    CHECK(!session->interrupted());
    const auto saved = session->finish();
    REQUIRE(saved);
    REQUIRE(saved->size() == 1);
    CHECK(saved->front().gaps.empty());

    const auto profile = profile::load(directory.file());
    REQUIRE(profile);
    CHECK(profile->unit == "a.service");
    CHECK(profile->facts.size() == 2);
    CHECK(profile->directories.count("/run/x") == 1);
    CHECK(profile->peaks.at(Used::tasks).value == 7);
    CHECK(profile->coverage.subjects.size() == 5);
    REQUIRE(profile->runs.size() == 1);
    CHECK(profile->runs[0].how == "observe");
    CHECK(profile->runs[0].complete);
    CHECK(profile->runs[0].ended_us >= profile->runs[0].started_us + 50'000);
}

TEST_CASE("a recording of a unit that did not run is incomplete") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    observer->blind = true;
    REQUIRE(session->wait(Session::Clock::now() + 10ms, {}));
    const auto saved = session->finish();
    REQUIRE(saved);
    CHECK(saved->front().gaps == std::vector<std::string>{"nothing was seen: it did not run"});
}

TEST_CASE("a checkpoint is a profile that says that it is not complete") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    const auto is_saved = [&directory] { return ::access(directory.file().c_str(), F_OK) == 0; };
    const auto ending = session->wait(Session::Clock::now() + 30s, is_saved);
    REQUIRE(ending);
    REQUIRE(*ending == Ending::condition);
    const auto profile = profile::load(directory.file());
    REQUIRE(profile);
    CHECK(profile->facts.size() == 2);
    REQUIRE(profile->runs.size() == 1);
    CHECK(!profile->runs[0].complete);
}

TEST_CASE("a signal ends the wait in which it comes, and the next one only when it comes again") {
    const Directory directory;
    ::signal(SIGHUP, SIG_DFL);  // nohup has it ignored
    auto [session, observer] = start_session(directory.file());
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        ::kill(::getpid(), number);
        const auto ending = session->wait(Session::Clock::now() + 5s, {});
        REQUIRE(ending);
        CHECK(*ending == Ending::interrupted);
        CHECK(session->last_signal() == number);
        CHECK(!session->last_signal_was_typed());
    }
    CHECK(session->interrupted());
    CHECK(*session->wait(Session::Clock::now() + 10ms, {}) == Ending::deadline);
    CHECK(session->finish());
}

TEST_CASE("a wait ends as soon as another thread says so") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    std::atomic<bool> done = false;
    std::thread other([&done, &session = *session] {
        done = true;
        session.wake();
    });
    const auto begin = Session::Clock::now();
    const auto ending = session->wait(begin + 10s, [&done] { return done.load(); });
    other.join();
    REQUIRE(ending);
    CHECK(*ending == Ending::condition);
    CHECK(Session::Clock::now() - begin < 5s);
}

TEST_CASE("an observation that breaks off is saved, and not as complete") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    REQUIRE(session->wait(Session::Clock::now() + 10ms, {}));
    observer->fails = true;
    CHECK(!session->wait(Session::Clock::now() + 10ms, {}));
    CHECK(!session->finish());
    const auto profile = profile::load(directory.file());
    REQUIRE(profile);
    CHECK(profile->facts.size() == 2);
    CHECK(!profile->runs.at(0).complete);
}

TEST_CASE("the end of a workload ends its observation, and its status is kept") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    session->set_workload({"/bin/sh", "-c", "exit 3"});
    auto workload = Child::start(shell(*session, "exit 3"));
    REQUIRE(workload);
    const auto begin = Session::Clock::now();
    REQUIRE(attend_workload(*session, *workload, std::nullopt));
    CHECK(Session::Clock::now() - begin < 5s);
    REQUIRE(session->finish());
    const auto profile = profile::load(directory.file());
    REQUIRE(profile);
    CHECK(profile->runs.at(0).workload == std::vector<std::string>{"/bin/sh", "-c", "exit 3"});
    CHECK(profile->runs.at(0).workload_status == 3);
}

TEST_CASE("a workload is asked to end at the deadline, with all of its children") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    auto workload = Child::start(shell(*session, "sleep 100 & sleep 100; true"));
    REQUIRE(workload);
    REQUIRE(attend_workload(*session, *workload, Session::Clock::now() + 100ms));
    CHECK(workload->status() == 128 + SIGTERM);
    // The group is gone as soon as the child's child is reaped by whoever inherited it.
    bool gone = false;
    for (int i = 0; i < 100 && !gone; ++i) {
        gone = ::kill(-workload->pid(), 0) != 0;
        if (!gone) std::this_thread::sleep_for(20ms);
    }
    CHECK((gone || ::getpid() == 1));
}

TEST_CASE("an interrupted sandfit ends its workload") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    auto workload = Child::start(shell(*session, "sleep 100"));
    REQUIRE(workload);
    ::kill(::getpid(), SIGINT);
    REQUIRE(attend_workload(*session, *workload, std::nullopt));
    CHECK(workload->status() == 128 + SIGTERM);
    CHECK(session->interrupted());
}

TEST_CASE("the command of run gets the signal that sandfit got") {
    const Directory directory;
    auto [session, observer] = start_session(directory.file());
    ChildSpec spec = shell(*session, "trap 'exit 9' HUP; kill -HUP $PPID; while :; do sleep 0.05; done");
    spec.own_group = false;
    auto command = Child::start(spec);
    REQUIRE(command);
    REQUIRE(attend_command(*session, *command, std::nullopt));
    CHECK(command->status() == 9);
}

TEST_CASE("a program that cannot be run is an error that says why") {
    ChildSpec spec;
    sigemptyset(&spec.signal_mask);
    spec.command = {"/nonexistent/program"};
    const auto missing = Child::start(spec);
    REQUIRE(!missing);
    CHECK(missing.error().what == "cannot run /nonexistent/program");
    CHECK(missing.error().sys_errno == ENOENT);
    spec.command = {"/etc/passwd"};
    const auto not_executable = Child::start(spec);
    REQUIRE(!not_executable);
    CHECK(not_executable.error().sys_errno == EACCES);
    CHECK(not_executable.error().kind == ErrorKind::failed);
}

TEST_CASE("an exit status is told in words") {
    CHECK(describe_status(0) == "exited with status 0");
    CHECK(describe_status(128 + SIGTERM) == "was ended by signal 15 (Terminated)");
}

TEST_CASE("a profile is named after its unit") {
    CHECK(profile_path(std::nullopt, false, "nginx.service") == "./nginx.service.profile.json");
    CHECK(profile_path("out.json", false, "nginx.service") == "out.json");
    CHECK(profile_path("out", true, "nginx.service") == "out/nginx.service.profile.json");
    CHECK(profile_path("out/", true, "a@b.service") == "out/a@b.service.profile.json");
    CHECK(profile_path(std::nullopt, false, "../a/b") == "./_..-a-b.profile.json");
    CHECK(profile_path(std::nullopt, false, std::string(300, 'x')).size() < 255);
}

TEST_CASE("an output that cannot be written is told before the observation") {
    const Directory directory;
    CHECK(check_writable(directory.file()));
    CHECK(check_writable("new.json"));
    const auto missing = check_writable("/nonexistent/a.json");
    REQUIRE(!missing);
    CHECK(missing.error().hint == "make the directory /nonexistent first");
    CHECK(check_writable(directory.path()).error().kind == ErrorKind::usage);
}

TEST_CASE("the report names each profile, its gaps and the workload's end, with all bytes escaped") {
    SavedProfile saved;
    saved.path = "out\n.json";
    saved.profile.unit = "a\x1b.service";
    saved.profile.facts.push_back({SyscallFact{"read", Abi::native, false}, {}});
    saved.profile.coverage.phases = {Phase::start, Phase::stop};
    saved.profile.coverage.losses["file_map_full"] = 2;
    saved.profile.coverage.subjects[Subject::files] = {true, "iter/\x1b", {}};
    saved.profile.runs.emplace_back();
    saved.profile.runs.back().workload_status = 1;
    saved.gaps = {"lost: file_map_full (2)"};
    CHECK(report_text({saved}) ==
          "a\\x1b.service: syscalls 1\n"
          "  start and stop seen; something was lost\n"
          "  watched: files by iter/\\x1b\n"
          "  incomplete: lost: file_map_full (2)\n"
          "  the workload exited with status 1\n"
          "  saved to out\\x0a.json");
    const auto document = nlohmann::json::parse(report_json({saved}, true));
    CHECK(document["interrupted"] == true);
    const auto& entry = document["profiles"][0];
    CHECK(entry["unit"] == "a\\x1b.service");
    CHECK(entry["file"] == "out\\x0a.json");
    CHECK(entry["facts"]["syscalls"] == 1);
    CHECK(entry["facts"]["files"] == 0);
    CHECK(entry["incomplete"].size() == 1);
    CHECK(entry["losses"]["file_map_full"] == 2);
    CHECK(entry["workload_status"] == 1);
    CHECK(entry["start_seen"] == true);
}
