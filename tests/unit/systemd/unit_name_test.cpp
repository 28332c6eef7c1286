// Names of units and the directories of their cgroups. The cgroup names were compared with those that a
// running systemd 252 gave to units of these names.
#include "systemd/unit_name.h"

#include <string>

#include "support/catch.h"

using sandfit::ErrorKind;
using sandfit::systemd::cgroup_directory_name;
using sandfit::systemd::service_name;
using sandfit::systemd::slice_path;
using sandfit::systemd::unit_stem;

TEST_CASE("a service name is completed with its suffix") {
    CHECK(service_name("nginx").value() == "nginx.service");
    CHECK(service_name("nginx.service").value() == "nginx.service");
    CHECK(service_name("postgresql@15-main").value() == "postgresql@15-main.service");
    CHECK(service_name("postgresql@15-main.service").value() == "postgresql@15-main.service");
    CHECK(service_name("dbus-org.freedesktop.login1").value() == "dbus-org.freedesktop.login1.service");
    CHECK(service_name("a\\x2db").value() == "a\\x2db.service");
    CHECK(service_name("user@0@1").value() == "user@0@1.service");
}

TEST_CASE("what can be no service is refused as bad usage") {
    const std::string longest = std::string(247, 'a');
    CHECK(service_name(longest).has_value());
    for (const std::string& bad :
         {std::string(), longest + "a", std::string("/usr/sbin/nginx"), std::string("a/b.service"),
          std::string("nginx.socket"), std::string("system.slice"), std::string("a b"), std::string("a\nb"),
          std::string("a\xff"), std::string("getty@"), std::string("getty@.service"), std::string("@a.service"),
          std::string(".service"), std::string("a%i"), std::string("a;b"), std::string(1, '\0')}) {
        INFO(bad);
        const auto result = service_name(bad);
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().kind == ErrorKind::usage);
        CHECK(result.error().what.find('\n') == std::string::npos);
    }
}

TEST_CASE("a template without an instance is told how to name one") {
    const auto result = service_name("getty@.service");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what == "\"getty@.service\" is no service: it is a template without an instance");
    CHECK(result.error().hint.find("getty@INSTANCE.service") != std::string::npos);
}

TEST_CASE("the stem of a unit is its name without the suffix") {
    CHECK(unit_stem("nginx.service") == "nginx");
    CHECK(unit_stem("postgresql@15-main.service") == "postgresql@15-main");
    CHECK(unit_stem("a.b.service") == "a.b");
    CHECK(unit_stem("sleep") == "sleep");
}

TEST_CASE("a slice lies inside of the slices that its dashes name") {
    CHECK(slice_path("system.slice").value() == "system.slice");
    CHECK(slice_path("system-postgresql.slice").value() == "system.slice/system-postgresql.slice");
    CHECK(slice_path("a-b-c.slice").value() == "a.slice/a-b.slice/a-b-c.slice");
    CHECK(slice_path("a-b_c.slice").value() == "a.slice/a-b_c.slice");
    CHECK(slice_path("-.slice").value().empty());
    CHECK(slice_path("system-systemd\\x2dcryptsetup.slice").value() ==
          "system.slice/system-systemd\\x2dcryptsetup.slice");
    CHECK(slice_path("cpu-x.slice").value() == "_cpu.slice/cpu-x.slice");
}

TEST_CASE("what is no slice is refused") {
    for (const char* bad : {"", "system", ".slice", "a--b.slice", "-a.slice", "a-.slice", "a/b.slice", "a b.slice"}) {
        INFO(bad);
        CHECK_FALSE(slice_path(bad).has_value());
    }
}

TEST_CASE("a unit whose name could be a control file gets an underscore in front") {
    CHECK(cgroup_directory_name("nginx.service") == "nginx.service");
    CHECK(cgroup_directory_name("cpu.service") == "_cpu.service");
    CHECK(cgroup_directory_name("memory.service") == "_memory.service");
    CHECK(cgroup_directory_name("pids.max") == "_pids.max");
    CHECK(cgroup_directory_name("cgroup.service") == "_cgroup.service");
    CHECK(cgroup_directory_name("_x.service") == "__x.service");
    CHECK(cgroup_directory_name("tasks") == "_tasks");
    CHECK(cgroup_directory_name("cpux.service") == "cpux.service");
    CHECK(cgroup_directory_name("memory@1.service") == "memory@1.service");
}
