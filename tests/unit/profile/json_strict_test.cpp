// The strict reader: what a profile file cannot hold is one clear error that names the place.
//
// Each case changes one spot of the golden file and says what the reader must answer.
#include <string>
#include <vector>

#include "base/file.h"
#include "examples.h"
#include "profile/json.h"
#include "profile/json_parse.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::profile;

namespace {

const std::string& golden() {
    static const std::string text = [] {
        auto read = base::read_file(SANDFIT_SOURCE_DIR "/tests/golden/profile/schema-1.json");
        REQUIRE(read.has_value());
        return std::move(read).value();
    }();
    return text;
}

struct Damage {
    const char* from;
    std::string to;
    std::string message;  // after "p.json: "
};

/// The golden file with the first `from` replaced.
std::string damaged(const Damage& damage) {
    std::string text = golden();
    const auto at = text.find(damage.from);
    INFO(damage.from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, std::string(damage.from).size(), damage.to);
}

void check_refused(const std::string& text, const std::string& message) {
    INFO(message);
    const auto result = from_json(text, "p.json");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == ErrorKind::bad_input);
    CHECK(result.error().what == "p.json: " + message);
}

void check_all(const std::vector<Damage>& table) {
    for (const auto& damage : table) check_refused(damaged(damage), damage.message);
}

std::string list_of(std::size_t n) {
    std::string out = "[\"0\"";
    for (std::size_t i = 1; i < n; ++i) out += ", \"" + std::to_string(i) + "\"";
    return out + "]";
}

bool starts_with(const std::string& text, const std::string& start) {
    return text.rfind(start, 0) == 0;
}

}  // namespace

TEST_CASE("versions that are not known are refused") {
    check_all({
        {"\"sandfit_profile\": 1,", "", "the field sandfit_profile is missing: this is no sandfit profile"},
        {"\"sandfit_profile\": 1", "\"sandfit_profile\": 2",
         "sandfit_profile: schema 2 is newer than this sandfit reads (up to 1)"},
        {"\"sandfit_profile\": 1", "\"sandfit_profile\": 18446744073709551615",
         "sandfit_profile: schema 18446744073709551615 is newer than this sandfit reads (up to 1)"},
        {"\"sandfit_profile\": 1", "\"sandfit_profile\": 0", "sandfit_profile: expected a whole number from 1 to 1"},
        {"\"sandfit_profile\": 1", "\"sandfit_profile\": -1", "sandfit_profile: expected a whole number from 1 to 1"},
        {"\"sandfit_profile\": 1", "\"sandfit_profile\": \"1\"",
         "sandfit_profile: expected a whole number from 1 to 1"},
    });
    const auto newer = from_json("{\"sandfit_profile\": 2}", "p.json");
    REQUIRE_FALSE(newer.has_value());
    CHECK_FALSE(newer.error().hint.empty());
}

TEST_CASE("a missing field is named") {
    check_all({
        {"\"unit\": \"nginx.service\",", "", "the field unit is missing"},
        {"\"libc\": \"glibc 2.36\",", "", "host: the field libc is missing"},
        {"\"how\": \"observe\", ", "", "runs[1]: the field how is missing"},
        {"\"losses\": {\"file_map_full\": 3},", "", "coverage: the field losses is missing"},
        {"{\"watched\": false}", "{}", "coverage.subjects.capabilities: the field watched is missing"},
        {"\"op\": \"read\", \"resolution\"", "\"resolution\"", "facts.files[1]: the field op is missing"},
        {"\"count\": 4096, ", "", "facts.syscalls[2].evidence: the field count is missing"},
        {", \"evidence\": {\"count\": 1, \"first_us\": 1700000000000100, \"last_us\": 1700000000000100, \"windows\": "
         "1}",
         "", "facts.syscalls[0]: the field evidence is missing"},
        {", \"use\": \"need\"", "", "facts.capabilities[2]: the field use is missing"},
        {"\"owner\": \"www-data\", ", "", "directories[\"/var/lib/nginx\"]: the field owner is missing"},
    });
}

TEST_CASE("an unknown field is named") {
    check_all({
        {"\"unit\":", "\"unti\": 1, \"unit\":", "unknown field \"unti\""},
        {"\"libc\":", "\"a b\\n\": 1, \"libc\":", "host: unknown field \"a b\\x0a\""},
        {"\"moves\":", "\"signals\": [], \"moves\":", "facts: unknown field \"signals\""},
        {"\"many\": true", "\"mnay\": true", "facts.files[1]: unknown field \"mnay\""},
        {"\"windows\": 12", "\"windows\": 12, \"op\": \"read\"", "facts.syscalls[2].evidence: unknown field \"op\""},
    });
}

TEST_CASE("a value of the wrong type is refused") {
    const std::string whole = "expected a whole number from 0 to ";
    check_all({
        {"\"nginx.service\"", "7", "unit: expected a string"},
        {"\"nginx.service\"", "null", "unit: expected a string"},
        {"\"complete\": true", "\"complete\": 1", "runs[0].complete: expected true or false"},
        {"\"complete\": true", "\"complete\": \"true\"", "runs[0].complete: expected true or false"},
        {"\"count\": 4096", "\"count\": \"4096\"",
         "facts.syscalls[2].evidence.count: " + whole + "18446744073709551615"},
        {"\"count\": 4096", "\"count\": 4096.0",
         "facts.syscalls[2].evidence.count: " + whole + "18446744073709551615"},
        {"\"count\": 4096", "\"count\": [4096]",
         "facts.syscalls[2].evidence.count: " + whole + "18446744073709551615"},
        {"\"modes\": \"0644\"", "\"modes\": 420",
         "facts.files[0].modes: expected a string of four or more octal digits, such as \"0755\""},
        {"\"modes\": \"0644\"", "\"modes\": \"0o644\"",
         "facts.files[0].modes: expected a string of four or more octal digits, such as \"0755\""},
        {"[\"start\", \"reload\", \"stop\"]", "\"start\"",
         "coverage.phases: expected a list of at most 1048576 elements"},
        {"[\"start\", \"reload\", \"stop\"]", "{}", "coverage.phases: expected a list of at most 1048576 elements"},
        {"{\"file_map_full\": 3}", "[3]", "coverage.losses: expected an object"},
        {"{\"watched\": false}", "false", "coverage.subjects.capabilities: expected an object"},
        {"[\"nginx.conf\", \"passwd\"]", "[\"nginx.conf\", 5]", "facts.files[0].names[1]: expected a string"},
        {"\"syscalls\": [\n", "\"syscalls\": [[],", "facts.syscalls[0]: expected an object"},
    });
    check_refused("[]", "expected an object");
    check_refused("\"sandfit_profile\"", "expected an object");
    check_refused("null", "expected an object");
}

TEST_CASE("a number out of range is refused") {
    check_all({
        {"\"count\": 4096", "\"count\": -1",
         "facts.syscalls[2].evidence.count: expected a whole number from 0 to 18446744073709551615"},
        {"\"count\": 4096", "\"count\": 18446744073709551616",
         "facts.syscalls[2].evidence.count: expected a whole number from 0 to 18446744073709551615"},
        {"\"windows\": 12", "\"windows\": 4294967296",
         "facts.syscalls[2].evidence.windows: expected a whole number from 0 to 4294967295"},
        {"\"first_us\": 1700000000000100", "\"first_us\": -1",
         "facts.syscalls[0].evidence.first_us: expected a whole number from 0 to 9223372036854775807"},
        {"\"first_us\": 1700000000000100", "\"first_us\": 9223372036854775808",
         "facts.syscalls[0].evidence.first_us: expected a whole number from 0 to 9223372036854775807"},
        {"\"error\": 13", "\"error\": -13", "facts.files[1].error: expected a whole number from 0 to 2147483647"},
        {"\"protocol\": -1", "\"protocol\": -2147483649",
         "facts.sockets[0].protocol: expected a whole number from -2147483648 to 2147483647"},
        {"\"protocol\": -1", "\"protocol\": 2147483648",
         "facts.sockets[0].protocol: expected a whole number from -2147483648 to 2147483647"},
        {"\"file_map_full\": 3", "\"file_map_full\": 0",
         "coverage.losses.file_map_full: expected a whole number from 1 to 18446744073709551615"},
        {"\"mode\": \"0755\"", "\"mode\": \"040000000000\"",
         "directories[\"/var/lib/nginx\"].mode: expected a string of four or more octal digits, such as \"0755\""},
        {"\"count\": 4096", "\"count\": 1e999", "facts.syscalls[2].evidence.count: number overflow parsing '1e999'"},
    });
}

TEST_CASE("an unknown value of an enum is answered with the known ones") {
    check_all({
        {"\"abi\": \"compat\"", "\"abi\": \"x32\"", "facts.syscalls[2].abi: expected one of \"native\", \"compat\""},
        {"\"abi\": \"compat\"", "\"abi\": \"Compat\"",
         "facts.syscalls[2].abi: expected one of \"native\", \"compat\""},
        {"\"abi\": \"compat\"", "\"abi\": 1", "facts.syscalls[2].abi: expected one of \"native\", \"compat\""},
        {"[\"start\",", "[\"begin\",", "coverage.phases[0]: expected one of \"start\", \"reload\", \"stop\""},
        {"\"syscalls\": {\"watched\"", "\"calls\": {\"watched\"",
         "coverage.subjects.calls: expected one of \"syscalls\", \"files\", \"capabilities\", \"sockets\", "
         "\"executions\", \"requests\", \"refusals\""},
    });
}

TEST_CASE("text that cannot be what it stands for is refused") {
    const std::string path = "expected an absolute path without \".\", \"..\", needless slashes and NUL";
    const std::string word = "expected a name of letters, digits and _#.:/@+-";
    const std::string name = "expected a file name, without slash and NUL";
    const std::string backslash = "a backslash must be followed by a backslash, or by x and two hexadecimal digits";
    check_all({
        {"\"directory\": \"/etc\"", "\"directory\": \"etc\"", "facts.files[0].directory: " + path},
        {"\"directory\": \"/etc\"", "\"directory\": \"\"", "facts.files[0].directory: " + path},
        {"\"directory\": \"/etc\"", "\"directory\": \"/etc/\"", "facts.files[0].directory: " + path},
        {"\"directory\": \"/etc\"", "\"directory\": \"/var/../etc\"", "facts.files[0].directory: " + path},
        {"\"directory\": \"/etc\"", "\"directory\": \"/etc\\u0000\"", "facts.files[0].directory: " + path},
        {"\"directory\": \"/etc\"", "\"directory\": \"/etc\\\\x00\"", "facts.files[0].directory: " + path},
        {"\"directory\": \"deep/down\"", "\"directory\": \"deep\\\\x00\"",
         "facts.files[1].directory: expected a path without NUL"},
        {"\"to_directory\": \"/var/log\"", "\"to_directory\": \"log\"", "facts.moves[0].to_directory: " + path},
        {"\"/var/lib/nginx\": {\"exists\"", "\"var/lib\": {\"exists\"", "directories[\"var/lib\"]: " + path},
        {"\"passwd\"", "\"../passwd\"", "facts.files[0].names[1]: " + name},
        {"\"passwd\"", "\"pass\\\\x00wd\"", "facts.files[0].names[1]: " + name},
        {"\"passwd\"", "\"\\\\x4\"", "facts.files[0].names[1]: " + backslash},
        {"\"passwd\"", "\"\\\\n\"", "facts.files[0].names[1]: " + backslash},
        {"\"name\": \"openat\"", "\"name\": \"open\\nat\"", "facts.syscalls[2].name: " + word},
        {"\"name\": \"openat\"", "\"name\": \"open at\"", "facts.syscalls[2].name: " + word},
        {"\"name\": \"openat\"", "\"name\": \"\"", "facts.syscalls[2].name: " + word},
        {"\"CAP_SETUID\"", "\"CAP_SETUID\\nExecStart=/bin/sh\"", "facts.capability_requests[0].capability: " + word},
        {"\"CAP_NET_RAW\"", "\"%n\"", "facts.executions[0].file_capabilities[0]: " + word},
        {"\"unlink\"]", "\"$x\"]", "facts.syscalls[2].evidence.syscalls[1]: " + word},
    });
}

TEST_CASE("what stands twice is refused") {
    check_all({
        {"\"unit\":", "\"unit\": \"a\", \"unit\":", "the field \"unit\" stands here twice"},
        {"\"count\": 4096", "\"count\": 1, \"count\": 4096",
         "facts.syscalls[2].evidence: the field \"count\" stands here twice"},
        {"{\"file_map_full\": 3}", "{\"a\": 3, \"\\\\x61\": 3}", "coverage.losses.a: the same member twice"},
        {"[\"nginx.conf\", \"passwd\"]", "[\"a\", \"a\"]", "facts.files[0].names[1]: the same element twice"},
        {"[\"start\", \"reload\", \"stop\"]", "[\"start\", \"start\"]", "coverage.phases[1]: the same element twice"},
        {"\"name\": \"#463\"", "\"name\": \"exit_group\"", "facts.syscalls[1]: the same fact as syscalls[0]"},
    });
}

TEST_CASE("lists that are too long are refused") {
    check_all({
        {"[\"nginx.conf\", \"passwd\"]", list_of(9), "facts.files[0].names: expected a list of at most 8 elements"},
        {"[\"a.tmp\"]", list_of(9), "facts.moves[0].from_names: expected a list of at most 8 elements"},
        {"[\"/usr/sbin/nginx\"], \"syscalls\"", list_of(17) + ", \"syscalls\"",
         "facts.syscalls[2].evidence.executables: expected a list of at most 16 elements"},
        {"[\"inet_bind\", \"ns_capable [x]\"]", list_of(1025),
         "facts.capabilities[2].callers: expected a list of at most 1024 elements"},
    });
    CHECK(from_json(damaged({"[\"nginx.conf\", \"passwd\"]", list_of(8), ""}), "p.json").has_value());
}

TEST_CASE("what is no JSON is refused with line and column") {
    check_refused("",
                  "line 1, column 1: syntax error while parsing value - unexpected end of input; expected '[', "
                  "'{', or a literal");
    for (const auto& [from, to, place] : std::vector<Damage>{
             {"\"unit\":", "unit:", "line 3, column 3: "},
             {"\"count\": 4096", "\"count\": NaN", "line 36, column "},
             {"\"count\": 4096", "\"count\": Infinity", "line 36, column "},
             {"\"count\": 4096", "\"count\": 0x10", "line 36, column "},
             {"\"count\": 4096", "\"count\": +1", "line 36, column "},
             {"\"nginx.service\",", "\"nginx.service\"", "line 4, column "},
             {"\"nginx.service\"", "\"nginx\xff.service\"", "line 3, column "},
             {"\"nginx.service\"", "\"nginx\n.service\"", "line 3, column "},
             {"\"nginx.service\"", "\"\\ud800\"", "line 3, column "},
         }) {
        INFO(to);
        const auto result = from_json(damaged({from, to, ""}), "p.json");
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().kind == ErrorKind::bad_input);
        INFO(result.error().what);
        CHECK(starts_with(result.error().what, "p.json: " + place));
        CHECK(result.error().what.find("exception") == std::string::npos);
        CHECK(result.error().what.find('\n') == std::string::npos);
    }
    const auto behind = from_json(golden() + "{}", "p.json");
    REQUIRE_FALSE(behind.has_value());
    CHECK(behind.error().what.find("expected end of input") != std::string::npos);
}

TEST_CASE("a message does not repeat a token as long as the file") {
    const auto result = from_json("{\"a\": \"" + std::string(1'000'000, 'x'), "p.json");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what.size() < 1000);
    const auto field = from_json("{\"sandfit_profile\": 1, \"" + std::string(1'000'000, 'x') + "\": 1}", "p.json");
    REQUIRE_FALSE(field.has_value());
    CHECK(field.error().what.size() < 1000);
}

TEST_CASE("a file that ends too early is refused wherever it ends") {
    for (std::size_t length = 0; length + 1 < golden().size(); length += 5) {
        const auto result = from_json(std::string_view(golden()).substr(0, length), "p.json");
        REQUIRE_FALSE(result.has_value());
        REQUIRE(result.error().kind == ErrorKind::bad_input);
        REQUIRE(starts_with(result.error().what, "p.json: line "));
    }
}

TEST_CASE("depth without end is refused") {
    const std::string deep = std::string(1'000'000, '[');
    check_refused(deep,
                  std::string("[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
                              "[0][0][0][0][0]: nested deeper than 32 levels"));
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    const auto result = from_json(objects, "p.json");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what.find("nested deeper than 32 levels") != std::string::npos);
}

TEST_CASE("values without end are refused") {
    const std::string four = R"({"a": [1, 2]})";
    CHECK(parse_json(four, 4).has_value());
    const auto result = parse_json(four, 3);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what == "a[1]: more than 3 values");
}

TEST_CASE("random damage gives a profile or one error, and never anything else") {
    examples::Generator random(4);
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
        std::string text = golden();
        for (auto n = 1 + random.below(4); n > 0; --n) {
            const auto at = random.below(static_cast<std::uint32_t>(text.size() - 40));
            switch (random.below(4)) {
                case 0:
                    text[at] = static_cast<char>(random.below(256));
                    break;
                case 1:
                    text.erase(at, random.below(30));
                    break;
                case 2:
                    text.insert(at, text.substr(random.below(static_cast<std::uint32_t>(text.size() - 40)), 30));
                    break;
                default:
                    text[at] = "[]{}\",:0-\\"[random.below(10)];
            }
        }
        const auto result = from_json(text, "p.json");
        if (result) {
            // What was taken can be written and read again.
            const auto again = from_json(to_json(*result), "again");
            REQUIRE(again.has_value());
            REQUIRE(*again == *result);
        } else {
            ++refused;
            REQUIRE(result.error().kind == ErrorKind::bad_input);
            REQUIRE(starts_with(result.error().what, "p.json: "));
            REQUIRE(result.error().what.find('\n') == std::string::npos);
        }
    }
    CHECK(refused > 300);
}
