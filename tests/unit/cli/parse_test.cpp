#include "cli/parse.h"

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

Result<Arguments> parse_words(const char* verb, const std::vector<std::string>& words) {
    return parse(*find_verb(verb), words);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("options and operands may stand in any order") {
    const auto parsed = parse_words("observe", {"nginx", "--restart", "--duration=10m", "-o", "out", "redis"});
    REQUIRE(parsed);
    CHECK(parsed->has("restart"));
    CHECK(!parsed->has("json"));
    CHECK(parsed->duration("duration") == std::chrono::minutes(10));
    CHECK(parsed->value("output") == "out");
    CHECK(parsed->value("run") == std::nullopt);
    CHECK(parsed->operands() == Words{"nginx", "redis"});
}

TEST_CASE("a short option takes its value with or without a blank") {
    CHECK(parse_words("observe", {"-oout", "nginx"})->value("output") == "out");
    CHECK(parse_words("observe", {"-o", "out", "nginx"})->value("output") == "out");
}

TEST_CASE("of an option that is given twice the last counts") {
    CHECK(parse_words("observe", {"-o", "a", "-o", "b", "nginx"})->value("output") == "b");
}

TEST_CASE("an option that adds up has a value for each time that it is given") {
    const auto parsed =
        parse_words("audit", {"--unit-file", "a,b", "nginx", "--unit-file=[c,d]", "--unit-file", "e"});
    REQUIRE(parsed);
    CHECK(parsed->values("unit-file") == Words{"a,b", "[c,d]", "e"});
    CHECK(parsed->operands() == Words{"nginx"});
    CHECK(parse_words("audit", {"nginx"})->values("unit-file").empty());
    CHECK(parse_words("audit", {"nginx", "--unit-file", "a", "--unit-file", ""}).error().what ==
          "--unit-file: the value is empty");
}

TEST_CASE("operands are taken as they are") {
    CHECK(parse_words("show", {"[a,b]"})->operands() == Words{"[a,b]"});
    CHECK(parse_words("show", {"--", "-x"})->operands() == Words{"-x"});
    CHECK(parse_words("show", {"-"})->operands() == Words{"-"});
    CHECK(parse_words("show", {"run"})->operands() == Words{"run"});
}

TEST_CASE("a workload is one word, whatever is in it") {
    CHECK(parse_words("observe", {"--run", "a 'b' [c] --json", "nginx"})->value("run") == "a 'b' [c] --json");
    CHECK(parse_words("observe", {"--run", "[a,b]", "nginx"})->value("run") == "[a,b]");
}

TEST_CASE("the options after the command of run are the command's own") {
    const auto bare = parse_words("run", {"-o", "out", "ls", "-l", "--json", "--"});
    REQUIRE(bare);
    CHECK(bare->operands() == Words{"ls", "-l", "--json", "--"});
    CHECK(!bare->has("json"));

    const auto marked = parse_words("run", {"--json", "--", "--strange", "[x]", "", "--", "-o"});
    REQUIRE(marked);
    CHECK(marked->operands() == Words{"--strange", "[x]", "", "--", "-o"});
    CHECK(marked->has("json"));
    CHECK(!marked->has("output"));

    CHECK(parse_words("run", {"--duration=5s", "-q", "ls"})->operands() == Words{"ls"});
}

TEST_CASE("what is wrong with a command line is a usage error that names it") {
    const auto error = [](const char* verb, const Words& words) {
        const auto parsed = parse_words(verb, words);
        REQUIRE(!parsed);
        CHECK(parsed.error().kind == ErrorKind::usage);
        CHECK(!parsed.error().hint.empty());
        return parsed.error().what;
    };
    CHECK(error("observe", {}) == "UNIT... is missing");
    CHECK(error("observe", {"--nothing", "nginx"}) == "there is no option --nothing");
    CHECK(error("observe", {"nginx", "-x"}) == "there is no option -x");
    CHECK(error("observe", {"--duration", "soon", "nginx"}) == "--duration: 'soon' is not a length of time");
    CHECK(error("observe", {"--probes", "magic", "nginx"}) ==
          "--probes: 'magic' is none of auto, trampoline, tracepoint");
    CHECK(error("observe", {"--ring-bytes", "0", "nginx"}) == "--ring-bytes: '0' is not a positive whole number");
    CHECK(error("observe", {"--ring-bytes", "12k", "nginx"}) == "--ring-bytes: '12k' is not a positive whole number");
    CHECK(error("audit", {"--threshold", "11", "nginx"}) ==
          "--threshold: '11' is no exposure: a number from 0 to 10, as 5 or 2.5");
    CHECK(error("observe", {"-o", "", "nginx"}) == "--output: the value is empty");
    CHECK(error("observe", {""}) == "an operand is empty");
    CHECK(error("show", {"a", "b\n"}) == "one operand too many: 'b\\x0a'");
    CHECK(error("doctor", {"now"}) == "one operand too many: 'now'");
    CHECK(error("run", {"--"}) == "CMD is missing");
    CHECK(!parse_words("observe", {"nginx", "--duration"}));
    CHECK(!parse_words("observe", {"nginx", "-o"}));
}

TEST_CASE("help is given without the operands that are otherwise needed") {
    CHECK(parse_words("observe", {"--help"})->has("help"));
    CHECK(parse_words("run", {"-h"})->has("help"));
    CHECK(!parse_words("run", {"ls", "-h"})->has("help"));
}
