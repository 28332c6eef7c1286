#include "enforce/files.h"

#include <fstream>
#include <string>

#include "base/temporary_directory.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::enforce;

TEST_CASE("a kept file comes back, whatever replaced it, and leaves no second name") {
    const auto directory = base::TemporaryDirectory::make();
    REQUIRE(directory);
    const std::string path = directory->path() + "/a.conf";
    const std::string copy = directory->path() + "/.a.conf.before-1";
    HostFiles files;
    REQUIRE(files.write(path, "old"));
    REQUIRE(files.keep(path, copy));
    SECTION("replaced") {
        REQUIRE(files.write(path, "new"));
    }
    SECTION("removed") {
        REQUIRE(files.remove(path));
    }
    SECTION("not touched") {}
    const auto back = files.put_back(copy, path);
    REQUIRE(back);
    CHECK(*back);
    CHECK(**files.read(path) == "old");
    CHECK(!*files.exists(copy));
    CHECK(!*files.put_back(copy, path));
    CHECK(**files.read(path) == "old");
}

TEST_CASE("what an interrupted write left goes with the file, and nothing else") {
    const auto directory = base::TemporaryDirectory::make();
    REQUIRE(directory);
    const std::string path = directory->path() + "/a.conf";
    for (const char* name : {"/.a.conf.123.part", "/.a.conf.x.part", "/.b.conf.123.part"}) {
        std::ofstream(directory->path() + name) << "half";
    }
    HostFiles files;
    CHECK(!*files.remove(path));
    CHECK(!*files.exists(directory->path() + "/.a.conf.123.part"));
    CHECK(*files.exists(directory->path() + "/.a.conf.x.part"));
    CHECK(*files.exists(directory->path() + "/.b.conf.123.part"));
}

TEST_CASE("only an empty directory is removed") {
    const auto directory = base::TemporaryDirectory::make();
    REQUIRE(directory);
    const std::string made = directory->path() + "/x.d";
    HostFiles files;
    CHECK(*files.make_directory(made));
    CHECK(!*files.make_directory(made));
    REQUIRE(files.write(made + "/a", ""));
    REQUIRE(files.remove_directory(made));
    CHECK(*files.exists(made));
    CHECK(*files.remove(made + "/a"));
    REQUIRE(files.remove_directory(made));
    CHECK(!*files.exists(made));
    REQUIRE(files.remove_directory(made));
}
