// A small process that outlives us: when sandfit is gone without having said that all is well (killed, crashed, out
// of memory), it rolls the unit back.
#ifndef SANDFIT_CLI_GUARDIAN_H
#define SANDFIT_CLI_GUARDIAN_H

#include <sandfit/result.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"

namespace sandfit::cli {

class Guardian {
public:
    /// REQUIRES: no threads yet, and nothing locked. `arguments` are those of the sandfit that it becomes when we are
    /// gone.
    static Result<Guardian> start(std::vector<std::string> arguments);

    Guardian(Guardian&& other) noexcept;
    Guardian& operator=(Guardian&&) = delete;
    /// All is well: it ends. Whoever returns from where it was needed has rolled back, or told that it could not.
    ~Guardian();

private:
    Guardian(pid_t pid, base::Fd pipe) : pid_(pid), pipe_(std::move(pipe)) {}

    pid_t pid_;
    base::Fd pipe_;
};

}  // namespace sandfit::cli

#endif
