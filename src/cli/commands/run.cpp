// `sandfit run`: watch a command in a cgroup of our own. Needs nothing but the kernel.
#include <fmt/core.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/commands/commands.h"
#include "cli/commands/observation.h"
#include "cli/session.h"
#include "cli/workload.h"
#include "observe/cgroup.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

/// What the command leaves behind gets this long to end by itself, before it is told of.
constexpr std::chrono::milliseconds kSettle{500};

Result<Child> start_command(Session& session, const std::vector<std::string>& words,
                            const observe::OwnCgroup& cgroup) {
    ChildSpec spec;
    spec.command = words;
    spec.cgroup = &cgroup;
    spec.signal_mask = session.original_mask();
    session.set_workload(words);
    return Child::start(spec);
}

/// Until it has ended, with what it left behind.
Result<void> observe_to_the_end(Session& session, const Arguments& arguments, Child& command,
                                const observe::OwnCgroup& cgroup) {
    if (const auto attended = attend_command(session, command, deadline_of(arguments)); !attended) {
        return attended.error();
    }
    const auto empty = [&session] { return !session.observer().populated(0); };
    const auto settled = session.wait(Session::Clock::now() + kSettle, empty);
    if (!settled) return settled.error();
    if (!empty()) {
        const auto left = observe::processes_below(cgroup.directory());
        session.note(fmt::format("{} of the command left behind; no longer observed, in {}",
                                 base::count_of(left.size(), "process", "processes"),
                                 base::escape_bytes(cgroup.directory())));
    }
    return {};
}

}  // namespace

Result<ExitCode> run_command_in_cgroup(const Arguments& arguments) {
    if (const auto root = check_root(arguments.verb()); !root) return root.error();
    const std::string& command = arguments.operands().front();
    if (command.empty()) return Error{ErrorKind::usage, "the name of the command is empty", 0, ""};
    const std::string name = command.find('/') == std::string::npos ? command : base::last_component(command);
    const auto given = arguments.value("output");
    struct stat status {};
    const bool is_directory =
        given && (given->ends_with('/') || (::stat(given->c_str(), &status) == 0 && S_ISDIR(status.st_mode)));
    const std::string path = profile_path(given, is_directory, name);
    if (const auto writable = check_writable(path); !writable) return writable.error();

    auto cgroup = observe::OwnCgroup::create();
    if (!cgroup) return cgroup.error();
    auto session = Session::create(session_options(arguments, "run", Sharing::with_child));
    if (!session) return session.error();
    WatchedUnit unit;
    unit.skeleton.unit = name;
    unit.skeleton.host = systemd::identify_host();
    unit.enrolment = {cgroup->directory(), false, true};
    unit.output = path;
    unit.start = StartSeen::required;
    if (const auto watched = (*session)->watch(std::move(unit)); !watched) return watched.error();

    // Nothing was seen, and nothing is to be saved, when the command did not even start.
    auto child = start_command(**session, arguments.operands(), *cgroup);
    if (!child) return child.error();
    const auto observed = observe_to_the_end(**session, arguments, *child, *cgroup);
    const auto saved = (*session)->finish();
    if (!observed) return observed.error();
    if (!saved) return saved.error();
    return report(arguments, *saved, (*session)->interrupted());
}

}  // namespace sandfit::cli
