// `sandfit doctor`: what this host can do, what it lacks, and what to do about it.
#include "cli/doctor.h"

#include <fmt/core.h>
#include <unistd.h>

#include <utility>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/terminal.h"
#include "observe/cgroup.h"
#include "observe/probe.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

Examination examine() {
    Examination host;
    host.identity = systemd::identify_host();
    host.is_root = ::geteuid() == 0;
    const Host abilities = systemd::read_host();
    host.systemd_version = abilities.systemd_version;
    host.directives = abilities.directives.size();
    host.syscall_groups = abilities.syscall_groups.size();
    host.syscalls = abilities.syscalls.size();
    if (const auto mount = observe::cgroup2_mount()) host.cgroup_mount = *mount;
    auto answers = observe::probe_kernel();
    host.probes = std::move(answers.features);
    host.coverage = std::move(answers.coverage);
    return host;
}

}  // namespace

Result<ExitCode> doctor_command(const Arguments& arguments) {
    const Examination host = examine();
    const std::string text =
        arguments.has("json") ? doctor_json(host) : doctor_text(host, wants_colours(Stream::out));
    if (const auto printed = print(text); !printed) return printed.error();
    return doctor_verdict(host);
}

}  // namespace sandfit::cli
