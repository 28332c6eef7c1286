// RestrictFileSystems=
//
// Directive: files of file systems of other types than those listed cannot be opened.
//
// Concludes from: nothing yet: the types of the file systems that were touched are not recorded.
//
// Needs coverage of: nothing.
//
// Can be wrong when: never suggested. It does nothing where systemd was built without BPF support, or the kernel does
// not run the security module "bpf".
//
// Since: systemd 250
#include "derive/host_features.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictFileSystems";

Suggestion conclude(const Situation& situation) {
    if (!list_of(situation.profile.settings, "RestrictFileSystems").empty()) {
        Suggestion kept = keep(kDirective, "the unit has its own list");
        if (const auto idle = does_nothing_without_bpf(situation.host)) kept.caveats.push_back(*idle);
        return kept;
    }
    return abstain(kDirective, "of which types the file systems are that the unit uses is not recorded");
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // never suggested
}

}  // namespace

Rule restrict_file_systems() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
