// A load that is a service itself: does what a line on standard input asks for, and answers with one line.
//
//   calls N    N times getppid(2), the cheapest call that there is     -> nanoseconds that they took
//   opens N    N times open(2) and close(2) of one file that exists    -> nanoseconds that they took
//   files MS   for that many milliseconds: small files are created, written, renamed and removed
//              -> how many
//
// `bench_worker DIRECTORY`: where the files are made. Never forks, so that its cgroup's CPU time is the load's.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

/// Directories in turn, so that the load is not about one entry in a cache.
constexpr int kDirectories = 16;
constexpr int kFilesPerLook = 32;

// A load that fails half-way would be measured as a fast one.
void must(long result, const char* what) {
    if (result >= 0) return;
    std::perror(what);
    std::exit(1);
}

long long nanoseconds_since(Clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
}

long long calls(long count) {
    const auto begin = Clock::now();
    for (long i = 0; i < count; ++i) ::syscall(SYS_getppid);
    return nanoseconds_since(begin);
}

long long opens(const std::string& path, long count) {
    const auto begin = Clock::now();
    for (long i = 0; i < count; ++i) {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        must(fd, path.c_str());
        ::close(fd);
    }
    return nanoseconds_since(begin);
}

void one_file(const std::string& directory, long number) {
    static const char content[512] = {};
    const std::string draft = directory + "/draft." + std::to_string(number);
    const std::string final_name = directory + "/file." + std::to_string(number % 100);
    const int fd = ::open(draft.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    must(fd, draft.c_str());
    must(::write(fd, content, sizeof content), "write");
    must(::close(fd), "close");
    must(::rename(draft.c_str(), final_name.c_str()), "rename");
    must(::unlink(final_name.c_str()), "unlink");
}

long files(const std::string& directory, long milliseconds) {
    const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
    long done = 0;
    while (Clock::now() < end) {
        for (int i = 0; i < kFilesPerLook; ++i, ++done) {
            one_file(directory + "/" + std::to_string(done % kDirectories), done);
        }
    }
    return done;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: bench_worker DIRECTORY\n", stderr);
        return 2;
    }
    const std::string directory = argv[1];
    for (int i = 0; i < kDirectories; ++i)
        must(::mkdir((directory + "/" + std::to_string(i)).c_str(), 0755), "mkdir");
    const std::string known = directory + "/known";
    const int fd = ::open(known.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    must(fd, known.c_str());
    ::close(fd);

    char line[64];
    while (std::fgets(line, sizeof line, stdin) != nullptr) {
        char what[16] = {};
        long amount = 0;
        if (std::sscanf(line, "%15s %ld", what, &amount) != 2) return 2;
        long long answer = 0;
        if (std::strcmp(what, "calls") == 0)
            answer = calls(amount);
        else if (std::strcmp(what, "opens") == 0)
            answer = opens(known, amount);
        else if (std::strcmp(what, "files") == 0)
            answer = files(directory, amount);
        else
            return 2;
        std::printf("%lld\n", answer);
        std::fflush(stdout);
    }
    return 0;
}
