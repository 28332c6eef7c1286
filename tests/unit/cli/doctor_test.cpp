#include "cli/doctor.h"

#include <nlohmann/json.hpp>

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;
using observe::ProbeState;

namespace {

Examination sound_host() {
    Examination host;
    host.identity = {"6.1.0", "x86_64", "glibc 2.36", "Debian GNU/Linux 12 (bookworm)", "252.39"};
    host.is_root = true;
    host.systemd_version = 252;
    host.directives = 240;
    host.syscall_groups = 29;
    host.cgroup_mount = "/sys/fs/cgroup";
    host.probes = {{"BPF ring buffer", ProbeState::works, "", ""},
                   {"fentry", ProbeState::optional_missing, "refused", "nothing to do"}};
    return host;
}

}  // namespace

TEST_CASE("doctor is content when only optional things are missing") {
    const Examination host = sound_host();
    CHECK(doctor_verdict(host) == ExitCode::done);
    const std::string text = doctor_text(host, false);
    CHECK(text.find("ok       BPF ring buffer\n") != std::string::npos);
    CHECK(text.find("optional fentry: refused\n         -> nothing to do\n") != std::string::npos);
    CHECK(text.find("This host has all that sandfit needs.") != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(doctor_text(host, true).find('\x1b') != std::string::npos);
}

TEST_CASE("a host without systemd is fit for `sandfit run`") {
    Examination host = sound_host();
    host.systemd_version = 0;
    CHECK(doctor_verdict(host) == ExitCode::done);
    CHECK(doctor_text(host, false).find("sandfit run") != std::string::npos);
}

TEST_CASE("a required feature that is missing makes the host unfit, with its hint") {
    Examination host = sound_host();
    host.probes.push_back({"tp_btf/sys_exit", ProbeState::missing, "EINVAL", "use a kernel of 5.10 or later"});
    CHECK(doctor_verdict(host) == ExitCode::unsupported);
    CHECK(doctor_text(host, false).find("MISSING  tp_btf/sys_exit: EINVAL\n         -> use a kernel of 5.10") !=
          std::string::npos);
    host.is_root = false;
    CHECK(doctor_verdict(host) == ExitCode::not_permitted);
}

TEST_CASE("root without privileges is not permitted, and without root they are not asked for again") {
    Examination host = sound_host();
    host.probes.insert(host.probes.begin(), {"privileges", ProbeState::missing, "no capability", "use sudo"});
    CHECK(doctor_verdict(host) == ExitCode::not_permitted);
    CHECK(doctor_text(host, false).find("One thing is missing") != std::string::npos);
    host.is_root = false;
    CHECK(doctor_verdict(host) == ExitCode::not_permitted);
    CHECK(doctor_text(host, false).find("One thing is missing") != std::string::npos);
}

TEST_CASE("doctor tells the layout of the control groups") {
    Examination host = sound_host();
    CHECK(doctor_text(host, false).find("cgroups       /sys/fs/cgroup\n") != std::string::npos);
    host.cgroup_mount = "/sys/fs/cgroup/unified";
    CHECK(doctor_text(host, false).find("/sys/fs/cgroup/unified (hybrid layout)\n") != std::string::npos);
    host.cgroup_mount.clear();
    CHECK(doctor_text(host, false).find("cgroup2 is not mounted\n") != std::string::npos);
}

TEST_CASE("doctor tells how each subject would be watched, and its blind spots, which are no failure") {
    Examination host = sound_host();
    host.coverage[Subject::files] = {true, "fentry/security_path_*, iter/task_file", {"one thing", "a\nnother"}};
    host.coverage[Subject::capabilities] = {false, "", {}};
    CHECK(doctor_verdict(host) == ExitCode::done);
    const std::string text = doctor_text(host, false);
    CHECK(text.find("ok       watching files: by fentry/security_path_*, iter/task_file\n"
                    "         blind spot: a\\x0another\n"
                    "         blind spot: one thing\n"
                    "optional watching capabilities: no way works here\n"
                    "         -> what it watches is left out of the profile, and rules that need it abstain\n") !=
          std::string::npos);
    CHECK(text.find("This host has all that sandfit needs.") != std::string::npos);

    const auto checks = nlohmann::json::parse(doctor_json(host))["checks"];
    const auto& files = checks[checks.size() - 2];
    CHECK(files["name"] == "watching files");
    CHECK(files["state"] == "works");
    CHECK(files["detail"] == "by fentry/security_path_*, iter/task_file");
    CHECK(files["blind_spots"] == std::vector<std::string>{"a\\x0another", "one thing"});
    CHECK(checks.back()["state"] == "optional_missing");
    CHECK(checks.front()["blind_spots"].empty());
}

TEST_CASE("doctor's JSON says whether the host is ready, and why not") {
    Examination host = sound_host();
    CHECK(nlohmann::json::parse(doctor_json(host))["ready"] == true);
    host.probes.push_back(
        {"bad\xff"
         "name",
         ProbeState::missing, "line\nbreak", ""});
    const auto document = nlohmann::json::parse(doctor_json(host));
    CHECK(document["ready"] == false);
    CHECK(document["checks"].back()["name"] == "bad\\xffname");
    CHECK(document["checks"].back()["state"] == "missing");
    CHECK(document["checks"].back()["detail"] == "line\\x0abreak");
}
