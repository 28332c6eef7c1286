// ProtectKernelModules=
//
// Directive: drops CAP_SYS_MODULE, filters @module (with User= that implies NoNewPrivileges=), and makes
// /usr/lib/modules inaccessible. Modules that the kernel loads by itself are not concerned. The unit gets a mount
// namespace.
//
// Concludes from: capabilities, syscalls, and everything that goes through a path in /usr/lib/modules.
//
// Needs coverage of: files, sockets, syscalls, capabilities and executions, from start-up on.
//
// Can be wrong when: a module is loaded on a rare occasion only, as for a protocol or a file system.
//
// Since: systemd 232
#include <algorithm>
#include <cerrno>
#include <string_view>

#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/path_use.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"
#include "derive/withheld.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ProtectKernelModules";

Withheld taken_away(const Host& host) {
    return withheld(host, {"CAP_SYS_MODULE"}, "@module", {"delete_module", "finit_module", "init_module"});
}

/// A name that was looked for in vain is refused (EACCES) in an inaccessible directory; where there is no directory
/// there is nothing to make inaccessible.
bool hides(const PathUse& use) {
    if (was_refused(use)) return false;
    for (const char* tree : {"/usr/lib/modules", "/lib/modules"}) {
        if (is_in(use, tree) && !(use.error == ENOENT && !is_below(use, tree))) return true;
    }
    return false;
}

bool refuses(const Situation& situation, const Withheld& taken, const Fact& fact) {
    if (mount_namespace_denies(situation, fact) || withheld_denies(situation, taken, fact)) return true;
    const auto uses = path_uses(fact);
    return std::any_of(uses.begin(), uses.end(), hides);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "ProtectKernelModules")) return keep(kDirective, "the unit has it already");
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::syscalls,
                                              Subject::capabilities, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (const auto why = mount_namespace_obstacle(situation)) return abstain(kDirective, *why);
    const Withheld taken = taken_away(situation.host);
    if (const auto why = withheld_obstacle(situation, taken)) return abstain(kDirective, *why);
    for (const char* tree : {"/usr/lib/modules", "/lib/modules"}) {
        if (const auto named = named_in_settings(settings, tree)) {
            return abstain(kDirective, "the unit's settings name modules: " + *named);
        }
    }
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"yes"}, "no kernel module was loaded or looked for");
    suggestion.caveats = doubts(
        situation, {Subject::files, Subject::sockets, Subject::syscalls, Subject::capabilities, Subject::executions});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, taken, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    const Withheld taken = taken_away(situation.host);
    return [&situation, taken](const SeenFact& seen) { return refuses(situation, taken, seen.fact); };
}

}  // namespace

Rule protect_kernel_modules() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
