// --root and --unit-file from the command line on: what is printed, and what a user is told when it cannot be.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "base/temporary_directory.h"
#include "cli/main.h"
#include "profile/store.h"
#include "support/catch.h"

using namespace sandfit;

namespace {

struct Ran {
    int status = 0;
    std::string out;
    std::string err;
};

/// Runs a command line with standard output and error in files.
Ran run(const std::string& directory, const std::vector<std::string>& words) {
    Ran ran;
    const auto redirected = [&](FILE* stream, const std::string& path) {
        std::fflush(stream);
        const int kept = ::dup(::fileno(stream));
        REQUIRE(std::freopen(path.c_str(), "w", stream) != nullptr);
        return kept;
    };
    const auto restored = [](FILE* stream, int kept) {
        std::fflush(stream);
        ::dup2(kept, ::fileno(stream));
        ::close(kept);
    };
    const auto content = [](const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    };
    const int out = redirected(stdout, directory + "/out");
    const int err = redirected(stderr, directory + "/err");
    ran.status = cli::main(words);
    restored(stdout, out);
    restored(stderr, err);
    ran.out = content(directory + "/out");
    ran.err = content(directory + "/err");
    return ran;
}

void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

/// A profile as `sandfit run` makes it: of a command, without settings.
Profile profile_of_command() {
    Profile profile;
    profile.unit = "demo";
    for (const Subject subject : {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets,
                                  Subject::executions, Subject::requests}) {
        profile.coverage.subjects[subject] = {true, "test", {}};
    }
    profile.coverage.phases = {Phase::start, Phase::stop};
    profile.runs.push_back({});
    profile.runs.back().complete = true;
    profile.facts.push_back({SyscallFact{"read", Abi::native, false}, {}});
    return profile;
}

}  // namespace

TEST_CASE("suggest takes what a unit sets from its files") {
    const auto directory = base::TemporaryDirectory::make().value();
    const std::string& at = directory.path();
    const std::string profile = at + "/demo.json";
    REQUIRE(profile::save(profile_of_command(), profile));
    write(at + "/demo.service",
          "[Service]\nExecStart=/bin/demo\nProtectHome=yes\nProtectClock=maybe\nReadWritePaths=/%m\n");
    write(at + "/10.conf", "[Service]\nLockPersonality=yes\n");

    const auto verdict_of = [](const Ran& ran, const std::string& name) {
        const auto document = nlohmann::json::parse(ran.out);
        for (const auto& made : document.at("suggestions")) {
            if (made.at("directive") == name) return made.at("verdict").get<std::string>();
        }
        return std::string("none");
    };
    const auto bare = run(at, {"suggest", profile, "--json", "--for-systemd", "252"});
    CHECK(bare.status == 0);
    CHECK(verdict_of(bare, "ProtectHome") == "suggest");
    CHECK(verdict_of(bare, "LockPersonality") == "suggest");

    const auto known = run(at, {"suggest", profile, "--json", "--for-systemd", "252", "--unit-file",
                                at + "/demo.service", "--unit-file", at + "/10.conf"});
    INFO(known.err);
    CHECK(known.status == 0);
    CHECK(verdict_of(known, "ProtectHome") == "keep");
    CHECK(verdict_of(known, "LockPersonality") == "keep");
    CHECK(verdict_of(known, "ProtectClock") == "suggest");
    CHECK(nlohmann::json::parse(known.out).at("unit") == "demo.service");
    CHECK(known.err ==
          "sandfit: note: ReadWritePaths= is not known from the unit's files: its %m depends on the host\n"
          "sandfit: note: systemd passes over " +
              at +
              "/demo.service:4: ProtectClock=: the value has no meaning for "
              "ProtectClock=\n");

    write(at + "/root/usr/lib/systemd/system/demo.service", "[Service]\nExecStart=/bin/demo\nProtectHome=yes\n");
    const auto below = run(at, {"suggest", profile, "--json", "--for-systemd", "252", "--root", at + "/root"});
    CHECK(verdict_of(below, "ProtectHome") == "keep");
    CHECK(verdict_of(below, "LockPersonality") == "suggest");
}

TEST_CASE("what is wrong with a unit's files is one clear error") {
    const auto directory = base::TemporaryDirectory::make().value();
    const std::string& at = directory.path();
    write(at + "/bad.service", "[Service]\nExecStart=/bin/demo\nX=\xFF\n");
    write(at + "/refused.service", "[Service]\nExecStart=demo/\n");
    write(at + "/root/etc/systemd/system/a.service", "");
    std::filesystem::create_directories(at + "/\x1B[2J");
    struct Row {
        std::vector<std::string> words;
        std::string says;
        int status;
    };
    for (const Row& row : std::vector<Row>{
             {{"audit", "x", "--unit-file", at + "/bad.service"},
              at + "/bad.service:3: the line is not valid UTF-8",
              1},
             {{"audit", "x", "--unit-file", at + "/refused.service"},
              at + "/refused.service:2: ExecStart=: the program's path is that of a directory",
              1},
             {{"audit", "x", "--root", at + "/root"}, "there is no x.service below " + at + "/root", 1},
             {{"audit", "a", "--root", at + "/root"}, "a.service is masked by /etc/systemd/system/a.service", 1},
             {{"audit", "x", "--root", at + "/\x1B[2J"}, "there is no x.service below " + at + "/\\x1b[2J", 1},
             {{"audit", "x\x1B[2J", "--root", "/"},
              "\"x\\x1b[2J\" is no service: it holds a character that no unit name may hold",
              2},
         }) {
        const auto ran = run(at, row.words);
        CHECK(ran.status == row.status);
        CHECK(ran.out.empty());
        CHECK(ran.err.substr(0, ran.err.find('\n')) == "sandfit: " + row.says);
    }
}
