// Delegate=
//
// Directive: `yes`, or a list of controllers, leaves the unit's cgroup and all below it to the unit, which may make
// cgroups and move processes there. `no`, the default, keeps it systemd's, and other cgroups below may be cleaned up.
//
// Concludes from: changes below /sys/fs/cgroup. `no` for a unit that has it and never used it.
//
// Needs coverage of: files and arguments of calls, from start-up on.
//
// Can be wrong when: cgroups are made for some clients only (containers, sessions).
//
// Since: systemd 247 or earlier
#include "base/path.h"
#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"
#include "derive/write_need.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "Delegate";
constexpr std::string_view kCgroups = "/sys/fs/cgroup";

bool manages_cgroups(const Fact& fact) {
    if (const auto* request = std::get_if<RequestFact>(&fact)) {
        return request->request == Request::namespace_ && request->error == 0 &&
               (request->value == "cgroup" || request->value == "any");
    }
    const auto need = write_need(fact);
    if (!need) return false;
    if (!need->placed) return true;
    return base::is_at_or_below(need->directory, kCgroups) ||
           (!need->second_directory.empty() && base::is_at_or_below(need->second_directory, kCgroups));
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const auto& present = list_of(profile.settings, "Delegate");
    if (present.empty() || present.front().empty() || present.front() == "no" || present.front() == "false" ||
        present.front() == "0") {
        return keep(kDirective, "the unit's cgroup is systemd's");
    }
    if (const auto why = obstacle(situation, {Subject::files, Subject::requests})) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"no"}, "no cgroup was made or changed");
    suggestion.caveats = doubts(situation, {Subject::files, Subject::requests});
    return unless_refused(situation, std::move(suggestion), manages_cgroups,
                          {.before = "the unit may manage its cgroups: ", .after = ""});
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact& seen) { return manages_cgroups(seen.fact); };
}

}  // namespace

Rule delegate() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
