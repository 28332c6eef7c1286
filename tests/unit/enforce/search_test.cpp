#include "enforce/search.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::enforce;

namespace {

using Parts = std::set<std::string>;

std::vector<std::string> numbered(int count) {
    std::vector<std::string> parts;
    for (int i = 0; i < count; ++i) parts.push_back("part " + std::to_string(i));
    return parts;
}

bool holds_all(const Parts& whole, const Parts& part) {
    return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

}  // namespace

TEST_CASE("the parts at fault are found, and no other") {
    const auto parts = numbered(35);
    for (const Parts& guilty : {Parts{"part 0"}, Parts{"part 34"}, Parts{"part 17"}, Parts{"part 3", "part 29"},
                                Parts{"part 0", "part 1", "part 34"}}) {
        int questions = 0;
        const auto found = parts_at_fault(parts, [&](const Parts& left_out) -> Result<bool> {
            ++questions;
            return holds_all(left_out, guilty);
        });
        REQUIRE(found);
        CHECK(*found == guilty);
        CHECK(questions <= static_cast<int>(guilty.size()) * 7);
    }
}

TEST_CASE("when it never passes, all parts are at fault") {
    const auto found = parts_at_fault(numbered(4), [](const Parts&) -> Result<bool> { return false; });
    REQUIRE(found);
    CHECK(found->size() == 4);
}

TEST_CASE("what is superfluous goes, what is needed stays and is shown to be") {
    const auto parts = numbered(20);
    for (const Parts& needed : {Parts{}, Parts{"part 7"}, Parts{"part 0", "part 10", "part 19"}}) {
        const auto result = minimise(
            parts,
            [&](const Parts& left_out) -> Result<bool> {
                return std::none_of(needed.begin(), needed.end(),
                                    [&](const std::string& part) { return left_out.count(part) != 0; });
            },
            [] { return true; });
        REQUIRE(result);
        CHECK(result->needed == needed);
        CHECK(result->superfluous.size() == parts.size() - needed.size());
        CHECK(result->not_tried.empty());
    }
}

TEST_CASE("of two parts that stand for one another one stays") {
    const auto result = minimise(
        {"a", "b", "c"},
        [](const Parts& left_out) -> Result<bool> { return left_out.count("a") + left_out.count("c") < 2; },
        [] { return true; });
    REQUIRE(result);
    CHECK(result->superfluous.size() == 2);
    CHECK(result->needed.size() == 1);
}

TEST_CASE("when the time is over the rest stays, and is told") {
    int questions = 0;
    const auto result = minimise(
        numbered(8),
        [&](const Parts& left_out) -> Result<bool> {
            ++questions;
            return left_out.count("part 0") == 0;
        },
        [&] { return questions < 2; });
    REQUIRE(result);
    CHECK(questions == 2);
    CHECK(!result->not_tried.empty());
    CHECK(result->superfluous.size() + result->needed.size() + result->not_tried.size() == 8);
}

TEST_CASE("an error ends either search") {
    const auto fails = [](const Parts&) -> Result<bool> { return Error{ErrorKind::interrupted, "no", 0, ""}; };
    CHECK(!parts_at_fault(numbered(3), fails));
    CHECK(!minimise(numbered(3), fails, [] { return true; }));
}
