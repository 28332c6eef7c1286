// What a profile gains from what a sandbox refused.
#include "profile/widen.h"

#include <algorithm>

#include "examples.h"
#include "profile/json.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::profile;

namespace {

SeenFact assumed(Fact fact) {
    SeenFact seen{std::move(fact), {}};
    seen.evidence.count = 1;
    seen.evidence.assumed = true;
    return seen;
}

const SeenFact* find(const Profile& profile, const SocketFact& socket) {
    const auto it = std::find_if(profile.facts.begin(), profile.facts.end(),
                                 [&](const SeenFact& seen) { return seen.fact == Fact(socket); });
    return it == profile.facts.end() ? nullptr : &*it;
}

}  // namespace

TEST_CASE("a widened profile has the new fact, marked, and nothing else has changed") {
    const Profile before = examples::full();
    const SocketFact fresh{"AF_VSOCK", "SOCK_STREAM", 0, 0};
    Profile after = widened(before, {assumed(fresh)});
    REQUIRE(find(after, fresh) != nullptr);
    CHECK(find(after, fresh)->evidence.assumed);
    CHECK(after.facts.size() == before.facts.size() + 1);
    const auto text = to_json(after);
    const auto read = from_json(text, "p.json");
    REQUIRE(read.has_value());
    CHECK(*read == after);
    std::erase_if(after.facts, [&](const SeenFact& seen) { return seen.fact == Fact(fresh); });
    CHECK(after == before);
}

TEST_CASE("what was seen to work stays seen, whatever is assumed beside it") {
    const SocketFact known{"AF_UNIX", "SOCK_DGRAM", 0, 0};
    const Profile after = widened(examples::full(), {assumed(known)});
    REQUIRE(find(after, known) != nullptr);
    CHECK_FALSE(find(after, known)->evidence.assumed);
    CHECK(after.facts.size() == examples::full().facts.size());
}
