// Profiles named on the command line.
#ifndef SANDFIT_CLI_COMMANDS_PROFILES_H
#define SANDFIT_CLI_COMMANDS_PROFILES_H

#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <string>
#include <vector>

namespace sandfit::cli {

/// Loads every file, and merges them when there are several.
Result<Profile> load_and_merge(const std::vector<std::string>& paths);

}  // namespace sandfit::cli

#endif
