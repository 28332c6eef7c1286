// Which files make a unit. The same trees, on a running systemd: tests/system/settings_tests.py.
#include "systemd/unit_finder.h"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "support/catch.h"
#include "unit_tree.h"

using namespace sandfit;
using namespace sandfit::test;
using systemd::FoundUnit;
using Texts = std::vector<std::string>;

namespace {

Result<FoundUnit> find(const UnitTree& tree, const std::string& unit) {
    const auto root = base::Root::open(tree.root());
    REQUIRE(root);
    return systemd::find_unit(*root, unit);
}

}  // namespace

TEST_CASE("the fragment of the highest directory counts") {
    const UnitTree tree;
    tree.write(kVendor + "a.service", "x");
    CHECK(find(tree, "a.service")->fragment == kVendor + "a.service");
    tree.write(kRuntime + "a.service", "x");
    CHECK(find(tree, "a.service")->fragment == kRuntime + "a.service");
    tree.write(kAdmin + "a.service", "x");
    CHECK(find(tree, "a.service")->fragment == kAdmin + "a.service");
    tree.write("/run/systemd/transient/a.service", "x");
    CHECK(find(tree, "a.service")->fragment == "/run/systemd/transient/a.service");
    CHECK(find(tree, "a.service")->id == "a.service");
    CHECK(find(tree, "a.service")->names == Texts{"a.service"});
}

TEST_CASE("a root whose /lib is apart from /usr/lib has both") {
    const UnitTree tree;
    std::filesystem::remove(tree.root() + "/lib");
    tree.write("/lib/systemd/system/a.service", "x");
    CHECK(find(tree, "a.service")->fragment == "/lib/systemd/system/a.service");
    tree.write(kVendor + "a.service", "x");
    CHECK(find(tree, "a.service")->fragment == kVendor + "a.service");
}

TEST_CASE("drop-ins apply in the order of their names; one of a higher directory hides the others of its name") {
    const UnitTree tree;
    tree.write(kVendor + "a.service", "x");
    tree.write(kVendor + "a.service.d/50-b.conf", "");
    tree.write(kVendor + "a.service.d/10-a.conf", "");
    tree.write(kRuntime + "a.service.d/50-b.conf", "");
    tree.write(kAdmin + "a.service.d/30-c.conf", "");
    tree.write(kAdmin + "a.service.d/.hidden.conf", "");
    tree.write(kAdmin + "a.service.d/40-no.txt", "");
    tree.write(kAdmin + "b.service.d/20-other.conf", "");
    CHECK(find(tree, "a.service")->drop_ins == Texts{kVendor + "a.service.d/10-a.conf",
                                                     kAdmin + "a.service.d/30-c.conf",
                                                     kRuntime + "a.service.d/50-b.conf"});
}

TEST_CASE("drop-ins are those of the unit, its template, the prefixes of its name, and all services") {
    const UnitTree tree;
    tree.write(kVendor + "a-b@.service", "x");
    for (const char* directory :
         {"a-b@q.service.d", "a-b@.service.d", "a-@q.service.d", "a-@.service.d", "a-.service.d", "service.d",
          "a-b@other.service.d", "a-b.service.d", "a.service.d", "b@.service.d"}) {
        tree.write(kVendor + directory + "/" + directory + ".conf", "");
    }
    CHECK(find(tree, "a-b@q.service")->drop_ins ==
          Texts{kVendor + "a-.service.d/a-.service.d.conf", kVendor + "a-@.service.d/a-@.service.d.conf",
                kVendor + "a-@q.service.d/a-@q.service.d.conf", kVendor + "a-b@.service.d/a-b@.service.d.conf",
                kVendor + "a-b@q.service.d/a-b@q.service.d.conf", kVendor + "service.d/service.d.conf"});

    // The more specific directory hides a name of the more general one.
    tree.write(kAdmin + "service.d/one.conf", "");
    tree.write(kVendor + "a-.service.d/one.conf", "");
    CHECK(find(tree, "a-b@q.service")->drop_ins.at(5) == kVendor + "a-.service.d/one.conf");

    tree.write(kVendor + "x-y-.service", "x");
    tree.write(kVendor + "x-.service.d/p.conf", "");
    tree.write(kVendor + "x-y-.service.d/q.conf", "");
    CHECK(find(tree, "x-y-.service")->drop_ins ==
          Texts{kAdmin + "service.d/one.conf", kVendor + "x-.service.d/p.conf", kVendor + "x-y-.service.d/q.conf",
                kVendor + "service.d/service.d.conf"});
}

TEST_CASE("an instance takes its own file before its template's") {
    const UnitTree tree;
    tree.write(kVendor + "t@.service", "x");
    CHECK(find(tree, "t@1.service")->fragment == kVendor + "t@.service");
    CHECK(find(tree, "t@1.service")->id == "t@1.service");
    tree.write(kVendor + "t@1.service", "x");
    CHECK(find(tree, "t@1.service")->fragment == kVendor + "t@1.service");
    CHECK_FALSE(find(tree, "u@1.service"));
    CHECK_FALSE(find(tree, "t.service"));
}

TEST_CASE("an alias leads to the unit, and its drop-ins count, too") {
    const UnitTree tree;
    tree.write(kVendor + "real.service", "x");
    tree.link(kAdmin + "alias.service", "/lib/systemd/system/real.service");
    tree.link(kAdmin + "second.service", "alias.service");
    tree.write(kAdmin + "alias.service.d/a.conf", "");
    tree.write(kVendor + "real.service.d/r.conf", "");
    for (const char* name : {"real.service", "alias.service", "second.service"}) {
        INFO(name);
        const auto found = find(tree, name);
        REQUIRE(found);
        CHECK(found->id == "real.service");
        CHECK(found->names == Texts{"real.service", "alias.service", "second.service"});
        CHECK(found->fragment == kVendor + "real.service");
        CHECK(found->drop_ins == Texts{kAdmin + "alias.service.d/a.conf", kVendor + "real.service.d/r.conf"});
    }
}

TEST_CASE("templates have aliases for each of their instances, and an instance one of its own") {
    const UnitTree tree;
    tree.write(kVendor + "t@.service", "x");
    tree.link(kVendor + "other@.service", "t@.service");
    tree.link(kAdmin + "special@one.service", kVendor + "t@.service");
    CHECK(find(tree, "other@q.service")->id == "t@q.service");
    CHECK(find(tree, "other@q.service")->names == Texts{"t@q.service", "other@q.service"});
    CHECK(find(tree, "special@one.service")->id == "t@one.service");
    CHECK(find(tree, "t@one.service")->names == Texts{"t@one.service", "other@one.service", "special@one.service"});
    CHECK(find(tree, "t@two.service")->names == Texts{"t@two.service", "other@two.service"});
}

TEST_CASE("a link to a file elsewhere is the unit of the link's name") {
    const UnitTree tree;
    tree.write("/srv/made.service", "x");
    tree.link(kAdmin + "linked.service", "/srv/made.service");
    CHECK(find(tree, "linked.service")->fragment == kAdmin + "linked.service");
    CHECK(find(tree, "linked.service")->id == "linked.service");
    CHECK_FALSE(find(tree, "made.service"));
}

TEST_CASE("links that are no aliases for systemd are none here") {
    const UnitTree tree;
    tree.write(kVendor + "t@.service", "x");
    tree.write(kVendor + "a.service", "x");
    tree.link(kVendor + "plain.service", "t@.service");
    tree.link(kVendor + "u@.service", "a.service");
    tree.link(kVendor + "u@1.service", "t@2.service");
    tree.link(kVendor + "loop1.service", "loop2.service");
    tree.link(kVendor + "loop2.service", "loop1.service");
    tree.link(kVendor + "self.service", "self.service");
    tree.link(kVendor + "dangling.service", "gone.service");
    tree.link(kVendor + "wrong.service", "a.socket");
    std::filesystem::create_directory(tree.root() + kVendor + "directory.service");
    for (const char* name : {"plain.service", "u@x.service", "u@1.service", "loop1.service", "self.service",
                             "dangling.service", "wrong.service", "directory.service", "nosuch.service"}) {
        INFO(name);
        const auto found = find(tree, name);
        REQUIRE_FALSE(found);
        CHECK(found.error().what == std::string("there is no ") + name + " below " + tree.root());
    }
}

TEST_CASE("a masked unit is told as such; a masked drop-in stays in the list") {
    const UnitTree tree;
    tree.write(kVendor + "a.service", "x");
    tree.write(kVendor + "a.service.d/10.conf", "");
    tree.link(kAdmin + "a.service.d/10.conf", "/dev/null");
    CHECK(find(tree, "a.service")->drop_ins == Texts{kAdmin + "a.service.d/10.conf"});
    tree.link(kRuntime + "a.service", "/dev/null");
    CHECK(find(tree, "a.service").error().what == "a.service is masked by " + kRuntime + "a.service");
    tree.write(kVendor + "empty.service", "");
    CHECK(find(tree, "empty.service").error().what == "empty.service is masked by " + kVendor + "empty.service");
    tree.link(kAdmin + "far.service", "/srv/null");
    tree.link("/srv/null", "../dev/null");
    CHECK(find(tree, "far.service").error().what == "far.service is masked by " + kAdmin + "far.service");
}

TEST_CASE("nothing is followed out of the root") {
    const UnitTree tree;
    const std::string secret = tree.outside() + "/secret.service";
    std::ofstream(secret) << "secret";
    const auto root = base::Root::open(tree.root());
    REQUIRE(root);
    for (const std::string& target : {secret, std::string("../../../../secret.service"),
                                      std::string("/../../secret.service"), "/proc/self/root" + secret}) {
        INFO(target);
        std::filesystem::remove(tree.root() + kAdmin + "out.service");
        tree.link(kAdmin + "out.service", target);
        CHECK_FALSE(root->read(kAdmin + "out.service", 100));
    }
    // A directory of drop-ins that leads out has none.
    std::filesystem::create_directory(tree.outside() + "/evil.d");
    std::ofstream(tree.outside() + "/evil.d/x.conf") << "[Service]\n";
    tree.write(kVendor + "a.service", "x");
    tree.link(kAdmin + "a.service.d", tree.outside() + "/evil.d");
    CHECK(find(tree, "a.service")->drop_ins.empty());
    // And a link to an absolute path begins at the root again.
    tree.write("/srv/d/x.conf", "");
    std::filesystem::remove(tree.root() + kAdmin + "a.service.d");
    tree.link(kAdmin + "a.service.d", "/srv/d");
    CHECK(find(tree, "a.service")->drop_ins == Texts{kAdmin + "a.service.d/x.conf"});
}

TEST_CASE("only regular files are read, and nothing is waited for") {
    const UnitTree tree;
    REQUIRE(::mkfifo((tree.root() + kAdmin + "fifo.service").c_str(), 0600) == 0);
    tree.link(kAdmin + "linked.service", "/etc/systemd/system/fifo.service");
    const auto root = base::Root::open(tree.root());
    REQUIRE(root);
    const auto fifo = root->read(kAdmin + "fifo.service", 100);
    REQUIRE_FALSE(fifo);
    CHECK(fifo.error().what == tree.root() + kAdmin + "fifo.service is no regular file");
    CHECK_FALSE(find(tree, "fifo.service"));
    tree.write("/big", std::string(101, 'x'));
    CHECK(root->read("/big", 100).error().what == tree.root() + "/big is larger than 100 bytes");
    CHECK(root->read("/big", 101)->size() == 101);
    CHECK_FALSE(root->read("/etc", 100));
    CHECK_FALSE(base::Root::open(tree.root() + "/big"));
}

TEST_CASE("file names that are no names of units, and hostile ones, are passed over") {
    const UnitTree tree;
    tree.write(kVendor + "a.service", "x");
    tree.write(kVendor + ".service", "x");
    tree.write(kVendor + "@.service", "x");
    tree.write(kVendor + "\x1B[2J\n.service", "x");
    tree.write(kAdmin + "a.service.d/\n\xFF.conf", "");
    const auto found = find(tree, "a.service");
    REQUIRE(found);
    CHECK(found->names == Texts{"a.service"});
    CHECK(found->drop_ins == Texts{kAdmin + "a.service.d/\n\xFF.conf"});
}
