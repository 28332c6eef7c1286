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
#include "render/denials.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

constexpr std::chrono::seconds kDefaultTime{10};

struct Verified {
    Attempt attempt;
    std::vector<Denial> denials;
};

/// A profile given as --with is what the unit did without it; else --profile may tell.
Result<std::optional<Profile>> baseline_of(const Arguments& arguments, const Candidate& candidate,
                                           const std::string& unit) {
    if (const auto path = arguments.value("profile")) {
        auto profile = load_and_merge({*path});
        if (!profile) return profile.error();
        if (profile->unit != unit) {
            return Error{ErrorKind::usage,
                         fmt::format("{} is a profile of {}, not of {}", base::escape_bytes(*path),
                                     base::escape_bytes(profile->unit), unit),
                         0, ""};
        }
        return std::optional<Profile>(std::move(*profile));
    }
    return candidate.profile;
}

/// The unit under the drop-in, and back.
Result<Verified> verify(Enforcement& enforcement, const Target& target, const Candidate& candidate,
                        const std::optional<Profile>& baseline, const Host& host, const Arguments& arguments) {
    if (auto begun = enforcement.begin(lifetime_for_trial(target.state), true, arguments.value("die-at")); !begun) {
        return begun.error();
    }
    const Exercise exercise{arguments.value("run"), arguments.duration("watch").value_or(kDefaultTime)};
    auto attempt = try_under(enforcement, target, candidate.text, trial_session(arguments, "verify"), exercise);
    const auto back = enforcement.roll_back();
    if (!back) {
        return in_context(fmt::format("{} is not wholly rolled back", target.state.id), back.error());
    }
    if (!attempt) return attempt.error();
    Verified verified{std::move(*attempt), {}};
    verified.denials = denials_of(verified.attempt, target.state.settings, host, baseline ? &*baseline : nullptr);
    return verified;
}

nlohmann::ordered_json to_json(const std::string& unit, const Verified& verified) {
    const std::string why = why_it_fails(verified.attempt);
    nlohmann::ordered_json gaps = nlohmann::ordered_json::array();
    for (const auto& gap : verified.attempt.gaps) gaps.push_back(base::escape_bytes(gap));
    return {{"schema", 1},
            {"unit", unit},
            {"passes", verified.attempt.passes()},
            {"why_not", why.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(printable(why))},
            {"denials", render::denials_json(verified.denials)},
            {"gaps", std::move(gaps)}};
}

std::string to_text(const std::string& unit, const Verified& verified) {
    const std::string why = why_it_fails(verified.attempt);
    std::string text = fmt::format("{}: {}\n", unit, why.empty() ? "it passes under the drop-in" : printable(why));
    if (verified.denials.empty()) return text + "nothing was refused\n";
    render::TextOptions options;
    options.colour = wants_colours(Stream::out) ? render::Colour::on : render::Colour::off;
    options.columns = columns_of(Stream::out);
    return text + "\n" + render::denials_text(verified.denials, options);
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
    const auto baseline = baseline_of(arguments, *candidate, target->state.id);
    if (!baseline) return baseline.error();
    const bool quiet = arguments.has("quiet");
    for (const std::string& note : candidate->notes) tell("sandfit: " + printable(note));

    auto enforcement = Enforcement::of(*target, [quiet](std::string_view line) {
        if (!quiet) tell(line);
    });
    if (!enforcement) return enforcement.error();
    const auto verified = verify(**enforcement, *target, *candidate, *baseline, host, arguments);
    if (!verified) return verified.error();

    const auto printed = print(arguments.has("json") ? to_json(target->state.id, *verified).dump(2) + "\n"
                                                     : to_text(target->state.id, *verified));
    if (!printed) return printed.error();
    for (const std::string& gap : verified->attempt.gaps) tell("sandfit: incomplete: " + printable(gap));
    if (verified->attempt.interrupted) return ExitCode::interrupted;
    if (!verified->attempt.passes() || !verified->denials.empty()) return ExitCode::finding;
    return exit_code_of(ObservationEnd{false, !verified->attempt.gaps.empty(), arguments.has("accept-incomplete")});
}

}  // namespace sandfit::cli
