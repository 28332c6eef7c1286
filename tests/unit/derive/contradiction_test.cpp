// What a unit's present settings refuse of what was seen.
#include "derive/contradiction.h"

#include <cerrno>
#include <string>
#include <vector>

#include "case_reader.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::derive;

namespace {

FileFact created(const std::string& directory, int error) {
    FileFact fact;
    fact.op = FileOp::create;
    fact.directory = directory;
    fact.kind = FileKind::regular;
    fact.names = {"x"};
    fact.error = error;
    return fact;
}

ExecFact set_user_id_program() {
    ExecFact fact;
    fact.path = "/usr/bin/sudo";
    fact.set_user_id = true;
    return fact;
}

Profile profile_of(std::vector<Fact> facts) {
    Profile profile;
    profile.unit = "demo.service";
    for (auto& fact : facts) profile.facts.push_back({std::move(fact), {}});
    return profile;
}

UnitSettings settings_of(std::map<std::string, std::vector<std::string>> values) {
    return UnitSettings{std::move(values)};
}

std::vector<Contradiction> found(const Profile& profile, const UnitSettings& present) {
    return contradictions(profile, present, test::read_host_file("debian-12"));
}

}  // namespace

TEST_CASE("a unit without a sandbox refuses nothing") {
    const Profile profile = profile_of({created("/etc", EROFS), set_user_id_program()});
    CHECK(found(profile, {}).empty());
    CHECK(found(profile, settings_of({{"ProtectSystem", {"no"}},
                                      {"NoNewPrivileges", {"no"}},
                                      {"RestrictAddressFamilies", {}},
                                      {"PrivateTmp", {"no"}}}))
              .empty());
}

TEST_CASE("settings that came after the recording refuse what worked then") {
    const Profile profile = profile_of({created("/var/lib/demo", 0), created("/etc", 0)});
    auto present = settings_of({{"ProtectSystem", {"strict"}}, {"ReadWritePaths", {"/var/lib/demo"}}});
    CHECK(found(profile, present) == std::vector<Contradiction>{{"ProtectSystem", {"strict"}, {1}}});
    present.values["ReadWritePaths"] = {};
    CHECK(found(profile, present) == std::vector<Contradiction>{{"ProtectSystem", {"strict"}, {0, 1}}});
}

TEST_CASE("what worked under the same settings is not refused, what failed as a sandbox fails it is") {
    Profile profile = profile_of({created("/etc", 0), created("/etc", EROFS), created("/srv", EACCES)});
    profile.settings = settings_of({{"ProtectSystem", {"strict"}}});
    CHECK(found(profile, profile.settings) == std::vector<Contradiction>{{"ProtectSystem", {"strict"}, {1}}});
}

TEST_CASE("a socket of a family that a list does not allow is refused, by an allow-list and by a deny-list") {
    const SocketFact inet{"AF_INET", "SOCK_STREAM", 0, EAFNOSUPPORT};
    const SocketFact local{"AF_UNIX", "SOCK_STREAM", 0, 0};
    for (const char* words : {"AF_UNIX", "~AF_INET", "none"}) {
        INFO(words);
        Profile profile = profile_of({inet, local});
        profile.settings = settings_of({{"RestrictAddressFamilies", {words}}});
        CHECK(found(profile, profile.settings) ==
              std::vector<Contradiction>{{"RestrictAddressFamilies", {words}, {0}}});
    }
    CHECK(found(profile_of({inet, local}), settings_of({{"RestrictAddressFamilies", {"~AF_PACKET"}}})).empty());
}

TEST_CASE("a call that a filter does not allow is refused, whether it failed or not is not recorded") {
    const SyscallFact allowed{"read", Abi::native, false};
    const SyscallFact refused{"mount", Abi::native, false};
    for (const std::vector<std::string>& filter :
         {std::vector<std::string>{"@basic-io"}, {"~@mount"}, {"read", "write"}, {"~mount:EPERM", "swapon"}}) {
        INFO(filter.front());
        Profile profile = profile_of({allowed, refused});
        profile.settings = settings_of({{"SystemCallFilter", filter}});
        CHECK(found(profile, profile.settings) == std::vector<Contradiction>{{"SystemCallFilter", filter, {1}}});
    }
    CHECK(found(profile_of({allowed, refused}), settings_of({{"SystemCallFilter", {"~@swap"}}})).empty());
}

TEST_CASE("a program that grants privileges loses them, and only NoNewPrivileges= is blamed for it") {
    Profile profile = profile_of({set_user_id_program()});
    profile.settings =
        settings_of({{"User", {"demo"}}, {"NoNewPrivileges", {"yes"}}, {"RestrictAddressFamilies", {"AF_UNIX"}}});
    CHECK(found(profile, profile.settings) == std::vector<Contradiction>{{"NoNewPrivileges", {"yes"}, {0}}});
    profile.settings.values["NoNewPrivileges"] = {"no"};
    CHECK(found(profile, profile.settings) ==
          std::vector<Contradiction>{{"RestrictAddressFamilies", {"AF_UNIX"}, {0}}});
}

TEST_CASE("a capability that a later bounding set lacks is refused, one that was not granted is no sign") {
    CapabilityFact need;
    need.capability = "CAP_CHOWN";
    need.syscall = "fchown";
    need.granted = true;
    Profile profile = profile_of({need});
    for (const std::vector<std::string>& set : {std::vector<std::string>{}, {"CAP_KILL"}}) {
        CHECK(found(profile, settings_of({{"CapabilityBoundingSet", set}})) ==
              std::vector<Contradiction>{{"CapabilityBoundingSet", set, {0}}});
    }
    need.granted = false;
    profile = profile_of({need});
    profile.settings = settings_of({{"CapabilityBoundingSet", {"CAP_KILL"}}});
    CHECK(found(profile, profile.settings).empty());
}
