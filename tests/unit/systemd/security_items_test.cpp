// The catalogue against the systemd of this host: a new item must not pass unnoticed.
#include "systemd/security_items.h"

#include <algorithm>
#include <set>
#include <string>

#include "support/catch.h"
#include "systemd/host.h"
#include "systemd/security_scan.h"

using namespace sandfit;
using namespace sandfit::systemd;

TEST_CASE("every item that this host's systemd scores is in the catalogue, with a directive that it knows") {
    const auto score = score_unit_file("[Service]\nExecStart=/bin/true\n");
    if (!score) {
        REQUIRE(score.error().kind == ErrorKind::unsupported);
        WARN("SKIPPED: " << score.error().what);
        return;
    }
    CHECK(score->items.size() >= 81);
    const Host host = read_host();
    for (const auto& item : score->items) {
        INFO(item.id << " is new: add it to src/systemd/security_items.cpp, and what answers it");
        const SecurityItem* known = find_security_item(item.id);
        REQUIRE(known != nullptr);
        CHECK(host.knows(std::string(known->directive)));
    }
}

TEST_CASE("the catalogue names each item once, and scores all that it names") {
    std::set<std::string_view> ids;
    const auto scored = scored_settings();
    for (const auto& item : security_items()) {
        INFO(item.id);
        CHECK(ids.insert(item.id).second);
        CHECK(std::ranges::find(scored, item.directive) != scored.end());
        CHECK(!item.not_derived.ends_with('.'));
    }
    CHECK(std::set<std::string_view>(scored.begin(), scored.end()).size() == scored.size());
    CHECK(find_security_item("NoSuchItem") == nullptr);
}
