// SupplementaryGroups=
//
// Directive: further groups that the unit's processes are in.
//
// Concludes from: nothing that could be written into a drop-in: by which group a file was opened is not recorded. A
// unit without any has nothing to lose.
//
// Needs coverage of: nothing.
//
// Can be wrong when: never suggested.
//
// Since: systemd 247 or earlier
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "SupplementaryGroups";

Suggestion conclude(const Situation& situation) {
    const auto& groups = list_of(situation.profile.settings, "SupplementaryGroups");
    if (groups.empty()) return keep(kDirective, "the unit has none");
    return abstain(kDirective, "the unit is in " + some_of(groups) +
                                   ", and what it could open only by these is not recorded: try without");
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // never suggested
}

}  // namespace

Rule supplementary_groups() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
