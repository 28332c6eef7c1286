// The recorder, and through it the laws by which sightings of one fact become one (fact_set.h).
#include "profile/recorder.h"

#include <algorithm>
#include <chrono>

#include "examples.h"
#include "profile/json.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::profile;
using std::chrono::seconds;

namespace {

FileFact file(const std::string& directory, std::set<std::string> names = {}) {
    FileFact fact;
    fact.op = FileOp::write;
    fact.directory = directory;
    fact.names = std::move(names);
    return fact;
}

/// What becomes of these facts of one unit.
std::vector<SeenFact> recorded(const std::vector<SeenFact>& sightings) {
    Recorder recorder;
    recorder.add_unit({});
    for (const auto& seen : sightings) recorder.take({0, seen.fact, seen.evidence});
    return recorder.snapshot(0).facts;
}

template <typename Kind>
Kind only(const std::vector<SeenFact>& facts) {
    REQUIRE(facts.size() == 1);
    return std::get<Kind>(facts.front().fact);
}

}  // namespace

TEST_CASE("two sightings of one fact are one fact with the evidence of both") {
    const SyscallFact fact{"openat", Abi::native, false};
    const auto facts =
        recorded({{fact, {3, 500, 700, 1, {"/bin/a"}, {"x"}}}, {fact, {4, 100, 600, 2, {"/bin/b"}, {"y"}}}});
    REQUIRE(facts.size() == 1);
    CHECK(facts[0].evidence == Evidence{7, 100, 700, 3, {"/bin/a", "/bin/b"}, {"x", "y"}});
}

TEST_CASE("a time that is not known does not become the first") {
    const SyscallFact fact{"openat", Abi::native, false};
    const auto facts = recorded({{fact, {1, 0, 0, 0, {}, {}}}, {fact, {1, 100, 600, 1, {}, {}}}});
    CHECK(facts.at(0).evidence.first_us == 100);
    CHECK(facts.at(0).evidence.last_us == 600);
}

TEST_CASE("counts that would overflow stay at the largest number") {
    const SyscallFact fact{"openat", Abi::native, false};
    Evidence most;
    most.count = UINT64_MAX - 1;
    most.windows = UINT32_MAX;
    const auto facts = recorded({{fact, most}, {fact, most}});
    CHECK(facts.at(0).evidence.count == UINT64_MAX);
    CHECK(facts.at(0).evidence.windows == UINT32_MAX);
}

TEST_CASE("facts of different identity stay apart") {
    FileFact failed = file("/var");
    failed.error = 13;
    FileFact fifo = file("/var");
    fifo.kind = FileKind::fifo;
    CHECK(recorded({{file("/var"), {}}, {failed, {}}, {fifo, {}}, {file("/"), {}}, {file("/var"), {}}}).size() == 4);
}

TEST_CASE("a syscall that was made once is not by unwinding only") {
    const SyscallFact unwound{"futex", Abi::native, true};
    const SyscallFact made{"futex", Abi::native, false};
    CHECK(only<SyscallFact>(recorded({{unwound, {}}, {unwound, {}}})).by_unwinding);
    CHECK_FALSE(only<SyscallFact>(recorded({{unwound, {}}, {made, {}}, {unwound, {}}})).by_unwinding);
}

TEST_CASE("a directory keeps eight names and then says that there were many") {
    std::vector<SeenFact> sightings;
    for (char name = 'a'; name <= 'h'; ++name) sightings.push_back({file("/var", {std::string(1, name)}), {}});
    auto fact = only<FileFact>(recorded(sightings));
    CHECK(fact.names.size() == 8);
    CHECK_FALSE(fact.many);

    sightings.push_back({file("/var", {"z"}), {}});
    fact = only<FileFact>(recorded(sightings));
    CHECK(fact.names.size() == 8);
    CHECK(fact.many);
}

TEST_CASE("the weakest resolution and all modes of a file fact are kept") {
    FileFact exact = file("/var");
    exact.modes = 0600;
    FileFact weak = file("/var");
    weak.modes = 0044;
    weak.resolution = Resolution::lexical;
    const auto fact = only<FileFact>(recorded({{exact, {}}, {weak, {}}, {exact, {}}}));
    CHECK(fact.resolution == Resolution::lexical);
    CHECK(fact.modes == 0644);
}

TEST_CASE("moves unite the names of both sides") {
    MoveFact first{MoveOp::rename, "/a", "/b", 0, {"x"}, {"y"}, false, Resolution::walked};
    MoveFact second{MoveOp::rename, "/a", "/b", 0, {"v"}, {"w"}, false, Resolution::cut};
    const auto fact = only<MoveFact>(recorded({{first, {}}, {second, {}}}));
    CHECK(fact.from_names == std::set<std::string>{"v", "x"});
    CHECK(fact.to_names == std::set<std::string>{"w", "y"});
    CHECK(fact.resolution == Resolution::cut);
    CHECK_FALSE(fact.many);
}

TEST_CASE("an executable keeps what any of its executions had") {
    const auto fact = only<ExecFact>(recorded({{ExecFact{"/bin/x", true, false, false, {"CAP_A"}}, {}},
                                               {ExecFact{"/bin/x", false, false, true, {"CAP_B"}}, {}}}));
    CHECK(fact == ExecFact{"/bin/x", true, false, true, {"CAP_A", "CAP_B"}});
}

TEST_CASE("at most sixteen executables are named") {
    std::vector<SeenFact> sightings;
    for (int i = 0; i < 40; ++i) {
        sightings.push_back(
            {SyscallFact{"read", Abi::native, false}, {1, 1, 1, 1, {"/bin/" + std::to_string(i)}, {}}});
    }
    CHECK(recorded(sightings).at(0).evidence.executables.size() == Evidence::kMaxExecutables);
}

TEST_CASE("a directory that is not absolute is told as cut") {
    CHECK(only<FileFact>(recorded({{file("some/where"), {}}})).resolution == Resolution::cut);
    CHECK(only<FileFact>(recorded({{file(""), {}}})).resolution == Resolution::cut);
    const auto tidied = only<FileFact>(recorded({{file("/var/./lib/"), {}}}));
    CHECK(tidied.directory == "/var/lib");
    CHECK(tidied.resolution == Resolution::lexical);
}

TEST_CASE("a path is normal when nothing in it is needless") {
    for (const auto* path : {"/", "/a", "/a/b", "/..a", "/a/...", "/a\\n"}) CHECK(is_normal_absolute(path));
    for (const auto* path : {"", "a", "a/b", "//", "/a/", "/a//b", "/.", "/a/..", "/a/./b", ".", ".."}) {
        INFO(path);
        CHECK_FALSE(is_normal_absolute(path));
    }
}

TEST_CASE("a name that cannot be one is told as many") {
    const auto fact = only<FileFact>(recorded({{file("/", {"memfd:../../etc", "ok"}), {}}}));
    CHECK(fact.names == std::set<std::string>{"ok"});
    CHECK(fact.many);
}

TEST_CASE("the order of observations does not show in the profile") {
    examples::Generator generate(1);
    std::vector<SeenFact> sightings;
    for (int i = 0; i < 2000; ++i) sightings.push_back({generate.fact(), generate.evidence()});
    const auto forward = recorded(sightings);
    CHECK(forward.size() > 50);
    std::reverse(sightings.begin(), sightings.end());
    CHECK(recorded(sightings) == forward);
}

TEST_CASE("whatever the observed program calls its files, the profile can be read again") {
    examples::Generator generate(2);
    Recorder recorder;
    recorder.add_unit({});
    for (int i = 0; i < 1000; ++i) recorder.take({0, generate.hostile_fact(), generate.evidence()});
    const Profile before = recorder.snapshot(0);
    const auto after = from_json(to_json(before), "profile");
    if (!after) FAIL(after.error().what);
    CHECK(*after == before);
}

TEST_CASE("units are kept apart, and what is not a fact comes back as it was given") {
    Recorder recorder;
    Profile first = examples::full();
    Profile second;
    second.unit = "other.service";
    CHECK(recorder.add_unit(first) == 0);
    CHECK(recorder.add_unit(second) == 1);
    recorder.take({1, file("/var"), {}});
    CHECK(recorder.snapshot(0) == first);
    CHECK(recorder.snapshot(1).facts.size() == 1);
    CHECK(recorder.snapshot(1).unit == "other.service");
}

TEST_CASE("facts are counted by kind, in the order of the profile") {
    Recorder recorder;
    recorder.add_unit(examples::full());
    recorder.take({0, file("/new"), {}});
    recorder.take({0, file("/new"), {}});
    const auto counts = recorder.counts(0);
    CHECK(counts[0].kind == "syscalls");
    CHECK(counts[0].facts == 4);
    CHECK(counts[1].kind == "files");
    CHECK(counts[1].facts == 4);
    CHECK(counts[7].kind == "executions");
    CHECK(counts[7].facts == 2);
}

TEST_CASE("the time of the last new fact moves with new identities and new names only") {
    Recorder::Clock::time_point now{};
    Recorder recorder([&now] { return now; });
    const auto start = now;
    recorder.add_unit({});
    recorder.add_unit({});
    const auto take_at = [&](seconds at, Fact fact) {
        now = start + at;
        recorder.take({0, std::move(fact), {1, 1, 1, 1, {"/bin/" + std::to_string(at.count())}, {}}});
        return recorder.last_new_fact(0) - start;
    };
    CHECK(take_at(seconds(1), file("/var", {"a"})) == seconds(1));
    CHECK(take_at(seconds(2), file("/var", {"a"})) == seconds(1));
    CHECK(take_at(seconds(3), file("/var", {"b"})) == seconds(3));
    CHECK(take_at(seconds(4), file("/var", {"c", "d", "e", "f", "g", "h"})) == seconds(4));
    CHECK(take_at(seconds(5), file("/var", {"i"})) == seconds(5));  // it was news that there are many
    CHECK(take_at(seconds(6), file("/var", {"A"})) == seconds(5));  // yet one more is not
    CHECK(take_at(seconds(7), SyscallFact{}) == seconds(7));
    CHECK(recorder.last_new_fact(1) == start);
    CHECK(recorder.last_new_fact() == start + seconds(7));
}

TEST_CASE("ten thousand facts that are seen twenty times each are cheap") {
    // Far above what it takes (two seconds without optimisation), far below what quadratic work would take.
    Recorder recorder;
    recorder.add_unit({});
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 10'000; ++i) recorder.take({0, file("/var/lib/" + std::to_string(i), {"name"}), {}});
    }
    CHECK(recorder.snapshot(0).facts.size() == 10'000);
    CHECK(std::chrono::steady_clock::now() - begin < seconds(30));
}
