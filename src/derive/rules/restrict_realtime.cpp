// RestrictRealtime=
//
// Directive: sched_setscheduler(2) fails with EPERM for all policies but SCHED_OTHER, SCHED_BATCH and SCHED_IDLE; so
// it does for these three when SCHED_RESET_ON_FORK is set with them. sched_setattr(2) is not refused. For a unit with
// User= it implies NoNewPrivileges=.
//
// Concludes from: the scheduling policies that were asked for, by whichever call: a program that takes the one today
// may take the other after an update.
//
// Needs coverage of: arguments of calls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: real-time scheduling is asked for only under load, or only where the configuration says so.
//
// Since: systemd 231
#include <cerrno>

#include "derive/rules/rules.h"
#include "derive/seccomp_switch.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictRealtime";

bool is_refused(const SeenFact& seen) {
    const auto* request = std::get_if<RequestFact>(&seen.fact);
    if (request == nullptr || request->request != Request::scheduling || request->error == EPERM) return false;
    return request->value != "SCHED_OTHER" && request->value != "SCHED_BATCH" && request->value != "SCHED_IDLE";
}

Suggestion conclude(const Situation& situation) {
    return conclude_switch(situation, {.directive = kDirective,
                                       .subjects = {Subject::requests},
                                       .refuses = is_refused,
                                       .obscures = {},
                                       .why_obscured = {},
                                       .unseen = "no real-time scheduling was asked for"});
}

Denier denies(const Situation& situation, const Suggestion&) {
    return deny_switch(situation, is_refused);
}

}  // namespace

Rule restrict_realtime() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
