#include "cli/doctor.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/terminal.h"
#include "render/describe.h"
#include "render/escaped_json.h"

namespace sandfit::cli {
namespace {

CheckState state_of(observe::ProbeState state) {
    switch (state) {
        case observe::ProbeState::works:
            return CheckState::works;
        case observe::ProbeState::optional_missing:
            return CheckState::optional_missing;
        case observe::ProbeState::missing:
            break;
    }
    return CheckState::missing;
}

std::string_view word_of(CheckState state) {
    switch (state) {
        case CheckState::works:
            return "ok";
        case CheckState::optional_missing:
            return "optional";
        case CheckState::missing:
            break;
    }
    return "MISSING";
}

std::string_view colour_of(CheckState state) {
    switch (state) {
        case CheckState::works:
            return "\x1b[32m";
        case CheckState::optional_missing:
            return "\x1b[33m";
        case CheckState::missing:
            break;
    }
    return "\x1b[31m";
}

Check check_systemd(const Examination& host) {
    if (host.systemd_version == 0) {
        return {"systemd", CheckState::optional_missing, "not installed",
                "`sandfit run -- CMD` works without it; suggestions then assume the newest systemd"};
    }
    return {"systemd", CheckState::works,
            fmt::format("{}, {} directives, {} syscall groups", host.identity.systemd, host.directives,
                        host.syscall_groups),
            ""};
}

/// Root is what `observe` and `run` ask for; the probes tell which privileges that is about.
Check check_root(const Examination& host) {
    if (host.is_root) return {"root", CheckState::works, "", ""};
    return {"root", CheckState::missing, "not root: what follows is what this user may do", "run it with sudo"};
}

Check check_subject(Subject subject, const SubjectCoverage& coverage) {
    const std::string name = fmt::format("watching {}", render::word_for(subject));
    if (!coverage.watched) {
        return {name, CheckState::optional_missing, "no way works here",
                "what it watches is left out of the profile, and rules that need it abstain"};
    }
    const auto& spots = coverage.blind_spots;
    return {name, CheckState::works, "by " + coverage.mechanism, "", {spots.begin(), spots.end()}};
}

std::string cgroup_layout(const Examination& host) {
    if (host.cgroup_mount.empty()) return "cgroup2 is not mounted";
    return host.cgroup_mount + (host.cgroup_mount == "/sys/fs/cgroup" ? "" : " (hybrid layout)");
}

}  // namespace

std::vector<Check> checks_of(const Examination& host) {
    std::vector<Check> checks{check_root(host), check_systemd(host)};
    for (const observe::ProbeResult& probe : host.probes) {
        // Without root it would say the same once more.
        if (!host.is_root && probe.feature == observe::kPrivileges) continue;
        checks.push_back({probe.feature, state_of(probe.state), probe.detail, probe.hint});
    }
    for (const auto& [subject, coverage] : host.coverage) checks.push_back(check_subject(subject, coverage));
    return checks;
}

std::string doctor_text(const Examination& host, bool colours) {
    std::string text;
    const auto about = [&text](std::string_view name, const std::string& value) {
        text += fmt::format("{:<13} {}\n", name, value.empty() ? "unknown" : printable(value));
    };
    about("kernel", host.identity.kernel);
    about("architecture", host.identity.architecture);
    about("libc", host.identity.libc);
    about("system", host.identity.os);
    about("cgroups", cgroup_layout(host));
    text += '\n';
    std::size_t missing = 0;
    for (const Check& check : checks_of(host)) {
        if (check.state == CheckState::missing) ++missing;
        const std::string word = fmt::format("{:<9}", word_of(check.state));
        text += colours ? fmt::format("{}{}\x1b[0m", colour_of(check.state), word) : word;
        text += printable(check.name);
        if (!check.detail.empty()) text += ": " + printable(check.detail);
        text += '\n';
        if (check.state != CheckState::works && !check.hint.empty()) {
            text += fmt::format("{:9}-> {}\n", "", printable(check.hint));
        }
        for (const std::string& spot : check.blind_spots)
            text += fmt::format("{:9}blind spot: {}\n", "", printable(spot));
    }
    text += missing == 0
                ? "\nThis host has all that sandfit needs.\n"
                : fmt::format("\n{} that sandfit needs: see the lines with an arrow.\n",
                              missing == 1 ? "One thing is missing" : fmt::format("{} things are missing", missing));
    return text;
}

std::string doctor_json(const Examination& host) {
    nlohmann::ordered_json document;
    document["kernel"] = base::escape_bytes(host.identity.kernel);
    document["architecture"] = base::escape_bytes(host.identity.architecture);
    document["libc"] = base::escape_bytes(host.identity.libc);
    document["os"] = base::escape_bytes(host.identity.os);
    document["systemd"] = base::escape_bytes(host.identity.systemd);
    document["cgroup2_mount"] = base::escape_bytes(host.cgroup_mount);
    document["checks"] = nlohmann::ordered_json::array();
    bool all_work = true;
    for (const Check& check : checks_of(host)) {
        if (check.state == CheckState::missing) all_work = false;
        document["checks"].push_back({{"name", base::escape_bytes(check.name)},
                                      {"state", check.state == CheckState::works     ? "works"
                                                : check.state == CheckState::missing ? "missing"
                                                                                     : "optional_missing"},
                                      {"detail", base::escape_bytes(check.detail)},
                                      {"hint", base::escape_bytes(check.hint)},
                                      {"blind_spots", render::escaped(check.blind_spots)}});
    }
    document["ready"] = all_work;
    return document.dump(2) + "\n";
}

ExitCode doctor_verdict(const Examination& host) {
    const auto checks = checks_of(host);
    const auto is_missing = [](const Check& check) { return check.state == CheckState::missing; };
    if (std::ranges::none_of(checks, is_missing)) return ExitCode::done;
    const bool privileged = std::ranges::none_of(host.probes, [](const observe::ProbeResult& probe) {
        return probe.feature == observe::kPrivileges && probe.state == observe::ProbeState::missing;
    });
    return host.is_root && privileged ? ExitCode::unsupported : ExitCode::not_permitted;
}

}  // namespace sandfit::cli
