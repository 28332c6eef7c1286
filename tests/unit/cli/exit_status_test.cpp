#include "cli/exit_status.h"

#include "cli/main.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

Coverage all_watched() {
    Coverage coverage;
    for (const Subject subject :
         {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets, Subject::executions}) {
        coverage.subjects[subject] = {true, "a hook", {}};
    }
    return coverage;
}

}  // namespace

TEST_CASE("the exit statuses have the numbers that scripts rely on") {
    CHECK(static_cast<int>(ExitCode::done) == 0);
    CHECK(static_cast<int>(ExitCode::failed) == 1);
    CHECK(static_cast<int>(ExitCode::usage) == 2);
    CHECK(static_cast<int>(ExitCode::finding) == 3);
    CHECK(static_cast<int>(ExitCode::not_permitted) == 4);
    CHECK(static_cast<int>(ExitCode::unsupported) == 5);
    CHECK(static_cast<int>(ExitCode::rolled_back) == 6);
    CHECK(static_cast<int>(ExitCode::incomplete) == 7);
    CHECK(static_cast<int>(ExitCode::interrupted) == 130);
}

TEST_CASE("each kind of error has its exit status") {
    CHECK(exit_code_of(ErrorKind::failed) == ExitCode::failed);
    CHECK(exit_code_of(ErrorKind::bad_input) == ExitCode::failed);
    CHECK(exit_code_of(ErrorKind::usage) == ExitCode::usage);
    CHECK(exit_code_of(ErrorKind::not_permitted) == ExitCode::not_permitted);
    CHECK(exit_code_of(ErrorKind::unsupported) == ExitCode::unsupported);
    CHECK(exit_code_of(ErrorKind::interrupted) == ExitCode::interrupted);
}

TEST_CASE("an observation ends with 130 when interrupted, 7 when incomplete, 0 otherwise") {
    CHECK(exit_code_of(ObservationEnd{false, false, false}) == ExitCode::done);
    CHECK(exit_code_of(ObservationEnd{false, true, false}) == ExitCode::incomplete);
    CHECK(exit_code_of(ObservationEnd{false, true, true}) == ExitCode::done);
    CHECK(exit_code_of(ObservationEnd{true, false, false}) == ExitCode::interrupted);
    CHECK(exit_code_of(ObservationEnd{true, true, true}) == ExitCode::interrupted);
}

TEST_CASE("a recording has a gap for each loss, each subject that was not watched, and a start that was not seen") {
    Coverage coverage = all_watched();
    CHECK(gaps_of(coverage, StartSeen::not_asked).empty());
    CHECK(gaps_of(coverage, StartSeen::required) == std::vector<std::string>{"the start was not seen"});
    coverage.phases.insert(Phase::start);
    CHECK(gaps_of(coverage, StartSeen::required).empty());
    coverage.retries["ring_full_retried"] = 5;
    CHECK(gaps_of(coverage, StartSeen::required).empty());
    coverage.losses["file_map_full"] = 12;
    coverage.subjects[Subject::capabilities].watched = false;
    coverage.subjects.erase(Subject::sockets);
    CHECK(gaps_of(coverage, StartSeen::required) ==
          std::vector<std::string>{"lost: file_map_full (12)", "not watched: capabilities", "not watched: sockets"});
}

TEST_CASE("a recording without the arguments of calls has a gap, unless it is from before there were any") {
    Coverage coverage = all_watched();
    CHECK(gaps_of(coverage, StartSeen::not_asked).empty());
    coverage.subjects[Subject::requests] = {true, "a hook", {}};
    coverage.subjects[Subject::refusals].watched = false;
    CHECK(gaps_of(coverage, StartSeen::not_asked).empty());
    coverage.subjects[Subject::requests].watched = false;
    CHECK(gaps_of(coverage, StartSeen::not_asked) == std::vector<std::string>{"not watched: arguments of calls"});
}

TEST_CASE("the command's exit status tells usage errors from failures") {
    CHECK(cli::main({}) == 2);
    CHECK(cli::main({"dance"}) == 2);
    CHECK(cli::main({"--dance"}) == 2);
    CHECK(cli::main({"observe"}) == 2);
    CHECK(cli::main({"suggest", "--tightness", "loose", "a.json"}) == 2);
    CHECK(cli::main({"merge", "a.json"}) == 2);
    CHECK(cli::main({"help", "dance"}) == 2);
    CHECK(cli::main({"completion", "csh"}) == 2);
    CHECK(cli::main({"show", "/nonexistent/profile.json"}) == 1);
    CHECK(cli::main({"suggest", "/nonexistent/profile.json"}) == 1);
    CHECK(cli::main({"suggest", "--json", "--format", "text", "/nonexistent/profile.json"}) == 2);
    CHECK(cli::main({"audit", "/nonexistent/profile.json"}) == 1);
    CHECK(cli::main({"audit", "profile.json", "--profile", "other.json"}) == 2);
    CHECK(cli::main({"audit", "getty@"}) == 2);
    CHECK(cli::main({"audit", "a", "--root", "/", "--unit-file", "/dev/null"}) == 2);
    CHECK(cli::main({"audit", "getty@", "--root", "/"}) == 2);
    CHECK(cli::main({"audit", "a.socket", "--root", "/"}) == 2);
    CHECK(cli::main({"audit", "a", "--root", "/nonexistent"}) == 1);
    CHECK(cli::main({"audit", "no-such-unit", "--root", "/"}) == 1);
    CHECK(cli::main({"audit", "a", "--unit-file", "/nonexistent/a.service"}) == 1);
    CHECK(cli::main({"merge", "/nonexistent/profile.json", "-o", "/nonexistent/out.json"}) == 1);
}
