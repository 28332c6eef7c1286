// Runs every case of tests/cases.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "case_reader.h"
#include "derive/derive.h"
#include "derive/gate.h"
#include "derive/syscall_sets.h"
#include "support/catch.h"

namespace {

using namespace sandfit;

std::string name_of(Tightness tightness) {
    return tightness == Tightness::strict ? "strict" : tightness == Tightness::balanced ? "balanced" : "cautious";
}

std::string shown(const Suggestion& made) {
    std::string text = made.directive + "=";
    for (const auto& item : made.items) text += " " + item;
    text += "\nverdict " + std::to_string(static_cast<int>(made.verdict)) + ", reason: " + made.reason;
    for (const auto& caveat : made.caveats) text += "\ncaveat: " + caveat;
    return text;
}

void compare(const Suggestion& made, const test::Expected& expected, const Host& host) {
    INFO(shown(made));
    CHECK(made.verdict == expected.verdict);
    if (expected.items) CHECK(made.items == *expected.items);
    // A syscall is there also when a group of the host is that holds it.
    auto held = derive::expand(host, made.items);
    if (made.directive == "SystemCallFilter") held.merge(derive::implicitly_allowed(host));
    const auto has = [&made, &held](const std::string& item) {
        return held.count(item) != 0 || std::find(made.items.begin(), made.items.end(), item) != made.items.end();
    };
    for (const auto& item : expected.includes) {
        INFO("must include " << item);
        CHECK(has(item));
    }
    for (const auto& item : expected.excludes) {
        INFO("must not include " << item);
        CHECK_FALSE(has(item));
    }
    if (expected.reset_first) CHECK(made.reset_first == *expected.reset_first);
    if (expected.one_each) CHECK(made.one_each == *expected.one_each);
    for (const auto& text : expected.reason_has) {
        INFO("the reason must hold " << text);
        CHECK(made.reason.find(text) != std::string::npos);
    }
    for (const auto& text : expected.caveat_has) {
        INFO("a caveat must hold " << text);
        CHECK(std::any_of(made.caveats.begin(), made.caveats.end(),
                          [&text](const std::string& caveat) { return caveat.find(text) != std::string::npos; }));
    }
    if (expected.because) CHECK(made.because == *expected.because);
}

TEST_CASE("Every case of tests/cases gets the verdicts that it expects") {
    const auto cases = test::read_all_cases();
    REQUIRE(cases.size() > 60);
    for (const auto& one : cases) {
        for (const Tightness tightness : one.tightness) {
            INFO(one.name << " at " << name_of(tightness) << ": " << one.description);
            const auto suggestions = derive::derive(one.profile, one.host, tightness);
            for (const auto& [directive, expected] : one.expect) {
                INFO(directive << "=");
                const auto made = std::find_if(
                    suggestions.begin(), suggestions.end(),
                    [&, d = directive](const Suggestion& suggestion) { return suggestion.directive == d; });
                REQUIRE(made != suggestions.end());
                compare(*made, expected, one.host);
            }
        }
    }
}

TEST_CASE("In no case does the gate have to refuse what a rule concluded") {
    for (const auto& one : test::read_all_cases()) {
        for (const Tightness tightness : one.tightness) {
            const auto proposal = derive::conclude_all(one.profile, one.host, tightness, {});
            const auto denial = derive::first_denial(one.profile, one.host, tightness, proposal);
            INFO(one.name << " at " << name_of(tightness) << ": "
                          << (denial ? shown(proposal[denial->suggestion]) : std::string()));
            CHECK_FALSE(denial.has_value());
        }
    }
}

TEST_CASE("Every directive has cases that suggest and that abstain, and those that units set have one that keeps") {
    std::map<std::string, std::set<Verdict>> verdicts;
    for (const auto& one : test::read_all_cases()) {
        for (const auto& [directive, expected] : one.expect) verdicts[directive].insert(expected.verdict);
    }
    // What is for people to decide, not recorded, or only sampled: rules that say so, and never more.
    const std::set<std::string> kOnlyAdvice = {"User",        "DynamicUser",  "SupplementaryGroups",
                                               "PrivatePIDs", "TasksMax",     "LimitNPROC",
                                               "LimitNOFILE", "LimitMEMLOCK", "LimitCORE"};
    for (const auto& rule : derive::rule_table()) {
        INFO(rule.directive << "=");
        CHECK((verdicts[rule.directive].count(Verdict::suggest) == 1) != (kOnlyAdvice.count(rule.directive) == 1));
        CHECK(verdicts[rule.directive].count(Verdict::abstain) == 1);
        CHECK(verdicts[rule.directive].count(Verdict::keep) == 1);
    }
}

TEST_CASE("Every suggestion of every case has a reason, bounded in length, and indexes of facts that exist") {
    for (const auto& one : test::read_all_cases()) {
        for (const Tightness tightness : one.tightness) {
            for (const auto& made : derive::derive(one.profile, one.host, tightness)) {
                INFO(one.name << ": " << shown(made));
                CHECK_FALSE(made.reason.empty());
                CHECK(made.reason.size() < 1500);
                CHECK(made.reason.back() != '.');
                for (const std::size_t index : made.because) CHECK(index < one.profile.facts.size());
                CHECK_FALSE((made.verdict != Verdict::suggest && !made.items.empty()));
            }
        }
    }
}

}  // namespace
