// `sandfit audit`: what a unit may do and never did, what it does and may not, and its score now and after.
#include "render/audit.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/commands/profiles.h"
#include "cli/commands/unit_source.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "derive/contradiction.h"
#include "derive/derive.h"
#include "derive/drift.h"
#include "profile/diff.h"
#include "render/audit_unit_file.h"
#include "systemd/bus.h"
#include "systemd/host.h"
#include "systemd/security_items.h"
#include "systemd/security_scan.h"
#include "systemd/unit_name.h"

namespace sandfit::cli {
namespace {

/// What is audited: a unit's settings, and what it was seen to do.
struct Audited {
    std::string unit;
    UnitSettings settings;           ///< as they stand: the unit's own, or those of the profile
    std::optional<Profile> profile;  ///< as recorded
    std::vector<std::string> notes;  ///< on where the settings come from
};

bool is_profile_operand(const std::string& operand) {
    return operand.find('/') != std::string::npos || operand.ends_with(".json");
}

Result<Audited> subject_of_profile(const std::string& path) {
    auto profile = load_and_merge({path});
    if (!profile) return profile.error();
    return Audited{profile->unit, profile->settings, std::move(*profile), {}};
}

Result<Audited> subject_of_unit(const std::string& operand) {
    const auto name = systemd::service_name(operand);
    if (!name) return name.error();
    const auto manager = systemd::connect_system_manager();
    if (!manager) return manager.error();
    auto state = (*manager)->load(*name);
    if (!state) return state.error();
    if (const auto loaded = systemd::check_loaded(*state); !loaded) return loaded.error();
    return Audited{state->id.empty() ? *name : state->id, std::move(state->settings), std::nullopt, {}};
}

/// Puts the settings of the unit's files in the place of those of the running systemd, or of the profile.
Result<void> take_unit_files(const Arguments& arguments, const std::string& unit, const Host& host,
                             Audited& subject) {
    auto read = unit_of_files(arguments, unit, host);
    if (!read) return read.error();
    subject.unit = read->id;
    subject.notes = notes_on(read->files);
    subject.settings = subject.profile ? systemd::with_settings_of_files(subject.profile->settings, read->files)
                                       : std::move(read->files.settings);
    return {};
}

Result<void> take_profile(const std::string& path, Audited& subject) {
    auto profile = load_and_merge({path});
    if (!profile) return profile.error();
    if (const auto fits = check_profile_of(*profile, subject.unit, path); !fits) return fits.error();
    subject.profile = std::move(*profile);
    return {};
}

Result<Audited> subject_of(const Arguments& arguments, const Host& host) {
    const std::string& operand = arguments.operands().front();
    const auto path = arguments.value("profile");
    const bool from_files = names_unit_files(arguments);
    if (is_profile_operand(operand)) {
        if (path) {
            return Error{ErrorKind::usage, "--profile goes with a unit; a profile was given already", 0,
                         "see `sandfit audit --help`"};
        }
        auto subject = subject_of_profile(operand);
        if (!subject || !from_files) return subject;
        if (const auto taken = take_unit_files(arguments, subject->unit, host, *subject); !taken)
            return taken.error();
        return subject;
    }

    auto subject = from_files ? Result<Audited>(Audited()) : subject_of_unit(operand);
    if (!subject) return subject;
    if (from_files) {
        if (const auto taken = take_unit_files(arguments, operand, host, *subject); !taken) return taken.error();
    }
    if (path) {
        if (const auto taken = take_profile(*path, *subject); !taken) return taken.error();
    }
    return subject;
}

/// The directives whose values decide the score and are others than at the recording.
std::vector<std::string> changed_settings(const Audited& subject) {
    std::vector<std::string> changed;
    for (const auto name : systemd::scored_settings()) {
        const auto words_of = [&name](const UnitSettings& settings) {
            const auto it = settings.values.find(std::string(name));
            return it == settings.values.end() ? std::vector<std::string>() : it->second;
        };
        if (words_of(subject.settings) != words_of(subject.profile->settings)) {
            changed.push_back(std::string(name) + "=");
        }
    }
    return changed;
}

std::vector<std::string> notes_of(const Audited& subject) {
    std::vector<std::string> notes = subject.notes;
    if (!subject.profile) {
        notes.push_back(
            fmt::format("without a profile this says only what {0} may do. To see what it needs, record "
                        "it with `sandfit observe {0} --restart --run 'WORKLOAD'`, then audit it with "
                        "`--profile {0}.profile.json`",
                        subject.unit));
        return notes;
    }
    if (subject.profile->settings.values.empty() && subject.settings.values.empty()) {
        notes.emplace_back("the profile holds no settings of a unit, so the score now is that of a unit without any");
    } else if (subject.profile->settings.values.empty()) {
        notes.emplace_back(
            "the profile was recorded without a unit: what this unit's settings refuse was not refused then");
    } else if (const auto changed = changed_settings(subject); !changed.empty()) {
        notes.push_back(
            fmt::format("since the profile was recorded the unit changed {}; what is suggested may not fit "
                        "it any more until it is observed again",
                        base::join_with(changed, " ")));
    }
    const std::string here = systemd::identify_host().systemd;
    const std::string& recorded = subject.profile->host.systemd;
    if (!recorded.empty() && recorded != here) {
        notes.push_back(fmt::format("scored by this host's systemd {}; recorded under {}", here, recorded));
    }
    return notes;
}

Result<Score> scored(const Audited& subject, const std::vector<Suggestion>& suggestions,
                     std::vector<std::string>& notes) {
    const auto file = render::audit_unit_file(subject.settings, systemd::scored_settings(), suggestions);
    for (const auto& sentence : file.left_out) {
        if (std::ranges::find(notes, sentence) == notes.end()) notes.push_back(sentence);
    }
    return systemd::score_unit_file(file.text);
}

std::vector<AuditItem> items_of(const Score& now, const Score* after) {
    std::vector<AuditItem> items;
    for (const auto& scored : now.items) {
        AuditItem item;
        if (const auto* known = systemd::find_security_item(scored.id)) {
            item.directive = known->directive;
            item.not_derived = known->not_derived;
        }
        item.now = scored;
        if (after != nullptr) {
            const auto it = std::ranges::find(after->items, scored.id, &ScoredItem::id);
            if (it != after->items.end()) item.after = *it;
        }
        items.push_back(std::move(item));
    }
    return items;
}

Result<Audit> audit_of(const Audited& subject, const Arguments& arguments, const Host& host) {
    Audit audit;
    audit.unit = subject.unit;
    audit.tightness = tightness_of(arguments);
    audit.has_profile = subject.profile.has_value();
    audit.notes = notes_of(subject);
    if (const auto given = arguments.value("threshold")) audit.threshold = systemd::parse_exposure(*given);

    const auto now = scored(subject, {}, audit.notes);
    if (!now) return now.error();
    audit.now = now->overall;
    audit.rating_now = now->rating;
    if (!subject.profile) {
        audit.items = items_of(*now, nullptr);
        return audit;
    }

    Profile as_it_stands = *subject.profile;
    as_it_stands.settings = subject.settings;
    audit.suggestions = derive::derive(as_it_stands, host, audit.tightness);
    audit.contradictions = derive::contradictions(*subject.profile, subject.settings, host);
    if (const auto against = arguments.value("against")) {
        const auto then = load_and_merge({*against});
        if (!then) return then.error();
        if (const auto fits = check_profile_of(*then, subject.unit, *against); !fits) return fits.error();
        const auto indexes = profile::facts_not_in(*subject.profile, *then);
        audit.drift = Drift{derive::judged_by(*then, *subject.profile, indexes, host, audit.tightness),
                            derive::stale_grants(*subject.profile, subject.settings, host, audit.tightness)};
    }
    const auto after = scored(subject, audit.suggestions, audit.notes);
    if (!after) return after.error();
    audit.after = after->overall;
    audit.rating_after = after->rating;
    audit.items = items_of(*now, &*after);
    return audit;
}

std::string rendered(const Audit& audit, const Audited& subject, const Arguments& arguments) {
    static const Profile kNone;
    const Profile& profile = subject.profile ? *subject.profile : kNone;
    if (arguments.has("json")) return render::audit_json(audit, profile, subject.settings, SANDFIT_VERSION);
    render::TextOptions options;
    options.colour = wants_colours(Stream::out) ? render::Colour::on : render::Colour::off;
    options.columns = columns_of(Stream::out);
    return render::audit_text(audit, profile, subject.settings, options);
}

}  // namespace

Result<ExitCode> audit_command(const Arguments& arguments) {
    const bool only_score = !is_profile_operand(arguments.operands().front()) && !arguments.has("profile");
    const Host host = only_score && !names_unit_files(arguments) ? Host() : systemd::read_host();
    const auto subject = subject_of(arguments, host);
    if (!subject) return subject.error();
    if (arguments.has("against") && !subject->profile) {
        return Error{ErrorKind::usage, "--against compares with what the unit does now: --profile is missing", 0,
                     fmt::format("record it with `sandfit observe {} --restart --run 'WORKLOAD'`", subject->unit)};
    }
    const auto audit = audit_of(*subject, arguments, host);
    if (!audit) return audit.error();
    if (const auto printed = print(rendered(*audit, *subject, arguments)); !printed) return printed.error();

    std::vector<std::string> gaps;
    if (subject->profile) gaps = gaps_for_suggestions(*subject->profile);
    for (const std::string& gap : gaps) tell("sandfit: incomplete: " + printable(gap));
    const bool drifted = audit->drift && (audit->drift->is_outgrown() || !audit->contradictions.empty());
    if (drifted || audit->is_above_threshold()) return ExitCode::finding;
    return exit_code_of(ObservationEnd{false, !gaps.empty(), arguments.has("accept-incomplete")});
}

}  // namespace sandfit::cli
