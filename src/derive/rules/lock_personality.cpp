// LockPersonality=
//
// Directive: personality(2) fails with EPERM, whatever it asks for, but for the execution domain that the unit has
// from the start: 0, or the one of Personality=. The question what it is (0xffffffff) is refused, too. For a unit
// with User= it implies NoNewPrivileges=.
//
// Concludes from: the arguments of personality(2).
//
// Needs coverage of: arguments of calls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: a helper is now and then started by setarch(8) or linux32(8); an emulator or a debugger is run.
//
// Since: systemd 235
#include <cerrno>

#include "derive/rules/rules.h"
#include "derive/seccomp_switch.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "LockPersonality";

std::function<bool(const SeenFact&)> refused_by_lock(const Situation& situation) {
    const bool own = !situation.profile.settings.scalar("Personality").empty();
    return [own](const SeenFact& seen) {
        const auto* request = std::get_if<RequestFact>(&seen.fact);
        if (request == nullptr || request->request != Request::personality || request->error == EPERM) return false;
        return own || request->value != "0x0";
    };
}

Suggestion conclude(const Situation& situation) {
    return conclude_switch(situation, {.directive = kDirective,
                                       .subjects = {Subject::requests},
                                       .refuses = refused_by_lock(situation),
                                       .obscures = {},
                                       .why_obscured = {},
                                       .unseen = "no other execution domain was asked for"});
}

Denier denies(const Situation& situation, const Suggestion&) {
    return deny_switch(situation, refused_by_lock(situation));
}

}  // namespace

Rule lock_personality() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
