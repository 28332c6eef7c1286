#include "cli/terminal.h"

#include <stdlib.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

TEST_CASE("an error is one line, and its hint a second") {
    Error error = base::system_error("cannot open a.json", ENOENT);
    CHECK(format_error(error) == "sandfit: cannot open a.json: No such file or directory");
    error.hint = "is the name right?";
    CHECK(format_error(error) == "sandfit: cannot open a.json: No such file or directory\n  is the name right?");
}

TEST_CASE("no byte of an error moves the cursor, and nothing is escaped twice") {
    CHECK(printable("a\x1b[2Jb\nc\xff") == "a\\x1b[2Jb\\x0ac\\xff");
    CHECK(printable(base::escape_bytes("tab\there")) == "tab\\x09here");
    CHECK(printable("back\\slash") == "back\\slash");
    CHECK(printable("plain \xc3\xa9") == "plain \xc3\xa9");
}

TEST_CASE("NO_COLOR switches colours off") {
    ::setenv("NO_COLOR", "1", 1);
    CHECK(!wants_colours(Stream::out));
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "dumb", 1);
    CHECK(!wants_colours(Stream::out));
}
