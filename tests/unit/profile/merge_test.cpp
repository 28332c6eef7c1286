// merge(): its laws on generated profiles, and each of its decisions by example.
#include "profile/merge.h"

#include <algorithm>

#include "examples.h"
#include "profile/json.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::profile;

namespace {

Profile merged(const std::vector<Profile>& profiles) {
    auto result = merge(profiles);
    REQUIRE(result.has_value());
    return std::move(result).value();
}

Run run_at(std::int64_t started, std::int64_t ended, bool complete = true) {
    return {started, ended, "observe", {}, std::nullopt, complete};
}

/// A profile of one run that saw one syscall so often, and lost as many things.
Profile counted(std::int64_t started, std::uint64_t count) {
    Profile p;
    p.unit = "a.service";
    p.runs = {run_at(started, started + 1)};
    p.facts = {{SyscallFact{"read", Abi::native, false}, {count, started, started + 1, 1, {}, {}}}};
    p.coverage.losses["file_map_full"] = count;
    p.coverage.retries["ring_full_retried"] = count;
    return p;
}

std::uint64_t count_of(const Profile& p) {
    return p.facts.at(0).evidence.count;
}

SubjectCoverage files_of(const Profile& p) {
    return p.coverage.subjects.at(Subject::files);
}

}  // namespace

TEST_CASE("merge is commutative") {
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
        examples::Generator generate(seed);
        std::vector<Profile> profiles{generate.profile(), generate.profile(), generate.profile()};
        profiles.push_back(merged({profiles[0], profiles[1]}));  // shares runs with two others
        profiles.push_back(merged({profiles[1], generate.profile()}));
        const Profile expected = merged(profiles);
        for (int shuffle = 0; shuffle < 10; ++shuffle) {
            const auto middle = profiles.begin() + 1 + generate.below(4);
            std::rotate(profiles.begin(), middle, profiles.end());
            std::swap(profiles[0], profiles[generate.below(5)]);
            CHECK(to_json(merged(profiles)) == to_json(expected));
        }
    }
}

TEST_CASE("merge is associative for profiles of different runs") {
    for (std::uint32_t seed = 0; seed < 30; ++seed) {
        examples::Generator generate(seed);
        const Profile a = generate.profile();
        const Profile b = generate.profile();
        const Profile c = generate.profile();
        const Profile left = merged({merged({a, b}), c});
        const Profile right = merged({a, merged({b, c})});
        CHECK(to_json(left) == to_json(right));
        CHECK(to_json(left) == to_json(merged({a, b, c})));
    }
}

TEST_CASE("merge is idempotent") {
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
        examples::Generator generate(seed);
        const Profile a = generate.profile();
        const Profile ab = merged({a, generate.profile()});
        CHECK(to_json(merged({a})) == to_json(a));
        CHECK(to_json(merged({a, a, a})) == to_json(a));
        CHECK(merged({ab, a}).facts == ab.facts);
        CHECK(to_json(merged({ab, ab})) == to_json(ab));
    }
}

TEST_CASE("counts of different runs add up") {
    const Profile both = merged({counted(100, 5), counted(200, 7)});
    CHECK(count_of(both) == 12);
    CHECK(both.coverage.losses.at("file_map_full") == 12);
    CHECK(both.coverage.retries.at("ring_full_retried") == 12);
    CHECK(both.runs.size() == 2);
    CHECK(both.facts[0].evidence.first_us == 100);
    CHECK(both.facts[0].evidence.last_us == 201);
}

TEST_CASE("a run that stands in several profiles counts once") {
    const Profile a = counted(100, 5);
    const Profile b = counted(200, 7);
    const Profile ab = merged({a, b});
    const Profile all = merged({a, ab, b, counted(300, 1)});
    CHECK(count_of(all) == 13);
    CHECK(all.coverage.losses.at("file_map_full") == 13);
    CHECK(all.runs.size() == 3);
}

TEST_CASE("a checkpoint and the finished profile of one run are one run") {
    Profile checkpoint = counted(100, 5);
    checkpoint.runs = {run_at(100, 150, false)};
    Profile finished = counted(100, 9);
    finished.runs = {run_at(100, 180, true)};
    const Profile both = merged({finished, checkpoint});
    REQUIRE(both.runs.size() == 1);
    CHECK(both.runs[0] == run_at(100, 180, true));
    CHECK(count_of(both) == 9);
}

TEST_CASE("facts of any profile are in the merged one") {
    Profile a = counted(100, 1);
    a.facts = {{SocketFact{"AF_UNIX", "SOCK_STREAM", 0, 0}, {}}};
    CHECK(merged({a, counted(200, 1)}).facts.size() == 2);
}

TEST_CASE("a subject is watched only when every profile watched it") {
    Profile watched = counted(100, 1);
    watched.coverage.subjects[Subject::files] = {true, "tp_btf/sys_exit", {"io_uring"}};
    Profile exact = counted(200, 1);
    exact.coverage.subjects[Subject::files] = {true, "fentry", {}};
    Profile unwatched = counted(300, 1);
    unwatched.coverage.subjects[Subject::files] = {false, "", {"all"}};
    const Profile silent = counted(400, 1);

    CHECK(files_of(merged({watched, exact})) == SubjectCoverage{true, "fentry, tp_btf/sys_exit", {"io_uring"}});
    CHECK(files_of(merged({watched, unwatched})) == SubjectCoverage{false, "", {"all", "io_uring"}});
    CHECK(files_of(merged({watched, silent})) == SubjectCoverage{false, "", {"io_uring"}});
    CHECK(files_of(merged({silent, watched})) == SubjectCoverage{false, "", {"io_uring"}});
}

TEST_CASE("a phase is seen only when every profile saw it") {
    Profile a = counted(100, 1);
    a.coverage.phases = {Phase::start, Phase::stop};
    Profile b = counted(200, 1);
    b.coverage.phases = {Phase::start, Phase::reload};
    CHECK(merged({a, b}).coverage.phases == std::set<Phase>{Phase::start});
}

TEST_CASE("host, settings and version are those of the latest recording") {
    Profile old = counted(100, 1);
    old.host.kernel = "6.9";
    old.settings.values["User"] = {"old"};
    old.tool_version = "9";
    Profile latest = counted(200, 1);
    latest.host.kernel = "6.1";
    latest.settings.values["User"] = {"new"};
    latest.tool_version = "1";
    const Profile both = merged({latest, old});
    CHECK(both.host == latest.host);
    CHECK(both.settings == latest.settings);
    CHECK(both.tool_version == "1");
}

TEST_CASE("of two peaks the larger stays, and how either was measured") {
    Profile old = counted(100, 1);
    Profile latest = counted(200, 1);
    old.peaks = {{Used::tasks, {9, {"pids.peak"}}}, {Used::open_files, {3, {"/proc/PID/fd"}}}};
    latest.peaks = {{Used::tasks, {4, {"pids.current"}}}};
    const auto peaks = merged({latest, old}).peaks;
    CHECK(peaks.at(Used::tasks) == Peak{9, {"pids.current", "pids.peak"}});
    CHECK(peaks.at(Used::open_files) == old.peaks.at(Used::open_files));
}

TEST_CASE("a directory's state is the latest, but was there before only if it always was") {
    Profile old = counted(100, 1);
    old.directories["/a"] = {true, false, 0700, "root", "root", false, "ext4"};
    old.directories["/b"] = {true, true, 0700, "root", "root", false, "ext4"};
    Profile latest = counted(200, 1);
    latest.directories["/a"] = {true, true, 0755, "www-data", "root", false, "ext4"};
    const auto directories = merged({latest, old}).directories;
    CHECK(directories.at("/a") == DirectoryState{true, false, 0755, "www-data", "root", false, "ext4"});
    CHECK(directories.at("/b") == old.directories.at("/b"));
}

TEST_CASE("profiles of different units are refused") {
    Profile other = counted(200, 1);
    other.unit = "b\n.service";
    const auto result = merge({other, counted(100, 1)});
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == ErrorKind::usage);
    CHECK(result.error().what == "cannot merge profiles of different units: a.service and b\\x0a.service");
}

TEST_CASE("nothing cannot be merged") {
    const auto result = merge({});
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == ErrorKind::usage);
}
