// Strings to paths, with our own process as the one that is asked.
#include "support/catch.h"

#include "observe/resolve.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace sandfit;
using namespace sandfit::observe;

namespace {

std::uint32_t own_mount_ns() {
    struct stat status{};
    REQUIRE(::stat("/proc/self/ns/mnt", &status) == 0);
    return static_cast<std::uint32_t>(status.st_ino);
}

StringPath given(const std::string& base, const std::string& text, bool follow = false) {
    return {{base, false}, text, text.empty() || text.front() != '/', follow};
}

}  // namespace

TEST_CASE("strings are resolved from their base, through links, or by text") {
    std::string top = "/tmp/sandfit-resolve-XXXXXX";
    REQUIRE(::mkdtemp(top.data()) != nullptr);
    std::filesystem::create_directories(top + "/real/root/etc");
    std::filesystem::create_directory_symlink("real", top + "/link");
    std::filesystem::create_symlink("/etc/inside", top + "/real/root/absolute");
    const auto ns = own_mount_ns();
    const std::vector<pid_t> self = {::getpid()};

    SECTION("a link in the directory part is followed") {
        const auto path = resolve(given("/", top + "/link/new"), self, ns);
        CHECK(path.directory == top + "/real");
        CHECK(path.name == "new");
        CHECK(path.resolution == Resolution::resolved);
    }
    SECTION("a link in the last part only when the call follows it") {
        CHECK(resolve(given("/", top + "/link"), self, ns).name == "link");
        CHECK(resolve(given("/", top + "/link", true), self, ns).name == "real");
    }
    SECTION("an absolute string of a process in a chroot starts at that root, whoever is asked") {
        const auto path = resolve(given(top + "/real/root", "/etc/new"), {}, ns);
        CHECK(path.directory == top + "/real/root/etc");
        CHECK(path.name == "new");
        CHECK(resolve(given(top + "/real/root", "/../../etc/new"), {}, ns).directory == top + "/real/root/etc");
    }
    SECTION("without a process of its namespace it stays text, and says so") {
        const auto path = resolve(given(top, "link/../x"), {}, 1);
        CHECK(path.directory == top);
        CHECK(path.resolution == Resolution::lexical);
        StringPath cut = given("/suffix", "x");
        cut.base.cut = true;
        CHECK(resolve(cut, self, ns).resolution == Resolution::cut);
    }
    std::filesystem::remove_all(top);
}

TEST_CASE("a directory's state tells owner, mode and whether the unit made it") {
    const auto state = directory_state("/tmp", {}, false);
    CHECK(state.exists);
    CHECK(state.existed_before);
    CHECK(state.mode == 01777);
    CHECK(state.owner == "root");
    CHECK_FALSE(directory_state("/tmp", {}, true).existed_before);
    CHECK_FALSE(directory_state("/no/such/place", {}, false).exists);
}
