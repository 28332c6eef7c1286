#include "cli/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "observe/cgroup.h"

namespace sandfit::cli {
namespace {

/// What went wrong in the child before its exec, sent to the parent through a pipe.
struct Failure {
    enum class Step : int { cgroup, input, exec } step;
    int sys_errno;
};

/// Runs in the child, where only async-signal-safe functions may be called.
[[noreturn]] void become(const ChildSpec& spec, char* const* argv, int report_fd) {
    const auto fail = [report_fd](Failure::Step step, int sys_errno) {
        const Failure failure{step, sys_errno};
        const ssize_t written = ::write(report_fd, &failure, sizeof failure);
        static_cast<void>(written);
        ::_exit(127);
    };
    if (spec.own_group) {
        ::setpgid(0, 0);
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) fail(Failure::Step::input, errno);
        // What a workload says is no result of ours: a program may be reading those.
        if (::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) fail(Failure::Step::input, errno);
    }
    if (spec.cgroup != nullptr) {
        if (const int failed = spec.cgroup->enter(); failed != 0) fail(Failure::Step::cgroup, failed);
    }
    ::signal(SIGPIPE, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &spec.signal_mask, nullptr);
    ::execvp(argv[0], argv);
    fail(Failure::Step::exec, errno);
    ::_exit(127);  // not reached; says so to the compiler
}

Error failure_error(const ChildSpec& spec, const Failure& failure) {
    const std::string name = base::escape_bytes(spec.command.front());
    switch (failure.step) {
        case Failure::Step::cgroup:
            return base::system_error(fmt::format("cannot move {} into its control group", name), failure.sys_errno);
        case Failure::Step::input:
            return base::system_error("cannot open /dev/null", failure.sys_errno);
        case Failure::Step::exec:
            break;
    }
    Error error = base::system_error(fmt::format("cannot run {}", name), failure.sys_errno);
    // A file that may not be executed is no privilege that sandfit lacks.
    error.kind = ErrorKind::failed;
    if (failure.sys_errno == ENOENT) error.hint = "no such program; is its name right, and its directory in PATH?";
    if (failure.sys_errno == EACCES) error.hint = "it is not an executable file";
    return error;
}

}  // namespace

Result<Child> Child::start(const ChildSpec& spec) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::system_error("cannot make a pipe");
    base::Fd from_child(ends[0]);
    base::Fd to_parent(ends[1]);
    std::vector<char*> argv;
    for (const std::string& word : spec.command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);

    const pid_t pid = ::fork();
    if (pid < 0) return base::system_error("cannot make a process");
    if (pid == 0) become(spec, argv.data(), to_parent.get());
    to_parent.reset();
    // Also from here, so that a signal sent right after start() finds the group.
    if (spec.own_group) ::setpgid(pid, pid);

    // The exec closes the pipe: an empty read is success.
    Failure failure{};
    ssize_t n = 0;
    do {
        n = ::read(from_child.get(), &failure, sizeof failure);
    } while (n < 0 && errno == EINTR);
    if (n == static_cast<ssize_t>(sizeof failure)) {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        return failure_error(spec, failure);
    }
    return Child(pid, spec.own_group);
}

bool Child::ended() {
    if (status_) return true;
    int status = 0;
    const pid_t reaped = ::waitpid(pid_, &status, WNOHANG);
    if (reaped == 0 || (reaped < 0 && errno == EINTR)) return false;
    // ECHILD: somebody set SIGCHLD to be ignored; the process is gone, its status unknown.
    if (reaped < 0) status_ = 255;
    if (reaped == pid_) status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

void Child::send(int signal_number) {
    if (own_group_) {
        // The group may live on after its leader; its number is not given out again while it does.
        ::kill(-pid_, signal_number);
    } else if (!status_) {
        ::kill(pid_, signal_number);
    }
}

std::string describe_status(int status) {
    if (status <= 128) return fmt::format("exited with status {}", status);
    const int number = status - 128;
    const char* words = ::strsignal(number);
    return fmt::format("was ended by signal {} ({})", number, words != nullptr ? words : "unknown");
}

}  // namespace sandfit::cli
