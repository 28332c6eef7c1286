// Real programs, real children: the types of the file systems on which files are opened.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "support/catch.h"
#include "support/observed.h"

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;

namespace {

/// Type -> how often.
std::map<std::string, std::uint64_t> file_systems(const Observed& seen) {
    std::map<std::string, std::uint64_t> out;
    for (const auto& [fact, evidence] : seen.all<FileSystemFact>()) out[fact.type] += evidence.count;
    return out;
}

}  // namespace

TEST_CASE("file systems on which files are opened are seen by type, with and without a path") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("file_systems");
    REQUIRE(seen.status == 0);
    const auto types = file_systems(seen);
    CAPTURE(types);
    CHECK(types.count("ramfs") == 1);
    CHECK(types.count("proc") == 1);
    for (const char* internal : {"pipefs", "nsfs", "mqueue"}) {
        INFO(internal);
        CHECK(types.count(internal) == 1);
    }
    // Only looked at, where no security module is asked about an open file.
    CHECK(types.count("sysfs") == 0);
    // Not opened: epoll, eventfd and the pidfds of older kernels.
    CHECK(types.count("anon_inodefs") == 0);
    // A file without a path is none in a directory.
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        CAPTURE(fact.directory);
        CHECK(fact.directory.front() == '/');
        CHECK(std::none_of(fact.names.begin(), fact.names.end(),
                           [](const std::string& name) { return name.find(':') != std::string::npos; }));
    }
}

TEST_CASE("a file system counts all that was opened on it") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("many_files");
    REQUIRE(seen.status == 0);
    std::uint64_t most = 0;
    for (const auto& [type, count] : file_systems(seen)) most = std::max(most, count);
    CHECK(most >= 200);
}

TEST_CASE("a program that is in memory only was executed on tmpfs") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("executes_from_memory");
    REQUIRE(seen.status == 0);
    CHECK(file_systems(seen).count("tmpfs") == 1);
}
