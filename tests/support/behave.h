// What the sources of the program `behaviours` share.
#ifndef SANDFIT_TESTS_SUPPORT_BEHAVE_H
#define SANDFIT_TESTS_SUPPORT_BEHAVE_H

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace sandfit::tests {

/// The status of a behaviour that this machine cannot do.
inline constexpr int kCannot = 77;

using Behaviours = std::map<std::string, int (*)(const std::string& directory)>;

/// Those about paths: path_behaviours.cpp.
const Behaviours& path_behaviours();
/// Those that are refused something: refused_behaviours.cpp.
const Behaviours& refused_behaviours();
/// Those without a system call of their own: ring_behaviours.cpp.
const Behaviours& ring_behaviours();

/// Stops at the first call that fails: a behaviour that did not happen must not look like one that was missed.
inline void must(long result, const char* what) {
    if (result < 0) {
        std::perror(what);
        std::exit(1);
    }
}

inline void touch(const std::string& path) {
    const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    must(fd, path.c_str());
    ::close(fd);
}

inline int wait_for(pid_t child) {
    int status = 0;
    must(::waitpid(child, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace sandfit::tests

#endif
