// ProtectHostname=
//
// Directive: `yes` gives the unit a UTS namespace and filters sethostname(2) and setdomainname(2), which with User=
// implies NoNewPrivileges=. A name that the host gets later does not reach the unit. Newer versions besides make the
// two files in /proc/sys/kernel read-only, for which the unit gets a mount namespace. `private`, which lets the unit
// change a name that nobody else sees, is never suggested: what sets the host's name would go on in vain.
//
// Concludes from: these calls, and writes to /proc/sys/kernel/hostname and domainname.
//
// Needs coverage of: files and syscalls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: the unit has to notice that the host's name changes.
//
// Since: systemd 242
#include <algorithm>
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

constexpr std::string_view kDirective = "ProtectHostname";
/// The last version that is known not to mount anything for it.
constexpr int kMountsNothing = 252;

bool may_mount(const Host& host) {
    return host.systemd_version == 0 || host.systemd_version > kMountsNothing;
}

Withheld taken_away() {
    return {{}, {"sethostname", "setdomainname"}};
}

bool is_name_file(const std::string& path) {
    return path.empty() || path == "/proc/sys/kernel/hostname" || path == "/proc/sys/kernel/domainname" ||
           path == "/proc/sys/kernel";
}

bool refuses(const Situation& situation, const Fact& fact) {
    if (withheld_denies(situation, taken_away(), fact)) return true;
    if (may_mount(situation.host) && mount_namespace_denies(situation, fact)) return true;
    const auto writes = paths_to_write(fact);
    return std::any_of(writes.begin(), writes.end(), is_name_file);
}

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "ProtectHostname")) return keep(kDirective, "the unit has it already");
    if (const auto why = obstacle(situation, {Subject::files, Subject::syscalls})) return abstain(kDirective, *why);
    if (may_mount(situation.host)) {
        if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    }
    if (const auto why = withheld_obstacle(situation, taken_away())) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"}, "the host's name was not set");
    suggestion.caveats = doubts(situation, {Subject::files, Subject::syscalls});
    suggestion.caveats.emplace_back("the unit does not notice when the host's name changes");
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return refuses(situation, fact); });
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) { return refuses(situation, seen.fact); };
}

}  // namespace

Rule protect_hostname() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
