#include "base/process.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace sandfit::base {
namespace {

constexpr std::size_t kMaxOut = 16u << 20;
constexpr std::size_t kMaxErr = 64u << 10;

struct Pipe {
    Fd read_end;
    Fd write_end;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("cannot make a pipe");
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

void take(Fd& fd, std::string& into, std::size_t limit) {
    std::array<char, 65536> chunk{};
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) {
        fd.reset();
        return;
    }
    into.append(chunk.data(), std::min(static_cast<std::size_t>(n), limit - std::min(limit, into.size())));
}

}  // namespace

Result<CommandOutput> run_command(const std::vector<std::string>& command, std::chrono::seconds limit) {
    auto out = make_pipe();
    if (!out) return out.error();
    auto err = make_pipe();
    if (!err) return err.error();

    std::vector<char*> argv;
    for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    std::vector<std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (std::strncmp(*entry, "LC_ALL=", 7) != 0) variables.emplace_back(*entry);
    }
    variables.emplace_back("LC_ALL=C");
    std::vector<char*> envp;
    for (auto& variable : variables) envp.push_back(variable.data());
    envp.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out->write_end.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, err->write_end.get(), 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t pid = 0;
    const int failed = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        Error error = system_error(fmt::format("cannot run {}", command.front()), failed);
        if (failed == ENOENT) error.kind = ErrorKind::unsupported;
        return error;
    }
    out->write_end.reset();
    err->write_end.reset();

    CommandOutput result;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool late = false;
    while (out->read_end.is_open() || err->read_end.is_open()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            late = true;
            ::kill(pid, SIGKILL);
            break;
        }
        std::array<pollfd, 2> fds{pollfd{out->read_end.get(), POLLIN, 0}, pollfd{err->read_end.get(), POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) break;
        if (fds[0].revents != 0) take(out->read_end, result.out, kMaxOut);
        if (fds[1].revents != 0) take(err->read_end, result.err, kMaxErr);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (late)
        return Error{ErrorKind::failed, fmt::format("{} took longer than {} s", command.front(), limit.count()), 0,
                     ""};
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace sandfit::base
