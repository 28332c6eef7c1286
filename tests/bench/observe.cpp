// `sandfit observe` of a cgroup that is given by its directory: what it does for a running unit, without asking
// systemd which cgroup that is. So one and the same process can be measured with and without sandfit, in turn, and
// the benchmark needs no systemd.
//
//   bench_observe CGROUP PROFILE     until SIGTERM; says "ready" when it is attached, "N facts, M lost" at the end
#include <fmt/core.h>

#include <cstdio>

#include "cli/session.h"
#include "cli/terminal.h"

namespace {

int fail(const sandfit::Error& error) {
    fmt::print(stderr, "bench_observe: {}\n", sandfit::cli::format_error(error));
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace sandfit;
    if (argc != 3) {
        std::fputs("usage: bench_observe CGROUP PROFILE\n", stderr);
        return 2;
    }
    cli::SessionOptions options;
    options.how = "observe";
    options.progress = cli::ProgressStyle::silent;
    const auto session = cli::Session::create(options);
    if (!session) return fail(session.error());
    cli::WatchedUnit unit;
    unit.skeleton.unit = "bench.service";
    unit.enrolment = {argv[1], true, true};
    unit.output = argv[2];
    if (const auto watched = (*session)->watch(std::move(unit)); !watched) return fail(watched.error());
    std::puts("ready");
    std::fflush(stdout);
    if (const auto ended = (*session)->wait({}, {}); !ended) return fail(ended.error());
    const auto saved = (*session)->finish();
    if (!saved) return fail(saved.error());
    fmt::print("{} facts, {} lost\n", saved->front().profile.facts.size(), (*session)->observer().progress().lost);
    return 0;
}
