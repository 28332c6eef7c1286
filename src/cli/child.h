// A program that sandfit starts and watches end: the workload of `observe --run`, the command of `run`.
#ifndef SANDFIT_CLI_CHILD_H
#define SANDFIT_CLI_CHILD_H

#include <sandfit/result.h>
#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sandfit::observe {
class OwnCgroup;
}

namespace sandfit::cli {

struct ChildSpec {
    std::vector<std::string> command;  ///< found in PATH; not empty
    /// The child enters it before its exec; null: it stays in ours.
    const observe::OwnCgroup* cgroup = nullptr;
    /// In a process group of its own, with no standard input, and what it prints goes to our standard error: Ctrl-C
    /// then reaches only us, and send() reaches its children. Otherwise it shares our terminal wholly.
    bool own_group = false;
    /// The signal mask that it starts with: ours from before we blocked any.
    sigset_t signal_mask{};
};

/// One child process. Destroying it leaves the process alone. Ended children are only reaped by ended().
class Child {
public:
    /// Returns when the program was executed. ErrorKind::failed with the reason when it could not be.
    static Result<Child> start(const ChildSpec& spec);

    /// True once it has ended; asks without waiting.
    bool ended();

    /// Its exit status, 128+N when signal N ended it; none while it runs.
    [[nodiscard]] std::optional<int> status() const { return status_; }

    /// Sends a signal to it, or with own_group to all of its group. Nothing happens once it has ended.
    void send(int signal_number);

    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    Child(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}

    pid_t pid_;
    bool own_group_;
    std::optional<int> status_;
};

/// "exited with status 3", "was ended by signal 15 (Terminated)".
std::string describe_status(int status);

}  // namespace sandfit::cli

#endif
