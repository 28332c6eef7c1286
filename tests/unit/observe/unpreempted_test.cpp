#include "observe/unpreempted.h"

#include "support/catch.h"

#include <sys/resource.h>

using sandfit::observe::Unpreempted;

TEST_CASE("no task of the normal classes comes before us meanwhile, and afterwards all is as it was") {
    sched_param first{};
    first.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
    if (::sched_setscheduler(0, SCHED_FIFO, &first) != 0) {
        WARN("SKIPPED: this machine permits no other scheduling class");
        return;
    }
    const sched_param none{};
    REQUIRE(::sched_setscheduler(0, SCHED_OTHER, &none) == 0);
    const int niceness = ::getpriority(PRIO_PROCESS, 0);
    REQUIRE(::setpriority(PRIO_PROCESS, 0, niceness + 3) == 0);
    {
        const Unpreempted now;
        CHECK(::sched_getscheduler(0) == SCHED_FIFO);
        const Unpreempted again;  // leaves what it finds
    }
    CHECK(::sched_getscheduler(0) == SCHED_OTHER);
    CHECK(::getpriority(PRIO_PROCESS, 0) == niceness + 3);
    ::setpriority(PRIO_PROCESS, 0, niceness);
}

TEST_CASE("a scheduling class that somebody chose is kept") {
    const sched_param none{};
    REQUIRE(::sched_setscheduler(0, SCHED_BATCH, &none) == 0);
    {
        const Unpreempted now;
        CHECK(::sched_getscheduler(0) == SCHED_BATCH);
    }
    CHECK(::sched_getscheduler(0) == SCHED_BATCH);
    REQUIRE(::sched_setscheduler(0, SCHED_OTHER, &none) == 0);
}
