#include "base/temporary_directory.h"

#include <pthread.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace sandfit::base {

Result<TemporaryDirectory> TemporaryDirectory::make() {
    const char* given = std::getenv("TMPDIR");
    std::string path = given != nullptr && *given == '/' ? given : "/tmp";
    path += "/sandfit-" + std::string(6, 'X');  // what mkdtemp() fills in

    // Before it is there, not after: a signal in between would leave it.
    sigset_t enders;
    sigemptyset(&enders);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&enders, signal);
    sigset_t old_mask;
    ::pthread_sigmask(SIG_BLOCK, &enders, &old_mask);
    if (::mkdtemp(path.data()) == nullptr) {
        const int failed = errno;
        ::pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
        return system_error("cannot make a temporary directory " + path, failed);
    }
    return TemporaryDirectory(std::move(path), old_mask);
}

TemporaryDirectory::~TemporaryDirectory() {
    if (path_.empty()) return;
    std::error_code ignored;  // nothing is left to be done about it
    std::filesystem::remove_all(path_, ignored);
    ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

}  // namespace sandfit::base
