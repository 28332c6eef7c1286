// NoNewPrivileges=
//
// Directive: execve(2) grants nothing any more: set-user-ID and set-group-ID bits and file capabilities are passed
// over, for the unit and all that it starts.
//
// Concludes from: the programs that were executed; `yes` when none of them grants privileges.
//
// Needs coverage of: executions, from start-up on.
//
// Can be wrong when: a helper with privileges (sendmail, unix_chkpwd, ping) is started only now and then; the unit
// changes its SELinux or AppArmor domain on exec, which the bit can forbid.
//
// Since: systemd 187
#include <string_view>

#include "base/text.h"
#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "NoNewPrivileges";

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (has_no_new_privileges(profile.settings)) return keep(kDirective, "the unit has no new privileges already");
    if (const auto why = obstacle(situation, {Subject::executions})) return abstain(kDirective, *why);
    std::vector<std::size_t> executions;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const Fact& fact = profile.facts[i].fact;
        if (!std::holds_alternative<ExecFact>(fact)) continue;
        executions.push_back(i);
        if (!grants_privileges(fact)) continue;
        Suggestion needed = abstain(kDirective, describe(fact) + " grants privileges, which it would lose");
        needed.because = {i};
        return needed;
    }
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"yes"},
                executions.empty() ? "no program was executed"
                                   : base::count_of(executions.size(), "program was", "programs were") +
                                         " executed, and none of them grants privileges");
    suggestion.because = std::move(executions);
    suggestion.caveats = doubts(situation, {Subject::executions});
    return suggestion;
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact& seen) { return grants_privileges(seen.fact); };
}

}  // namespace

Rule no_new_privileges() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
