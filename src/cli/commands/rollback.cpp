// `sandfit rollback`: the way back to how a unit was before sandfit changed it.
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/enforcement.h"
#include "cli/terminal.h"
#include "systemd/bus.h"
#include "systemd/unit_name.h"

namespace sandfit::cli {
namespace {

/// Another sandfit may be in the middle of a change; it ends it, or is killed.
constexpr std::chrono::seconds kPatience{15};

/// The name under which systemd knows it; as given where systemd cannot be asked: the files can still be put back.
std::string canonical(const std::string& name) {
    const auto manager = systemd::connect_system_manager();
    if (!manager) return name;
    const auto state = (*manager)->load(name);
    return state && !state->id.empty() ? state->id : name;
}

std::string report_json(const std::string& unit, const enforce::RolledBack& back) {
    nlohmann::json drop_ins = nlohmann::json::array();
    for (const Change& change : back.changes) drop_ins.push_back(base::escape_bytes(change.former.path));
    const nlohmann::json document = {{"schema", 1},
                                     {"unit", unit},
                                     {"rolled_back", !back.changes.empty()},
                                     {"drop_ins", std::move(drop_ins)},
                                     {"restarted", back.restarted},
                                     {"stopped", back.stopped}};
    return document.dump(2) + "\n";
}

void tell_report(const std::string& unit, const enforce::RolledBack& back) {
    if (back.changes.empty()) return tell(fmt::format("{}: there is nothing to roll back", unit));
    for (const Change& change : back.changes) {
        tell(fmt::format("{}: {} {}", unit, change.former.existed ? "put back" : "removed",
                         base::escape_bytes(change.former.path)));
    }
    tell(fmt::format("{}: {}", unit,
                     back.restarted ? "restarted, it runs as before sandfit changed it"
                     : back.stopped ? "stopped, as it was before"
                                    : "it did not run under the change, and was left as it is"));
}

}  // namespace

Result<ExitCode> rollback_command(const Arguments& arguments) {
    if (::geteuid() != 0) {
        return Error{ErrorKind::not_permitted, "`sandfit rollback` changes a unit and must be run as root", 0,
                     "run it with sudo"};
    }
    const auto name = systemd::service_name(arguments.operands().front());
    if (!name) return name.error();
    const std::string unit = canonical(*name);
    const Interruption not_now;
    const auto lock = enforce::Lock::take(unit, kPatience);
    if (!lock) return lock.error();
    enforce::HostFiles files;
    enforce::Records records(files);
    enforce::Manager manager(systemd::connect_system_manager);
    auto around = host_surroundings(files, records, manager);
    const auto which = arguments.has("pending") ? enforce::Which::pending : enforce::Which::all;
    const auto restart = arguments.has("no-restart") ? enforce::Restart::never : enforce::Restart::where_needed;
    const auto back = enforce::roll_back(around, unit, which, restart);
    if (!back) {
        Error error = in_context(fmt::format("{} is not wholly rolled back", unit), back.error());
        if (error.hint.empty()) error.hint = fmt::format("`sandfit rollback {}` tries again", unit);
        return error;
    }
    if (!arguments.has("quiet")) tell_report(unit, *back);
    if (arguments.has("json")) {
        if (const auto printed = print(report_json(unit, *back)); !printed) return printed.error();
    }
    return ExitCode::done;
}

}  // namespace sandfit::cli
