// Where the kernel may not put us off: system calls that read or change a map. For their time it skips, on their CPU, the
// programs that are attached in perf's way (PREEMPTION in bpf/syscalls.bpf.c), and when we are preempted in one it does so
// for others' calls.
#ifndef SANDFIT_OBSERVE_UNPREEMPTED_H
#define SANDFIT_OBSERVE_UNPREEMPTED_H

#include <sched.h>

namespace sandfit::observe {

/// As long as it lives, no task of the normal classes comes before this thread. Does nothing where that is not permitted:
/// what is skipped then is counted.
class Unpreempted {
public:
    Unpreempted() : before_(::sched_getscheduler(0)) {
        sched_param first{};
        first.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
        raised_ = before_ == SCHED_OTHER && ::sched_setscheduler(0, SCHED_FIFO, &first) == 0;
    }
    ~Unpreempted() {
        const sched_param none{};
        if (raised_) ::sched_setscheduler(0, before_, &none);
    }
    Unpreempted(const Unpreempted&) = delete;
    Unpreempted& operator=(const Unpreempted&) = delete;

private:
    int before_;
    bool raised_ = false;
};

}  // namespace sandfit::observe

#endif
