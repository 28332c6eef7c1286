#include "cli/progress.h"

#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;
using namespace std::chrono_literals;

namespace {

ProgressFigures figures() {
    ProgressFigures figures;
    for (std::size_t kind = 0; kind < figures.counts.size(); ++kind) {
        figures.counts[kind].kind = profile::kFactKindNames[kind];
    }
    figures.elapsed = 65s;
    figures.since_new_fact = 12s;
    return figures;
}

}  // namespace

TEST_CASE("progress tells the facts by kind, when the last new one came, and losses") {
    auto shown = figures();
    CHECK(progress_text(shown) == "1m5s: no facts yet; nothing lost");
    shown.counts[0].facts = 61;
    shown.counts[4].facts = 1;
    CHECK(progress_text(shown) == "1m5s: syscalls 61, capability requests 1; last new fact 12s ago; nothing lost");
    shown.units = 3;
    shown.lost = 2;
    shown.retried = 7;
    CHECK(progress_text(shown) ==
          "1m5s: 3 units, syscalls 61, capability requests 1; last new fact 12s ago; 2 LOST, 7 retried");
}

TEST_CASE("progress is due at its time, and never when it is silent") {
    const auto start = Progress::Clock::now();
    Progress lines(ProgressStyle::lines);
    lines.begin(start + 1s);
    CHECK(!lines.due(start));
    CHECK(lines.due(start + 1s));
    Progress silent(ProgressStyle::silent);
    silent.begin(start);
    CHECK(!silent.due(start + 1h));
}
