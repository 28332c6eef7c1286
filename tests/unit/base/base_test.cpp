#include "support/catch.h"

#include "base/file.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

using namespace sandfit;
using namespace sandfit::base;

TEST_CASE("bytes survive escaping, and the escaped text is printable") {
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(random() % 24, '\0');
        for (auto& byte : bytes) byte = static_cast<char>(random());
        const auto text = escape_bytes(bytes);
        REQUIRE(is_utf8(text));
        REQUIRE(text.find_first_of(std::string_view("\n\r\x1b\x7f\0", 5)) == std::string::npos);
        REQUIRE(unescape_bytes(text) == bytes);
    }
    CHECK(escape_bytes("plain Ünicode") == "plain Ünicode");
    CHECK(escape_bytes("a\\b") == "a\\\\b");
    CHECK(escape_bytes("\u202Eevil") == "\\xe2\\x80\\xaeevil");
    CHECK(escape_bytes("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate is no UTF-8
    CHECK_FALSE(unescape_bytes("\\n").has_value());
    CHECK_FALSE(unescape_bytes("\\x4").has_value());
    CHECK_FALSE(unescape_bytes("\\").has_value());
    CHECK(escaped_byte("\\x4A, and more") == 'J');
    CHECK(escaped_byte("\\xff") == '\xff');
    for (const char* none : {"", "x41", "\\x4", "\\xg1", "\\u41", "/x41"}) CHECK_FALSE(escaped_byte(none).has_value());
}

TEST_CASE("paths as text") {
    CHECK(lexically_absolute("/a/b", "../c/./d//") == "/a/c/d");
    CHECK(lexically_absolute("/a", "/b") == "/b");
    CHECK(lexically_absolute("/", "../..") == "/");
    CHECK(parent_of("/a") == "/");
    CHECK(last_component("/a/b") == "b");
    CHECK(is_at_or_below("/a/b", "/a"));
    CHECK(is_at_or_below("/a", "/a"));
    CHECK_FALSE(is_at_or_below("/ab", "/a"));
    CHECK(is_at_or_below("/x", "/"));
    CHECK(common_ancestor("/var/lib/a/b", "/var/lib/c") == "/var/lib");
    CHECK(common_ancestor("/a", "/b") == "/");
    CHECK(depth("/") == 0);
    CHECK(depth("/a/b") == 2);
}

TEST_CASE("a file is replaced whole, and nothing else is left in its directory") {
    std::string directory = "/tmp/sandfit-base-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    const std::string path = directory + "/file";
    REQUIRE(write_file_atomically(path, "one"));
    REQUIRE(write_file_atomically(path, "two"));
    CHECK(read_file(path).value() == "two");
    CHECK(std::distance(std::filesystem::directory_iterator(directory), {}) == 1);
    CHECK_FALSE(write_file_atomically(directory + "/missing/file", "x").has_value());
    CHECK(read_file(directory + "/absent").error().sys_errno == ENOENT);
    CHECK(read_file(path, 2).error().kind == ErrorKind::bad_input);
    std::filesystem::remove_all(directory);
}

TEST_CASE("commands are run without a shell, and bounded in time") {
    const auto echo = run_command({"echo", "a b", "$HOME"});
    REQUIRE(echo);
    CHECK(echo->out == "a b $HOME\n");
    CHECK(run_command({"false"})->status == 1);
    CHECK(run_command({"no-such-program-here"}).error().kind == ErrorKind::unsupported);
    CHECK_FALSE(run_command({"sleep", "10"}, std::chrono::seconds(1)).has_value());
}
