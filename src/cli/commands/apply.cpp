// `sandfit apply`: puts a drop-in in force for a unit, and leads back by itself when it does not fit.
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/candidate.h"
#include "cli/commands/commands.h"
#include "cli/commands/profiles.h"
#include "cli/duration.h"
#include "cli/enforcement.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "render/audit.h"
#include "render/escaped_json.h"
#include "render/settings_diff.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

constexpr std::chrono::seconds kDefaultWatch{30};

/// What came of it; the words of "verdict" in JSON.
enum class Outcome { planned, applied, rolled_back, not_rolled_back };

std::string_view word_for(Outcome outcome) {
    switch (outcome) {
        case Outcome::planned:
            return "planned";
        case Outcome::applied:
            return "applied";
        case Outcome::rolled_back:
            return "rolled-back";
        case Outcome::not_rolled_back:
            break;
    }
    return "not-rolled-back";
}

struct Report {
    std::string unit;
    std::string drop_in;
    Lifetime lifetime = Lifetime::until_reboot;
    Outcome outcome = Outcome::planned;
    bool restarted = false;
    std::chrono::milliseconds watched{0};
    std::optional<Exposure> before;
    std::optional<Exposure> after;
    std::string failed;  ///< what went wrong; "" when nothing did
    std::vector<std::string> notes;
};

std::string to_json(const Report& report) {
    const nlohmann::ordered_json document = {
        {"schema", 1},
        {"unit", report.unit},
        {"verdict", word_for(report.outcome)},
        {"drop_in", report.drop_in},
        {"persistent", report.lifetime == Lifetime::persistent},
        {"restarted", report.restarted},
        {"watched_s", static_cast<double>(report.watched.count()) / 1000},
        {"exposure",
         {{"before", render::exposure_json(report.before)}, {"after", render::exposure_json(report.after)}}},
        {"reason",
         report.failed.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(printable(report.failed))},
        {"notes", render::escaped(report.notes)}};
    return document.dump(2) + "\n";
}

void tell_applied(const Report& report) {
    std::string line = fmt::format("{}: applied", report.unit);
    if (report.before && report.after) {
        line += fmt::format(", exposure {} -> {}", render::exposure_text(*report.before),
                            render::exposure_text(*report.after));
    }
    tell(line);
    tell(fmt::format("  {}{}; `sandfit rollback {}` leads back", report.drop_in,
                     report.lifetime == Lifetime::persistent ? "" : ", until the reboot", report.unit));
    if (!report.restarted) tell("  it takes effect at the unit's next start");
}

std::string plan_text(const enforce::Plan& plan, const Candidate& candidate) {
    std::string text;
    int number = 0;
    for (const std::string& step : enforce::describe_plan(plan)) text += fmt::format("{}. {}\n", ++number, step);
    std::vector<render::AssignedValue> assigned;
    for (const auto& one : candidate.assignments) assigned.emplace_back(one.directive, one.value);
    return text + "\n" + render::settings_diff(plan.unit.settings, assigned);
}

Result<ExitCode> only_plan(const Target& target, const Candidate& candidate, Report report, bool restarts,
                           bool as_json) {
    enforce::HostFiles files;
    enforce::Records records(files);
    enforce::Manager manager({});
    auto around = host_surroundings(files, records, manager);
    const auto plan = enforce::plan_change(around, target.state, report.lifetime, restarts);
    if (!plan) return plan.error();
    const auto printed = print(as_json ? to_json(report) : plan_text(*plan, candidate));
    if (!printed) return printed.error();
    return ExitCode::done;
}

/// From the record to the commit. The first step that fails is the error.
Result<void> carry_out(Enforcement& enforcement, const Target& target, const Candidate& candidate, bool restarts,
                       const Arguments& arguments, Report& report) {
    enforce::Changer& changer = enforcement.changer();
    const auto should_stop = [&enforcement] { return enforcement.interruption().requested(); };
    if (auto done = changer.write(candidate.text); !done) return done;
    if (auto done = changer.reload(); !done) return done;
    if (restarts && target.state.is_running()) {
        report.restarted = true;
        if (auto done = changer.restart(should_stop); !done) return done;
        const auto time = arguments.duration("watch").value_or(kDefaultWatch);
        if (!arguments.has("quiet")) {
            tell(fmt::format("{}: watching it for {}", report.unit, format_duration(time)));
        }
        if (auto done = changer.watch(time); !done) return done;
        report.watched = time;
    }
    return changer.commit();
}

}  // namespace

Result<ExitCode> apply_command(const Arguments& arguments) {
    const auto from = arguments.value("from");
    if (!from) return Error{ErrorKind::usage, "--from is missing: a profile or a drop-in", 0, ""};
    const bool dry_run = arguments.has("dry-run");
    if (!dry_run && ::geteuid() != 0) {
        return Error{ErrorKind::not_permitted, "`sandfit apply` changes a unit and must be run as root", 0,
                     "run it with sudo, or look at the plan with --dry-run"};
    }
    const auto target = find_target(arguments.operands().front());
    if (!target) return target.error();
    const bool restarts = !arguments.has("no-restart");
    if (const auto can = check_changeable(*target, restarts && target->state.is_running()); !can) return can.error();
    const Host host = systemd::read_host();
    const auto candidate = read_candidate(*from, target->state, host, tightness_of(arguments));
    if (!candidate) return candidate.error();
    if (candidate->profile) {
        if (const auto can = check_without_own_drop_in(*target); !can) return can.error();
    }

    Report report;
    report.unit = target->state.id;
    report.lifetime = arguments.has("persistent") ? Lifetime::persistent : Lifetime::until_reboot;
    report.drop_in = enforce::drop_in_path(report.unit, report.lifetime);
    report.notes = candidate->notes;
    const bool quiet = arguments.has("quiet");
    if (!quiet) tell_notes(report.notes);
    const bool incomplete = candidate->profile && !gaps_for_suggestions(*candidate->profile).empty();
    if (incomplete && !arguments.has("accept-incomplete")) {
        return Error{ErrorKind::incomplete, "the profile is incomplete, and so would be the sandbox", 0,
                     "--accept-incomplete applies it as it is"};
    }
    const bool as_json = arguments.has("json");
    if (dry_run) return only_plan(*target, *candidate, std::move(report), restarts, as_json);

    if (auto before = exposure_of(target->state.settings)) report.before = *before;
    auto enforcement = Enforcement::of(*target, [quiet](std::string_view line) {
        if (!quiet) tell(line);
    });
    if (!enforcement) return enforcement.error();
    if (auto begun = (*enforcement)->begin(report.lifetime, restarts, arguments.value("die-at")); !begun) {
        return begun.error();
    }
    const auto done = carry_out(**enforcement, *target, *candidate, restarts, arguments, report);
    ExitCode code = ExitCode::done;
    if (done) {
        report.outcome = Outcome::applied;
        if (const auto state = (*enforcement)->state()) {
            if (auto after = exposure_of(state->settings)) report.after = *after;
        }
        if (!quiet) tell_applied(report);
    } else {
        report.failed = done.error().what;
        print_error(done.error());
        const auto back = (*enforcement)->roll_back();
        report.outcome = back ? Outcome::rolled_back : Outcome::not_rolled_back;
        if (!back) {
            print_error(back.error());
            tell(fmt::format("sandfit: {0} is not wholly rolled back; `sandfit rollback {0}` tries again",
                             report.unit));
            code = ExitCode::failed;
        } else {
            tell(fmt::format("{}: rolled back, it is as it was", report.unit));
            code = done.error().kind == ErrorKind::interrupted ? ExitCode::interrupted : ExitCode::rolled_back;
        }
    }
    if (as_json) {
        if (const auto printed = print(to_json(report)); !printed) return printed.error();
    }
    return code;
}

}  // namespace sandfit::cli
