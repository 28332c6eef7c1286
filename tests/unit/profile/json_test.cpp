// Profiles as JSON and back: the format as a golden file, and round trips with bytes that break formats.
#include "profile/json.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "examples.h"
#include "profile/names.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::profile;

namespace {

std::string golden() {
    const auto text = base::read_file(SANDFIT_SOURCE_DIR "/tests/golden/profile/schema-1.json");
    REQUIRE(text.has_value());
    return *text;
}

/// The profile after a way through its text, which must be valid in the eyes of another reader, too.
Profile round_trip(const Profile& before) {
    const std::string text = to_json(before);
    CHECK(base::is_utf8(text));
    CHECK(text.back() == '\n');
    CHECK(nlohmann::json::accept(text));
    const auto after = from_json(text, "profile");
    if (!after) FAIL(after.error().what);
    CHECK(to_json(*after) == text);
    return *after;
}

/// Puts `value` into every string of a profile that may hold any bytes, or any that a path or name may hold.
Profile everywhere(const std::string& value) {
    std::string in_path = "/x" + value + "x";
    std::string name = value;
    for (auto* text : {&in_path, &name}) {
        for (auto at = text->find('/', 1); at != std::string::npos; at = text->find('/', at)) (*text)[at] = '_';
        if (!text->empty() && text->front() == '/' && text == &name) text->front() = '_';
    }
    const Evidence evidence{1, 1, 1, 1, {value}, {}};
    Profile p;
    p.unit = p.tool_version = value;
    p.host = {value, value, value, value, value};
    p.runs = {{1, 2, value, {value, value}, 0, false}};
    p.coverage.subjects[Subject::files] = {true, value, {value}};
    p.coverage.losses[value] = 1;
    p.coverage.retries[value] = 1;
    p.settings.values[value] = {value, value};
    p.facts = {
        {FileFact{FileOp::read, in_path, FileKind::regular, 0, {name}, false, Resolution::walked, 0}, evidence},
        {MoveFact{MoveOp::rename, in_path, in_path, 0, {name}, {name}, false, Resolution::walked}, evidence},
        {CapabilityFact{"CAP_KILL", "", false, false, CapabilityUse::need, {}, false, 0, {value}}, evidence},
        {AddressFact{AddressOp::bind, "AF_UNIX", value, false, 0, 0}, evidence},
        {ExecFact{value, false, false, false, {}}, evidence},
    };
    p.directories[in_path] = {true, false, 0, value, value, false, value};
    return p;
}

}  // namespace

TEST_CASE("the format is the one of the golden file") {
    // This file is in the hands of users: where it must change, the schema gets a new version, a migration and a
    // golden file of its own, and this one is still read.
    CHECK(to_json(examples::full()) == golden());
}

TEST_CASE("schema 1 is read for ever") {
    const auto profile = from_json(golden(), "schema-1.json");
    if (!profile) FAIL(profile.error().what);
    CHECK(*profile == examples::full());
}

TEST_CASE("the example in the description of the format is a profile as we write it") {
    const auto page = base::read_file(SANDFIT_SOURCE_DIR "/docs/PROFILE_FORMAT.md");
    REQUIRE(page.has_value());
    const std::string fence = "```json\n";
    const auto begin = page->find(fence) + fence.size();
    const std::string example = page->substr(begin, page->find("```", begin) - begin);
    const auto profile = from_json(example, "PROFILE_FORMAT.md");
    if (!profile) FAIL(profile.error().what);
    CHECK(to_json(*profile) == example);
}

TEST_CASE("an empty profile survives the round trip") {
    CHECK(round_trip({}) == Profile{});
}

TEST_CASE("generated profiles survive the round trip") {
    examples::Generator generate(3);
    for (int i = 0; i < 50; ++i) {
        const Profile profile = generate.profile();
        CHECK(round_trip(profile) == profile);
    }
}

TEST_CASE("every string field survives hostile bytes") {
    for (const auto& value : examples::hostile_strings()) {
        INFO(base::escape_bytes(value.substr(0, 40)));
        const Profile profile = everywhere(value);
        CHECK(round_trip(profile) == profile);
    }
}

TEST_CASE("numbers survive at their borders") {
    Profile p;
    p.runs = {{INT64_MAX, INT64_MAX, "", {}, 255, false}};
    p.coverage.losses["x"] = UINT64_MAX;
    p.facts = {
        {FileFact{FileOp::read, "/", FileKind::regular, INT32_MAX, {}, false, Resolution::walked, UINT32_MAX},
         {UINT64_MAX, INT64_MAX, INT64_MAX, UINT32_MAX, {}, {}}},
        {SocketFact{"AF_INET", "SOCK_RAW", INT32_MIN, 0}, {}},
        {SocketFact{"AF_INET", "SOCK_RAW", INT32_MAX, 0}, {}},
        {AddressFact{AddressOp::bind, "AF_VSOCK", "", false, UINT32_MAX, 0}, {}},
    };
    CHECK(round_trip(p) == p);
}

TEST_CASE("every value of every enum survives the round trip") {
    Profile p;
    for (std::size_t i = 0; i < kNames<FileOp>.size(); ++i) {
        p.facts.push_back({FileFact{static_cast<FileOp>(i), "/", FileKind::unknown, 0, {}, false, {}, 0}, {}});
    }
    for (std::size_t i = 0; i < kNames<FileKind>.size(); ++i) {
        p.facts.push_back({FileFact{FileOp::map, "/x", static_cast<FileKind>(i), 0, {}, false, {}, 0}, {}});
    }
    for (std::size_t i = 0; i < kNames<MoveOp>.size(); ++i) {
        p.facts.push_back({MoveFact{static_cast<MoveOp>(i), "/", "/", 0, {}, {}, false, {}}, {}});
    }
    for (std::size_t i = 0; i < kNames<CapabilityUse>.size(); ++i) {
        p.facts.push_back({CapabilityFact{"C", "", false, false, static_cast<CapabilityUse>(i), {}, false, 0, {}}, {}});
    }
    for (std::size_t i = 0; i < kNames<CapabilityLack>.size(); ++i) {
        CapabilityFact check;
        check.capability = "D";
        check.lack = static_cast<CapabilityLack>(i);
        p.facts.push_back({check, {}});
    }
    for (std::size_t i = 0; i < kNames<AddressOp>.size(); ++i) {
        p.facts.push_back({AddressFact{static_cast<AddressOp>(i), "F", "", false, 0, 0}, {}});
    }
    for (std::size_t i = 0; i < kNames<Request>.size(); ++i) {
        p.facts.push_back({RequestFact{static_cast<Request>(i), "v", 0}, {}});
    }
    for (std::size_t i = 0; i < kNames<Used>.size(); ++i) p.peaks[static_cast<Used>(i)];
    for (std::size_t i = 0; i < kNames<Subject>.size(); ++i) p.coverage.subjects[static_cast<Subject>(i)];
    for (std::size_t i = 0; i < kNames<Phase>.size(); ++i) p.coverage.phases.insert(static_cast<Phase>(i));
    CHECK(round_trip(p) == p);
}

TEST_CASE("names of enums are those of their enumerators") {
    // The tables stand in the order of the enums; one that was swapped would survive every round trip.
    CHECK(name_of(Subject::files) == "files");
    CHECK(name_of(Subject::sockets) == "sockets");
    CHECK(name_of(Phase::reload) == "reload");
    CHECK(name_of(Abi::compat) == "compat");
    CHECK(name_of(FileOp::create_tmpfile) == "create_tmpfile");
    CHECK(name_of(FileOp::make_socket) == "make_socket");
    CHECK(name_of(FileOp::remove) == "remove");
    CHECK(name_of(FileOp::change_mode) == "change_mode");
    CHECK(name_of(FileOp::change_xattr) == "change_xattr");
    CHECK(name_of(FileOp::look) == "look");
    CHECK(name_of(FileOp::map) == "map");
    CHECK(name_of(Request::namespace_) == "namespace");
    CHECK(name_of(Used::tasks_of_user) == "tasks_of_user");
    CHECK(name_of(Used::locked_bytes) == "locked_bytes");
    CHECK(name_of(FileKind::symlink) == "symlink");
    CHECK(name_of(FileKind::block_device) == "block_device");
    CHECK(name_of(Resolution::resolved) == "resolved");
    CHECK(name_of(MoveOp::exchange) == "exchange");
    CHECK(name_of(CapabilityUse::probe) == "probe");
    CHECK(name_of(AddressOp::connect) == "connect");
}

TEST_CASE("facts that stand in another order are sorted when read") {
    Profile p = examples::full();
    std::swap(p.facts[0], p.facts[2]);
    std::swap(p.facts[3], p.facts[5]);
    const auto read = from_json(to_json(p), "profile");
    REQUIRE(read.has_value());
    CHECK(*read == examples::full());
}

TEST_CASE("a profile that another program formatted is read") {
    const std::string compact = nlohmann::json::parse(golden()).dump();
    const auto read = from_json(compact, "profile");
    if (!read) FAIL(read.error().what);
    CHECK(*read == examples::full());
}
