#include "cli/candidate.h"

#include <string>

#include "cli/commands/profiles.h"
#include "cli/draft.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

Host host() {
    Host known;
    known.directives = {"NoNewPrivileges", "ReadWritePaths", "ExecPaths"};
    return known;
}

std::string error_of(const std::string& text) {
    const auto candidate = given_candidate(text, "a.conf", host());
    REQUIRE(!candidate);
    CHECK(candidate.error().kind == ErrorKind::bad_input);
    return candidate.error().what;
}

}  // namespace

TEST_CASE("a drop-in is taken as it is written") {
    const std::string text = "# mine\n[Service]\nNoNewPrivileges=yes\nExecPaths=/usr\n";
    const auto candidate = given_candidate(text, "a.conf", host());
    REQUIRE(candidate);
    CHECK(candidate->text == text);
    CHECK(candidate->assignments.size() == 2);
    CHECK(candidate->notes.empty());
}

TEST_CASE("what is no sandbox is refused with its line") {
    CHECK(error_of("") == "a.conf sets nothing");
    CHECK(error_of("[Service]\nExecStart=/bin/sh\n").find("a.conf:2: ExecStart= says what is run") == 0);
    CHECK(error_of("[Service]\nNoNewPrivileges=yes\nExecStartPre=+/bin/sh\n").find("a.conf:3: ") == 0);
    CHECK(error_of("[Unit]\nOnFailure=x.service\n") == "a.conf:2: OnFailure= stands in [Unit]");
    CHECK(error_of("[Service]\nnonsense\n").find("a.conf:2: ") == 0);
    CHECK(error_of(std::string("[Service]\nNoNewPrivileges=\0yes\n", 31)).find("a.conf") == 0);
    CHECK(error_of("[Service]\n" + std::string(2u << 20, '#')).find("larger than") != std::string::npos);
}

TEST_CASE("a directive that this systemd does not know is told, once") {
    const auto candidate =
        given_candidate("[Service]\nNoNewPrivileges=yes\nPrivatePIDs=yes\nPrivatePIDs=no\n", "a.conf", host());
    REQUIRE(candidate);
    REQUIRE(candidate->notes.size() == 1);
    CHECK(candidate->notes.front().find("PrivatePIDs=") == 0);
}

TEST_CASE("a given drop-in is widened by editing its assignments") {
    GivenDraft draft({{"Service", "ReadWritePaths", "/var/lib/a", 2}, {"Service", "NoNewPrivileges", "yes", 3}},
                     Host{});
    Denial denial;
    const auto widen = [&](Remedy remedy) {
        denial.causes = {{remedy.directive, {}, std::move(remedy)}};
        draft.widen({denial});
        const auto candidate = draft.candidate();
        REQUIRE(candidate);
        return candidate->text;
    };
    CHECK(widen({"ReadWritePaths", Remedy::How::add, ValueForm::paths, {"/var/lib/b c"}}) ==
          "[Service]\nReadWritePaths=/var/lib/a\nNoNewPrivileges=yes\nReadWritePaths=\"/var/lib/b c\"\n");
    CHECK(widen({"ReadWritePaths", Remedy::How::add, ValueForm::paths, {"/var/lib/b c"}}) ==
          "[Service]\nReadWritePaths=/var/lib/a\nNoNewPrivileges=yes\nReadWritePaths=\"/var/lib/b c\"\n");
    CHECK(widen({"NoNewPrivileges", Remedy::How::set, ValueForm::word, {"no"}}) ==
          "[Service]\nReadWritePaths=/var/lib/a\nReadWritePaths=\"/var/lib/b c\"\nNoNewPrivileges=no\n");
    CHECK(widen({"ReadWritePaths", Remedy::How::leave_out, ValueForm::word, {}}) ==
          "[Service]\nNoNewPrivileges=no\n");
}

TEST_CASE("a profile is of the unit that it was recorded for, by any of its names") {
    Profile profile;
    profile.unit = "sample";
    CHECK(check_profile_of(profile, "sample.service", "p.json"));
    profile.unit = "sample.service";
    CHECK(check_profile_of(profile, "sample.service", "p.json"));
    profile.unit = "other\n.service";
    const auto other = check_profile_of(profile, "sample.service", "p\x1b.json");
    REQUIRE(!other);
    CHECK(other.error().what == "p\\x1b.json is a profile of other\\x0a.service, not of sample.service");
}
