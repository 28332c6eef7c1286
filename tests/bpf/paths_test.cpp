// Real programs, real children: paths.
#include "support/catch.h"
#include "support/observed.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;

namespace {

constexpr int kCannot = 77;

// What no run may lose, whatever it does.
void check_whole(const Observed& seen) {
    CHECK(seen.status == 0);
    for (const auto& [reason, count] : seen.coverage.losses) FAIL_CHECK(reason << ": " << count);
    CHECK_FALSE(seen.file(FileOp::make_directory, "", "made-before-exec").has_value());
}

}  // namespace

TEST_CASE("a path of 45 levels is whole") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("deep_path");
    check_whole(seen);
    std::string deepest;
    for (int i = 0; i < 45; ++i) deepest += (i == 0 ? "level-" : "/level-") + std::to_string(i);
    const auto leaf = seen.file(FileOp::create, deepest, "leaf");
    REQUIRE(leaf.has_value());
    CHECK(leaf->resolution == Resolution::walked);
    CHECK(leaf->kind == FileKind::regular);
}

TEST_CASE("a path deeper than the walk follows is marked as cut") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("too_deep");
    CHECK(seen.status == 0);
    bool found = false;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op == FileOp::create && fact.names.count("leaf") != 0) {
            found = true;
            CHECK(fact.resolution == Resolution::cut);
        }
    }
    CHECK(found);
}

TEST_CASE("a bind mount shows the path through which it was used") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("bind_mount");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "shown", "file").has_value());
    CHECK_FALSE(seen.file(FileOp::create, "real", "file").has_value());
    const std::vector<std::tuple<FileOp, std::string, std::string>> changes = {
        {FileOp::make_directory, "real", "sub"},     {FileOp::make_directory, "shown", "made"},
        {FileOp::remove, "real", "file"},            {FileOp::remove_directory, "real", "moved"},
        {FileOp::make_symlink, "shown", "link"},     {FileOp::change_mode, "real", "sub"}};
    for (const auto& [op, directory, name] : changes) {
        INFO(name);
        CHECK(seen.file(op, directory, name).has_value());
        CHECK_FALSE(seen.file(op, directory == "real" ? "shown" : "real", name).has_value());
    }
    CHECK(seen.move(MoveOp::rename, "shown", "shown").has_value());
    CHECK(seen.move(MoveOp::link, "shown", "shown").has_value());
    CHECK(seen.all<MoveFact>().size() == 2);
}

TEST_CASE("paths of an own mount namespace are those that the process sees") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("mount_namespace");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "own", "file").has_value());
    CHECK(seen.file(FileOp::make_directory, "own", "made").has_value());
    CHECK(seen.move(MoveOp::rename, "own", "own/made").has_value());
}

TEST_CASE("paths in a chroot are those of the mount namespace") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("change_root");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "root", "inside").has_value());
    const auto made = seen.file(FileOp::make_directory, "root", "made");
    REQUIRE(made.has_value());
    CHECK(made->resolution == (sandfit::tests::by_trampolines() ? Resolution::walked : Resolution::resolved));
    CHECK(seen.file(FileOp::remove, "root", "inside").has_value());
}

TEST_CASE("rename, exchange and link carry both directories") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("rename_across");
    check_whole(seen);
    const auto renamed = seen.move(MoveOp::rename, "a", "b");
    REQUIRE(renamed.has_value());
    CHECK(renamed->from_names == std::set<std::string>{"old"});
    CHECK(renamed->to_names == std::set<std::string>{"new"});
    CHECK(renamed->error == 0);
    CHECK(seen.move(MoveOp::link, "a", "b").has_value());
    CHECK(seen.move(MoveOp::exchange, "a", "b").has_value());
}

TEST_CASE("what an overlay does in its layers is the kernel's own") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("on_overlay");
    if (seen.status == kCannot) {
        WARN("SKIPPED: this kernel has no overlay file system");
        return;
    }
    check_whole(seen);
    const std::map<FileOp, std::string> changed = {
        {FileOp::truncate, "cut"},          {FileOp::change_mode, "closed"}, {FileOp::change_owner, "given"},
        {FileOp::remove, "gone"},           {FileOp::make_symlink, "link"},  {FileOp::make_node, "node"},
        {FileOp::remove_directory, "empty"}, {FileOp::make_directory, "made"}};
    for (const auto& [op, name] : changed) {
        INFO(name);
        const auto fact = seen.file(op, "merged", name);
        CHECK(fact.has_value());
        if (fact) CHECK(fact->names.size() == 1);
    }
    CHECK(seen.move(MoveOp::rename, "merged", "merged").has_value());
    CHECK(seen.move(MoveOp::link, "merged", "merged").has_value());
    CHECK(seen.all<MoveFact>().size() == 2);
    const std::set<std::string> own = {seen.directory, seen.directory + "/layers", seen.directory + "/layers/lower",
                                       seen.directory + "/merged"};
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        INFO(fact.directory);
        if (changed.count(fact.op) != 0) CHECK(own.count(fact.directory) == 1);
    }
    // It notes what it does in trusted attributes, with the credentials of who mounted it.
    for (const auto& [fact, evidence] : seen.all<CapabilityFact>()) {
        if (fact.capability != "CAP_SYS_ADMIN" || fact.use == CapabilityUse::probe) continue;
        INFO(fact.syscall);
        CHECK((fact.syscall == "unshare" || fact.syscall == "mount"));
    }
}

TEST_CASE("a file that is deleted while open keeps its path") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("deleted_file");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "", "doomed").has_value());
    CHECK(seen.file(FileOp::remove, "", "doomed").has_value());
    CHECK(seen.file(FileOp::change_mode, "", "doomed").has_value());
    CHECK(seen.file(FileOp::remove, "", "never-there", ENOENT).has_value());
}

TEST_CASE("relative paths are resolved from their descriptor and from the working directory") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("relative_with_dirfd");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "base/sub", "created").has_value());
    CHECK(seen.file(FileOp::make_directory, "base/sub", "made").has_value());
    CHECK(seen.file(FileOp::remove_directory, "base/sub", "made").has_value());
    CHECK(seen.file(FileOp::remove, "base/sub", "created").has_value());
    CHECK(seen.file(FileOp::make_symlink, "base", "link").has_value());
}

TEST_CASE("symbolic links lead to the real directory") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("through_symlink");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "target", "opened").has_value());
    CHECK(seen.file(FileOp::make_directory, "target", "made").has_value());
    CHECK(seen.file(FileOp::change_mode, "target", "opened").has_value());
    CHECK_FALSE(seen.file(FileOp::create, "alias", "opened").has_value());
}

TEST_CASE("O_TMPFILE needs its directory, and has no name") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("tmpfile");
    check_whole(seen);
    const auto made = seen.file(FileOp::create_tmpfile, "", "");
    REQUIRE(made.has_value());
    CHECK(made->names.empty());
}

TEST_CASE("each call that changes a path is a fact of its own") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("path_changes");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "", "file").has_value());
    CHECK(seen.file(FileOp::change_mode, "", "file").has_value());
    CHECK(seen.file(FileOp::change_owner, "", "file").has_value());
    CHECK(seen.file(FileOp::truncate, "", "file").has_value());
    CHECK(seen.file(FileOp::change_times, "", "file").has_value());
    CHECK(seen.file(FileOp::change_xattr, "", "file").has_value());
    const auto fifo = seen.file(FileOp::make_node, "", "pipe");
    REQUIRE(fifo.has_value());
    CHECK(fifo->kind == FileKind::fifo);
    CHECK(seen.file(FileOp::remove_directory, "", "d").has_value());
    bool device = false;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        device = device || (fact.op == FileOp::write && fact.directory == "/dev" && fact.kind == FileKind::char_device);
    }
    CHECK(device);
}

TEST_CASE("an open that cuts a file writes it") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("cuts_by_opening");
    check_whole(seen);
    for (const char* name : {"plain", "created", "by-how"}) {
        INFO(name);
        CHECK(seen.file(FileOp::write, "", name).has_value());
    }
    CHECK_FALSE(seen.file(FileOp::read, "", "created").has_value());
    CHECK(seen.file(FileOp::write, "", "missing", ENOENT).has_value());
    CHECK(seen.file(FileOp::read, "", "plain").has_value());  // O_PATH looks at no other flag
    for (const auto& [fact, evidence] : seen.all<FileFact>())
        CHECK_FALSE((fact.op == FileOp::write && fact.directory == "/dev"));
}

TEST_CASE("two file systems are told apart, whatever their inode numbers") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("twins");
    check_whole(seen);
    for (const char* directory : {"one", "two"}) {
        INFO(directory);
        CHECK(seen.file(FileOp::create, directory, "file").has_value());
        CHECK(seen.file(FileOp::change_times, directory, "file").has_value());
        CHECK(seen.file(FileOp::remove, directory, "file").has_value());
    }
}

TEST_CASE("200 temporary files are one fact with a few names") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("many_files");
    check_whole(seen);
    int facts = 0;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op != FileOp::create || fact.directory != seen.directory) continue;
        ++facts;
        CHECK(fact.names.size() == FileFact::kMaxNames);
        CHECK(fact.many);
        CHECK(evidence.count == 200);
    }
    CHECK(facts == 1);
}

TEST_CASE("names are raw bytes, whatever they are") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("hostile_names");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "", "new\nline").has_value());
    CHECK(seen.file(FileOp::create, "", "quo\"te%n$HOME\\").has_value());
    CHECK(seen.file(FileOp::create, "", "not-\xff\xfe-utf8").has_value());
    CHECK(seen.file(FileOp::make_directory, "", "\x1b[31m").has_value());
}

TEST_CASE("calls that fail are recorded with their errno") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("fails_to_write");
    check_whole(seen);
    CHECK(seen.file(FileOp::create, "missing-directory", "file", ENOENT).has_value());
    CHECK(seen.file(FileOp::remove_directory, "", "missing", ENOENT).has_value());
    bool exists = false;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        exists = exists || (fact.op == FileOp::make_directory && fact.error == EEXIST);
    }
    CHECK(exists);
}
