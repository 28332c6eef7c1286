// Where the catalogue of systemd's items meets the rules: none is left without an answer.
#include <algorithm>
#include <string_view>

#include "derive/rule.h"
#include "support/catch.h"
#include "systemd/security_items.h"

using namespace sandfit;

TEST_CASE("each item of systemd-analyze security has a rule, or a reason why it has none") {
    const auto rules = derive::rule_table();
    for (const auto& item : systemd::security_items()) {
        INFO(item.id << " is answered by " << item.directive << "=");
        const bool has_rule =
            std::ranges::any_of(rules, [&](const derive::Rule& rule) { return rule.directive == item.directive; });
        CHECK(has_rule == item.not_derived.empty());
    }
}
