// Storms: what is lost must be nothing, and what was retried must be told.
#include "support/catch.h"
#include "support/observed.h"

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;

namespace {

void check_nothing_lost(const Observed& seen) {
    CHECK(seen.status == 0);
    for (const auto& [reason, count] : seen.coverage.losses) FAIL_CHECK(reason << ": " << count);
}

void check_storm(const Observed& seen) {
    check_nothing_lost(seen);
    std::set<std::string> directories;
    std::uint64_t creates = 0;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op == FileOp::create && fact.directory.rfind(seen.directory + "/d", 0) == 0) {
            directories.insert(fact.directory);
            creates += evidence.count;
            CHECK(fact.many);
        }
    }
    CHECK(directories.size() == 1000);
    CHECK(creates == 200'000);
    CHECK(seen.made_syscall("getppid"));
}

}  // namespace

TEST_CASE("200,000 creates in 1,000 directories beside 1,000,000 calls lose nothing") {
    if (!can_observe()) return;
    check_storm(observe_behaviour("storm"));
}

TEST_CASE("a ring buffer of one page loses nothing either, and tells that it had to retry") {
    if (!can_observe()) return;
    observe::Options options;
    options.ring_bytes = 4096;
    const auto seen = observe_behaviour("storm", options);
    check_storm(seen);
    CHECK(seen.coverage.retries.count("ring_buffer_full") == 1);
}

TEST_CASE("what finds the buffer full and happens only once is told from the one beside it") {
    if (!can_observe()) return;
    const observe::Probes probes = tests::probes_under_test();
    tests::BothWays ways({.probes = probes}, {.probes = probes, .ring_bytes = 4096});
    const auto both = ways.run("path_changes", true);
    const auto told = [](const Observed& seen) {
        std::set<std::pair<FileOp, std::string>> out;
        for (const auto& [fact, evidence] : seen.all<FileFact>()) {
            for (const auto& name : fact.names) out.emplace(fact.op, name);
        }
        return out;
    };
    CHECK(both.other.coverage.retries.count("ring_buffer_full") == 1);
    CHECK(told(both.one) == told(both.other));
}

TEST_CASE("200,000 capability checks of four processes lose nothing") {
    if (!can_observe()) return;
    check_nothing_lost(observe_behaviour("storm_of_checks"));
}

TEST_CASE("a fact that is being told when the observation ends is no loss") {
    if (!can_observe()) return;
    int looks = 0;
    const auto seen = observe_behaviour("storm_of_news", [&looks](const Coverage& coverage) {
        ++looks;
        for (const auto& [reason, count] : coverage.losses) FAIL_CHECK(reason << ": " << count);
    });
    check_nothing_lost(seen);
    CHECK(looks > 0);  // on an emulated processor few
}

TEST_CASE("what the kernel could not read either is no loss") {
    if (!can_observe()) return;
    check_nothing_lost(observe_behaviour("gives_bad_arguments"));
}

TEST_CASE("a full map is told as a loss") {
    if (!can_observe()) return;
    observe::Options options;
    options.max_file_keys = 16;
    const auto seen = observe_behaviour("deep_path", options);
    CHECK(seen.coverage.losses.count("seen_map_full") == 1);
}
