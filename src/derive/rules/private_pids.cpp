// PrivatePIDs=
//
// Directive: the unit gets a PID namespace and a /proc of its own, in which its main process is number 1.
//
// Concludes from: nothing that could be written into a drop-in. A process that is number 1 gets no signal that it
// does not handle, SIGTERM among them: a service that relies on its default would be killed only after the time-out
// of each stop. Which signals a process handles is not recorded; nor does Type=forking go with it.
//
// Needs coverage of: nothing.
//
// Can be wrong when: never suggested.
//
// Since: systemd 257
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivatePIDs";

Suggestion conclude(const Situation& situation) {
    if (is_on(situation.profile.settings, "PrivatePIDs")) return keep(kDirective, "the unit has it already");
    return abstain(kDirective,
                   "the main process would become number 1, which gets no signal that it does not handle, "
                   "and which it handles is not recorded: try it, and see whether the unit still stops");
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // never suggested
}

}  // namespace

Rule private_pids() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
