#include "cli/hardening.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

using Names = std::set<std::string>;

/// A unit that works under a drop-in when that sets none of the directives that it cannot bear. It tells a denial for
/// those that show, one at a time when `one_by_one`, as a workload does that ends at its first failure.
struct FakeUnit {
    Names cannot_bear;
    Names shows;      ///< of these a denial is seen
    Names only_told;  ///< refused, but the workload passes
    bool one_by_one = false;
    bool works_at_all = true;
    bool interrupted = false;
    int starts = 0;
    int starts_without = 0;
    Names last;  ///< the directives of the last drop-in

    Trials trials() {
        Trials trials;
        trials.under = [this](const std::string& drop_in) -> Result<Attempt> {
            ++starts;
            last.clear();
            const auto parsed = systemd::parse_unit_file(drop_in, "test");
            REQUIRE(parsed);
            for (const auto& assignment : parsed->assignments) last.insert(assignment.directive);
            Attempt attempt;
            attempt.interrupted = interrupted;
            attempt.workload_status = broken().empty() && works_at_all ? 0 : 1;
            return attempt;
        };
        trials.without = [this]() -> Result<Attempt> {
            ++starts_without;
            Attempt attempt;
            attempt.workload_status = works_at_all ? 0 : 1;
            return attempt;
        };
        trials.denials = [this](const Attempt&) {
            std::vector<Denial> denials;
            for (const Names* names : {&cannot_bear, &only_told}) {
                for (const std::string& directive : *names) {
                    if (last.count(directive) == 0) continue;
                    if (names == &cannot_bear && shows.count(directive) == 0) continue;
                    Denial denial;
                    denial.causes.push_back(
                        {directive, {}, {directive, Remedy::How::leave_out, ValueForm::word, {}}});
                    denials.push_back(denial);
                    if (one_by_one) return denials;
                }
            }
            return denials;
        };
        trials.note = [](std::string_view) {};
        return trials;
    }
    Names broken() const {
        Names both;
        std::set_intersection(last.begin(), last.end(), cannot_bear.begin(), cannot_bear.end(),
                              std::inserter(both, both.begin()));
        return both;
    }
};

const Names kAll{"LockPersonality", "PrivateTmp", "ProtectClock", "ProtectHome", "RestrictRealtime"};

GivenDraft draft_of(const Names& directives) {
    std::vector<systemd::Assignment> assignments;
    for (const auto& directive : directives) assignments.push_back({"Service", directive, "yes", 0});
    return {assignments, Host{}};
}

Names set_by(const Hardened& hardened) {
    const auto directives = directives_of(hardened.candidate);
    return {directives.begin(), directives.end()};
}

}  // namespace

TEST_CASE("a drop-in that fits is tried once") {
    FakeUnit unit;
    auto draft = draft_of(kAll);
    const auto hardened = harden(draft, unit.trials(), 10);
    REQUIRE(hardened);
    CHECK(hardened->fits);
    CHECK(hardened->rounds == 1);
    CHECK(unit.starts == 1);
    CHECK(hardened->widened.empty());
    CHECK(set_by(*hardened) == kAll);
}

TEST_CASE("what was refused is widened, and nothing else") {
    FakeUnit unit;
    unit.cannot_bear = unit.shows = {"PrivateTmp", "ProtectHome"};
    auto draft = draft_of(kAll);
    SECTION("both at once") {
        const auto hardened = harden(draft, unit.trials(), 10);
        REQUIRE(hardened);
        CHECK(hardened->fits);
        CHECK(hardened->rounds == 2);
        CHECK(set_by(*hardened) == Names{"LockPersonality", "ProtectClock", "RestrictRealtime"});
    }
    SECTION("one after the other") {
        unit.one_by_one = true;
        const auto hardened = harden(draft, unit.trials(), 10);
        REQUIRE(hardened);
        CHECK(hardened->fits);
        CHECK(hardened->rounds == 3);
        REQUIRE(hardened->widened.size() == 2);
        CHECK(hardened->widened[0].how == Widened::by_denials);
        CHECK(hardened->widened[0].denials.size() == 1);
        CHECK(unit.starts_without == 0);
    }
}

TEST_CASE("a refusal under which the workload passes is widened, too") {
    FakeUnit unit;
    unit.only_told = {"ProtectHome"};
    auto draft = draft_of(kAll);
    const auto hardened = harden(draft, unit.trials(), 10);
    REQUIRE(hardened);
    CHECK(hardened->fits);
    CHECK(hardened->rounds == 2);
    CHECK(set_by(*hardened).count("ProtectHome") == 0);
    CHECK(hardened->still_denied.empty());
}

TEST_CASE("where no refusal is seen the directive at fault is found by trying") {
    FakeUnit unit;
    unit.cannot_bear = {"ProtectClock"};
    auto draft = draft_of(kAll);
    const auto hardened = harden(draft, unit.trials(), 10);
    REQUIRE(hardened);
    CHECK(hardened->fits);
    CHECK(unit.starts_without == 1);
    REQUIRE(hardened->widened.size() == 2);
    CHECK(hardened->widened[0].how == Widened::by_learning);
    CHECK(hardened->widened[1].how == Widened::by_trying);
    CHECK(hardened->widened[1].left_out == Names{"ProtectClock"});
    CHECK(set_by(*hardened) == Names{"LockPersonality", "PrivateTmp", "ProtectHome", "RestrictRealtime"});
}

TEST_CASE("a workload that fails without a sandbox is told as such") {
    FakeUnit unit;
    unit.works_at_all = false;
    auto draft = draft_of(kAll);
    const auto hardened = harden(draft, unit.trials(), 10);
    REQUIRE(!hardened);
    CHECK(hardened.error().what.find("without a sandbox, too: the workload exited with status 1") == 0);
}

TEST_CASE("when the rounds are used up it says why it does not fit") {
    FakeUnit unit;
    unit.cannot_bear = unit.shows = kAll;
    unit.one_by_one = true;
    auto draft = draft_of(kAll);
    const auto hardened = harden(draft, unit.trials(), 3);
    REQUIRE(hardened);
    CHECK(!hardened->fits);
    CHECK(hardened->rounds == 3);
    CHECK(hardened->why_not == "the workload exited with status 1");
}

TEST_CASE("Ctrl-C ends the way") {
    FakeUnit unit;
    unit.interrupted = true;
    auto draft = draft_of(kAll);
    const auto hardened = harden(draft, unit.trials(), 3);
    REQUIRE(!hardened);
    CHECK(hardened.error().kind == ErrorKind::interrupted);
    CHECK(unit.starts == 1);
}

TEST_CASE("observing again tells what was new, and a given drop-in learns nothing") {
    Profile first;
    first.unit = "sample.service";
    first.facts.push_back({SyscallFact{"read"}, {}});
    Profile second = first;
    second.facts.push_back({SyscallFact{"write"}, {}});
    DerivedDraft derived(first, {}, Host{}, Tightness::balanced);
    CHECK(derived.learn(second) == 1);
    CHECK(derived.profile().facts.size() == 2);
    CHECK(derived.learn(second) == 0);
    auto given = draft_of(kAll);
    CHECK(given.learn(second) == 0);
}

TEST_CASE("what the last trial could not see is told") {
    FakeUnit unit;
    auto draft = draft_of(kAll);
    auto trials = unit.trials();
    trials.under = [inner = trials.under](const std::string& drop_in) {
        auto attempt = inner(drop_in);
        attempt->gaps = {"3 records were lost"};
        return attempt;
    };
    const auto hardened = harden(draft, trials, 10);
    REQUIRE(hardened);
    CHECK(hardened->gaps == std::vector<std::string>{"3 records were lost"});
}
