// PrivateMounts=
//
// Directive: the unit gets a mount namespace of its own. What it mounts or unmounts is not seen by the host; what the
// host mounts is seen by the unit.
//
// Concludes from: the calls that make or remove mounts; `yes` when there was none, or when the unit has such a
// namespace already by another setting.
//
// Needs coverage of: syscalls, from start-up on.
//
// Can be wrong when: the unit mounts on a rare occasion only, as an automounter or a backup does.
//
// Since: systemd 239
#include <string_view>

#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivateMounts";

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "PrivateMounts")) return keep(kDirective, "the unit has it already");
    if (const auto why = mount_namespace_obstacle(situation)) return abstain(kDirective, *why);
    const bool has_one = has_mount_namespace(settings);
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"yes"},
                has_one ? "the unit has a mount namespace of its own already" : "nothing was mounted or unmounted");
    if (!has_one) suggestion.caveats = doubts(situation, {Subject::syscalls});
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return mount_namespace_denies(situation, seen.fact); };
}

}  // namespace

Rule private_mounts() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
