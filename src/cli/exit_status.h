// Which exit status an outcome gets: the one place that decides it.
#ifndef SANDFIT_CLI_EXIT_STATUS_H
#define SANDFIT_CLI_EXIT_STATUS_H

#include <sandfit/coverage.h>
#include <sandfit/exit_code.h>
#include <sandfit/result.h>

#include <string>
#include <vector>

namespace sandfit::cli {

/// The exit status for a command that ended with an error of this kind.
ExitCode exit_code_of(ErrorKind kind);

enum class StartSeen { required, not_asked };

/// Why a profile with this coverage is incomplete, one line a reason, for people; empty when it is not.
/// Something was lost, a subject was not watched, or the start was asked for and not seen.
std::vector<std::string> gaps_of(const Coverage& coverage, StartSeen start);

/// How the observation of one or several units ended.
struct ObservationEnd {
    bool interrupted = false;
    bool incomplete = false;
    bool accept_incomplete = false;
};

/// Interruption wins: the profile that was saved is then a part of what was asked for in any case.
ExitCode exit_code_of(const ObservationEnd& end);

}  // namespace sandfit::cli

#endif
