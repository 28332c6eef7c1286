#include "cli/duration.h"

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;
using namespace std::chrono_literals;

TEST_CASE("a duration is a number with its unit, or a sum of such") {
    CHECK(parse_duration("90s").value() == 90s);
    CHECK(parse_duration("10m").value() == 10min);
    CHECK(parse_duration("1h").value() == 1h);
    CHECK(parse_duration("2d").value() == 48h);
    CHECK(parse_duration("500ms").value() == 500ms);
    CHECK(parse_duration("1h30m").value() == 90min);
    CHECK(parse_duration("1m1s1ms").value() == 61001ms);
    CHECK(parse_duration("45").value() == 45s);
    CHECK(parse_duration("365d").value() == 8760h);
}

TEST_CASE("what is no duration is a usage error that shows the text") {
    for (const char* text : {"", "s", "10x", "-5s", "1.5h", "0s", "0", " 5s", "5s ", "1h30", "366d", "9999999999999d",
                             "18446744073709551617s", "5 s", "0x10s"}) {
        INFO(text);
        const auto parsed = parse_duration(text);
        REQUIRE(!parsed);
        CHECK(parsed.error().kind == ErrorKind::usage);
        CHECK(!parsed.error().hint.empty());
    }
    CHECK(parse_duration("5\n").error().what == "'5\\x0a' is not a length of time");
}

TEST_CASE("a duration is shown in its two largest units") {
    CHECK(format_duration(850ms) == "850ms");
    CHECK(format_duration(4999ms) == "4s");
    CHECK(format_duration(130s) == "2m10s");
    CHECK(format_duration(65min) == "1h5m");
    CHECK(format_duration(74h) == "3d2h");
    CHECK(format_duration(-5ms) == "0ms");
}
