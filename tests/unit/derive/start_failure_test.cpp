// Which directives of a candidate can be behind a start that failed.
#include "derive/start_failure.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::derive;

namespace {

const UnitSettings kBefore{{{"ProtectHome", {"read-only"}}, {"PrivateTmp", {"no"}}}};
const UnitSettings kInForce{{{"ProtectHome", {"read-only"}},
                             {"PrivateTmp", {"yes"}},
                             {"ReadWritePaths", {"/srv/missing"}},
                             {"SystemCallFilter", {"read"}},
                             {"CapabilityBoundingSet", {}},
                             {"RestrictAddressFamilies", {"AF_UNIX"}},
                             {"User", {"nobody-has-it"}},
                             {"NoExecPaths", {"/"}},
                             {"KeyringMode", {"private"}}}};

std::vector<std::string> blamed(int status) {
    std::vector<std::string> names;
    for (const auto& cause : causes_of_start_failure(status, kBefore, kInForce)) names.push_back(cause.directive);
    return names;
}

}  // namespace

TEST_CASE("a start failure is put down to what the candidate changed and the step needs") {
    struct Row {
        int status;
        std::string_view name;
        std::vector<std::string> directives;
    };
    const std::vector<Row> rows = {
        {200, "CHDIR", {"User", "PrivateTmp"}},
        {203, "EXEC", {"NoExecPaths", "CapabilityBoundingSet", "User", "SystemCallFilter", "PrivateTmp"}},
        {217, "USER", {"User"}},
        {218, "CAPABILITIES", {"CapabilityBoundingSet"}},
        {226, "NAMESPACE", {"ReadWritePaths", "NoExecPaths", "PrivateTmp"}},
        {228, "SECCOMP", {"SystemCallFilter"}},
        {232, "ADDRESS_FAMILIES", {"RestrictAddressFamilies"}},
        {237, "KEYRING", {"KeyringMode"}},
    };
    for (const auto& row : rows) {
        INFO(row.status);
        CHECK(name_of_start_failure(row.status) == row.name);
        CHECK(blamed(row.status) == row.directives);
    }
}

TEST_CASE("a status of the service's own, and a step that the candidate did not touch, blame nobody") {
    for (const int status : {0, 1, 143, 201, 255}) CHECK(blamed(status).empty());
    CHECK(name_of_start_failure(1).empty());
    CHECK(name_of_start_failure(201) == "NICE");
    CHECK(causes_of_start_failure(226, kInForce, kInForce).empty());
}

TEST_CASE("the value that was in force is told") {
    const auto causes = causes_of_start_failure(226, kBefore, kInForce);
    REQUIRE_FALSE(causes.empty());
    CHECK(causes.front().value == std::vector<std::string>{"/srv/missing"});
    CHECK(causes.front().remedy.how == Remedy::How::leave_out);
}
