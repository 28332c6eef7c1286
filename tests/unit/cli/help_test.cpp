// The texts of help as files in tests/golden/cli/. SANDFIT_ACCEPT=1 rewrites them; review the difference then.
#include "cli/help.h"

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

void check_golden(const std::string& name, const std::string& text) {
    tests::check_golden("cli/" + name, text);
}

void check_width(const std::string& text) {
    for (const std::string& line : base::split(text, '\n')) {
        INFO(line);
        CHECK(line.size() <= 80);
    }
}

}  // namespace

TEST_CASE("the help of every verb is as it was accepted, and fits into 80 columns") {
    check_golden("help.txt", help_text());
    check_width(help_text());
    for (const VerbSpec& verb : verbs()) {
        if (verb.hidden) continue;
        check_golden("help_" + std::string(verb.name) + ".txt", help_text(verb));
        check_width(help_text(verb));
    }
}

TEST_CASE("help shows neither hidden verbs nor hidden options") {
    CHECK(help_text().find("completion") == std::string::npos);
    const std::string observe = help_text(*find_verb("observe"));
    CHECK(observe.find("--probes") != std::string::npos);
    CHECK(observe.find("--ring-bytes") == std::string::npos);
}

TEST_CASE("the table of options is well-formed") {
    std::set<std::string_view> names;
    for (const VerbSpec& verb : verbs()) {
        INFO(verb.name);
        CHECK(names.insert(verb.name).second);
        CHECK(find_option(verb, "help") != nullptr);
        CHECK(!verb.summary.ends_with('.'));
        CHECK(verb.min_operands <= verb.max_operands);
        CHECK((verb.max_operands == 0) == verb.operands.empty());
        std::set<std::string_view> options;
        std::set<char> letters;
        for (const OptionSpec& option : verb.options) {
            INFO(option.name);
            CHECK(options.insert(option.name).second);
            CHECK((option.letter == 0 || letters.insert(option.letter).second));
            CHECK(!option.help.empty());
            CHECK(!option.help.ends_with('.'));
            CHECK((option.value == ValueKind::none) == option.metavar.empty());
            CHECK((option.value == ValueKind::choice) == !option.choices.empty());
        }
    }
}

TEST_CASE("text is wrapped at blanks, and a long word stays whole") {
    CHECK(wrap("one two three", 7, 2) == "one two\n  three");
    CHECK(wrap("one", 2, 2) == "one");
    CHECK(wrap("a bbbbbbbb c", 4, 0) == "a\nbbbbbbbb\nc");
    CHECK(wrap("", 10, 2).empty());
}
