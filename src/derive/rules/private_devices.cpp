// PrivateDevices=
//
// Directive: a /dev of the unit's own, read-only and noexec, with null, zero, full, random, urandom, tty, ptmx, the
// usual links, and the host's pts/, shm/, mqueue/ and hugepages/; DevicePolicy=closed, so that other nodes elsewhere
// do not work either; CAP_MKNOD and CAP_SYS_RAWIO are dropped and @raw-io is filtered. With User= the filter implies
// NoNewPrivileges=. The unit gets a mount namespace.
//
// Concludes from: everything that goes through a path below /dev, device nodes anywhere, capabilities, syscalls.
//
// Needs coverage of: files, sockets, syscalls, capabilities and executions, from start-up on.
//
// Can be wrong when: a device is used only when it is plugged in, or found by udev.
//
// Since: systemd 209
#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/device_use.h"
#include "derive/mount_namespace.h"
#include "derive/path_use.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"
#include "derive/withheld.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivateDevices";

Withheld taken_away(const Host& host) {
    return withheld(host, {"CAP_MKNOD", "CAP_SYS_RAWIO"}, "@raw-io",
                    {"ioperm", "iopl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write", "s390_pci_mmio_read",
                     "s390_pci_mmio_write"});
}

bool is_there(const PathUse& use) {
    constexpr std::array<std::string_view, 6> kLinks = {"/dev/fd",     "/dev/stdin", "/dev/stdout",
                                                        "/dev/stderr", "/dev/core",  "/dev/log"};
    if (use.path == "/dev") return !use.listed && !use.some_below;
    if (is_standard_device(use.path) || is_in_kept_part_of_dev(use.path)) return true;
    return std::any_of(kLinks.begin(), kLinks.end(),
                       [&use](std::string_view link) { return base::is_at_or_below(use.path, link); });
}

bool hides(const Fact& fact) {
    for (const auto& path : paths_to_write(fact)) {
        if (path.empty() || (base::is_at_or_below(path, "/dev") && !is_in_kept_part_of_dev(path))) return true;
    }
    const auto* file = std::get_if<FileFact>(&fact);
    const bool runs = std::holds_alternative<ExecFact>(fact) ||
                      (file != nullptr && (file->op == FileOp::map || file->op == FileOp::execute));
    for (const auto& use : path_uses(fact)) {
        if (!is_in(use, "/dev")) continue;
        // What was refused stays out of reach, what is missing stays missing.
        if (was_refused(use) || use.error == ENOENT || use.error == ENOTDIR) continue;
        if (use.path.empty() || !is_there(use)) return true;
        if (runs && !is_in_kept_part_of_dev(use.path)) return true;  // noexec
    }
    return false;
}

bool refuses(const Situation& situation, const Withheld& taken, const Fact& fact) {
    return mount_namespace_denies(situation, fact) || withheld_denies(situation, taken, fact) || hides(fact) ||
           !special_devices(fact).empty();
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (is_on(profile.settings, "PrivateDevices")) return keep(kDirective, "the unit has a /dev of its own");
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::syscalls,
                                              Subject::capabilities, Subject::executions})) {
        return abstain(kDirective, *why);
    }
    if (const auto why = own_root(profile.settings)) return abstain(kDirective, *why);
    if (const auto why = covering_obstacle(situation)) return abstain(kDirective, *why);
    const Withheld taken = taken_away(situation.host);
    if (const auto why = withheld_obstacle(situation, taken)) return abstain(kDirective, *why);
    if (const auto named = named_in_settings(profile.settings, "/dev")) {
        return abstain(kDirective, "the unit's settings need its devices: " + *named);
    }
    const auto& allowed = list_of(profile.settings, "DeviceAllow");
    if (!allowed.empty()) {
        return abstain(kDirective, "the unit's own DeviceAllow= names devices: " + some_of(allowed));
    }
    if (profile.settings.scalar("StandardInput").starts_with("tty")) {
        return abstain(kDirective, "the unit's StandardInput= is a terminal");
    }
    Suggestion suggestion =
        suggest(kDirective, ValueForm::word, {"yes"}, "no device was used but those that everybody has");
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

Rule private_devices() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
