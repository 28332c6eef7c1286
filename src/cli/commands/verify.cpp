// `sandfit verify`: a unit under a drop-in, for the time of a workload, and all that it was refused.
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/candidate.h"
#include "cli/commands/commands.h"
#include "cli/commands/observation.h"
#include "cli/commands/profiles.h"
#include "cli/commands/verification.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "derive/complain.h"
#include "derive/contradiction.h"
#include "render/contradictions.h"
#include "render/denials.h"
#include "render/escaped_json.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

constexpr std::chrono::seconds kDefaultTime{10};

struct Verified {
    Attempt attempt;
    std::vector<Denial> denials;
    StartFailure start;
    std::vector<Contradiction> would_refuse;  ///< with --trial: of what is in attempt.recorded

    [[nodiscard]] bool fits() const { return attempt.passes() && denials.empty() && would_refuse.empty(); }
};

/// A profile given as --with is what the unit did without it; else --profile may tell.
Result<std::optional<Profile>> baseline_of(const Arguments& arguments, const Candidate& candidate,
                                           const std::string& unit) {
    if (const auto path = arguments.value("profile")) {
        auto profile = load_and_merge({*path});
        if (!profile) return profile.error();
        if (const auto fits = check_profile_of(*profile, unit, *path); !fits) return fits.error();
        return std::optional<Profile>(std::move(*profile));
    }
    return candidate.profile;
}

Exercise exercise_of(const Arguments& arguments) {
    return {arguments.value("run"), arguments.duration("watch").value_or(kDefaultTime)};
}

/// The drop-in as systemd understands it, which is then taken away again before the unit starts: what the unit does
/// without it is held against it. Nothing is refused but by what the unit has already.
Result<Verified> rehearse(Enforcement& enforcement, const Target& target, const Candidate& candidate,
                          const Host& host, const Arguments& arguments) {
    enforce::Changer& changer = enforcement.changer();
    if (auto done = changer.write(candidate.text); !done) return done.error();
    if (auto done = changer.reload(); !done) return done.error();
    const auto state = enforcement.state();
    if (!state) return state.error();
    const std::string logged = derive::calls_to_log(target.state.settings, state->settings, host);
    if (!logged.empty() && !arguments.has("quiet")) {
        tell("the kernel logs what the system call filter would refuse: `journalctl --grep=type=1326` shows it");
    }
    const std::string complaining =
        logged.empty() ? "[Service]\n" : fmt::format("[Service]\nSystemCallLog=\nSystemCallLog={}\n", logged);
    auto attempt =
        try_under(enforcement, target, complaining, trial_session(arguments, "verify"), exercise_of(arguments));
    if (!attempt) return attempt.error();
    Verified verified{std::move(*attempt), {}, {}, {}};
    verified.would_refuse = derive::contradictions(verified.attempt.recorded, state->settings, host);
    return verified;
}

Result<Verified> try_it(Enforcement& enforcement, const Target& target, const Candidate& candidate,
                        const std::optional<Profile>& baseline, const Host& host, const Arguments& arguments) {
    auto attempt =
        try_under(enforcement, target, candidate.text, trial_session(arguments, "verify"), exercise_of(arguments));
    if (!attempt) return attempt.error();
    Verified verified{std::move(*attempt), {}, {}, {}};
    verified.start = start_failure_of(verified.attempt, target.state.settings);
    verified.denials = denials_of(verified.attempt, target.state.settings, host, baseline ? &*baseline : nullptr);
    return verified;
}

/// The unit under the drop-in, or on trial, and back.
Result<Verified> verify(Enforcement& enforcement, const Target& target, const Candidate& candidate,
                        const std::optional<Profile>& baseline, const Host& host, const Arguments& arguments) {
    if (auto begun = enforcement.begin(lifetime_for_trial(target.state), true, arguments.value("die-at")); !begun) {
        return begun.error();
    }
    auto verified = arguments.has("trial") ? rehearse(enforcement, target, candidate, host, arguments)
                                           : try_it(enforcement, target, candidate, baseline, host, arguments);
    if (const auto back = enforcement.roll_back(); !back) {
        return in_context(fmt::format("{} is not wholly rolled back", target.state.id), back.error());
    }
    return verified;
}

nlohmann::ordered_json text_or_null(const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(printable(text));
}

nlohmann::ordered_json to_json(const std::string& unit, const Verified& verified) {
    return {{"schema", 1},
            {"unit", unit},
            {"passes", verified.attempt.passes()},
            {"why_not", text_or_null(why_it_fails(verified.attempt))},
            {"denials", render::denials_json(verified.denials)},
            {"would_refuse", render::contradictions_json(verified.would_refuse, verified.attempt.recorded)},
            {"start_failed_at", text_or_null(verified.start.name)},
            {"start_failed_by", render::causes_json(verified.start.causes)},
            {"gaps", render::escaped(verified.attempt.gaps)}};
}

render::TextOptions text_options() {
    render::TextOptions options;
    options.colour = wants_colours(Stream::out) ? render::Colour::on : render::Colour::off;
    options.columns = columns_of(Stream::out);
    return options;
}

std::string trial_text(const std::string& unit, const Verified& verified) {
    const std::string why = why_it_fails(verified.attempt);
    std::string text = fmt::format("{}: without the drop-in {}\n", unit, why.empty() ? "it passes" : printable(why));
    if (verified.would_refuse.empty()) return text + "nothing of what it did would be refused under it\n";
    return text + "\nunder it\n" +
           render::contradictions_text(verified.would_refuse, verified.attempt.recorded, text_options());
}

std::string to_text(const std::string& unit, const Verified& verified) {
    const std::string why = why_it_fails(verified.attempt);
    std::string text = fmt::format("{}: {}\n", unit, why.empty() ? "it passes under the drop-in" : printable(why));
    if (!verified.start.causes.empty()) {
        text += fmt::format("systemd gave up at {}; behind it can be, the likeliest first:\n", verified.start.name);
        for (const DenialCause& cause : verified.start.causes) {
            text += fmt::format("  {}=: {}\n", cause.directive, render::remedy_text(cause.remedy));
        }
    }
    if (verified.denials.empty()) return text + (verified.start.causes.empty() ? "nothing was refused\n" : "");
    return text + "\n" + render::denials_text(verified.denials, text_options());
}

}  // namespace

Result<ExitCode> verify_command(const Arguments& arguments) {
    const auto with = arguments.value("with");
    if (!with) return Error{ErrorKind::usage, "--with is missing: a drop-in or a profile", 0, ""};
    if (const auto root = check_root(arguments.verb()); !root) return root.error();
    const auto target = find_target(arguments.operands().front());
    if (!target) return target.error();
    if (const auto can = check_changeable(*target, true); !can) return can.error();
    const Host host = systemd::read_host();
    auto candidate = read_candidate(*with, target->state, host, tightness_of(arguments));
    if (!candidate) return candidate.error();
    if (candidate->profile) {
        if (const auto can = check_without_own_drop_in(*target); !can) return can.error();
    }
    const auto baseline = baseline_of(arguments, *candidate, target->state.id);
    if (!baseline) return baseline.error();
    const bool quiet = arguments.has("quiet");
    if (!quiet) tell_notes(candidate->notes);

    auto enforcement = Enforcement::of(*target, [quiet](std::string_view line) {
        if (!quiet) tell(line);
    });
    if (!enforcement) return enforcement.error();
    const auto verified = verify(**enforcement, *target, *candidate, *baseline, host, arguments);
    if (!verified) return verified.error();

    const std::string& unit = target->state.id;
    const auto printed = print(arguments.has("json")    ? to_json(unit, *verified).dump(2) + "\n"
                               : arguments.has("trial") ? trial_text(unit, *verified)
                                                        : to_text(unit, *verified));
    if (!printed) return printed.error();
    for (const std::string& gap : verified->attempt.gaps) tell("sandfit: incomplete: " + printable(gap));
    if (verified->attempt.interrupted) return ExitCode::interrupted;
    if (!verified->fits()) return ExitCode::finding;
    return exit_code_of(ObservationEnd{false, !verified->attempt.gaps.empty(), arguments.has("accept-incomplete")});
}

}  // namespace sandfit::cli
