// What the host says about paths, for a unit's user.
#include "cli/host_view.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "support/catch.h"

using sandfit::cli::HostView;

TEST_CASE("a plain user may not go where a directory on the way is shut, root may go everywhere") {
    const auto directory = sandfit::base::TemporaryDirectory::make();
    REQUIRE(directory.has_value());
    const std::string& path = directory->path();
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    REQUIRE(::mkdir((path + "/shut").c_str(), 0700) == 0);
    const HostView root("");
    const HostView nobody("nobody");
    CHECK_FALSE(nobody.is_closed(path + "/missing"));
    CHECK_FALSE(nobody.is_closed(path + "/shut"));  // it is there, and may be looked at from outside
    CHECK(nobody.is_closed(path + "/shut/missing"));
    CHECK_FALSE(nobody.is_closed(path + "/missing/below"));
    CHECK_FALSE(root.is_closed(path + "/shut/missing"));
    CHECK(HostView("no-such-user-here").is_closed(path + "/shut/missing"));
    CHECK(HostView::exists(path + "/shut"));
    CHECK_FALSE(HostView::exists(path + "/missing"));
    CHECK_FALSE(HostView::is_read_only(path));
}
