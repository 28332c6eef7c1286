// The command lines of Exec*= taken apart. Pure.
#ifndef SANDFIT_SYSTEMD_UNIT_COMMANDS_H
#define SANDFIT_SYSTEMD_UNIT_COMMANDS_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "systemd/service_manager.h"

namespace sandfit::systemd {

struct CommandLines {
    std::vector<ExecCommand> commands;  ///< several where a lone ";" stands between them
    std::vector<std::string> ignored;   ///< why a command with "-" in front is passed over
    std::string refused;                ///< why systemd refuses the unit, "" when it does not
};

/// `value` is not empty; `expand` fills in specifiers.
CommandLines commands_of_line(std::string_view value, const std::function<std::string(std::string_view)>& expand);

}  // namespace sandfit::systemd

#endif
