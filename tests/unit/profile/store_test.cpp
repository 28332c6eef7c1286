// Profiles as files.
#include "profile/store.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "examples.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::profile;

namespace {

/// A directory of its own that goes with the test.
struct TemporaryDirectory {
    std::filesystem::path path;
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "sandfit-store-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
};

}  // namespace

TEST_CASE("what was saved is loaded") {
    const TemporaryDirectory directory;
    const std::string path = directory.path / "nginx.json";
    REQUIRE(save(Profile{}, path).has_value());
    REQUIRE(save(examples::full(), path).has_value());
    const auto loaded = load(path);
    if (!loaded) FAIL(loaded.error().what);
    CHECK(*loaded == examples::full());
    const auto files = std::filesystem::directory_iterator(directory.path);
    CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a profile that cannot be saved leaves the old one") {
    const TemporaryDirectory directory;
    const auto saved = save(examples::full(), directory.path / "missing" / "nginx.json");
    REQUIRE_FALSE(saved.has_value());
    CHECK(saved.error().sys_errno == ENOENT);
}

TEST_CASE("a file that is not there is named") {
    const auto loaded = load("/nonexistent/nginx.json");
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().sys_errno == ENOENT);
    CHECK(loaded.error().what.find("/nonexistent/nginx.json") != std::string::npos);
}

TEST_CASE("an error in a file begins with its path") {
    const TemporaryDirectory directory;
    const std::string path = directory.path / "broken.json";
    REQUIRE(base::write_file_atomically(path, "{\"sandfit_profile\": 1}").has_value());
    const auto loaded = load(path);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().what == path + ": the field unit is missing");
}

TEST_CASE("a file without end is not read to its end") {
    const auto loaded = load("/dev/zero");
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().kind == ErrorKind::bad_input);
}
