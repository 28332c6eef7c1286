// The exit statuses of the command: a contract, tested by tests/unit/cli.
#ifndef SANDFIT_EXIT_CODE_H
#define SANDFIT_EXIT_CODE_H

namespace sandfit {

enum class ExitCode : int {
    done = 0,
    failed = 1,
    usage = 2,          ///< bad options or operands
    finding = 3,        ///< a difference or a finding was asked for and found
    not_permitted = 4,  ///< a privilege is missing
    unsupported = 5,    ///< the host lacks something
    rolled_back = 6,    ///< applied, did not fit, and was rolled back
    incomplete = 7,     ///< something was lost or not covered; --accept-incomplete makes it 0
    interrupted = 130,  ///< stopped by the user, after saving
};

}  // namespace sandfit

#endif
