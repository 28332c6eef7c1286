#include "cli/candidate.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands/profiles.h"
#include "profile/json.h"
#include "profile/store.h"
#include "render/drop_in.h"

namespace sandfit::cli {
namespace {

constexpr std::size_t kMaxDropInBytes = 1u << 20;

bool is_profile(std::string_view text) {
    const auto at = text.find_first_not_of(" \t\r\n");
    return at != std::string_view::npos && text[at] == '{';
}

}  // namespace

Result<Candidate> given_candidate(std::string text, std::string_view name, const Host& host) {
    const std::string shown = base::escape_bytes(name);
    if (text.size() > kMaxDropInBytes) {
        return Error{ErrorKind::bad_input, fmt::format("{} is larger than {} bytes", shown, kMaxDropInBytes), 0, ""};
    }
    auto parsed = systemd::parse_unit_file(text, name);
    if (!parsed) return parsed.error();
    const auto refuse = [&shown](std::size_t line, std::string_view why) {
        return Error{ErrorKind::bad_input, fmt::format("{}:{}: {}", shown, line, why), 0,
                     "a sandbox is made of settings of the section [Service]"};
    };
    if (!parsed->ignored.empty()) return refuse(parsed->ignored.front().line, parsed->ignored.front().why);
    Candidate candidate;
    std::set<std::string> told;
    for (const auto& assignment : parsed->assignments) {
        const std::string directive = base::escape_bytes(assignment.directive);
        if (assignment.section != "Service") {
            return refuse(assignment.line, fmt::format("{}= stands in [{}]", directive, assignment.section));
        }
        if (assignment.directive.starts_with("Exec") && assignment.directive != "ExecPaths" &&
            assignment.directive != "ExecSearchPath") {
            return refuse(assignment.line, fmt::format("{}= says what is run, not in which sandbox", directive));
        }
        if (!host.knows(assignment.directive) && told.insert(directive).second) {
            candidate.notes.push_back(
                fmt::format("{}= is not known to this systemd, and does nothing here", directive));
        }
    }
    if (parsed->assignments.empty()) {
        return Error{ErrorKind::bad_input, fmt::format("{} sets nothing", shown), 0,
                     "`sandfit suggest PROFILE` writes a drop-in"};
    }
    candidate.text = std::move(text);
    candidate.assignments = std::move(parsed->assignments);
    return candidate;
}

Result<Candidate> derived_candidate(Profile profile, const UnitSettings& settings, const Host& host,
                                    Tightness tightness, const derive::Withdrawn& withdrawn) {
    profile.settings = settings;
    auto suggestions = derive::derive(profile, host, tightness, withdrawn);
    std::string text = render::drop_in(profile, suggestions, {tightness, SANDFIT_VERSION, false});
    const bool any = std::ranges::any_of(
        suggestions, [](const Suggestion& suggestion) { return suggestion.verdict == Verdict::suggest; });
    if (!any) {
        return Error{ErrorKind::failed, fmt::format("nothing can be suggested for {}", profile.unit), 0,
                     "`sandfit suggest --explain` tells why"};
    }
    auto candidate = given_candidate(std::move(text), "the derived drop-in", host);
    if (!candidate) return candidate.error();
    for (const std::string& gap : gaps_for_suggestions(profile)) candidate->notes.push_back("incomplete: " + gap);
    for (const std::string& sentence : render::left_out(suggestions)) candidate->notes.push_back(sentence);
    candidate->suggestions = std::move(suggestions);
    candidate->tightness = tightness;
    candidate->profile = std::move(profile);
    return candidate;
}

Result<Candidate> read_candidate(const std::string& path, const systemd::UnitState& unit, const Host& host,
                                 Tightness tightness) {
    auto text = base::read_file(path, profile::kMaxProfileBytes);
    if (!text) return text.error();
    if (!is_profile(*text)) return given_candidate(std::move(*text), path, host);
    auto profile = profile::from_json(*text, base::escape_bytes(path));
    if (!profile) return profile.error();
    if (const auto fits = check_profile_of(*profile, unit.id, path); !fits) return fits.error();
    return derived_candidate(std::move(*profile), unit.settings, host, tightness);
}

}  // namespace sandfit::cli
