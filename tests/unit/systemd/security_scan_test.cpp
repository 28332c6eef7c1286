// What `systemd-analyze security` prints, parsed strictly; and the scan itself, where there is a systemd.
#include "systemd/security_scan.h"

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::systemd;

namespace {

constexpr const char* kItem =
    R"({"set":false,"name":"UMask=","json_field":"UMask","description":"readable","exposure":"0.1"})";

std::string list_of(const std::string& items) {
    return "[" + items + "]";
}

/// $PATH or $TMPDIR, other for one test.
class Environment {
public:
    Environment(const char* name, const std::string& value) : name_(name) {
        const char* before = ::getenv(name);
        had_ = before != nullptr;
        if (had_) before_ = before;
        ::setenv(name, value.c_str(), 1);
    }
    ~Environment() {
        if (had_) {
            ::setenv(name_, before_.c_str(), 1);
        } else {
            ::unsetenv(name_);
        }
    }

private:
    const char* name_;
    bool had_ = false;
    std::string before_;
};

/// A directory with programs of our own.
class Programs {
public:
    Programs() {
        char name[] = "/tmp/sandfit-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory_ = name;
    }
    ~Programs() { std::filesystem::remove_all(directory_); }
    void add(const std::string& name, const std::string& script) const {
        const std::string path = directory_ + "/" + name;
        REQUIRE(base::write_file_atomically(path, script));
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }
    [[nodiscard]] std::string path() const { return directory_ + ":/usr/bin:/bin"; }
    [[nodiscard]] const std::string& directory() const { return directory_; }

private:
    std::string directory_;
};

bool is_here() {
    const auto score = score_unit_file("[Service]\nExecStart=/bin/true\n");
    if (score) return true;
    WARN("SKIPPED: " << score.error().what);
    return false;
}

}  // namespace

TEST_CASE("an exposure has one decimal at most and lies within 0 and 10") {
    CHECK(parse_exposure("9.6") == Exposure{96});
    CHECK(parse_exposure("10") == Exposure{100});
    CHECK(parse_exposure("10.0") == Exposure{100});
    CHECK(parse_exposure("0") == Exposure{0});
    for (const char* wrong : {"", ".", "1.", ".5", "10.1", "2.55", "-1", "+1", "1e0", " 1", "1 ", "100", "nan"}) {
        INFO(wrong);
        CHECK_FALSE(parse_exposure(wrong));
    }
}

TEST_CASE("items are read with what does not apply") {
    const auto items = parse_scored_items(
        list_of(std::string(kItem) +
                R"(,{"set":null,"name":"RemoveIPC=","json_field":"RemoveIPC","description":null,"exposure":null})"));
    REQUIRE(items);
    REQUIRE(items->size() == 2);
    CHECK(items->at(0) == ScoredItem{"UMask", "UMask=", "readable", false, Exposure{1}});
    CHECK(items->at(1) == ScoredItem{"RemoveIPC", "RemoveIPC=", "", std::nullopt, Exposure{0}});
}

TEST_CASE("items of another form are refused") {
    const std::string item = kItem;
    const auto without = [&item](const std::string& text, const std::string& with) {
        std::string changed = item;
        changed.replace(changed.find(text), text.size(), with);
        return list_of(changed);
    };
    for (const std::string& wrong :
         {std::string(), std::string("{}"), std::string("[]"), std::string("[1]"), std::string("[{}]"),
          list_of(item + "," + item), list_of(item) + "x", without("\"set\":false,", ""), without("false", "\"no\""),
          without("\"0.1\"", "\"high\""), without("\"0.1\"", "\"12.0\""), without("\"readable\"", "7"),
          without(",\"exposure\":\"0.1\"", ""), without("\"UMask\"", "\"\""), without("\"UMask=\"", "null")}) {
        INFO(wrong);
        const auto items = parse_scored_items(wrong);
        REQUIRE_FALSE(items);
        CHECK(items.error().kind == ErrorKind::bad_input);
    }
}

TEST_CASE("the overall exposure is the last line of the table") {
    const auto overall = parse_overall("x\n\n-> Overall exposure level for audited.service: 9.6 UNSAFE :-{\n");
    REQUIRE(overall);
    CHECK(overall->exposure == Exposure{96});
    CHECK(overall->rating == "UNSAFE");
    for (const char* wrong : {"", "Overall exposure level for a.service", "Overall exposure level for a: high X",
                              "Overall exposure level for a: 9.6"}) {
        INFO(wrong);
        CHECK_FALSE(parse_overall(wrong));
    }
}

TEST_CASE("a tighter unit file has a lower score, item by item") {
    if (!is_here()) return;
    const auto loose = score_unit_file("[Service]\nExecStart=/bin/true\n");
    const auto tight = score_unit_file("[Service]\nExecStart=/bin/true\nNoNewPrivileges=yes\n");
    REQUIRE(loose);
    REQUIRE(tight);
    CHECK(tight->overall < loose->overall);
    REQUIRE(loose->items.size() == tight->items.size());
    for (std::size_t i = 0; i < loose->items.size(); ++i) {
        INFO(loose->items[i].id);
        CHECK((loose->items[i] == tight->items[i]) == (loose->items[i].id != "NoNewPrivileges"));
    }
}

TEST_CASE("units of this host do not mix with the file, whatever they are called") {
    if (!is_here()) return;
    const Programs units;
    std::filesystem::create_directory(units.directory() + "/service.d");
    REQUIRE(base::write_file_atomically(units.directory() + "/service.d/a.conf", "[Service]\nNoNewPrivileges=yes\n"));
    const auto before = score_unit_file("[Service]\nExecStart=/bin/true\n");
    const Environment path("SYSTEMD_UNIT_PATH", units.directory());
    const auto with = score_unit_file("[Service]\nExecStart=/bin/true\n");
    REQUIRE(before);
    REQUIRE(with);
    CHECK(*before == *with);
}

TEST_CASE("a systemd-analyze that is missing or too old is what the host lacks") {
    const Programs none;
    {
        // env is found, and nothing else.
        std::filesystem::create_symlink("/usr/bin/env", none.directory() + "/env");
        const Environment path("PATH", none.directory());
        const auto score = score_unit_file("");
        REQUIRE_FALSE(score);
        CHECK(score.error().kind == ErrorKind::unsupported);
        CHECK(score.error().what == "cannot score units: systemd-analyze is not here");
    }
    const Programs old;
    old.add("systemd-analyze",
            "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'systemd 247 (247.3-7)'; exit 0; }\n"
            "echo \"systemd-analyze: unrecognized option '--offline=yes'\" >&2\nexit 1\n");
    const Environment path("PATH", old.path());
    const auto score = score_unit_file("");
    REQUIRE_FALSE(score);
    CHECK(score.error().kind == ErrorKind::unsupported);
    CHECK(score.error().what.find("since systemd 250") != std::string::npos);
}

TEST_CASE("the temporary file goes in any case, and a signal waits until then") {
    const Programs programs;
    const std::string scratch = programs.directory() + "/tmp";
    std::filesystem::create_directory(scratch);
    const Environment temporary("TMPDIR", scratch);
    // What it is given must be there while it runs; then it ends as on a Ctrl-C, which the parent got as well.
    programs.add("systemd-analyze", "#!/bin/sh\nfor file; do :; done\ntest -s \"$file\" && echo seen >" +
                                        programs.directory() + "/seen\nkill -INT $PPID\nkill -INT $$\n");
    const Environment path("PATH", programs.path());
    const auto handler = ::signal(SIGINT, [](int) {});
    const auto score = score_unit_file("[Service]\n");
    ::signal(SIGINT, handler);
    REQUIRE_FALSE(score);
    CHECK(score.error().kind == ErrorKind::failed);
    CHECK(std::filesystem::exists(programs.directory() + "/seen"));
    CHECK(std::filesystem::is_empty(scratch));
}
