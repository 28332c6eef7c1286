// The verbs. Each takes its checked arguments and gives the exit status; what went wrong comes back as an
// error and is printed by cli::main, once.
#ifndef SANDFIT_CLI_COMMANDS_COMMANDS_H
#define SANDFIT_CLI_COMMANDS_COMMANDS_H

#include <sandfit/exit_code.h>
#include <sandfit/result.h>

#include "cli/parse.h"

namespace sandfit::cli {

Result<ExitCode> observe_command(const Arguments& arguments);
Result<ExitCode> run_command_in_cgroup(const Arguments& arguments);
Result<ExitCode> show_command(const Arguments& arguments);
Result<ExitCode> suggest_command(const Arguments& arguments);
Result<ExitCode> audit_command(const Arguments& arguments);
Result<ExitCode> apply_command(const Arguments& arguments);
Result<ExitCode> verify_command(const Arguments& arguments);
Result<ExitCode> harden_command(const Arguments& arguments);
Result<ExitCode> rollback_command(const Arguments& arguments);
Result<ExitCode> merge_command(const Arguments& arguments);
Result<ExitCode> doctor_command(const Arguments& arguments);
Result<ExitCode> help_command(const Arguments& arguments);
Result<ExitCode> completion_command(const Arguments& arguments);

}  // namespace sandfit::cli

#endif
