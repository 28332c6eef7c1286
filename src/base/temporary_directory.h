// A directory of our own for a moment: made with mode 0700, gone with all that is in it when the object goes.
#ifndef SANDFIT_BASE_TEMPORARY_DIRECTORY_H
#define SANDFIT_BASE_TEMPORARY_DIRECTORY_H

#include <sandfit/result.h>
#include <signal.h>

#include <string>
#include <utility>

namespace sandfit::base {

class TemporaryDirectory {
public:
    /// In $TMPDIR, else /tmp. While it lives, SIGINT, SIGTERM and SIGHUP wait in this thread: a Ctrl-C ends the
    /// program after the directory is gone. So it is for a second's work; programs that are run meanwhile
    /// (run_command) get the Ctrl-C of their terminal at once. Only a SIGKILL leaves the directory behind.
    static Result<TemporaryDirectory> make();

    TemporaryDirectory(TemporaryDirectory&& other) noexcept
        : path_(std::exchange(other.path_, "")), old_mask_(other.old_mask_) {}
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    TemporaryDirectory(std::string path, const sigset_t& old_mask) : path_(std::move(path)), old_mask_(old_mask) {}

    std::string path_;  ///< "" after a move
    sigset_t old_mask_;
};

}  // namespace sandfit::base

#endif
