#include "support/catch.h"

#include "observe/cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

using namespace sandfit::observe;

TEST_CASE("all groups are found while others come and go") {
    std::string top = "/tmp/sandfit-groups-XXXXXX";
    REQUIRE(::mkdtemp(top.data()) != nullptr);
    const std::set<std::string> stay = {top, top + "/a", top + "/a/b", top + "/z"};
    for (const auto& group : stay) ::mkdir(group.c_str(), 0755);
    REQUIRE(::symlink("..", (top + "/a/link").c_str()) == 0);
    std::atomic<bool> end = false;
    std::thread others([&] {
        const std::string gone = top + "/gone", below = gone + "/below";
        while (!end) {
            ::mkdir(gone.c_str(), 0755);
            ::mkdir(below.c_str(), 0755);
            ::rmdir(below.c_str());
            ::rmdir(gone.c_str());
        }
    });
    for (int i = 0; i < 2000; ++i) {
        std::set<std::string> found;
        for (auto& group : groups_at(top)) found.insert(std::move(group));
        found.erase(top + "/gone");
        found.erase(top + "/gone/below");
        if (found != stay) {
            CHECK(found == stay);
            break;
        }
    }
    end = true;
    others.join();
    std::filesystem::remove_all(top);
    CHECK(groups_at(top) == std::vector<std::string>{top});
}
