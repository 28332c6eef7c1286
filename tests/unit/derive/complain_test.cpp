// What systemd's complain mode is asked to log.
#include "derive/complain.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::derive;

namespace {

using Words = std::vector<std::string>;

Host host() {
    Host host;
    host.syscall_groups["@default"] = {"exit", "exit_group"};
    host.syscall_groups["@mount"] = {"mount", "umount2"};
    return host;
}

std::string logged(const UnitSettings& present, const Words& filter) {
    UnitSettings candidate = present;
    candidate.values["SystemCallFilter"] = filter;
    return calls_to_log(present, candidate, host());
}

}  // namespace

TEST_CASE("complain mode logs what the filter would refuse") {
    CHECK(logged({}, {"~@mount", "ptrace:EPERM"}) == "mount ptrace umount2");
    const std::string all_others = logged({}, {"read", "write"});
    CHECK(all_others.starts_with("~"));
    for (const char* allowed : {"read", "write", "exit_group"}) {
        CHECK((all_others + " ").find(allowed + std::string(" ")) != std::string::npos);
    }
    CHECK(all_others.find("mount") == std::string::npos);
    CHECK(logged({}, {}).empty());
    CHECK(calls_to_log({}, {}, host()).empty());
}

TEST_CASE("complain mode does not bring privileges' end with it") {
    CHECK(logged({{{"User", {"www-data"}}}}, {"~@mount"}).empty());
    CHECK(logged({{{"User", {"www-data"}}, {"NoNewPrivileges", {"yes"}}}}, {"~@mount"}) == "mount umount2");
    CHECK(logged({{{"User", {"root"}}}}, {"~@mount"}) == "mount umount2");
    CHECK(logged({{{"DynamicUser", {"yes"}}}}, {"~@mount"}) == "mount umount2");
}
