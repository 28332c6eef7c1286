#include "derive/denial.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "derive/denial_sign.h"
#include "derive/freed.h"
#include "derive/mounts.h"
#include "derive/remedy.h"
#include "derive/rule.h"
#include "derive/standing.h"
#include "derive/verdict.h"
#include "derive/without_candidate.h"

namespace sandfit::derive {
namespace {

/// A directive of the candidate that restricts more than the unit did before, and its rule's word for what it
/// refuses.
struct Suspect {
    std::string directive;
    const std::vector<std::string>* value;
    Denier denies;
};

/// The value that is in force, for rules that ask what else is proposed; also one that restricts nothing.
Suggestion in_force_as_suggestion(const std::string& directive, const Trial& trial) {
    auto standing = standing_suggestion(directive, trial.recorded, trial.in_force, trial.host);
    if (!standing) {
        const auto& words = trial.in_force.values.at(directive);
        standing = suggest(directive, words.size() == 1 ? ValueForm::word : ValueForm::words, words, "");
    }
    standing->reset_first = true;  // what is in force is all that is
    return *standing;
}

bool is_changed(const std::string& directive, const Trial& trial) {
    return trial.in_force.values.count(directive) != 0 &&
           deciding_words(trial.before, directive) != deciding_words(trial.in_force, directive);
}

/// They refuse nothing by themselves, but each of their entries is a mount, and nothing moves across its border.
bool draws_borders(const std::string& directive) {
    return directive == "ReadWritePaths" || !base_of_directory_directive(directive).empty();
}

/// libc makes threads by clone(2) where clone3(2) is answered as by a kernel without it.
bool falls_back_to_clone(const Profile& profile) {
    return std::ranges::any_of(profile.facts, [](const SeenFact& seen) {
        const auto* call = std::get_if<SyscallFact>(&seen.fact);
        return call != nullptr && (call->name == "clone" || call->name == "fork" || call->name == "vfork");
    });
}

bool watched_refusals(const Profile& profile) {
    const auto found = profile.coverage.subjects.find(Subject::refusals);
    return found != profile.coverage.subjects.end() && found->second.watched;
}

/// True of a refusal that a filter on arguments cannot have made, since no filter refused the call in that way:
/// sched_setscheduler(2) answers EPERM for want of a capability as well. Where refusals were not watched, nobody
/// knows.
bool had_no_filter(const Profile& recorded, const std::string& directive, const SeenFact& seen, const Sign& sign) {
    constexpr std::array<std::string_view, 5> kByFilter = {"RestrictAddressFamilies", "RestrictNamespaces",
                                                           "LockPersonality", "RestrictRealtime", "RestrictSUIDSGID"};
    if (std::ranges::find(kByFilter, directive) == kByFilter.end() || sign.kind != DenialKind::refused) return false;
    if (std::holds_alternative<SyscallFact>(seen.fact) || !watched_refusals(recorded)) return false;
    return !seen.evidence.syscalls.empty() && std::ranges::none_of(recorded.facts, [&](const SeenFact& other) {
        const auto* call = std::get_if<SyscallFact>(&other.fact);
        return call != nullptr && call->refusals.count(sign.error) != 0 &&
               seen.evidence.syscalls.count(call->name) != 0;
    });
}

class Trace {
public:
    explicit Trace(const Trial& trial) : trial_(trial), bare_(trial.recorded) {
        // The unit as it was before, so that no rule says "the unit's own setting did that" of the candidate's.
        bare_.settings = trial.before;
        for (auto& [path, state] : bare_.directories) state.private_to_unit = false;
        for (const Rule& rule : rule_table()) {
            proposal_.push_back(is_changed(rule.directive, trial) ? in_force_as_suggestion(rule.directive, trial)
                                                                  : abstain(rule.directive, ""));
        }
        situation_.emplace(Situation{bare_, trial.host, Tightness::strict, proposal_});
        for (std::size_t i = 0; i < proposal_.size(); ++i) {
            const std::string& directive = proposal_[i].directive;
            if (proposal_[i].verdict != Verdict::suggest) continue;
            if (!deciding_words(trial.in_force, directive)) continue;
            if (refuses_nothing(directive) && !draws_borders(directive)) continue;
            suspects_.push_back(
                {directive, &trial.in_force.values.at(directive), rule_table()[i].denies(*situation_, proposal_[i])});
        }
        // Those with a purpose of their own before those that refuse a bit of everything.
        std::stable_partition(suspects_.begin(), suspects_.end(), [](const Suspect& suspect) {
            constexpr std::array<std::string_view, 4> kGeneral = {"ProtectSystem", "CapabilityBoundingSet",
                                                                  "PrivateUsers", "SystemCallFilter"};
            return std::ranges::find(kGeneral, suspect.directive) == kGeneral.end();
        });
    }
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    /// What the candidate did to one fact of one name.
    [[nodiscard]] std::optional<Denial> denial_of(const SeenFact& seen) const {
        const SeenFact free{freed(seen.fact, trial_.baseline), seen.evidence};
        Denial denial;
        for (const Suspect& suspect : suspects_) {
            const auto sign = sign_of(suspect.directive, seen.fact, trial_.in_force);
            if (!sign || had_no_filter(trial_.recorded, suspect.directive, seen, *sign)) continue;
            if (!(suspect.denies(free) || is_missed_clone3(suspect, seen.fact))) continue;
            // What failed is told before what was altered.
            if (!denial.causes.empty() && sign->kind == DenialKind::altered && denial.kind != sign->kind) continue;
            if (!denial.causes.empty() && sign->kind != DenialKind::altered && denial.kind == DenialKind::altered) {
                denial.causes.clear();
            }
            if (denial.causes.empty()) {
                denial.kind = sign->kind;
                denial.error = sign->error;
            }
            denial.causes.push_back({suspect.directive, *suspect.value,
                                     remedy_of(suspect.directive, *suspect.value, free.fact, *situation_)});
        }
        if (denial.causes.empty()) return std::nullopt;
        denial.fact = seen.fact;
        denial.evidence = seen.evidence;
        return denial;
    }

private:
    /// No rule says that of the call itself, since libc knows how to go on.
    [[nodiscard]] bool is_missed_clone3(const Suspect& suspect, const Fact& fact) const {
        const auto* call = std::get_if<SyscallFact>(&fact);
        return suspect.directive == "RestrictNamespaces" && call != nullptr && call->name == "clone3" &&
               !falls_back_to_clone(trial_.recorded);
    }

    const Trial& trial_;
    Profile bare_;
    std::vector<Suggestion> proposal_;
    std::optional<Situation> situation_;
    std::vector<Suspect> suspects_;
};

/// One fact for each of its names, since a sandbox may refuse some of them only.
std::vector<SeenFact> by_name(const SeenFact& seen) {
    const auto* file = std::get_if<FileFact>(&seen.fact);
    if (file == nullptr || file->names.empty()) return {seen};
    std::vector<SeenFact> parts;
    for (const auto& name : file->names) {
        parts.push_back(seen);
        auto& part = std::get<FileFact>(parts.back().fact);
        part.names = {name};
        part.many = false;
    }
    return parts;
}

/// The denial of one more name of the same fact, put to one that has the same causes.
void add_or_unite(std::vector<Denial>& of_fact, Denial more) {
    for (Denial& known : of_fact) {
        auto* file = std::get_if<FileFact>(&known.fact);
        if (file == nullptr || known.kind != more.kind || known.causes.size() != more.causes.size()) continue;
        if (!std::ranges::equal(known.causes, more.causes, {}, &DenialCause::directive, &DenialCause::directive)) {
            continue;
        }
        file->names.merge(std::get<FileFact>(more.fact).names);
        for (std::size_t i = 0; i < known.causes.size(); ++i) {
            Remedy& remedy = known.causes[i].remedy;
            const Remedy& another = more.causes[i].remedy;
            if (remedy.directive != another.directive || remedy.how != another.how) continue;
            std::vector<std::string> both;
            std::ranges::set_union(remedy.items, another.items, std::back_inserter(both));
            remedy.items = std::move(both);
        }
        return;
    }
    of_fact.push_back(std::move(more));
}

bool is_bind_of_a_path(const Fact& fact) {
    const auto* address = std::get_if<AddressFact>(&fact);
    return address != nullptr && address->op == AddressOp::bind && address->family == "AF_UNIX" && !address->abstract;
}

/// A hidden place is a directory that nobody may enter, so the kernel asks for these before it refuses: that they are
/// missing is no denial of its own.
bool is_of_a_hidden_place(const Trial& trial, const Denial& denial, const std::vector<Denial>& all) {
    const auto* check = std::get_if<CapabilityFact>(&denial.fact);
    if (check == nullptr || was_granted_before(trial, *check)) return false;
    if (check->capability != "CAP_DAC_OVERRIDE" && check->capability != "CAP_DAC_READ_SEARCH") return false;
    return std::ranges::any_of(all, [&](const Denial& other) {
        return std::holds_alternative<FileFact>(other.fact) && other.error == check->error &&
               other.evidence.syscalls.count(check->syscall) != 0;
    });
}

}  // namespace

std::vector<Denial> denials(const Trial& trial) {
    const Trace trace(trial);
    std::vector<Denial> found;
    for (const auto& seen : trial.recorded.facts) {
        // Told with the file that it makes, which says more.
        if (is_bind_of_a_path(seen.fact)) continue;
        std::vector<Denial> of_fact;
        const auto parts = by_name(seen);
        for (const auto& part : parts) {
            auto denial = trace.denial_of(part);
            if (!denial) continue;
            const bool failed = denial->kind != DenialKind::altered;
            if (failed && fails_without_candidate(trial, part.fact)) continue;
            add_or_unite(of_fact, std::move(*denial));
        }
        const auto* file = std::get_if<FileFact>(&seen.fact);
        if (file != nullptr && of_fact.size() == 1) {
            auto& denied = std::get<FileFact>(of_fact.front().fact);
            denied.many = file->many && denied.names == file->names;
        }
        std::ranges::move(of_fact, std::back_inserter(found));
    }
    std::vector<Denial> told;
    std::ranges::copy_if(found, std::back_inserter(told),
                         [&](const Denial& denial) { return !is_of_a_hidden_place(trial, denial, found); });
    return told;
}

}  // namespace sandfit::derive
