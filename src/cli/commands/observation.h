// What `observe` and `run` share: their options on the way in, their report on the way out.
#ifndef SANDFIT_CLI_COMMANDS_OBSERVATION_H
#define SANDFIT_CLI_COMMANDS_OBSERVATION_H

#include <optional>
#include <string>
#include <vector>

#include "cli/parse.h"
#include "cli/session.h"

namespace sandfit::cli {

enum class Sharing { alone, with_child };

/// An error when we are not root, which names the verb, or when root may not or cannot observe here
/// (observe::check_host): said before anything is tried.
Result<void> check_root(const VerbSpec& verb);

/// `sharing`: whether a child writes to the same terminal, where a line that is rewritten would be in its way.
SessionOptions session_options(const Arguments& arguments, std::string how, Sharing sharing);

/// When --duration, counted from now, is over.
std::optional<Session::Clock::time_point> deadline_of(const Arguments& arguments);

/// The number of facts of each kind.
std::array<profile::KindCount, profile::kFactKinds> count_facts(const Profile& profile);

/// The report for people: what was seen, what is missing, where it was saved. Without a last newline.
std::string report_text(const std::vector<SavedProfile>& saved);

/// The same for programs.
std::string report_json(const std::vector<SavedProfile>& saved, bool interrupted);

/// Prints the report, and gives the exit status.
Result<ExitCode> report(const Arguments& arguments, const std::vector<SavedProfile>& saved, bool interrupted);

}  // namespace sandfit::cli

#endif
