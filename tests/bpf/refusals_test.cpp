// Real programs, real filters, real children: what a seccomp filter refused, what a missing capability made fail, and
// with which errno mounts refuse. And that nothing else is taken for a refusal.
#include "support/catch.h"
#include "support/observed.h"

#include <sys/syscall.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <tuple>

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;
using sandfit::tests::saw_capabilities;

namespace {

constexpr int kCannot = 77;

// What libc makes of chown() and chmod(): newer architectures have only the calls that take a directory.
#ifdef SYS_chown
constexpr const char* kChown = "chown";
constexpr const char* kChmod = "chmod";
#else
constexpr const char* kChown = "fchownat";
constexpr const char* kChmod = "fchmodat";
#endif

Observed with_refusals(const std::string& name) {
    return observe_behaviour(name, {.refusals = true});
}

std::map<std::string, std::set<int>> refusals(const Observed& seen) {
    std::map<std::string, std::set<int>> out;
    for (const auto& [fact, evidence] : seen.all<SyscallFact>()) {
        if (!fact.refusals.empty()) out[fact.name] = fact.refusals;
    }
    return out;
}

std::set<std::pair<std::string, Abi>> killed(const Observed& seen) {
    std::set<std::pair<std::string, Abi>> out;
    for (const auto& [fact, evidence] : seen.all<SyscallFact>()) {
        if (fact.killed) out.emplace(fact.name, fact.abi);
    }
    return out;
}

using Refused = std::map<std::string, std::set<int>>;
using Killed = std::set<std::pair<std::string, Abi>>;

struct Missed {
    CapabilityLack lack;
    bool by_root;
    int error;
    CapabilityUse use;
    auto operator<=>(const Missed&) const = default;
};

std::set<Missed> missed(const Observed& seen, const std::string& capability, const std::string& syscall) {
    std::set<Missed> out;
    for (const auto& [fact, evidence] : seen.all<CapabilityFact>()) {
        if (fact.granted || fact.capability != capability || fact.syscall != syscall) continue;
        out.insert({fact.lack, fact.by_root, fact.error, fact.use});
    }
    return out;
}

}  // namespace

TEST_CASE("a call that a filter refused is told with its errno, and nothing else is") {
    if (!can_observe()) return;
    const auto seen = with_refusals("refused_by_filter");
    REQUIRE(seen.status == 0);
    CHECK(refusals(seen) ==
          Refused{{"sethostname", {EPERM}}, {"ptrace", {ENOSYS}}, {"getppid", {EPERM}}});
    CHECK(killed(seen).empty());
    CHECK(seen.made_syscall("getuid"));
    CHECK(seen.made_syscall("acct"));
    for (const auto& [fact, evidence] : seen.all<SyscallFact>()) {
        if (fact.name != "getppid") continue;
        CHECK(evidence.count == 3);
        CHECK(evidence.executables.count(SANDFIT_BEHAVIOURS) == 1);
        CHECK_FALSE(fact.by_unwinding);
    }
    CHECK(seen.coverage.subjects.at(Subject::refusals).watched);
}

TEST_CASE("without being asked for, refusals are not told, and the calls are") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("refused_by_filter");
    CHECK(refusals(seen).empty());
    CHECK(seen.made_syscall("sethostname"));
    CHECK(seen.coverage.subjects.count(Subject::refusals) == 0);
}

TEST_CASE("what is refused to a child or a thread first of all is told") {
    if (!can_observe()) return;
    const auto seen = with_refusals("refused_to_children");
    REQUIRE(seen.status == 0);
    CHECK(refusals(seen) == Refused{{"getppid", {EPERM}}, {"getpgid", {EACCES}}});
}

TEST_CASE("the call for which a filter ended the process is told, and none of its other threads'") {
    if (!can_observe()) return;
    for (const auto& [behaviour, asked] : {std::pair{"killed_by_filter", true}, {"killed_by_filter", false},
                                           {"killed_by_trap", true}}) {
        INFO(behaviour << (asked ? ", refusals watched" : ""));
        const auto seen = observe_behaviour(behaviour, {.refusals = asked});
        REQUIRE(seen.status == 0);
        CHECK(killed(seen) == Killed{{"sethostname", Abi::native}});
        CHECK(refusals(seen).empty());
    }
}

TEST_CASE("a call of an architecture that a filter does not have is told by its own ABI") {
    if (!can_observe()) return;
    const auto seen = with_refusals("killed_for_architecture");
    if (seen.status == kCannot) {
        WARN("SKIPPED: this kernel runs no 32-bit system calls");
        return;
    }
    CHECK(killed(seen) == Killed{{"getpid", Abi::compat}});
}

TEST_CASE("nothing that merely comes out of a call otherwise than it went in is taken for a refusal") {
    if (!can_observe()) return;
    for (const std::string name :
         {"interrupted", "emulated_by_tracer", "killed_by_signal", "threads", "by_vfork", "by_clone3", "by_daemon",
          "compat_syscall", "sockets", "fails_to_write", "requests", "looks", "misses_capabilities"}) {
        INFO(name);
        const auto seen = with_refusals(name);
        if (seen.status == kCannot) continue;
        CHECK(seen.status == 0);
        CHECK(refusals(seen) == Refused{});
        CHECK(killed(seen) == Killed{});
    }
}

TEST_CASE("a refused capability is told with why, and with what its call then gave") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("misses_capabilities");
    if (!saw_capabilities(seen)) return;
    REQUIRE(seen.status == 0);
    using enum CapabilityLack;
    constexpr auto kUnknown = CapabilityUse::unclassified;
    CHECK(missed(seen, "CAP_CHOWN", kChown) == std::set<Missed>{{not_in_bounds, true, EPERM, kUnknown}});
    CHECK(missed(seen, "CAP_NET_RAW", "socket") == std::set<Missed>{{not_held, true, EPERM, kUnknown}});
    // To read, the lesser one would do; to write, it would not.
    CHECK(missed(seen, "CAP_DAC_READ_SEARCH", "openat") ==
          std::set<Missed>{{not_in_bounds, true, EACCES, kUnknown}});
    CHECK(missed(seen, "CAP_DAC_OVERRIDE", "openat") ==
          std::set<Missed>{{not_in_bounds, true, EACCES, CapabilityUse::probe},
                           {not_in_bounds, true, EACCES, kUnknown}});
    // By trampolines it is known that this check only looks, unless the kernel's compiler inlined it and none is told.
    if (tests::by_trampolines()) {
        for (const auto& one : missed(seen, "CAP_SYS_ADMIN", "mmap")) CHECK(one.use == CapabilityUse::probe);
    } else {
        CHECK(missed(seen, "CAP_SYS_ADMIN", "mmap") == std::set<Missed>{{not_in_bounds, true, 0, kUnknown}});
    }
    for (const auto& one : missed(seen, "CAP_FSETID", kChmod)) CHECK(one.use == CapabilityUse::probe);
}

TEST_CASE("a plain user's missing capability is told apart from root's") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("misses_as_user");
    if (!saw_capabilities(seen)) return;
    REQUIRE(seen.status == 0);
    CHECK(missed(seen, "CAP_CHOWN", kChown) ==
          std::set<Missed>{{CapabilityLack::not_held, false, EPERM, CapabilityUse::unclassified}});
}

TEST_CASE("what is refused since it is asked from inside a user namespace is told so") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("misses_from_inside");
    if (!saw_capabilities(seen)) return;
    if (seen.status == kCannot) {
        WARN("SKIPPED: user namespaces cannot be made here");
        return;
    }
    CHECK(missed(seen, "CAP_SYS_ADMIN", "sethostname") ==
          std::set<Missed>{{CapabilityLack::other_namespace, true, EPERM, CapabilityUse::unclassified}});
}

TEST_CASE("what mounts refuse is told with its errno, by path and by descriptor") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("refused_by_mounts");
    REQUIRE(seen.status == 0);
    CHECK(seen.file(FileOp::create, "shut", "new", EROFS).has_value());
    const auto with_bits = seen.file(FileOp::create, "shut", "with-bits", EROFS);
    REQUIRE(with_bits.has_value());
    CHECK((with_bits->modes & 04000) != 0);
    CHECK(seen.file(FileOp::create_tmpfile, "shut", "", EROFS).has_value());
    CHECK(seen.file(FileOp::write, "shut", "file", EROFS).has_value());
    CHECK(seen.file(FileOp::look, "shut", "file", EROFS).has_value());
    CHECK(seen.file(FileOp::change_mode, "shut", "file", EROFS).has_value());
    CHECK(seen.file(FileOp::change_times, "shut", "file", EROFS).has_value());
    CHECK(seen.file(FileOp::make_directory, "shut", "made", EROFS).has_value());
    CHECK(seen.file(FileOp::remove, "shut", "file", EROFS).has_value());
    CHECK(seen.file(FileOp::execute, "data", "program", EACCES).has_value());
    CHECK(seen.file(FileOp::map, "data", "program", EPERM).has_value());
    CHECK(seen.file(FileOp::execute, "", "missing", ENOENT).has_value());
    for (const auto& [fact, evidence] : seen.all<ExecFact>()) CHECK(fact.path.find("program") == std::string::npos);
    bool moved = false;
    for (const auto& [fact, evidence] : seen.all<MoveFact>()) moved = moved || fact.error == EROFS;
    CHECK(moved);
}
