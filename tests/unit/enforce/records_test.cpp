#include "enforce/records.h"

#include <sys/stat.h>

#include <string>

#include "base/temporary_directory.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::enforce;

namespace {

Change example() {
    Change change;
    change.unit = "odd\\x2d%\".service";
    change.lifetime = Lifetime::persistent;
    change.step = Step::watch;
    change.restarts = false;
    change.was_active = true;
    change.invocation = "0123";
    change.boot = "boot";
    change.started_us = 1'700'000'000'000'000;
    change.former = {"/etc/systemd/system/a.service.d/50-sandfit.conf", true,
                     "/etc/systemd/system/a.service.d/.50-sandfit.conf.before-1", true};
    return change;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a record is read back as it was written") {
    Change plain;
    plain.unit = "b.service";
    plain.former.path = "/run/x.d/a.conf";
    const std::vector<Change> changes{example(), plain};
    const auto back = changes_from_json(to_json(changes), "record.json");
    REQUIRE(back);
    CHECK(*back == changes);
}

TEST_CASE("a record that is damaged is one clear error, and names no file that is no drop-in") {
    const std::string good = to_json({example()});
    const auto error_of = [](const std::string& text) {
        const auto read = changes_from_json(text, "record.json");
        REQUIRE(!read);
        CHECK(read.error().kind == ErrorKind::bad_input);
        return read.error().what;
    };
    CHECK(error_of("") == "record.json is no record of a change");
    CHECK(error_of(good.substr(0, good.size() / 2)) == "record.json is no record of a change");
    CHECK(error_of(replaced(good, "\"schema\": 1", "\"schema\": 2")).find("another version") != std::string::npos);
    CHECK(error_of(replaced(good, "\"watch\"", "\"dance\"")).find("\"step\"") != std::string::npos);
    CHECK(error_of(replaced(good, "\"was_active\": true", "\"was_active\": 1")).find("\"was_active\"") !=
          std::string::npos);
    CHECK(error_of(replaced(good, "/etc/systemd/system/a.service.d/50-sandfit.conf", "/etc/shadow"))
              .find("\"drop_in\"") != std::string::npos);
    CHECK(error_of(replaced(good, "/etc/systemd/system/a.service.d/.50", "/etc/.50")).find("\"copy\"") !=
          std::string::npos);
}

TEST_CASE("a unit's lock is held by one, and leaves nothing behind") {
    const auto directory = base::TemporaryDirectory::make();
    REQUIRE(directory);
    const std::string place = directory->path() + "/changes";
    {
        const auto lock = Lock::take("a.service", std::chrono::milliseconds(0), place);
        REQUIRE(lock);
        const auto second = Lock::take("a.service", std::chrono::milliseconds(60), place);
        REQUIRE(!second);
        CHECK(second.error().what == "another sandfit is changing a.service");
        CHECK(Lock::take("b.service", std::chrono::milliseconds(0), place));
    }
    CHECK(Lock::take("a.service", std::chrono::milliseconds(0), place));
    struct stat status {};
    CHECK(::stat((place + "/a.service").c_str(), &status) != 0);
}
