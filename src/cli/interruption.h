// Ctrl-C and its like, for a command that must come to a clean end: they wait until they are asked for.
#ifndef SANDFIT_CLI_INTERRUPTION_H
#define SANDFIT_CLI_INTERRUPTION_H

#include <signal.h>

#include <chrono>

namespace sandfit::cli {

/// While it lives SIGINT, SIGTERM and SIGHUP (unless that is ignored) do not end the program.
class Interruption {
public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    /// True once one of them came.
    bool requested();

    /// Sleeps that long, or until one of them comes: then false.
    bool pause(std::chrono::milliseconds time);

    /// One of them was taken by somebody else (a Session).
    void note() { requested_ = true; }

    /// The signal mask from before, for children.
    [[nodiscard]] const sigset_t& original_mask() const { return original_mask_; }

private:
    sigset_t signals_{};
    sigset_t original_mask_{};
    bool requested_ = false;
};

}  // namespace sandfit::cli

#endif
