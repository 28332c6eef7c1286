// Real programs, real children: what was looked at, and what calls asked for by their arguments.
#include "support/catch.h"
#include "support/observed.h"

#include <cerrno>
#include <set>
#include <utility>

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;

namespace {

bool has_request(const Observed& seen, Request request, const std::string& value) {
    for (const auto& [fact, evidence] : seen.all<RequestFact>()) {
        if (fact.request == request && fact.value == value && fact.error == 0) return true;
    }
    return false;
}

bool has_file(const Observed& seen, FileOp op, const std::string& directory, const std::string& name) {
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op == op && fact.directory == directory && fact.error == 0 && fact.names.count(name) != 0) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("what is looked up is seen, found or not") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("looks");
    REQUIRE(seen.status == 0);
    const auto there = seen.file(FileOp::look, "", "there");
    REQUIRE(there.has_value());
    CHECK(seen.file(FileOp::look, "", "missing", ENOENT).has_value());
    // An open for reading that failed has only looked.
    CHECK(seen.file(FileOp::look, "", "missing-too", ENOENT).has_value());
    CHECK(seen.file(FileOp::look, "", "missing-handle", ENOENT).has_value());
    CHECK_FALSE(seen.file(FileOp::read, "", "missing-too", ENOENT).has_value());
}

TEST_CASE("a process that reads of itself is told from one that reads of another") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("looks");
    CHECK(has_file(seen, FileOp::read, "/proc/self", "status"));
    CHECK(has_file(seen, FileOp::read, "/proc/[pid]", "status"));
    CHECK(has_file(seen, FileOp::look, "/proc/self", "comm"));
    CHECK(has_file(seen, FileOp::look, "/proc/[pid]", "comm"));
}

TEST_CASE("executable memory, namespaces, personalities and policies are seen by their arguments") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("requests");
    REQUIRE(seen.status == 0);
    CHECK(has_request(seen, Request::writable_code, "mmap"));
    CHECK(has_request(seen, Request::writable_code, "mprotect"));
    CHECK(has_request(seen, Request::writable_code, "shmat"));
    CHECK(has_request(seen, Request::namespace_, "uts"));
    CHECK(has_request(seen, Request::personality, "0x40000"));
    CHECK(has_request(seen, Request::personality, "0xffffffff"));
    CHECK(has_request(seen, Request::scheduling, "SCHED_BATCH|SCHED_RESET_ON_FORK"));
    // Nothing else of these kinds: plain mappings and forks ask for nothing.
    CHECK(seen.all<RequestFact>().size() == 7);
}

TEST_CASE("plain processes ask for none of it, but map their libraries") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("threads");
    for (const auto& [fact, evidence] : seen.all<RequestFact>()) {
        CAPTURE(static_cast<int>(fact.request), fact.value, fact.error, evidence.syscalls);
        CHECK(false);
    }
    bool libc = false;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op == FileOp::map) libc = libc || fact.names.count("libc.so.6") != 0;
    }
    CHECK(libc);
}

TEST_CASE("a set-ID bit is seen though the same file's mode was changed before") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("requests");
    bool given = false;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        given = given || (fact.op == FileOp::change_mode && (fact.modes & 02000) != 0);
    }
    CHECK(given);
}
