// Words and values of unit files. What is expected is what systemd's extract-word.c, parse-util.c and time-util.c
// say; tests/system/settings_tests.py compares whole units with a running systemd.
#include "systemd/unit_words.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "systemd/unit_values.h"

using namespace sandfit::systemd;
using Quotes = WordSyntax::Quotes;
using Escapes = WordSyntax::Escapes;
using Repeated = WordSyntax::Repeated;
using Texts = std::vector<std::string>;

TEST_CASE("a value is taken apart into words") {
    const WordSyntax plain{};
    const WordSyntax literal{Quotes::literal};
    const WordSyntax kept{Quotes::taken_off, Escapes::kept};
    const WordSyntax c{Quotes::taken_off, Escapes::c_style};
    const WordSyntax lax{Quotes::taken_off, Escapes::c_style_or_kept};
    const WordSyntax colons{Quotes::literal, Escapes::dropped, ":", Repeated::are_empty_words};
    const WordSyntax fields{Quotes::literal, Escapes::c_style_and_separators, ":", Repeated::are_empty_words};
    struct Row {
        const char* value;
        WordSyntax syntax;
        Texts words;
        bool complete = true;
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"", plain, {}},
        {"  ", plain, {}},
        {" a \t b\n", plain, {"a", "b"}},
        {"'a b' \"c d\"", plain, {"a b", "c d"}},
        {"a'b c'd", plain, {"ab cd"}},
        {"'' \"\" x", plain, {"", "", "x"}},
        {"'a\"b' \"c'd\"", plain, {"a\"b", "c'd"}},
        {"a\\ b \\c \\\\", plain, {"a b", "c", "\\"}},
        {"'a\\'b'", plain, {"a'b"}},
        {"a 'b", plain, {"a"}, false},
        {"a b\\", plain, {"a"}, false},
        {"a 'b\\", plain, {"a"}, false},
        {"'a b'", literal, {"'a", "b'"}},
        {"a\\nb 'c\\'", kept, {"a\\nb", "c\\"}},
        {"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\'\\s", c, {"\a\b\f\n\r\t\v\\\"' "}},
        {"\\x41 \\u00e4 \\U0001F600 \\101", c, {"A", "\xC3\xA4", "\xF0\x9F\x98\x80", "A"}},
        {"\\xff", c, {"\xFF"}},
        {"a \\q", c, {"a"}, false},
        {"a \\x0 b", c, {"a"}, false},
        {"a \\x00", c, {"a"}, false},
        {"a \\000", c, {"a"}, false},
        {"a \\400", c, {"a"}, false},
        {"a \\ud800", c, {"a"}, false},
        {"a \\U00110000", c, {"a"}, false},
        {"a \\q b\\", lax, {"a", "\\q", "b\\"}},
        {"a 'b\\", lax, {"a"}, false},
        {"a:b", colons, {"a", "b"}},
        {"a::b:", colons, {"a", "", "b", ""}},
        {":", colons, {"", ""}},
        {"a\\:b:c\\x41", fields, {"a:b", "cA"}},
        {"a\\q", fields, {}, false},
    }));
    INFO(row.value);
    const auto read = words_of(row.value, row.syntax);
    CHECK(read.words == row.words);
    CHECK(read.complete == row.complete);
}

TEST_CASE("a word reader tells what ended a word, and what is left") {
    WordReader reader("a:b c", {Quotes::taken_off, Escapes::dropped, ": ", Repeated::are_empty_words});
    CHECK(reader.next() == "a");
    CHECK(reader.separator() == ':');
    CHECK(reader.rest() == "b c");
    CHECK(reader.next() == "b");
    CHECK(reader.separator() == ' ');
    CHECK(reader.next() == "c");
    CHECK(reader.separator() == 0);
    CHECK(reader.next() == std::nullopt);
    CHECK_FALSE(reader.failed());
}

TEST_CASE("switches, numbers and modes") {
    for (const char* yes : {"1", "yes", "Y", "true", "T", "on", "ON"}) CHECK(parse_boolean(yes) == true);
    for (const char* no : {"0", "no", "N", "false", "f", "Off"}) CHECK(parse_boolean(no) == false);
    for (const char* other : {"", " yes", "yes ", "2", "maybe"}) CHECK(parse_boolean(other) == std::nullopt);

    CHECK(parse_unsigned("18446744073709551615") == UINT64_MAX);
    CHECK(parse_unsigned("0x1f") == 31);
    CHECK(parse_unsigned("010") == 8);
    CHECK(parse_unsigned("0b101") == 5);
    CHECK(parse_unsigned("0o17") == 15);
    for (const char* bad : {"", "-1", "1 ", "18446744073709551616", "1k", "0x", "0b-1"}) {
        CHECK(parse_unsigned(bad) == std::nullopt);
    }
    CHECK(parse_signed("-20") == -20);
    CHECK(parse_signed("+5") == 5);
    for (const char* bad : {"--1", "-+1", "9223372036854775808", ""}) CHECK(parse_signed(bad) == std::nullopt);

    CHECK(parse_mode("0755") == 0755u);
    CHECK(parse_mode("7") == 7u);
    CHECK(parse_mode("7777") == 07777u);
    for (const char* bad : {"", "8", "10000", "-7", "+7", "0x7", "u=rw"}) CHECK(parse_mode(bad) == std::nullopt);
}

TEST_CASE("durations") {
    struct Row {
        const char* text;
        std::optional<std::uint64_t> span;
    };
    const auto row = GENERATE(values<Row>({
        {"5", 5 * kSecond},
        {"0", 0},
        {"1min 30", 90 * kSecond},
        {"1min30s", 90 * kSecond},
        {"1.5s", 1500000},
        {"1.5 s", 1500000},
        {"2h 5min", 7500 * kSecond},
        {"500ms", 500000},
        {"7us", 7},
        {"3 days", 3 * 86400 * kSecond},
        {"1month", 2629800 * kSecond},
        {"1M", 2629800 * kSecond},
        {"1m", 60 * kSecond},
        {"infinity", kInfinity},
        {" infinity ", kInfinity},
        {".5", 500000},
        {"", std::nullopt},
        {"-1", std::nullopt},
        {"1.", std::nullopt},
        {"1.2.3", std::nullopt},
        {"5x", std::nullopt},
        {"infinity 5", std::nullopt},
        {"99999999999999999999", std::nullopt},
        {"9999999999999y", std::nullopt},
    }));
    INFO(row.text);
    CHECK(parse_time_span(row.text) == row.span);
}

TEST_CASE("sizes and percentages") {
    CHECK(parse_size("512") == 512u);
    CHECK(parse_size("64K") == 65536u);
    CHECK(parse_size("1.5G") == 1610612736u);
    CHECK(parse_size("1G 5M") == 1078984704u);
    CHECK(parse_size("10B") == 10u);
    CHECK(parse_size("15E") == 15ULL << 60);
    for (const char* bad : {"", "K", "-1", "1Q", "16E", "5M 1G", "1KK", "99999999999999999999"}) {
        INFO(bad);
        CHECK(parse_size(bad) == std::nullopt);
    }
    CHECK(parse_percent("50%") == 5000u);
    CHECK(parse_percent("12.5%") == 1250u);
    CHECK(parse_percent("0.25%") == 25u);
    for (const char* bad : {"50", "%", "1.%", "1.234%", "-1%", "1.x%"}) CHECK(parse_percent(bad) == std::nullopt);
}

TEST_CASE("paths are simplified, and refused with \"..\"") {
    CHECK(simplified_path("/") == "/");
    CHECK(simplified_path("//a///b/./c/") == "/a/b/c");
    CHECK(simplified_path("a/./b/") == "a/b");
    CHECK(simplified_path("/..a/b..") == "/..a/b..");
    for (const std::string& bad : {std::string(), std::string("/a/../b"), std::string(".."), std::string("."),
                                   "/" + std::string(256, 'a'), std::string(2100, '/') + [] {
                                       std::string deep;
                                       for (int i = 0; i < 2100; ++i) deep += "/a";
                                       return deep;
                                   }()}) {
        CHECK(simplified_path(bad) == std::nullopt);
    }
}
