#include "cli/interruption.h"

#include <cerrno>
#include <ctime>

namespace sandfit::cli {

Interruption::Interruption() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    struct sigaction hangup {};
    ::sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) sigaddset(&signals_, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &signals_, &original_mask_);
}

Interruption::~Interruption() {
    // What came meanwhile was taken into account: it must not end the program now, before it has said so.
    while (requested()) {
        const timespec at_once{};
        if (::sigtimedwait(&signals_, nullptr, &at_once) < 0 && errno != EINTR) break;
    }
    ::pthread_sigmask(SIG_SETMASK, &original_mask_, nullptr);
}

bool Interruption::requested() {
    if (requested_) return true;
    sigset_t pending;
    if (::sigpending(&pending) != 0) return false;
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        if (sigismember(&signals_, number) == 1 && sigismember(&pending, number) == 1) requested_ = true;
    }
    return requested_;
}

bool Interruption::pause(std::chrono::milliseconds time) {
    if (requested()) return false;
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return true;
        const timespec limit{static_cast<time_t>(left.count() / 1'000'000'000),
                             static_cast<long>(left.count() % 1'000'000'000)};
        if (::sigtimedwait(&signals_, nullptr, &limit) > 0) {
            requested_ = true;
            return false;
        }
        if (errno == EAGAIN) return true;
    }
}

}  // namespace sandfit::cli
