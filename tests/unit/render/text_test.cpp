// Texts for people and programs: one line is one line, and nothing of the observed program reaches the terminal raw.
#include "render/text.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "render/describe.h"
#include "render/json.h"
#include "sample.h"
#include "support/catch.h"

using namespace sandfit;

namespace {

const std::string kHostile("a\n\x1b[31m\r\xff\0\t\xe2\x80\xae%\"\\", 17);

/// Every string of the profile and the suggestions is hostile.
Profile hostile_profile() {
    Profile p;
    p.unit = kHostile;
    p.host = {kHostile, kHostile, kHostile, kHostile, kHostile};
    Run run;
    run.started_us = 1;
    run.how = kHostile;
    run.workload = {kHostile};
    p.runs = {run};
    p.coverage.subjects[Subject::files] = {true, kHostile, {kHostile}};
    p.coverage.losses = {{kHostile, 1}};
    p.coverage.retries = {{kHostile, 1}};
    Evidence evidence;
    evidence.count = 1;
    evidence.executables = {kHostile};
    evidence.syscalls = {kHostile};
    const auto add = [&](Fact fact) { p.facts.push_back({std::move(fact), evidence}); };
    add(SyscallFact{kHostile, Abi::native, false});
    FileFact file;
    file.directory = "/" + kHostile;
    file.names = {kHostile, kHostile + "2"};
    add(file);
    add(MoveFact{MoveOp::link, "/" + kHostile, "/" + kHostile, 1, {kHostile}, {kHostile}, true, Resolution::cut});
    add(CapabilityFact{kHostile, kHostile, false, true, CapabilityUse::unclassified, {}, false, 0, {kHostile}});
    add(CapabilityRequestFact{kHostile, true, 1});
    add(SocketFact{kHostile, kHostile, 1, 1});
    add(AddressFact{AddressOp::send, kHostile, kHostile, true, 1, 1});
    ExecFact exec;
    exec.path = kHostile;
    exec.file_capabilities = {kHostile};
    add(exec);
    add(FileSystemFact{kHostile});
    return p;
}

std::vector<Suggestion> hostile_suggestions() {
    std::vector<Suggestion> all;
    for (const Verdict verdict : {Verdict::suggest, Verdict::keep, Verdict::abstain}) {
        Suggestion one;
        one.directive = kHostile;
        one.verdict = verdict;
        one.form = ValueForm::paths;
        one.items = {kHostile, "/" + kHostile};
        one.reason = kHostile;
        one.caveats = {kHostile};
        one.because = {0, 1, 2, 3, 4, 5, 6, 7, 1'000'000};
        all.push_back(one);
        one.directive = "ReadWritePaths";
        all.push_back(one);
    }
    return all;
}

void check_printable(const std::string& text) {
    INFO(text);
    CHECK(base::is_utf8(text));
    for (const auto& line : base::split(text, '\n')) {
        // Only backslashes may differ: they are there from the first escaping.
        std::string doubled;
        for (const char c : line) doubled += c == '\\' ? std::string("\\\\") : std::string(1, c);
        CHECK(base::escape_bytes(line) == doubled);
    }
}

}  // namespace

TEST_CASE("no raw byte of the observed program is printed") {
    render::TextOptions options;
    options.explain = true;
    check_printable(render::profile_text(hostile_profile(), options));
    check_printable(render::summary_text(hostile_profile(), options));
    check_printable(render::suggestions_text(hostile_profile(), hostile_suggestions(), options));
    check_printable(render::to_json(hostile_profile(), hostile_suggestions(), Tightness::strict, kHostile));
    for (const auto& seen : hostile_profile().facts) {
        CHECK(render::describe_fact(seen.fact).find('\n') == std::string::npos);
        check_printable(render::describe_fact(seen.fact));
    }
}

TEST_CASE("suggestions as JSON can be read back with the raw items") {
    const auto document =
        nlohmann::json::parse(render::to_json(hostile_profile(), hostile_suggestions(), Tightness::strict, "1"));
    CHECK(document["schema"].get<int>() == render::kSuggestionsSchema);
    CHECK(document["tightness"].get<std::string>() == "strict");
    CHECK(base::unescape_bytes(document["unit"].get<std::string>()) == kHostile);
    REQUIRE(document["suggestions"].size() == 6);
    const auto& first = document["suggestions"][0];
    CHECK(first["verdict"].get<std::string>() == "suggest");
    CHECK(base::unescape_bytes(first["items"][0].get<std::string>()) == kHostile);
    CHECK(first["lines"].empty());
    CHECK(first["because"].size() == 8);  // the index beyond the facts is dropped
    CHECK(document["suggestions"][5]["verdict"].get<std::string>() == "abstain");
}

TEST_CASE("facts are told in one short sentence") {
    const auto& facts = sample::profile().facts;
    const auto told = [profile = sample::profile()](std::size_t index) {
        return render::describe_fact(profile.facts[index].fact);
    };
    CHECK(facts.size() == 13);
    CHECK(told(0) == "openat");
    CHECK(told(1) == "clock_gettime (compatibility ABI) (only as the last call of a task)");
    CHECK(told(2) == "create /run/nginx.pid");
    CHECK(told(3) ==
          "write /srv/evil\\x0aPrivateTmp=no/{a, b\\x1b[31m, c\\xff, ...} (path not checked), refused with EROFS");
    CHECK(told(4) == "rename /var/lib/nginx/tmp/a to /var/lib/nginx/b");
    CHECK(told(5) == "CAP_SETUID in setuid (ns_capable_setid)");
    CHECK(told(6) ==
          "CAP_SYS_ADMIN outside of a syscall, not granted, only looked at, in a user namespace of its own");
    CHECK(told(7) == "asks for ambient CAP_NET_RAW, refused with EPERM");
    CHECK(told(8) == "socket AF_INET SOCK_STREAM protocol 6");
    CHECK(told(9) == "bind AF_INET6 [::]:80");
    CHECK(told(10) == "connect to AF_UNIX @x, refused with ECONNREFUSED");
    CHECK(told(11) == "execute /usr/bin/ping, set-user-ID, with file capabilities CAP_NET_RAW");
    CHECK(told(12) == "files on ext4");
}

TEST_CASE("a file in the root and a directory without names are told as paths") {
    FileFact fact;
    fact.op = FileOp::remove;
    fact.directory = "/";
    fact.names = {"a"};
    CHECK(render::describe_fact(fact) == "remove /a");
    fact.names = {"a", "b"};
    CHECK(render::describe_fact(fact) == "remove /{a, b}");
    fact.directory = "/srv";
    fact.names.clear();
    CHECK(render::describe_fact(fact) == "remove /srv");
}

TEST_CASE("times are dates of this age or unknown") {
    CHECK(render::describe_time(1'795'320'332'999'999) == "2026-11-22 04:05:32 UTC");
    CHECK(render::describe_time(951'782'400'000'000) == "2000-02-29 00:00:00 UTC");
    for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
        CHECK(render::describe_time(bad) == "unknown");
    }
    Run run;
    run.started_us = INT64_MIN;
    run.ended_us = INT64_MAX;
    CHECK(render::describe_run(run) == "unknown");
}

TEST_CASE("ways name the mechanism of each subject that was watched, one that several share once") {
    CHECK(render::describe_ways({}).empty());
    Coverage coverage;
    for (const Subject subject : {Subject::requests, Subject::sockets, Subject::syscalls}) {
        coverage.subjects[subject] = {true, "tp_btf/sys_exit", {"a gap"}};
    }
    coverage.subjects[Subject::files] = {true, "fentry/security_path_*, iter/task_file", {}};
    coverage.subjects[Subject::capabilities] = {false, "fexit/cap_capable", {}};
    coverage.subjects[Subject::executions] = {true, "", {}};
    CHECK(render::describe_ways(coverage) ==
          "syscalls, sockets, arguments of calls by tp_btf/sys_exit; files by fentry/security_path_*, iter/task_file");

    coverage.subjects.erase(Subject::files);
    coverage.subjects[Subject::syscalls].mechanism = "a\n[Service]\nPrivateTmp=no\x1b[31m\xff";
    CHECK(render::describe_ways(coverage) ==
          "syscalls by a\\x0a[Service]\\x0aPrivateTmp=no\\x1b[31m\\xff; "
          "sockets, arguments of calls by tp_btf/sys_exit");
}

TEST_CASE("gaps name what was not watched, not seen and lost, and nothing else") {
    Coverage coverage;
    for (const Subject subject :
         {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets, Subject::executions}) {
        coverage.subjects[subject] = {true, "x", {}};
    }
    coverage.phases = {Phase::start, Phase::reload, Phase::stop};
    coverage.retries = {{"ring_full", 3}};
    CHECK(render::describe_gaps(coverage, {}).empty());

    coverage.phases.erase(Phase::reload);
    coverage.subjects[Subject::files].watched = false;
    coverage.losses = {{"file_map_full", 2}};
    Run unfinished;
    CHECK(render::describe_gaps(coverage, {unfinished}) ==
          std::vector<std::string>{"not seen from beginning to end: reload", "files were not watched",
                                   "lost 2 records (file_map_full)",
                                   "1 run ended before sandfit could finish the recording"});
}

TEST_CASE("arguments of calls that were not watched are a gap, and refusals that nobody asked for are none") {
    Coverage coverage;
    for (const Subject subject :
         {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets, Subject::executions}) {
        coverage.subjects[subject] = {true, "x", {}};
    }
    coverage.phases = {Phase::start, Phase::reload, Phase::stop};
    // A profile from before there were any; merged with one that has them, it names them as not watched.
    CHECK(render::describe_gaps(coverage, {}).empty());
    coverage.subjects[Subject::requests].watched = false;
    coverage.subjects[Subject::refusals].watched = false;
    CHECK(render::describe_gaps(coverage, {}) == std::vector<std::string>{"arguments of calls were not watched"});

    coverage.subjects[Subject::requests] = {true, "x", {"those of one call"}};
    coverage.subjects[Subject::refusals] = {true, "x", {"the first"}};
    CHECK(render::describe_gaps(coverage, {}) ==
          std::vector<std::string>{"arguments of calls: those of one call", "refusals by filters: the first"});
}

TEST_CASE("colour is only there when it is asked for") {
    render::TextOptions options;
    CHECK(render::profile_text(sample::profile(), options).find('\x1b') == std::string::npos);
    CHECK(render::suggestions_text(sample::profile(), sample::suggestions(), options).find('\x1b') ==
          std::string::npos);
    options.colour = render::Colour::on;
    CHECK(render::profile_text(sample::profile(), options).find('\x1b') != std::string::npos);
}

TEST_CASE("an empty profile is told, not crashed on") {
    const render::TextOptions options;
    CHECK(render::profile_text(Profile(), options).find("facts     none") != std::string::npos);
    CHECK(render::suggestions_text(Profile(), {}, options).find("0 to set, 0 kept, 0 left open") !=
          std::string::npos);
}
