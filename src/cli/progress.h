// How an observation is going, on standard error: one line that is rewritten on a terminal, plain lines
// otherwise, and those only when something changed.
#ifndef SANDFIT_CLI_PROGRESS_H
#define SANDFIT_CLI_PROGRESS_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "profile/recorder.h"

namespace sandfit::cli {

/// What the display shows.
struct ProgressFigures {
    std::chrono::milliseconds elapsed{0};
    std::size_t units = 1;
    std::array<profile::KindCount, profile::kFactKinds> counts{};  ///< over all units
    std::chrono::milliseconds since_new_fact{0};
    std::uint64_t retried = 0;
    std::uint64_t lost = 0;
};

/// "syscalls 61, files 120, sockets 3"; "no facts yet".
std::string counts_text(const std::array<profile::KindCount, profile::kFactKinds>& counts);

/// "1m5s: syscalls 61, files 120; last new fact 12s ago; nothing lost".
std::string progress_text(const ProgressFigures& figures);

enum class ProgressStyle { silent, lines, live };

class Progress {
public:
    using Clock = std::chrono::steady_clock;

    explicit Progress(ProgressStyle style) : style_(style) {}
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// When the first line is due.
    void begin(Clock::time_point first) { next_ = first; }

    /// True when it is time for show(); the figures need not be gathered before that.
    [[nodiscard]] bool due(Clock::time_point now) const { return style_ != ProgressStyle::silent && now >= next_; }
    [[nodiscard]] Clock::time_point next() const { return next_; }

    void show(const ProgressFigures& figures, Clock::time_point now);

    /// A line of its own that stays (not shown in silent style).
    void note(std::string_view line);

    /// Takes the live line away.
    void clear();

private:
    ProgressStyle style_;
    Clock::time_point next_{};
    std::string last_counts_;
    bool line_shown_ = false;
};

}  // namespace sandfit::cli

#endif
