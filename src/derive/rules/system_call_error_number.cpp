// SystemCallErrorNumber=
//
// Directive: what a call that SystemCallFilter= refuses gives: an errno, instead of the death of the process.
//
// Concludes from: nothing that was seen: it goes with SystemCallFilter=. A wrong filter then fails one operation with
// EPERM, which a program can report, and the verification can see.
//
// Needs coverage of: nothing of its own.
//
// Can be wrong when: a program takes EPERM for something else and goes on in a way that is worse than its death.
//
// Since: systemd 209
#include <string_view>

#include "derive/rules/rules.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "SystemCallErrorNumber";

Suggestion conclude(const Situation& situation) {
    const Suggestion* filter = situation.proposed("SystemCallFilter");
    if (filter == nullptr || filter->verdict != Verdict::suggest) {
        return abstain(kDirective, "SystemCallFilter= is not suggested");
    }
    // systemd reports "kill" also for a unit that sets nothing.
    const std::string present = situation.profile.settings.scalar("SystemCallErrorNumber");
    if (!present.empty() && present != "kill" && present != "0") {
        return keep(kDirective, "the unit has chosen its own");
    }
    return suggest(kDirective, ValueForm::word, {"EPERM"},
                   "a call that the filter should not have refused fails, instead of killing the service");
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };
}

}  // namespace

Rule system_call_error_number() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
