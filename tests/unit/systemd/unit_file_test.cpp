// The text of unit files, line by line, as conf-parser.c of systemd 252 to 257 takes it.
#include "systemd/unit_file.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace sandfit;
using namespace std::string_literals;

namespace {

std::string assignments_of(const systemd::UnitFileText& read) {
    std::string out;
    for (const auto& made : read.assignments) {
        out += std::to_string(made.line) + " " + made.section + "." + made.directive + "=<" + made.value + ">\n";
    }
    return out;
}

struct Row {
    const char* what;
    std::string text;
    std::string assignments;
    std::vector<systemd::IgnoredLine> ignored = {};
};

}  // namespace

TEST_CASE("a unit file is read as systemd reads it") {
    const auto row = GENERATE(values<Row>({
        {"nothing", "", ""},
        {"an assignment", "[Service]\nUser=www\n", "2 Service.User=<www>\n"},
        {"no line end at the end", "[Service]\nUser=www", "2 Service.User=<www>\n"},
        {"blanks around", " [Service] \n \tUser \t= \t a  b \t\n", "2 Service.User=<a  b>\n"},
        {"a value with =", "[Service]\nEnvironment=A=B\n", "2 Service.Environment=<A=B>\n"},
        {"the empty assignment", "[Service]\nUser=\nUser= \n", "2 Service.User=<>\n3 Service.User=<>\n"},
        {"quotes and escapes stay", "[Service]\nX='a \\x20' \"b\"\n", "2 Service.X=<'a \\x20' \"b\">\n"},
        {"comments", "#a\n[Service]\n ;b=c\n\t# d\nUser=#e;f # g\n", "5 Service.User=<#e;f # g>\n"},
        {"a line that goes on", "[Service]\nX=a\\\n  b\\\nc\nY=d\n", "2 Service.X=<a   b c>\n5 Service.Y=<d>\n"},
        {"a comment inside of it", "[Service]\nX=a\\\n# no\\\n;no\nb\nY=c\n", "2 Service.X=<a b>\n6 Service.Y=<c>\n"},
        {"an empty line ends it", "[Service]\nX=a\\\n\nY=c\n", "2 Service.X=<a>\n4 Service.Y=<c>\n"},
        {"two backslashes do not go on", "[Service]\nX=a\\\\\nY=c\n", "2 Service.X=<a\\\\>\n3 Service.Y=<c>\n"},
        {"three do", "[Service]\nX=a\\\\\\\nY=c\n", "2 Service.X=<a\\\\ Y=c>\n"},
        {"a blank behind the backslash", "[Service]\nX=a\\ \nY=c\n", "2 Service.X=<a\\>\n3 Service.Y=<c>\n"},
        {"the file ends in a line that goes on", "[Service]\nX=a\\", "2 Service.X=<a>\n"},
        {"a name that goes on", "[Service]\nX\\\n=a\n", "2 Service.X=<a>\n"},
        {"a header that goes on", "[Serv\\\nice]\nX=a\n", "", {{1, "services have no section [Serv ice]"}}},
        {"carriage returns", "[Service]\r\nX=a\r\nY=b\r", "2 Service.X=<a>\n3 Service.Y=<b>\n"},
        {"a lone carriage return is a line's end", "[Service]\nX=a\rY=b\n", "2 Service.X=<a>\n3 Service.Y=<b>\n"},
        {"line feed, carriage return is one end", "[Service]\n\rX=a\n\n\rY=b\n",
         "2 Service.X=<a>\n4 Service.Y=<b>\n"},
        {"a NUL is a line's end", "[Service]\nX=a\0Y=b\n\0\n\0Z=c"s,
         "2 Service.X=<a>\n3 Service.Y=<b>\n5 Service.Z=<c>\n"},
        {"a continuation before a NUL", "[Service]\nX=a\\\0Y=b\n"s, "2 Service.X=<a Y=b>\n"},
        {"a byte order mark", "\xEF\xBB\xBF[Service]\nX=a\n", "2 Service.X=<a>\n"},
        {"two sections", "[Unit]\nA=a\n[Service]\nB=b\n[Install]\nC=c\n[Unit]\nD=d\n",
         "2 Unit.A=<a>\n4 Service.B=<b>\n6 Install.C=<c>\n8 Unit.D=<d>\n"},
        {"other sections",
         "[X-Ours]\nA=a\n[Socket]\nB=b\nno sign\n[Service]\nC=c\n",
         "7 Service.C=<c>\n",
         {{3, "services have no section [Socket]"}}},
        {"the names of sections know case and blanks",
         "[service]\nA=a\n[ Service]\nB=b\n",
         "",
         {{1, "services have no section [service]"}, {3, "services have no section [ Service]"}}},
        {"in front of a section", "A=a\n[Service]\n", "", {{1, "it stands in front of the first section"}}},
        {"no sign", "[Service]\nno sign\\\nat all\nX=a\n", "4 Service.X=<a>\n", {{2, "it has no \"=\""}}},
        {"no name", "[Service]\n = a\n", "", {{2, "it has nothing in front of the \"=\""}}},
        {"UTF-8", "[Service]\nX=\xC3\xA4\n", "2 Service.X=<\xC3\xA4>\n"},
        {"bytes in a comment", "[Service]\n# \xFF\nX=a\n", "3 Service.X=<a>\n"},
        {"a control character", "[Service]\nX=\x1B[2J\x01\n", "2 Service.X=<\x1B[2J\x01>\n"},
        {"a hostile section", "[\x1B[2J]\n", "", {{1, "services have no section [\\x1b[2J]"}}},
    }));
    INFO(row.what);
    const auto read = systemd::parse_unit_file(row.text, "x.service");
    REQUIRE(read);
    CHECK(assignments_of(*read) == row.assignments);
    CHECK(read->ignored == row.ignored);
}

TEST_CASE("where systemd stops reading a file, the error names file and line") {
    struct Bad {
        const char* what;
        std::string text;
        std::string says;
    };
    const auto row = GENERATE(values<Bad>({
        {"a header without end", "[Service]\nX=a\n[Unit\n",
         "x.service:3: the section header has no \"]\" at its end"},
        {"a header that goes on over its end", "\n[Unit\\\n]x\n",
         "x.service:2: the section header has no \"]\" at its end"},
        {"a lone [", "[\n", "x.service:1: the section header has no \"]\" at its end"},
        {"bytes that are no UTF-8", "[Service]\nX=a\\\n\xFF\n", "x.service:2: the line is not valid UTF-8"},
        {"a name that is none", "[Service]\n\xC3=a\n", "x.service:2: the line is not valid UTF-8"},
        {"an overlong slash", "[Service]\nX=\xC0\xAF\n", "x.service:2: the line is not valid UTF-8"},
        {"a noncharacter", "[Service]\nX=\xEF\xB7\x90\n", "x.service:2: the line is not valid UTF-8"},
        {"one byte too many", "[Service]\nX=" + std::string((1u << 20) - 2, 'a') + "\n",
         "x.service:2: the line is longer than 1 MiB"},
        {"a comment of that size", "#" + std::string((1u << 20), 'a') + "\n",
         "x.service:1: the line is longer than 1 MiB"},
        {"put together too long", "[Service]\nX=\\\n" + std::string((1u << 20) - 3, 'a') + "\\\nb\n",
         "x.service:2: the line is longer than 1 MiB"},
    }));
    INFO(row.what);
    const auto read = systemd::parse_unit_file(row.text, "x.service");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::bad_input);
    CHECK(read.error().what == row.says);
}

TEST_CASE("the longest line that systemd reads is read") {
    const auto read =
        systemd::parse_unit_file("[Service]\nX=" + std::string((1u << 20) - 3, 'a') + "\n", "x.service");
    REQUIRE(read);
    CHECK(read->assignments.at(0).value.size() == (1u << 20) - 3);
}

TEST_CASE("a hostile file name stays one printable line in the error") {
    const auto read = systemd::parse_unit_file("[", "/etc/\x1B[2J\n.conf");
    REQUIRE_FALSE(read);
    CHECK(read.error().what.starts_with("/etc/\\x1b[2J\\x0a.conf:1: "));
}

TEST_CASE("no bytes make the reader of unit files fall over") {
    constexpr std::string_view kAlphabet("[]=\\\n\r\0 \t#;aS\"'%\xFF\xC3\xA4\xEF\xBB\xBF", 23);
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        std::string text = round % 2 == 0 ? "[Service]\n" : "";
        for (std::size_t left = random() % 40; left > 0; --left) text += kAlphabet[random() % kAlphabet.size()];
        const auto read = systemd::parse_unit_file(text, "x.service");
        if (!read) continue;
        for (const auto& made : read->assignments) {
            CHECK_FALSE(made.directive.empty());
            CHECK(made.value.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos);
            CHECK(made.line >= 1);
        }
    }
}
