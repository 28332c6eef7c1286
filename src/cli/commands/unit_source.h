// --root and --unit-file: a unit's settings from its files, instead of from the running systemd or a profile.
#ifndef SANDFIT_CLI_COMMANDS_UNIT_SOURCE_H
#define SANDFIT_CLI_COMMANDS_UNIT_SOURCE_H

#include <sandfit/host.h>
#include <sandfit/result.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/parse.h"
#include "systemd/unit_reader.h"

namespace sandfit::cli {

/// True when one of the two was given; REQUIRES a verb that has them.
bool names_unit_files(const Arguments& arguments);

/// The unit that they say. `operand` is what the user calls it, or what a profile does. REQUIRES names_unit_files().
Result<systemd::UnitOfFiles> unit_of_files(const Arguments& arguments, const std::string& operand, const Host& host);

/// What the user should know of it, one sentence each: what is not known from the files, and which of their lines
/// systemd passes over. May hold raw bytes.
std::vector<std::string> notes_on(const systemd::FileSettings& files);

}  // namespace sandfit::cli

#endif
