#include "base/temporary_directory.h"

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "base/file.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::base;

namespace {

int signals_seen = 0;

}  // namespace

TEST_CASE("a temporary directory is ours alone, and goes with what is in it") {
    std::string path;
    {
        auto made = TemporaryDirectory::make();
        REQUIRE(made);
        const TemporaryDirectory directory = std::move(*made);  // the one that was moved from removes nothing
        path = directory.path();
        struct stat state {};
        REQUIRE(::stat(path.c_str(), &state) == 0);
        CHECK((state.st_mode & 0777) == 0700);
        std::filesystem::create_directory(path + "/deeper");
        REQUIRE(write_file_atomically(path + "/deeper/file", "x"));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a signal that would end the program waits until the temporary directory is gone") {
    const auto handler = ::signal(SIGTERM, [](int) { ++signals_seen; });
    {
        const auto directory = TemporaryDirectory::make();
        REQUIRE(directory);
        ::raise(SIGTERM);
        CHECK(signals_seen == 0);
    }
    CHECK(signals_seen == 1);
    ::signal(SIGTERM, handler);
}
