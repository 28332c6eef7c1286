// `sandfit harden`: from a running unit to a sandbox that was proven to fit it, or back to where it began.
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/candidate.h"
#include "cli/commands/commands.h"
#include "cli/commands/observation.h"
#include "cli/commands/profiles.h"
#include "cli/commands/verification.h"
#include "cli/draft.h"
#include "cli/duration.h"
#include "cli/exit_status.h"
#include "cli/hardening.h"
#include "cli/minimizing.h"
#include "cli/terminal.h"
#include "render/audit.h"
#include "render/denials.h"
#include "render/escaped_json.h"
#include "systemd/host.h"

namespace sandfit::cli {
namespace {

constexpr std::uint64_t kDefaultRounds = 10;
constexpr std::uint64_t kMostRounds = 1'000'000;  // more than anybody waits for
constexpr std::chrono::minutes kDefaultMinimizing{10};
/// After the last round the unit has proven itself under the workload; this only catches a slow death.
constexpr std::chrono::seconds kLastLook{3};

enum class Ending { in_force, undone, rolled_back };

struct Report {
    std::string unit;
    std::optional<Exposure> before;
    std::optional<Exposure> after;
    Hardened hardened;
    std::optional<enforce::Minimised> minimised;  ///< with --minimize
    std::vector<std::string> gaps;                ///< of what it was derived from, and of its last trial
    Ending ending = Ending::rolled_back;
    std::string drop_in;  ///< where it stands; "" when it does not
};

std::string_view word_for(Ending ending) {
    switch (ending) {
        case Ending::in_force:
            return "hardened";
        case Ending::undone:
            return "fits";
        case Ending::rolled_back:
            break;
    }
    return "rolled-back";
}

std::string_view word_for(Widened how) {
    switch (how) {
        case Widened::by_denials:
            return "denials";
        case Widened::by_learning:
            return "observed again";
        case Widened::by_trying:
            break;
    }
    return "left out";
}

nlohmann::ordered_json minimised_json(const std::optional<enforce::Minimised>& minimised) {
    if (!minimised) return {};
    return {{"superfluous", render::escaped(minimised->superfluous)},
            {"needed", render::escaped(minimised->needed)},
            {"not_tried", render::escaped(minimised->not_tried)}};
}

nlohmann::ordered_json to_json(const Report& report) {
    nlohmann::ordered_json widened = nlohmann::ordered_json::array();
    for (const Round& round : report.hardened.widened) {
        widened.push_back({{"round", round.number},
                           {"why_not", printable(round.why_not)},
                           {"how", word_for(round.how)},
                           {"denials", render::denials_json(round.denials)},
                           {"learnt", round.learnt},
                           {"left_out", render::escaped(round.left_out)}});
    }
    return {{"schema", 1},
            {"unit", report.unit},
            {"verdict", word_for(report.ending)},
            {"fits", report.hardened.fits},
            {"why_not", report.hardened.fits ? nlohmann::ordered_json()
                                             : nlohmann::ordered_json(printable(report.hardened.why_not))},
            {"rounds", report.hardened.rounds},
            {"starts", report.hardened.attempts},
            {"exposure",
             {{"before", render::exposure_json(report.before)}, {"after", render::exposure_json(report.after)}}},
            {"widened", std::move(widened)},
            {"still_denied", render::denials_json(report.hardened.still_denied)},
            {"minimized", minimised_json(report.minimised)},
            {"drop_in", report.drop_in.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(report.drop_in)},
            {"text", report.hardened.candidate.text},
            {"gaps", render::escaped(report.gaps)}};
}

std::string to_text(const Report& report) {
    const Hardened& hardened = report.hardened;
    std::string text =
        fmt::format("{}: {}", report.unit, hardened.fits ? "the sandbox fits" : "no sandbox was found that fits");
    if (report.before && report.after) {
        text += fmt::format(", exposure {} -> {}", render::exposure_text(*report.before),
                            render::exposure_text(*report.after));
    }
    text += fmt::format("\n{} tried, {}\n", base::count_of(hardened.rounds, "drop-in", "drop-ins"),
                        base::count_of(hardened.attempts, "start", "starts"));
    render::TextOptions options;
    options.colour = wants_colours(Stream::out) ? render::Colour::on : render::Colour::off;
    options.columns = columns_of(Stream::out);
    for (const Round& round : hardened.widened) {
        text += fmt::format("\nround {}: {}\n", round.number,
                            round.why_not.empty() ? "the workload passes" : printable(round.why_not));
        switch (round.how) {
            case Widened::by_denials:
                text += "widened by what was refused:\n" + render::denials_text(round.denials, options);
                break;
            case Widened::by_learning:
                text += "no refusal was seen; the workload was observed again without a sandbox: ";
                text += round.learnt == 0
                            ? "nothing new\n"
                            : fmt::format("widened by {}\n", base::count_of(round.learnt, "new fact", "new facts"));
                break;
            case Widened::by_trying:
                for (const auto& directive : round.left_out) {
                    text += fmt::format("left out, since it fails with it: {}=\n", directive);
                }
                break;
        }
    }
    if (!hardened.still_denied.empty()) {
        text += "\nit passes, and this is still refused:\n" + render::denials_text(hardened.still_denied, options);
    }
    if (report.minimised) {
        const auto add = [&text](std::string_view title, const std::set<std::string>& names) {
            for (const auto& name : names) text += fmt::format("{}: {}\n", title, base::escape_bytes(name));
        };
        text += "\nof what the evidence left in doubt:\n";
        add("  superfluous, taken away", report.minimised->superfluous);
        add("  needed, it fails without", report.minimised->needed);
        add("  not tried, the time was over", report.minimised->not_tried);
    }
    switch (report.ending) {
        case Ending::in_force:
            text += fmt::format("\nin force: {}; `sandfit rollback {}` leads back\n", report.drop_in, report.unit);
            break;
        case Ending::undone:
            text += "\nthe unit runs as before\n";
            break;
        case Ending::rolled_back:
            text += fmt::format("\n{}\nthe unit runs as before\n", printable(hardened.why_not));
            break;
    }
    return text;
}

class Harden {
public:
    Harden(const Arguments& arguments, const Target& target, Enforcement& enforcement)
        : arguments_(arguments), target_(target), enforcement_(enforcement), host_(systemd::read_host()) {}

    /// From the first observation to the drop-in that stands. The caller rolls back what was begun on an error.
    Result<Report> go() {
        Report report;
        report.unit = target_.state.id;
        if (auto before = exposure_of(target_.state.settings)) report.before = *before;
        if (auto begun = enforcement_.begin(Lifetime::until_reboot, true, arguments_.value("die-at")); !begun) {
            return begun.error();
        }
        auto draft = first_draft(report);
        if (!draft) return draft.error();
        auto hardened = cli::harden(**draft, trials(), rounds());
        if (!hardened) return hardened.error();
        report.hardened = std::move(*hardened);
        for (const std::string& gap : report.hardened.gaps) {
            if (std::ranges::find(report.gaps, gap) == report.gaps.end()) report.gaps.push_back(gap);
        }
        if (!report.hardened.fits) {
            if (auto back = enforcement_.roll_back(); !back) return back.error();
            return report;
        }
        if (arguments_.has("minimize")) {
            if (auto minimised = minimise(report); !minimised) return minimised.error();
        }
        if (auto ended = end(report); !ended) return ended.error();
        return report;
    }

private:
    [[nodiscard]] int rounds() const {
        return static_cast<int>(std::min(arguments_.number("rounds").value_or(kDefaultRounds), kMostRounds));
    }
    [[nodiscard]] Exercise exercise() const { return {arguments_.value("run"), {}}; }

    /// What is known of the unit without a sandbox: a given profile, or an observation of the whole workload.
    Result<std::unique_ptr<Draft>> first_draft(Report& report) {
        const auto from = arguments_.value("from");
        if (from) {
            auto candidate = read_candidate(*from, target_.state, host_, tightness_of(arguments_));
            if (!candidate) return candidate.error();
            if (!arguments_.has("quiet")) tell_notes(candidate->notes);
            if (!candidate->profile) {
                return std::unique_ptr<Draft>(std::make_unique<GivenDraft>(std::move(candidate->assignments), host_));
            }
            report.gaps = gaps_for_suggestions(*candidate->profile);
            baseline_ = std::move(candidate->profile);
        } else {
            tell_unless_quiet("observing the workload without a sandbox");
            auto attempt = make_attempt(enforcement_, target_, trial_session(arguments_, "harden"), exercise(),
                                        [this] { return enforcement_.changer().about_to_restart(); });
            if (!attempt) return attempt.error();
            if (attempt->interrupted) return Error{ErrorKind::interrupted, "interrupted", 0, ""};
            if (!attempt->passes()) {
                return Error{ErrorKind::failed, fmt::format("without a sandbox, too: {}", why_it_fails(*attempt)), 0,
                             "the workload must pass on the unit as it is"};
            }
            report.gaps = attempt->gaps;
            baseline_ = std::move(attempt->recorded);
        }
        return std::unique_ptr<Draft>(
            std::make_unique<DerivedDraft>(*baseline_, target_.state.settings, host_, tightness_of(arguments_)));
    }

    /// Takes away what the evidence leaves in doubt, and leaves the unit under what remains.
    Result<void> minimise(Report& report) {
        const auto state = enforcement_.state();
        if (!state) return state.error();
        const Candidate& candidate = report.hardened.candidate;
        const auto grants = grants_of(candidate, target_.state.settings, state->settings);
        const Trials unit = trials();
        if (!baseline_) {
            tell_unless_quiet("observing the workload without a sandbox, for what speaks for each grant");
            auto attempt = unit.without();
            if (!attempt) return attempt.error();
            if (attempt->interrupted) return Error{ErrorKind::interrupted, "interrupted", 0, ""};
            baseline_ = std::move(attempt->recorded);
            ++report.hardened.attempts;
        }
        const auto in_doubt = derive::doubtful(grants, *baseline_, state->settings, filter_words(candidate), host_);
        tell_unless_quiet(fmt::format("{} of {} in doubt", in_doubt.size(),
                                      base::count_of(grants.size(), "grant is", "grants are")));
        const auto until =
            std::chrono::steady_clock::now() + arguments_.duration("minimize-time").value_or(kDefaultMinimizing);
        auto minimal = cli::minimize(candidate, report.hardened.still_denied.size(), grants, in_doubt, host_, unit,
                                     [until] { return std::chrono::steady_clock::now() < until; });
        if (!minimal) return minimal.error();
        report.minimised = std::move(minimal->grants);
        report.hardened.attempts += minimal->attempts;
        report.hardened.candidate = std::move(minimal->candidate);
        if (auto done = enforcement_.changer().write(report.hardened.candidate.text); !done) return done;
        return enforcement_.changer().reload();
    }

    Trials trials() {
        Trials trials;
        trials.under = [this](const std::string& drop_in) {
            return try_under(enforcement_, target_, drop_in, trial_session(arguments_, "harden"), exercise());
        };
        trials.without = [this] {
            return try_under(enforcement_, target_, "[Service]\n", trial_session(arguments_, "harden"), exercise());
        };
        trials.denials = [this](const Attempt& attempt) {
            return denials_of(attempt, target_.state.settings, host_, baseline_ ? &*baseline_ : nullptr);
        };
        trials.note = [this](std::string_view line) { tell_unless_quiet(line); };
        return trials;
    }

    /// The drop-in that fits stays, or goes.
    Result<void> end(Report& report) {
        const auto state = enforcement_.state();
        if (!state) return state.error();
        if (auto after = exposure_of(state->settings)) report.after = *after;
        if (arguments_.has("undo")) {
            report.ending = Ending::undone;
            return enforcement_.roll_back();
        }
        if (arguments_.has("persistent")) {
            // Only now, that it is known to fit: a power failure in between leaves nothing below /etc.
            if (auto back = enforcement_.roll_back(); !back) return back;
            if (auto begun = enforcement_.begin(Lifetime::persistent, true, std::nullopt); !begun) return begun;
            if (auto done = enforcement_.changer().write(report.hardened.candidate.text); !done) return done;
            if (auto done = enforcement_.changer().reload(); !done) return done;
        }
        if (target_.state.is_running()) {
            const auto should_stop = [this] { return enforcement_.interruption().requested(); };
            // From a clean start: the last round's workload has left its traces.
            if (auto done = enforcement_.changer().restart(should_stop); !done) return done;
            if (auto done = enforcement_.changer().watch(kLastLook); !done) return done;
        } else if (auto stopped = enforcement_.stop(); !stopped) {
            return stopped;
        }
        if (auto done = enforcement_.changer().commit(); !done) return done;
        report.ending = Ending::in_force;
        report.drop_in = enforce::drop_in_path(
            report.unit, arguments_.has("persistent") ? Lifetime::persistent : Lifetime::until_reboot);
        return {};
    }

    void tell_unless_quiet(std::string_view line) const {
        if (!arguments_.has("quiet")) tell(fmt::format("{}: {}", target_.state.id, printable(line)));
    }

    const Arguments& arguments_;
    const Target& target_;
    Enforcement& enforcement_;
    Host host_;
    std::optional<Profile> baseline_;
};

}  // namespace

Result<ExitCode> harden_command(const Arguments& arguments) {
    if (!arguments.has("run")) {
        return Error{ErrorKind::usage, "--run is missing: a workload that fails when the unit does", 0,
                     "see `sandfit harden --help`"};
    }
    if (arguments.number("rounds") == 0) {
        return Error{ErrorKind::usage, "--rounds 0: at least one drop-in has to be tried", 0, "leave it out for 10"};
    }
    if (const auto root = check_root(arguments.verb()); !root) return root.error();
    const auto target = find_target(arguments.operands().front());
    if (!target) return target.error();
    if (const auto can = check_changeable(*target, true); !can) return can.error();
    if (const auto can = check_without_own_drop_in(*target); !can) return can.error();
    const auto output = arguments.value("output");
    if (output) {
        if (const auto writable = check_writable(*output); !writable) return writable.error();
    }
    auto enforcement = Enforcement::of(*target, [quiet = arguments.has("quiet")](std::string_view line) {
        if (!quiet) tell(line);
    });
    if (!enforcement) return enforcement.error();
    auto report = Harden(arguments, *target, **enforcement).go();
    if (!report) {
        const auto back = (*enforcement)->roll_back();
        if (!back) {
            print_error(in_context(fmt::format("{} is not wholly rolled back", target->state.id), back.error()));
            tell(fmt::format("  `sandfit rollback {}` tries again", target->state.id));
        }
        return report.error();
    }
    if (output && report->hardened.fits) {
        if (auto written = base::write_file_atomically(*output, report->hardened.candidate.text); !written) {
            return written.error();
        }
    }
    const auto printed = print(arguments.has("json") ? to_json(*report).dump(2) + "\n" : to_text(*report));
    if (!printed) return printed.error();
    for (const std::string& gap : report->gaps) tell("sandfit: incomplete: " + printable(gap));
    if (!report->hardened.fits) return ExitCode::rolled_back;
    return exit_code_of(ObservationEnd{false, !report->gaps.empty(), arguments.has("accept-incomplete")});
}

}  // namespace sandfit::cli
