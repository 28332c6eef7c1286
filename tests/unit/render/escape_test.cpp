// systemd's syntax. Which escapes it knows, and what it refuses, was compared with systemd 252 and 257.
#include "render/escape.h"

#include <random>
#include <string>

#include "base/text.h"
#include "support/catch.h"
#include "unit_file.h"

using namespace sandfit;
using render::drop_in_value;

namespace {

std::string path_text(const std::string& path) {
    const auto value = drop_in_value(ValueForm::paths, path);
    return value.has_value() ? *value : "(refused) " + value.error().what;
}

}  // namespace

TEST_CASE("plain paths and their prefixes are written as they are") {
    CHECK(path_text("/run") == "/run");
    CHECK(path_text("-/var/lib/postgresql/15/main") == "-/var/lib/postgresql/15/main");
    CHECK(path_text("-+/a:b@c,d=e~f#g") == "-+/a:b@c,d=e~f#g");
    CHECK(path_text("/") == "/");
}

TEST_CASE("unusual paths are quoted, with only the escapes that systemd knows there") {
    CHECK(path_text("/a b") == "\"/a b\"");
    CHECK(path_text("-/a b") == "\"-/a b\"");
    CHECK(path_text("/a\"b") == "\"/a\\\"b\"");
    CHECK(path_text("/a\\b") == "\"/a\\\\b\"");
    CHECK(path_text("/a'b") == "\"/a'b\"");
    CHECK(path_text("/a$b;c") == "\"/a$b;c\"");
    CHECK(path_text("/100%") == "/100%%");
    CHECK(path_text("/%n %%") == "\"/%%n %%%%\"");
    CHECK(path_text("/\xc3\xa9") == "\"/\xc3\xa9\"");
    CHECK(path_text("/ends in a blank ") == "\"/ends in a blank \"");
}

TEST_CASE("a path that a unit file cannot name is refused with the reason") {
    using namespace std::string_literals;
    for (const std::string& bad : {""s,
                                   "run"s,
                                   "-run"s,
                                   "--/run"s,
                                   "/a\nb"s,
                                   "/a\rb"s,
                                   "/a\0b"s,
                                   "/a\tb"s,
                                   "/a\x1b[0m"s,
                                   "/\xff"s,
                                   "/\xc0\xaf"s,
                                   "/\xed\xa0\x80"s,
                                   "/a/../b"s,
                                   "/./a"s,
                                   "/\xef\xb7\x90"s,
                                   "/\xef\xbf\xbe"s,
                                   "/\xf4\x8f\xbf\xbf"s,
                                   "/\xe2\x80\xae"s,
                                   "/\xc2\x9b"s,
                                   "/" + std::string(256, 'a')}) {
        INFO(base::escape_bytes(bad));
        const auto value = drop_in_value(ValueForm::paths, bad);
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error().kind == ErrorKind::bad_input);
        CHECK(value.error().what.find('\n') == std::string::npos);
    }
    std::string longest;
    while (longest.size() < 4095) longest += "/abcd";
    CHECK(drop_in_value(ValueForm::paths, longest).has_value());
    CHECK_FALSE(drop_in_value(ValueForm::paths, longest + "e").has_value());
    CHECK(drop_in_value(ValueForm::paths, "/" + std::string(255, 'a')).has_value());
}

TEST_CASE("words are plain words or nothing") {
    for (const char* good : {"strict", "~@privileged", "AF_INET6", "open:EPERM", "a/b", "15-main", "CAP_CHOWN"}) {
        CHECK(drop_in_value(ValueForm::words, good).value() == good);
    }
    for (const char* bad : {"", "a b", "a\nb", "a=b", "a%n", "a\"", "a\\", "a'", "a;b", "a$b", "\xc3\xa9", "a\x7f"}) {
        INFO(base::escape_bytes(bad));
        CHECK_FALSE(drop_in_value(ValueForm::word, bad).has_value());
        CHECK_FALSE(drop_in_value(ValueForm::words, bad).has_value());
    }
}

TEST_CASE("names of directives are letters and digits") {
    CHECK(render::is_directive_name("ProtectSystem"));
    CHECK_FALSE(render::is_directive_name(""));
    CHECK_FALSE(render::is_directive_name("Protect System"));
    CHECK_FALSE(render::is_directive_name("A\nB"));
    CHECK_FALSE(render::is_directive_name("[Service]"));
}

TEST_CASE("a comment is wrapped at blanks and never runs into the next line") {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "word\\ ";
    const auto lines = render::comment(text + std::string(200, 'x'), 2);
    REQUIRE(lines.size() > 4);
    CHECK(lines.back() == "#   " + std::string(200, 'x'));
    for (const auto& line : lines) {
        CHECK(line.starts_with("# "));
        if (&line != &lines.back()) CHECK(line.size() <= render::kDropInColumns);
        CHECK(unit_file::read(line + "\n").has_value());
    }
    CHECK(render::comment("a\nPrivateTmp=no") == std::vector<std::string>{"# a\\x0aPrivateTmp=no"});
    CHECK(render::comment("").empty());
}

TEST_CASE("wrapping keeps blanks inside of a line and none at its ends") {
    using Lines = std::vector<std::string>;
    CHECK(render::wrap("a  b", 10) == Lines{"a  b"});
    CHECK(render::wrap("  a b  ", 10) == Lines{"a b"});
    CHECK(render::wrap("aaaa bbbb cccc", 9) == Lines{"aaaa bbbb", "cccc"});
    CHECK(render::wrap("\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9", 5) == Lines{"\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9"});
    CHECK(render::wrap("toolongword b", 3) == Lines{"toolongword", "b"});
    CHECK(render::wrap("   ", 3).empty());
}

TEST_CASE("whatever bytes a path holds, it is read back unchanged or was refused") {
    std::mt19937 random(20261122);
    // Bytes that mean something to somebody come often, the others at times.
    const std::string special("\n\r\0\t \"'\\%$=[]#;~-+/.:\xff\xc3\xa9\xef\xbf\xbe", 27);
    std::size_t written = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string path = random() % 3 == 0 ? "-/" : "/";
        for (auto length = random() % 12; length > 0; --length) {
            path += random() % 2 == 0 ? special[random() % special.size()] : static_cast<char>(random() % 256);
        }
        INFO(base::escape_bytes(path));
        const auto value = drop_in_value(ValueForm::paths, path);
        if (!value) continue;
        written += 1;
        const auto read = unit_file::paths(*value);
        REQUIRE(read.has_value());
        REQUIRE(*read == std::vector<std::string>{path});
    }
    CHECK(written > 1'000);
}
