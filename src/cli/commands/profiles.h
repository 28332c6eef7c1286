// Profiles named on the command line, and what suggestions are made from them by.
#ifndef SANDFIT_CLI_COMMANDS_PROFILES_H
#define SANDFIT_CLI_COMMANDS_PROFILES_H

#include <sandfit/profile.h>
#include <sandfit/result.h>
#include <sandfit/suggestion.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/parse.h"

namespace sandfit::cli {

/// Loads every file, and merges them when there are several.
Result<Profile> load_and_merge(const std::vector<std::string>& paths);

/// An error when the profile, read from `path`, is not one of this unit. `sandfit run` records a command under its
/// own name: "sleep" is a profile of sleep.service.
Result<void> check_profile_of(const Profile& profile, std::string_view unit, std::string_view path);

/// What --tightness says; REQUIRES a verb that has it.
Tightness tightness_of(const Arguments& arguments);

/// Why what is made from the profile is incomplete, one line a reason; empty when it is not. A profile without its
/// start is no error of the recording, but a sandbox made from it may stop the service from starting.
std::vector<std::string> gaps_for_suggestions(const Profile& profile);

}  // namespace sandfit::cli

#endif
