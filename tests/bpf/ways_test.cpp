// What no system call shows, and what one way shows that another does not: rings, files that were open before, the
// write oracle; and the same facts from both ways on the same run.
#include "support/catch.h"
#include "support/observed.h"

#include "observe/cgroup.h"
#include "observe/syscall_table.h"
#include "profile/recorder.h"

#include "derive/verdict.h"

#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace sandfit;
using sandfit::tests::by_trampolines;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;

namespace {

/// major.minor of the running kernel, as one number: 510 is 5.10.
int kernel() {
    utsname name{};
    ::uname(&name);
    int major = 0, minor = 0;
    std::sscanf(name.release, "%d.%d", &major, &minor);
    return major * 100 + minor;
}

constexpr int kCannot = 77;

bool has_spot(const Observed& seen, Subject subject, std::string_view words) {
    for (const auto& spot : seen.coverage.subjects.at(subject).blind_spots) {
        if (spot.find(words) != std::string::npos) return true;
    }
    return false;
}

/// How alike two ways are to be: as two ways are, or as one way is in two runs.
enum class Alike { as_ways, as_runs };

/// Without what may differ, each with its reason.
void forget_differences(FileFact& file, Alike alike) {
    // A hook sees what it is; what a string names is asked of a process of the unit, which may be gone by then.
    if (alike == Alike::as_ways || file.resolution != Resolution::walked) file.kind = FileKind::unknown;
    // How far a string can be followed depends on the same.
    if (file.resolution != Resolution::walked) file.resolution = Resolution::lexical;
    if (alike == Alike::as_runs) return;
    // A path that a hook walked is exact; one that was given to a call is resolved afterwards.
    file.resolution = Resolution::walked;
    // The hook is told the mode of the socket that bind makes, and the call is not.
    if (file.op == FileOp::make_socket) file.modes = 0;
}

/// The facts, one a name, as they can be compared.
std::vector<Fact> comparable(const Observed& seen, Alike alike, bool with_checks) {
    std::vector<Fact> out;
    for (const auto& one : seen.facts) {
        Fact fact = one.fact;
        if (auto* file = std::get_if<FileFact>(&fact)) {
            forget_differences(*file, alike);
            for (const std::string& name : file->names) {
                FileFact single = *file;
                single.names = {name};
                out.emplace_back(std::move(single));
            }
            if (!file->names.empty()) continue;
        }
        auto* move = std::get_if<MoveFact>(&fact);
        if (move != nullptr && alike == Alike::as_ways) move->resolution = Resolution::walked;
        auto* check = std::get_if<CapabilityFact>(&fact);
        if (check != nullptr && alike == Alike::as_ways) {
            if (!with_checks) continue;
            // Only the tracepoint takes stacks.
            check->callers.clear();
            // It does not show whether a refused check would have been audited, and tells those that only look, too.
            if (!check->granted) continue;
        }
        out.push_back(std::move(fact));
    }
    return out;
}

bool holds(const std::vector<Fact>& facts, const Fact& fact) {
    return std::find(facts.begin(), facts.end(), fact) != facts.end();
}

std::string text(const Fact& fact) {
    std::string out = derive::describe(fact);
    if (const auto* file = std::get_if<FileFact>(&fact)) {
        out += " kind " + std::to_string(static_cast<int>(file->kind)) + " modes " + std::to_string(file->modes) +
               (file->many ? " many" : "");
        for (const auto& name : file->names) out += " " + name;
    }
    if (const auto* check = std::get_if<CapabilityFact>(&fact))
        out += " use " + std::to_string(static_cast<int>(check->use));
    return out;
}

bool watches_checks(const Observed& seen) { return seen.coverage.subjects.at(Subject::capabilities).watched; }

/// Every behaviour but a few. Returns by what the other way watched each subject.
std::map<Subject, std::string> compare_ways(tests::BothWays& ways, const std::string& one, const std::string& other,
                                            Alike alike = Alike::as_ways) {
    std::map<Subject, std::string> out;
    for (const std::string& name : tests::all_behaviours()) {
        // Storms seen by two are a test of patience; what is refused needs Options::refusals; two wait to be told to end.
        if (name.starts_with("storm") || name.starts_with("sleeps") || name.starts_with("refused") ||
            name == "holds_files_open")
            continue;
        INFO(name);
        const auto both = ways.run(name);
        if (both.one.status == kCannot) continue;
        // Before 6.14 no tracepoint shows capability checks.
        const bool checks = watches_checks(both.one) && watches_checks(both.other);
        const auto by_one = comparable(both.one, alike, checks);
        const auto by_other = comparable(both.other, alike, checks);
        for (const Fact& fact : by_one) {
            if (!holds(by_other, fact)) FAIL_CHECK("only by " << one << ": " << text(fact));
        }
        for (const Fact& fact : by_other) {
            if (!holds(by_one, fact)) FAIL_CHECK("only by " << other << ": " << text(fact));
        }
        CHECK_FALSE(by_other.empty());
        const auto compare_losses = [](const Observed& seen, const Observed& by, const std::string& way) {
            for (const auto& [reason, count] : seen.coverage.losses) {
                // Only trampolines have the write oracle.
                if (by.coverage.losses.count(reason) != 0 || reason.starts_with("file_write_by_")) continue;
                FAIL_CHECK("lost by " << way << ": " << reason << " " << count);
            }
        };
        compare_losses(both.other, both.one, other);
        compare_losses(both.one, both.other, one);
        for (const auto& [subject, coverage] : both.other.coverage.subjects) out[subject] = coverage.mechanism;
    }
    return out;
}

}  // namespace

TEST_CASE("what io_uring opens and looks at is seen with its result") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("by_ring");
    if (seen.status == kCannot) {
        WARN("SKIPPED: this kernel has no io_uring, or none for us");
        return;
    }
    REQUIRE(seen.status == 0);
    for (const std::string name : {"created", "async"}) {
        INFO(name);
        CHECK(seen.file(FileOp::create, "", name));
    }
    // A worker's registers are empty. Call 0 of x86 is one that every program makes.
    if (const auto zero = observe::syscall_name(Abi::native, 0); zero != "read") CHECK_FALSE(seen.made_syscall(zero));
    if (kernel() >= 600) {
        CHECK(seen.file(FileOp::look, "absent", "file", ENOENT));
        CHECK(seen.file(FileOp::look, "", "created"));
        CHECK_FALSE(seen.file(FileOp::read, "absent", "file"));
        bool made_socket = false;
        for (const auto& [fact, evidence] : seen.all<SocketFact>())
            made_socket = made_socket || fact.type == "SOCK_DGRAM";
        CHECK(made_socket);
        CHECK(seen.coverage.losses.count("io_uring_operations_not_seen") == 0);
    } else {
        CHECK(has_spot(seen, Subject::files, "how operations submitted through io_uring ended"));
    }
}

TEST_CASE("what io_uring makes, moves and removes is seen") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("changes_by_ring");
    if (seen.status == kCannot) {
        WARN("SKIPPED: the io_uring of this kernel changes no directories, or is not for us");
        return;
    }
    REQUIRE(seen.status == 0);
    CHECK(seen.file(FileOp::make_directory, "", "made"));
    const auto moved = [&seen](MoveOp op, const std::string& from, const std::string& to) {
        for (const auto& [fact, evidence] : seen.all<MoveFact>()) {
            if (fact.op == op && fact.from_directory == seen.directory && fact.from_names.count(from) != 0 &&
                fact.to_names.count(to) != 0) {
                return true;
            }
        }
        return false;
    };
    CHECK(moved(MoveOp::rename, "made", "moved"));
    CHECK(moved(MoveOp::link, "created", "linked"));
    CHECK(seen.file(FileOp::make_symlink, "", "link"));
    CHECK(seen.file(FileOp::remove, "", "linked"));
}

TEST_CASE("an operation of io_uring whose end was not seen is a gap") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("overfills_ring");
    if (seen.status == kCannot) {
        WARN("SKIPPED: the io_uring of this kernel makes no directories, or is not for us");
        return;
    }
    REQUIRE(seen.status == 0);
    std::uint64_t made = 0;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op == FileOp::make_directory && fact.error == 0) made += evidence.count;
    }
    // Whether a completion is traced that finds the queue full is the kernel's affair.
    CHECK((made == 13) == (seen.coverage.losses.count("io_uring_operations_not_seen") == 0));
}

TEST_CASE("files that a running unit had open are told, and when they are not, that is") {
    if (!can_observe()) return;
    std::string directory = "/var/tmp/sandfit-test-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    std::ofstream(directory + "/data") << "x";
    auto group = observe::OwnCgroup::create();
    REQUIRE(group);
    const pid_t child = ::fork();
    if (child == 0) {
        if (group->enter() != 0) ::_exit(126);
        ::execl(SANDFIT_BEHAVIOURS, "behaviours", "holds_files_open", directory.c_str(), nullptr);
        ::_exit(127);
    }
    for (int i = 0; i < 1000 && !std::filesystem::exists(directory + "/ready"); ++i) ::usleep(20'000);

    auto observer = observe::Observer::create({.probes = tests::probes_under_test()});
    REQUIRE(observer);
    const auto unit = (*observer)->enrol({group->directory(), true, true});
    REQUIRE(unit);
    profile::Recorder recorder;
    recorder.add_unit({});
    REQUIRE((*observer)->poll(recorder, std::chrono::milliseconds(100)));
    std::ofstream(directory + "/end") << "";
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE((*observer)->collect(recorder));
    CHECK(WEXITSTATUS(status) == 0);

    std::set<std::string> written, read;
    bool by_the_program = false;
    for (const auto& fact : recorder.snapshot(*unit).facts) {
        const auto* file = std::get_if<FileFact>(&fact.fact);
        if (file == nullptr || file->directory != directory || file->error != 0) continue;
        if (file->op == FileOp::write) written.insert(file->names.begin(), file->names.end());
        if (file->op == FileOp::read) read.insert(file->names.begin(), file->names.end());
        for (const auto& program : fact.evidence.executables) {
            by_the_program = by_the_program || program.find("behaviours") != std::string::npos;
        }
    }
    CHECK(written == std::set<std::string>{"log"});
    CHECK(read == std::set<std::string>{"data"});
    CHECK(by_the_program);
    std::filesystem::remove_all(directory);
}

TEST_CASE("a call that changes a file without our knowing makes the recording incomplete") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("changes_by_ioctl");
    REQUIRE(seen.status == 0);
    if (!by_trampolines()) {
        CHECK(has_spot(seen, Subject::files, "asked for write access"));
        return;
    }
    CHECK_FALSE(has_spot(seen, Subject::files, "asked for write access"));
    REQUIRE(seen.coverage.losses.count("file_write_by_ioctl_not_told") == 1);
    CHECK(seen.coverage.losses.at("file_write_by_ioctl_not_told") == 3);
    // ... and what is known does not
    CHECK(observe_behaviour("path_changes").coverage.losses.empty());
    CHECK(observe_behaviour("sockets").coverage.losses.empty());
}

TEST_CASE("tasks that are kept in a hash are followed as well, and forgotten when they end") {
    if (!can_observe()) return;
    for (const std::string name : {"threads", "by_clone3", "by_daemon", "path_changes"}) {
        INFO(name);
        const auto seen = observe_behaviour(name, {.task_storage = false});
        CHECK(seen.status == 0);
        for (const auto& [reason, count] : seen.coverage.losses) FAIL_CHECK(reason << ": " << count);
        CHECK(seen.coverage.phases.count(Phase::stop) == 1);
        CHECK_FALSE(seen.all<SyscallFact>().empty());
    }
}

TEST_CASE("perf's events tell the same facts of the same run") {
    if (!can_observe() || !tests::have_events()) return;
    if (kernel() >= 700) {
        WARN("SKIPPED: here nothing else is used");
        return;
    }
    tests::BothWays ways({.probes = observe::Probes::tracepoint, .refusals = true},
                         {.probes = observe::Probes::tracepoint, .refusals = true, .perf_events = true});
    const auto mechanisms = compare_ways(ways, "tracepoints", "perf's events");
    // Before 5.15 the registers of a task are not to be had, before 6.14 there is no event for capability checks, and
    // what compares two strings came with 6.17.
    CHECK(mechanisms.at(Subject::syscalls) == (kernel() < 515 ? "tp_btf/sys_exit" : "tracepoint/raw_syscalls/sys_exit"));
    CHECK(mechanisms.at(Subject::refusals) == "tracepoint/raw_syscalls/sys_enter");
    if (kernel() >= 617) CHECK(mechanisms.at(Subject::executions) == "tracepoint/sched/sched_process_exec");
    if (kernel() >= 614) CHECK(mechanisms.at(Subject::capabilities) == "tracepoint/capability/cap_capable");
}

TEST_CASE("both ways tell the same facts of the same run") {
    if (!can_observe()) return;
    if (!by_trampolines()) {
        WARN("SKIPPED: needs trampolines");
        return;
    }
    tests::BothWays ways({.probes = observe::Probes::tracepoint}, {.probes = observe::Probes::trampoline});
    compare_ways(ways, "tracepoints", "trampolines");
}

TEST_CASE("without the hooks of paths what is behind them tells the same, as exactly") {
    if (!can_observe()) return;
    if (!by_trampolines()) {
        WARN("SKIPPED: needs trampolines");
        return;
    }
    tests::BothWays ways({.probes = observe::Probes::trampoline},
                         {.probes = observe::Probes::trampoline, .without = {"security_path_"}});
    const std::string files = compare_ways(ways, "the hooks of paths", "what is behind them", Alike::as_runs)[Subject::files];
    INFO(files);
    for (const char* place : {"security_inode_*", "vfs_truncate", "chmod_common", "chown_common"})
        CHECK(files.find(place) != std::string::npos);
    CHECK(files.find("security_path") == std::string::npos);
}
