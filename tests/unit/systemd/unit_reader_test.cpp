// A service read from its files: which of them, in which order, and what a user is told.
#include "systemd/unit_reader.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "unit_tree.h"

using namespace sandfit;
using namespace sandfit::test;
using Texts = std::vector<std::string>;

namespace {

const std::string kCommand = "[Service]\nExecStart=/bin/true\n";

}  // namespace

TEST_CASE("a unit below a root is its fragment and all its drop-ins") {
    const UnitTree tree;
    tree.write(kVendor + "web@.service", kCommand + "UMask=0011\nReadWritePaths=/srv/%i\nProtectHome=yes\n");
    tree.write(kAdmin + "web@.service.d/10.conf", "[Service]\nUMask=0022\nReadWritePaths=/b\n");
    tree.write(kVendor + "web@.service.d/20.conf", "[Service]\nProtectHome=no\n");
    tree.link(kRuntime + "web@.service.d/20.conf", "/dev/null");
    tree.link(kVendor + "shop@.service", "web@.service");
    const auto unit = systemd::read_unit_below(tree.root() + "/", "shop@a.service", Host());
    REQUIRE(unit);
    CHECK(unit->id == "web@a.service");
    const auto& values = unit->files.settings.values;
    CHECK(values.at("UMask") == Texts{"0022"});
    CHECK(values.at("ReadWritePaths") == Texts{"/srv/a", "/b"});
    CHECK(values.at("ProtectHome") == Texts{"yes"});
    CHECK(values.at("Names") == Texts{"web@a.service", "shop@a.service"});
    CHECK(values.at("FragmentPath") == Texts{kVendor + "web@.service"});
    CHECK(values.at("DropInPaths") == Texts{kAdmin + "web@.service.d/10.conf", kRuntime + "web@.service.d/20.conf"});
    CHECK(unit->files.ignored.empty());
}

TEST_CASE("an error names the file, below the root that the user gave") {
    const UnitTree tree;
    tree.write(kVendor + "a.service", kCommand);
    tree.write(kAdmin + "a.service.d/x.conf", "[Service]\nUMask=0022\n[Broken\n");
    const auto unit = systemd::read_unit_below(tree.root(), "a.service", Host());
    REQUIRE_FALSE(unit);
    CHECK(unit.error().what ==
          tree.root() + kAdmin + "a.service.d/x.conf:3: the section header has no \"]\" at its end");
}

TEST_CASE("a drop-in that cannot be read is passed over, and told") {
    const UnitTree tree;
    tree.write(kVendor + "a.service", kCommand);
    tree.link(kAdmin + "a.service.d/x.conf", "gone.conf");
    std::filesystem::create_directory(tree.root() + kAdmin + "a.service.d/y.conf");
    const auto unit = systemd::read_unit_below(tree.root(), "a.service", Host());
    REQUIRE(unit);
    CHECK(unit->files.ignored == Texts{"cannot read " + tree.root() + kAdmin + "a.service.d/x.conf",
                                       tree.root() + kAdmin + "a.service.d/y.conf is no regular file"});
}

TEST_CASE("a unit is read from the files that are named, in their order") {
    const UnitTree tree;
    tree.write("/a", kCommand + "UMask=0011\nUser=%i\n");
    tree.write("/b", "[Service]\nUMask=0022\n");
    const auto unit = systemd::read_unit_of({tree.root() + "/a", tree.root() + "/b"}, "x@y.service", Host());
    REQUIRE(unit);
    CHECK(unit->id == "x@y.service");
    CHECK(unit->files.settings.scalar("UMask") == "0022");
    CHECK(unit->files.settings.scalar("User") == "y");
    const auto other = systemd::read_unit_of({tree.root() + "/b", tree.root() + "/a"}, "x@y.service", Host());
    CHECK(other->files.settings.scalar("UMask") == "0011");
    CHECK_FALSE(systemd::read_unit_of({tree.root() + "/a", tree.root() + "/none"}, "x@y.service", Host()));
}

TEST_CASE("of a recorded unit stays what its files cannot tell") {
    UnitSettings recorded;
    recorded.values = {{"TriggeredBy", {"a.socket"}}, {"LimitNOFILE", {"1000"}}, {"LimitNOFILESoft", {"100"}},
                       {"TasksMax", {"7"}},           {"ProtectHome", {"yes"}},  {"PrivateTmpEx", {"no"}},
                       {"TimeoutStopUSec", {"5"}},    {"NUMAPolicy", {"1"}}};
    const UnitTree tree;
    tree.write("/a", kCommand + "TasksMax=10%\nTimeoutStopSec=1\nNUMAPolicy=bind\n");
    Host host;
    host.systemd_version = 252;
    const auto unit = systemd::read_unit_of({tree.root() + "/a"}, "a.service", host);
    REQUIRE(unit);
    const auto combined = systemd::with_settings_of_files(recorded, unit->files).values;
    CHECK(combined.at("TriggeredBy") == Texts{"a.socket"});
    CHECK(combined.at("LimitNOFILE") == Texts{"1000"});
    CHECK(combined.at("LimitNOFILESoft") == Texts{"100"});
    CHECK(combined.at("ProtectHome") == Texts{"no"});
    CHECK(combined.at("TimeoutStopUSec") == Texts{"1000000"});
    CHECK_FALSE(combined.contains("TasksMax"));  // what the files set now is not what was recorded
    CHECK_FALSE(combined.contains("NUMAPolicy"));
}
