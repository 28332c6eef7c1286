#include "cli/guardian.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace sandfit::cli {
namespace {

/// Waits for a byte, or for our end. Between fork and exec: nothing here allocates.
[[noreturn]] void guard(int pipe, char* const* command) {
    // Of a session of its own: neither Ctrl-C nor a closed terminal ends it.
    ::setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
    // Those that waited while they were blocked are dropped here, and the rollback begins with none blocked.
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char byte = 0;
    ssize_t got = 0;
    do {
        got = ::read(pipe, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1) ::_exit(0);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
    // The program itself, even when its file was replaced meanwhile.
    ::execv("/proc/self/exe", command);
    ::_exit(1);
}

}  // namespace

Result<Guardian> Guardian::start(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::system_error("cannot make a pipe");
    base::Fd ours(ends[1]);
    base::Fd theirs(ends[0]);
    arguments.insert(arguments.begin(), "sandfit");
    std::vector<char*> command;
    for (std::string& word : arguments) command.push_back(word.data());
    command.push_back(nullptr);

    const pid_t pid = ::fork();
    if (pid < 0) return base::system_error("cannot start the process that would roll back");
    if (pid == 0) {
        constexpr int kPipe = 3;
        if (theirs.get() != kPipe) ::dup3(theirs.get(), kPipe, O_CLOEXEC);
        // All others, our end of the pipe among them, or it would wait for itself.
        ::closefrom(kPipe + 1);
        guard(kPipe, command.data());
    }
    return Guardian(pid, std::move(ours));
}

Guardian::Guardian(Guardian&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pipe_(std::move(other.pipe_)) {}

Guardian::~Guardian() {
    if (pid_ < 0) return;
    const char all_is_well = 1;
    while (::write(pipe_.get(), &all_is_well, 1) < 0 && errno == EINTR) {
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace sandfit::cli
