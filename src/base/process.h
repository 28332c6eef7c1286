// Other programs: run one and take what it says.
#ifndef SANDFIT_BASE_PROCESS_H
#define SANDFIT_BASE_PROCESS_H

#include <sandfit/result.h>

#include <chrono>
#include <string>
#include <vector>

namespace sandfit::base {

struct CommandOutput {
    int status = 0;   ///< exit status, or 128+N when signal N ended it
    std::string out;  ///< standard output, at most 16 MiB
    std::string err;  ///< standard error, at most 64 KiB
};

/// Runs a program found in PATH, without a shell, with standard input from /dev/null and LC_ALL=C.
/// Kills it when it takes longer than `limit`. A program that is not there is ErrorKind::unsupported.
Result<CommandOutput> run_command(const std::vector<std::string>& command,
                                  std::chrono::seconds limit = std::chrono::seconds(30));

}  // namespace sandfit::base

#endif
