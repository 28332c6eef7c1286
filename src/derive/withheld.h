// Capabilities and syscalls that a directive takes away besides what its name says: ProtectKernelModules= drops
// CAP_SYS_MODULE and filters @module.
#ifndef SANDFIT_DERIVE_WITHHELD_H
#define SANDFIT_DERIVE_WITHHELD_H

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

struct Withheld {
    std::set<std::string> capabilities;
    std::set<std::string> syscalls;
};

/// `group` as the host's systemd knows it, and `known` for a host that could not be asked: names do not leave groups.
Withheld withheld(const Host& host, std::set<std::string> capabilities, const std::string& group,
                  std::set<std::string> known);

/// True when a fact needs what is taken away. With User= also when it is an execution that loses its privileges,
/// since a filter implies NoNewPrivileges= then.
bool withheld_denies(const Situation& situation, const Withheld& taken, const Fact& fact);

/// The half of `conclude`: what no fact shows, but the settings do or the coverage does not.
std::optional<std::string> withheld_obstacle(const Situation& situation, const Withheld& taken);

}  // namespace sandfit::derive

#endif
