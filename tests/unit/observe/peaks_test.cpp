#include "observe/peaks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/fd.h"
#include "base/temporary_directory.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::observe;

namespace {

// As Linux 6.1 writes it, shortened. The program chose its name.
const std::string kStatus =
    "Name:\tThreads:\t9\\nUid:\t7\nUmask:\t0022\nState:\tS (sleeping)\nPid:\t812\n"
    "Uid:\t33\t0\t0\t0\nGid:\t33\t33\t33\t33\nFDSize:\t64\n"
    "VmPeak:\t   57620 kB\nVmLck:\t      12 kB\nVmPin:\t       4 kB\nVmHWM:\t    9540 kB\n"
    "VmRSS:\t    9000 kB\nThreads:\t5\nSigQ:\t0/95000\n";

void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("what a process uses is read from its status, whatever its name says") {
    const auto use = parse_status(kStatus);
    REQUIRE(use.has_value());
    CHECK(*use == ProcessUse{33, 5, 16 * 1024, 9540 * 1024});
}

TEST_CASE("a process without memory of its own, or text of another sort, is no use") {
    std::string zombie = kStatus;
    zombie.erase(zombie.find("VmPeak:"), zombie.find("Threads:\t5") - zombie.find("VmPeak:"));
    CHECK_FALSE(parse_status(zombie).has_value());
    CHECK_FALSE(parse_status("").has_value());
    CHECK_FALSE(parse_status("\nUid:\nThreads:\nVmHWM:").has_value());
    CHECK_FALSE(parse_status("\nUid:\t99999999999999999999\nThreads:\t1\nVmHWM:\t1 kB\n").has_value());
}

TEST_CASE("a count is a number and nothing else") {
    CHECK(parse_count("41\n") == 41u);
    CHECK(parse_count("0") == 0u);
    for (const char* text : {"", "\n", "max\n", "4 1\n", "-1\n", "41\n\n", "99999999999999999999\n"}) {
        INFO(text);
        CHECK_FALSE(parse_count(text).has_value());
    }
}

TEST_CASE("the highest open descriptor is found, from wherever it is looked") {
    constexpr int kHigh = 700;
    const base::Fd high(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kHigh));
    REQUIRE(high.get() == kHigh);
    for (const std::uint64_t known : {0u, 3u, 699u, 700u}) {
        INFO(known);
        CHECK(open_files_beyond(::getpid(), known) == 701);
    }
    CHECK(open_files_beyond(::getpid(), 701) == 701);
    CHECK(open_files_beyond(::getpid(), 5000) == 5000);
    CHECK(open_files_beyond(0, 17) == 17);  // no such process
}

TEST_CASE("peaks are the most of all looks, and say where they come from") {
    auto group = base::TemporaryDirectory::make();
    REQUIRE(group.has_value());
    const std::string path = group->path();
    const std::vector<pid_t> own = {::getpid()};
    PeakSampler sampler;
    CHECK(sampler.peaks().empty());

    sampler.look(path, own);  // a group without the controller: the threads are counted
    CHECK(sampler.peaks().at(Used::tasks) == Peak{1, {"/proc/PID/status"}});
    write(path + "/pids.current", "12\n");
    sampler.look(path, own);
    write(path + "/pids.current", "3\n");
    sampler.look(path, own);
    CHECK(sampler.peaks().at(Used::tasks) == Peak{12, {"/proc/PID/status", "pids.current"}});
    write(path + "/pids.peak", "41\n");
    sampler.look(path, {});
    CHECK(sampler.peaks().at(Used::tasks).value == 41);

    CHECK(sampler.peaks().at(Used::resident_bytes).value > 100'000);
    CHECK(sampler.peaks().at(Used::open_files).value >= 3);
    CHECK(sampler.peaks().count(Used::tasks_of_user) == (::getuid() == 0 ? 0 : 1));
}

TEST_CASE("locked memory is seen while it is locked, and remembered") {
    constexpr std::size_t kBytes = 256u << 10;
    const std::vector<pid_t> own = {::getpid()};
    void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    if (::mlock(memory, kBytes) != 0) {
        WARN("SKIPPED: memory cannot be locked here");
        ::munmap(memory, kBytes);
        return;
    }
    PeakSampler sampler;
    sampler.look("/nonexistent", own);
    ::munmap(memory, kBytes);
    sampler.look("/nonexistent", own);
    CHECK(sampler.peaks().at(Used::locked_bytes).value == kBytes);
}
