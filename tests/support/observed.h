// Runs a behaviour (tests/support/behaviours.cpp) in a cgroup of its own under observation, and answers
// questions about the facts.
#ifndef SANDFIT_TESTS_SUPPORT_OBSERVED_H
#define SANDFIT_TESTS_SUPPORT_OBSERVED_H

#include "observe/observer.h"

#include <sandfit/fact.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sandfit::tests {

/// All sightings of one run; facts of one identity are put together.
struct Observed {
    int status = -1;
    std::string directory;  ///< the directory that the behaviour worked in; gone by now
    std::vector<SeenFact> facts;
    Coverage coverage;
    observe::Progress progress;

    template <typename T>
    [[nodiscard]] std::vector<std::pair<T, Evidence>> all() const {
        std::vector<std::pair<T, Evidence>> out;
        for (const auto& seen : facts) {
            if (const auto* fact = std::get_if<T>(&seen.fact)) out.emplace_back(*fact, seen.evidence);
        }
        return out;
    }
    [[nodiscard]] bool made_syscall(const std::string& name, Abi abi = Abi::native) const;
    /// The fact of an operation in `directory` (below the behaviour's own) with a name in it.
    [[nodiscard]] std::optional<FileFact> file(FileOp op, const std::string& directory, const std::string& name,
                                               int error = 0) const;
    [[nodiscard]] std::optional<MoveFact> move(MoveOp op, const std::string& from, const std::string& to) const;
};

/// The way that SANDFIT_TEST_PROBES names (auto, tracepoint, trampoline); auto without it.
observe::Probes probes_under_test();

/// The kernel has trampolines, and they are not turned off by SANDFIT_TEST_PROBES.
bool by_trampolines();

/// The host has perf's events of tracepoints; otherwise a test says so and ends as skipped (WARN).
bool have_events();

/// Runs behaviours, each once, observed in two ways at the same time. Loads the programs of both when it is made, which
/// is what takes the time on an emulated processor.
class BothWays {
public:
    BothWays(const observe::Options& one, const observe::Options& other);
    ~BothWays();
    struct Seen {
        Observed one;
        Observed other;
    };
    /// `other_at_the_end`: nothing is read of the other before that.
    Seen run(const std::string& name, bool other_at_the_end = false);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// All names that `behaviours` knows.
std::vector<std::string> all_behaviours();

/// Runs `behaviours NAME DIRECTORY` to its end. FAILs the test when it cannot be observed.
Observed observe_behaviour(const std::string& name, const observe::Options& options = {});

/// The same; `look` is given what an observation would end with if it ended there and then, while the behaviour runs.
Observed observe_behaviour(const std::string& name, const std::function<void(const Coverage&)>& look);

/// Root with BPF; otherwise a test says so and ends as skipped (WARN).
bool can_observe();

/// Whether this kernel showed capability checks, which a test without them says and skips. arm64's has neither the
/// tracepoint (before 6.14) nor trampolines (before 6.4).
bool saw_capabilities(const Observed& seen);

}  // namespace sandfit::tests

#endif
