// `sandfit observe`: watch units of this host.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "cli/attempt.h"
#include "cli/commands/commands.h"
#include "cli/commands/observation.h"
#include "cli/session.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "observe/cgroup.h"
#include "systemd/bus.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

struct Output {
    std::optional<std::string> path;
    bool is_directory = false;
};

/// With several units -o names a directory, which is made when it is not there.
Result<Output> output_of(const Arguments& arguments, std::size_t units) {
    Output output{arguments.value("output"), false};
    if (!output.path) return output;
    struct stat status {};
    const bool exists = ::stat(output.path->c_str(), &status) == 0;
    output.is_directory = units > 1 || output.path->ends_with('/') || (exists && S_ISDIR(status.st_mode));
    const std::string shown = base::escape_bytes(*output.path);
    if (output.is_directory && exists && !S_ISDIR(status.st_mode)) {
        return Error{ErrorKind::usage, fmt::format("{} is not a directory, and there are several units", shown), 0,
                     ""};
    }
    if (output.is_directory && !exists && ::mkdir(output.path->c_str(), 0777) != 0) {
        return base::system_error(fmt::format("cannot make the directory {}", shown));
    }
    return output;
}

Result<void> check_restarts(const std::vector<Target>& targets) {
    const auto own_cgroup = observe::cgroup_of(::getpid());
    if (!own_cgroup) return own_cgroup.error();
    for (const Target& target : targets) {
        if (const auto allowed = check_may_restart(target, *own_cgroup); !allowed) return allowed.error();
    }
    return {};
}

/// What the user should know about a unit before the observation goes on.
void note_state(Session& session, const Target& target, bool restart) {
    const std::string& unit = target.state.id;
    if (target.state.need_daemon_reload) {
        session.note(
            fmt::format("{}: its files have changed since systemd read them (systemctl daemon-reload)", unit));
    }
    if (restart) {
        session.note(fmt::format("{}: restarting it", unit));
    } else if (target.state.is_running()) {
        session.note(fmt::format("{}: watching it from now on; its start is not seen (--restart shows it)", unit));
    } else {
        session.note(fmt::format("{}: it is {}; waiting until it is started", unit, target.state.active_state));
    }
}

Result<void> watch_all(Session& session, const Arguments& arguments, const std::vector<Target>& targets,
                       const Output& output) {
    const HostIdentity host = systemd::identify_host();
    const bool restart = arguments.has("restart");
    for (const Target& target : targets) {
        WatchedUnit unit;
        unit.skeleton.unit = target.state.id;
        unit.skeleton.host = host;
        unit.skeleton.settings = target.state.settings;
        unit.enrolment = {target.cgroup, !target.state.control_group.empty(), true};
        unit.output = profile_path(output.path, output.is_directory, target.state.id);
        unit.start = restart ? StartSeen::required : StartSeen::not_asked;
        if (const auto watched = session.watch(std::move(unit)); !watched) {
            return in_context(fmt::format("cannot watch {}", target.state.id), watched.error());
        }
        note_state(session, target, restart);
    }
    return {};
}

/// From the enrolment to the end; finish() comes after it in any case.
Result<void> observe_units(Session& session, const Arguments& arguments, const std::vector<Target>& targets) {
    if (arguments.has("restart")) {
        std::vector<std::string> units;
        for (const Target& target : targets) units.push_back(target.state.id);
        session.set_start_going_on(true);
        if (const auto restarted = restart_observed(session, std::move(units)); !restarted) return restarted.error();
        session.set_start_going_on(session.interrupted());
    }
    if (session.interrupted()) return {};
    const auto deadline = deadline_of(arguments);
    if (const auto command = arguments.value("run")) {
        return run_workload(session, *command, session.original_mask(), deadline);
    }
    const auto ending = session.wait(deadline, {});
    if (!ending) return ending.error();
    return {};
}

}  // namespace

Result<ExitCode> observe_command(const Arguments& arguments) {
    if (const auto root = check_root(arguments.verb()); !root) return root.error();
    const auto mount = observe::cgroup2_mount();
    if (!mount) return mount.error();
    auto manager = systemd::connect_system_manager();
    if (!manager) return manager.error();
    const auto targets = find_targets(**manager, arguments.operands(), *mount);
    if (!targets) return targets.error();
    if (arguments.has("restart")) {
        if (const auto allowed = check_restarts(*targets); !allowed) return allowed.error();
    }
    const auto output = output_of(arguments, targets->size());
    if (!output) return output.error();
    for (const Target& target : *targets) {
        const auto path = profile_path(output->path, output->is_directory, target.state.id);
        if (const auto writable = check_writable(path); !writable) return writable.error();
    }
    manager->reset();

    const auto sharing = arguments.has("run") ? Sharing::with_child : Sharing::alone;
    auto session = Session::create(
        session_options(arguments, arguments.has("restart") ? "observe --restart" : "observe", sharing));
    if (!session) return session.error();
    auto observed = watch_all(**session, arguments, *targets, *output);
    if (observed) observed = observe_units(**session, arguments, *targets);
    const auto saved = (*session)->finish();
    if (!observed) {
        if (saved && !arguments.has("quiet")) tell(report_text(*saved));
        return observed.error();
    }
    if (!saved) return saved.error();
    return report(arguments, *saved, (*session)->interrupted());
}

}  // namespace sandfit::cli
