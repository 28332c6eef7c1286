#include "cli/draft.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "derive/freed.h"
#include "profile/diff.h"
#include "profile/merge.h"
#include "profile/widen.h"
#include "render/drop_in.h"

namespace sandfit::cli {

DerivedDraft::DerivedDraft(Profile profile, UnitSettings settings, Host host, Tightness tightness)
    : profile_(std::move(profile)), settings_(std::move(settings)), host_(std::move(host)), tightness_(tightness) {}

Result<Candidate> DerivedDraft::candidate() const {
    return derived_candidate(profile_, settings_, host_, tightness_, withdrawn_);
}

void DerivedDraft::widen(const std::vector<Denial>& denials) {
    auto facts = derive::freed_facts(denials, &profile_);
    profile_ = profile::widened(std::move(profile_), facts);
}

std::size_t DerivedDraft::learn(const Profile& recorded) {
    // Both are of one unit, which is all that a merge asks for.
    auto merged = profile::merge({profile_, recorded});
    if (!merged) return 0;
    const std::size_t learnt = profile::facts_not_in(recorded, profile_).size();
    profile_ = std::move(*merged);
    return learnt;
}

void DerivedDraft::withdraw(const std::set<std::string>& directives, const std::string& reason) {
    for (const std::string& directive : directives) withdrawn_[directive] = reason;
}

GivenDraft::GivenDraft(std::vector<systemd::Assignment> assignments, Host host)
    : assignments_(std::move(assignments)), host_(std::move(host)) {}

Result<Candidate> GivenDraft::candidate() const {
    std::string text = "[Service]\n";
    for (const auto& assignment : assignments_) {
        text += fmt::format("{}={}\n", assignment.directive, assignment.value);
    }
    return given_candidate(std::move(text), "the drop-in", host_);
}

void GivenDraft::widen(const std::vector<Denial>& denials) {
    for (const Denial& denial : denials) {
        for (const DenialCause& cause : denial.causes) apply(cause.remedy);
    }
}

std::size_t GivenDraft::learn(const Profile&) {
    return 0;
}

void GivenDraft::withdraw(const std::set<std::string>& directives, const std::string&) {
    std::erase_if(assignments_, [&directives](const systemd::Assignment& assignment) {
        return directives.count(assignment.directive) != 0;
    });
}

void GivenDraft::apply(const Remedy& remedy) {
    if (remedy.how != Remedy::How::add) withdraw({remedy.directive}, "");
    if (remedy.how == Remedy::How::leave_out) return;
    Suggestion suggestion;
    suggestion.directive = remedy.directive;
    suggestion.verdict = Verdict::suggest;
    suggestion.form = remedy.form;
    suggestion.items = remedy.items;
    for (const std::string& line : render::assignments(suggestion)) {
        const std::size_t equals = line.find('=');
        systemd::Assignment added{"Service", line.substr(0, equals), line.substr(equals + 1), 0};
        const auto is_same = [&added](const systemd::Assignment& other) {
            return other.directive == added.directive && other.value == added.value;
        };
        if (std::ranges::none_of(assignments_, is_same)) assignments_.push_back(std::move(added));
    }
}

}  // namespace sandfit::cli
