// A drop-in says what was suggested, whatever the names in it.
#include "render/drop_in.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/unit_file_path.h"
#include "sample.h"
#include "support/catch.h"
#include "unit_file.h"

using namespace sandfit;
using Lines = std::vector<std::string>;

namespace {

Suggestion suggestion(const std::string& directive, ValueForm form, std::vector<std::string> items) {
    Suggestion one;
    one.directive = directive;
    one.verdict = Verdict::suggest;
    one.form = form;
    one.items = std::move(items);
    one.reason = "because";
    return one;
}

std::vector<unit_file::Assignment> read_back(const std::vector<Suggestion>& suggestions, bool explain = false) {
    render::DropInOptions options;
    options.tool_version = "0.1.0";
    options.explain = explain;
    const auto read = unit_file::read(render::drop_in(sample::profile(), suggestions, options));
    REQUIRE(read.has_value());
    return *read;
}

/// A name that makes trouble for whoever writes it without care.
std::string hostile_bytes(std::mt19937& random) {
    const std::string special("\n\r\0\t \"'\\%$=[]#;~-+/.:\xff\xc3\xa9\xef\xbf\xbe", 27);
    const std::vector<std::string> phrases = {"\nPrivateTmp=no\n", "\n[Unit]\n", "\\\n", " # ", "%n", "\" \"/etc"};
    std::string bytes;
    for (auto length = random() % 10; length > 0; --length) {
        switch (random() % 3) {
            case 0:
                bytes += special[random() % special.size()];
                break;
            case 1:
                bytes += static_cast<char>(random() % 256);
                break;
            default:
                bytes += phrases[random() % phrases.size()];
        }
    }
    return bytes;
}

}  // namespace

TEST_CASE("each form of value is assigned in its own way") {
    CHECK(render::assignments(suggestion("ProtectSystem", ValueForm::word, {"strict"})) ==
          Lines{"ProtectSystem=strict"});
    CHECK(render::assignments(suggestion("CapabilityBoundingSet", ValueForm::words, {})) ==
          Lines{"CapabilityBoundingSet="});
    CHECK(render::assignments(suggestion("ReadWritePaths", ValueForm::paths, {"-/run", "/a b"})) ==
          Lines{"ReadWritePaths=-/run \"/a b\""});
}

TEST_CASE("a list is reset first where it has to be") {
    auto one = suggestion("ReadWritePaths", ValueForm::paths, {"/run"});
    one.reset_first = true;
    CHECK(render::assignments(one) == Lines{"ReadWritePaths=", "ReadWritePaths=/run"});
    one.items.clear();
    CHECK(render::assignments(one) == Lines{"ReadWritePaths="});
}

TEST_CASE("a directive that takes one item an assignment gets one each") {
    auto ports = suggestion("SocketBindAllow", ValueForm::words, {"ipv4:80", "ipv6:443"});
    ports.one_each = true;
    CHECK(render::assignments(ports) == Lines{"SocketBindAllow=ipv4:80", "SocketBindAllow=ipv6:443"});
    ports.reset_first = true;
    CHECK(render::assignments(ports).front() == "SocketBindAllow=");
    CHECK(render::assignments(ports).size() == 3);
}

TEST_CASE("a long list becomes several assignments, and a deny-list says so in each") {
    Lines items;
    for (int i = 0; i < 40; ++i) items.push_back("syscall_" + std::to_string(i));
    const auto allow = render::assignments(suggestion("SystemCallFilter", ValueForm::words, items));
    REQUIRE(allow.size() > 2);
    items.front().insert(0, "~");
    const auto deny = render::assignments(suggestion("SystemCallFilter", ValueForm::words, items));
    REQUIRE(deny.size() > 2);
    for (const auto& line : allow) CHECK(line.find('~') == std::string::npos);
    for (const auto& line : deny) {
        CHECK(line.size() <= 101);
        CHECK(line.starts_with("SystemCallFilter=~"));
        CHECK(line.rfind('~') == line.find('~'));
    }
    CHECK(render::assignments(
              suggestion("SystemCallFilter", ValueForm::words, {"@system-service", "~@mount", "@swap"})) ==
          Lines{"SystemCallFilter=@system-service", "SystemCallFilter=~@mount @swap"});
}

TEST_CASE("a path that cannot be written is left out and told, the others stay") {
    const auto one = suggestion("ReadWritePaths", ValueForm::paths, {"/a\nPrivateTmp=no", "/run"});
    CHECK(render::assignments(one) == Lines{"ReadWritePaths=/run"});
    const auto left_out = render::left_out({one});
    REQUIRE(left_out.size() == 1);
    CHECK(left_out.front().find("/a\\x0aPrivateTmp=no") != std::string::npos);
    const auto text = render::drop_in(sample::profile(), {one}, {});
    CHECK(text.find("# LEFT OUT: /a\\x0aPrivateTmp=no") != std::string::npos);
    CHECK(text.find("\nPrivateTmp") == std::string::npos);
}

TEST_CASE("a value that lost all its items, or any of its words, is not assigned at all") {
    auto paths = suggestion("ReadWritePaths", ValueForm::paths, {"/a\nb"});
    paths.reset_first = true;
    CHECK(render::assignments(paths).empty());
    CHECK(render::assignments(suggestion("SystemCallFilter", ValueForm::words, {"read", "wr ite"})).empty());
    CHECK(render::assignments(suggestion("ProtectSystem\nX", ValueForm::word, {"yes"})).empty());
    CHECK(render::left_out({suggestion("A B", ValueForm::word, {"yes"})}).size() == 1);
}

TEST_CASE("only suggested directives are assigned, also when all verdicts are explained") {
    for (const bool explain : {false, true}) {
        std::map<std::string, int> counts;
        for (const auto& assignment : read_back(sample::suggestions(), explain)) {
            CHECK(assignment.section == "Service");
            counts[assignment.name] += 1;
        }
        CHECK(counts.count("PrivateTmp") == 0);
        CHECK(counts.count("NoNewPrivileges") == 0);
        CHECK(counts["ProtectSystem"] == 1);
        CHECK(counts["ReadWritePaths"] == 2);
        CHECK(counts["CapabilityBoundingSet"] == 1);
        CHECK(counts.size() == 5);
    }
}

TEST_CASE("whatever bytes the observed program used, the drop-in holds the suggested directives and no others") {
    std::mt19937 random(1);
    std::size_t written = 0;
    for (int round = 0; round < 3'000; ++round) {
        auto profile = sample::profile();
        profile.unit = hostile_bytes(random);
        profile.host.os = hostile_bytes(random);
        profile.runs.front().how = hostile_bytes(random);
        profile.runs.front().workload = {hostile_bytes(random)};
        profile.coverage.losses = {{hostile_bytes(random), 1}};
        profile.coverage.subjects[Subject::files].blind_spots = {hostile_bytes(random)};
        profile.coverage.subjects[Subject::files].mechanism = hostile_bytes(random);

        Lines items;
        Lines expected;
        for (auto count = random() % 6; count > 0; --count) {
            items.push_back((random() % 2 == 0 ? "-/" : "/") + hostile_bytes(random));
            const std::string_view path = std::string_view(items.back()).substr(items.back().front() == '-' ? 1 : 0);
            if (!base::why_not_in_unit_file(path)) expected.push_back(items.back());
        }
        auto one = suggestion("ReadWritePaths", ValueForm::paths, items);
        one.reason = hostile_bytes(random);
        one.caveats = {hostile_bytes(random)};
        auto silent = suggestion("PrivateTmp", ValueForm::word, {"yes"});
        silent.verdict = Verdict::keep;
        silent.reason = hostile_bytes(random);

        render::DropInOptions options;
        options.tool_version = hostile_bytes(random);
        options.explain = random() % 2 == 0;
        const std::string text = render::drop_in(profile, {one, silent}, options);
        INFO(text);
        REQUIRE(base::is_utf8(text));
        const auto read = unit_file::read(text);
        REQUIRE(read.has_value());
        Lines got;
        for (const auto& assignment : *read) {
            REQUIRE(assignment.section == "Service");
            REQUIRE(assignment.name == "ReadWritePaths");
            const auto paths = unit_file::paths(assignment.value);
            REQUIRE(paths.has_value());
            got.insert(got.end(), paths->begin(), paths->end());
        }
        REQUIRE(got == expected);
        written += got.size();
    }
    CHECK(written > 500);
}

TEST_CASE("systemd itself finds nothing wrong with a drop-in full of hostile names") {
    std::string directory = (std::filesystem::temp_directory_path() / "sandfit-render-XXXXXX").string();
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    const std::string unit = directory + "/sandfit-hostile.service";
    const std::string drop_in_directory = unit + ".d";
    std::filesystem::create_directory(drop_in_directory);

    std::mt19937 random(2);
    Lines items = {"-/a b",   "-/a\"b",     "-/a\\b",  "-/a'b",   "-/100%n",
                   "-/$HOME", "-/\xc3\xa9", "-/ends ", "-/a:b,c", "-/~"};
    for (int i = 0; i < 400; ++i) items.push_back("-/" + hostile_bytes(random));
    auto hostile = suggestion("ReadWritePaths", ValueForm::paths, items);
    hostile.reason = "\\\nPrivateTmp=maybe\n\xff";
    auto all = sample::suggestions();
    all.push_back(hostile);
    // The sample's made-up syscalls would rightly be warned of.
    std::erase_if(all,
                  [](const Suggestion& one) { return !one.items.empty() && one.items[0] == "syscall_number_0"; });
    const std::string text = render::drop_in(sample::profile(), all, {});
    REQUIRE(base::write_file_atomically(unit, "[Service]\nExecStart=/bin/true\n").has_value());

    const auto verify = [&](const std::string& content) {
        REQUIRE(base::write_file_atomically(drop_in_directory + "/50-sandfit.conf", content).has_value());
        return base::run_command({"systemd-analyze", "--no-pager", "verify", unit});
    };
    const auto verdict = verify(text);
    if (!verdict && verdict.error().kind == ErrorKind::unsupported) {
        WARN("SKIPPED: systemd-analyze is not installed here");
        std::filesystem::remove_all(directory);
        return;
    }
    REQUIRE(verdict.has_value());
    INFO(text);
    CHECK(verdict->err.empty());
    CHECK(verdict->status == 0);

    // That it reads the drop-in at all is shown by one that is wrong.
    const auto wrong = verify("[Service]\nNoSuchDirective=1\n");
    REQUIRE(wrong.has_value());
    CHECK(wrong->err.find("NoSuchDirective") != std::string::npos);
    std::filesystem::remove_all(directory);
}
