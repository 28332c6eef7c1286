#include "cli/minimizing.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "render/drop_in.h"

namespace sandfit::cli {
namespace {

constexpr std::array<std::string_view, 3> kLists{"CapabilityBoundingSet", "ReadWritePaths",
                                                 "RestrictAddressFamilies"};
constexpr std::string_view kFilter = "SystemCallFilter";

const std::vector<std::string>& words_of(const UnitSettings& settings, std::string_view directive) {
    static const std::vector<std::string> kNone;
    const auto it = settings.values.find(std::string(directive));
    return it == settings.values.end() ? kNone : it->second;
}

bool sets(const Candidate& candidate, std::string_view directive) {
    return std::ranges::any_of(candidate.assignments, [directive](const systemd::Assignment& assignment) {
        return assignment.directive == directive && !assignment.value.empty();
    });
}

/// What is left of one directive's grants.
std::vector<std::string> remaining(std::string_view directive, const std::vector<derive::Grant>& all,
                                   const std::set<std::string>& left_out) {
    std::vector<std::string> items;
    for (const auto& grant : all) {
        if (grant.directive == directive && left_out.count(name_of(grant)) == 0) items.push_back(grant.item);
    }
    return items;
}

bool touches(std::string_view directive, const std::set<std::string>& left_out) {
    const std::string head = std::string(directive) + "=";
    return std::ranges::any_of(left_out, [&head](const std::string& name) { return name.starts_with(head); });
}

/// A list written anew: as a whole, so that nothing of what it replaces stays.
std::vector<std::string> lines_for(std::string_view directive, std::vector<std::string> items) {
    Suggestion suggestion;
    suggestion.directive = directive;
    suggestion.verdict = Verdict::suggest;
    suggestion.form = directive == "ReadWritePaths" ? ValueForm::paths : ValueForm::words;
    // Of families, an empty list would restrict nothing.
    if (items.empty() && directive == "RestrictAddressFamilies") items = {"none"};
    suggestion.reset_first = directive != "ReadWritePaths" && items != std::vector<std::string>{"none"};
    suggestion.items = std::move(items);
    if (suggestion.items.empty() && directive == "ReadWritePaths") return {};
    return render::assignments(suggestion);
}

std::string edited_filter(std::string value, const std::set<std::string>& left_out) {
    std::vector<std::string> kept;
    for (const std::string& word : base::split(value, ' ')) {
        if (word.empty() || left_out.count(fmt::format("{}={}", kFilter, word)) != 0) continue;
        kept.push_back(word);
    }
    return base::join_with(kept, " ");
}

Result<Candidate> edited(const Candidate& candidate, const std::vector<derive::Grant>& all,
                         const std::set<std::string>& left_out, const Host& host) {
    std::string text = "[Service]\n";
    std::set<std::string_view> written;
    for (const auto& assignment : candidate.assignments) {
        const std::string& directive = assignment.directive;
        const bool is_list = std::ranges::find(kLists, directive) != kLists.end();
        if (is_list && touches(directive, left_out)) {
            if (!written.insert(directive).second) continue;
            for (const auto& line : lines_for(directive, remaining(directive, all, left_out))) text += line + "\n";
        } else if (directive == kFilter) {
            const std::string value = edited_filter(assignment.value, left_out);
            if (!value.empty() || assignment.value.empty()) text += fmt::format("{}={}\n", directive, value);
        } else {
            text += fmt::format("{}={}\n", directive, assignment.value);
        }
    }
    return given_candidate(std::move(text), "the drop-in", host);
}

/// The same where there are suggestions: the items go, the reasons stay.
Result<Candidate> edited_suggestions(const Candidate& candidate, const std::set<std::string>& left_out,
                                     const Host& host, Tightness tightness) {
    auto suggestions = candidate.suggestions;
    for (Suggestion& suggestion : suggestions) {
        std::erase_if(suggestion.items, [&](const std::string& item) {
            return left_out.count(fmt::format("{}={}", suggestion.directive, item)) != 0;
        });
        if (!suggestion.items.empty() || !touches(suggestion.directive, left_out)) continue;
        if (suggestion.directive == "RestrictAddressFamilies") suggestion.items = {"none"};
        if (suggestion.directive == "ReadWritePaths") suggestion.verdict = Verdict::abstain;
    }
    auto made = given_candidate(render::drop_in(*candidate.profile, suggestions, {tightness, SANDFIT_VERSION, false}),
                                "the drop-in", host);
    if (!made) return made;
    made->profile = candidate.profile;
    made->suggestions = std::move(suggestions);
    made->tightness = tightness;
    return made;
}

}  // namespace

std::string name_of(const derive::Grant& grant) {
    return fmt::format("{}={}", grant.directive, grant.item);
}

std::vector<std::string> filter_words(const Candidate& candidate) {
    std::vector<std::string> words;
    for (const auto& assignment : candidate.assignments) {
        if (assignment.directive != kFilter) continue;
        if (assignment.value.starts_with('~')) return {};
        if (assignment.value.empty()) words.clear();
        for (const std::string& word : base::split(assignment.value, ' ')) {
            if (!word.empty()) words.push_back(word);
        }
    }
    return words;
}

std::vector<derive::Grant> grants_of(const Candidate& candidate, const UnitSettings& before,
                                     const UnitSettings& in_force) {
    std::vector<derive::Grant> grants;
    for (const std::string_view directive : kLists) {
        if (!sets(candidate, directive)) continue;
        const auto& words = words_of(in_force, directive);
        if (!words.empty() && words.front().starts_with('~')) continue;  // a deny-list grants nothing
        const auto& had = words_of(before, directive);
        for (const std::string& word : words) {
            const bool is_new = directive != "ReadWritePaths" || std::ranges::find(had, word) == had.end();
            if (is_new && word != "none") grants.push_back({std::string(directive), word});
        }
    }
    for (const std::string& word : filter_words(candidate)) {
        if (word.starts_with('@')) grants.push_back({std::string(kFilter), word});
    }
    return grants;
}

Result<Candidate> without_grants(const Candidate& candidate, const std::vector<derive::Grant>& all,
                                 const std::set<std::string>& left_out, const Host& host) {
    if (candidate.profile && !candidate.suggestions.empty()) {
        return edited_suggestions(candidate, left_out, host, candidate.tightness);
    }
    return edited(candidate, all, left_out, host);
}

Result<Minimal> minimize(const Candidate& candidate, std::size_t refused_anyway,
                         const std::vector<derive::Grant>& all, const std::vector<derive::Grant>& in_doubt,
                         const Host& host, const Trials& trials, const std::function<bool()>& may_go_on) {
    Minimal minimal;
    std::vector<std::string> parts;
    for (const auto& grant : in_doubt) parts.push_back(name_of(grant));
    const auto passes = [&](const std::set<std::string>& left_out) -> Result<bool> {
        const auto tried = without_grants(candidate, all, left_out, host);
        if (!tried) return tried.error();
        trials.note(fmt::format("minimizing: without {}", base::join_with({left_out.begin(), left_out.end()}, ", ")));
        ++minimal.attempts;
        const auto attempt = trials.under(tried->text);
        if (!attempt) return attempt.error();
        if (attempt->interrupted) return Error{ErrorKind::interrupted, "interrupted", 0, ""};
        return attempt->passes() && trials.denials(*attempt).size() <= refused_anyway;
    };
    auto result = enforce::minimise(parts, passes, may_go_on);
    if (!result) return result.error();
    minimal.grants = std::move(*result);
    if (minimal.grants.superfluous.empty()) {
        minimal.candidate = candidate;
        return minimal;
    }
    auto made = without_grants(candidate, all, minimal.grants.superfluous, host);
    if (!made) return made.error();
    minimal.candidate = std::move(*made);
    return minimal;
}

}  // namespace sandfit::cli
