#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "cli/duration.h"
#include "cli/terminal.h"

namespace sandfit::cli {
namespace {

constexpr std::chrono::milliseconds kLiveInterval{500};
constexpr std::chrono::seconds kLineInterval{10};

void write_raw(const std::string& text) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(written);  // a terminal that is gone is no reason to lose the observation
}

}  // namespace

std::string counts_text(const std::array<profile::KindCount, profile::kFactKinds>& counts) {
    std::string text;
    for (const auto& [kind, facts] : counts) {
        if (facts == 0) continue;
        if (!text.empty()) text += ", ";
        std::string name(kind);
        std::ranges::replace(name, '_', ' ');
        text += fmt::format("{} {}", name, facts);
    }
    return text.empty() ? "no facts yet" : text;
}

std::string progress_text(const ProgressFigures& figures) {
    std::string text = format_duration(figures.elapsed) + ": ";
    if (figures.units > 1) text += fmt::format("{} units, ", figures.units);
    text += counts_text(figures.counts);
    const auto has_facts = [](const profile::KindCount& count) { return count.facts > 0; };
    if (std::ranges::any_of(figures.counts, has_facts)) {
        text += fmt::format("; last new fact {} ago", format_duration(figures.since_new_fact));
    }
    text += figures.lost == 0 ? "; nothing lost" : fmt::format("; {} LOST", figures.lost);
    if (figures.retried > 0) text += fmt::format(", {} retried", figures.retried);
    return text;
}

void Progress::show(const ProgressFigures& figures, Clock::time_point now) {
    if (style_ == ProgressStyle::live) {
        next_ = now + kLiveInterval;
        const std::string text = progress_text(figures);
        // A line that wraps could not be taken back.
        write_raw("\r" + text.substr(0, columns_of(Stream::err) - 1) + "\x1b[K");
        line_shown_ = true;
    } else if (style_ == ProgressStyle::lines) {
        next_ = now + kLineInterval;
        std::string counts = fmt::format("{}; {}", counts_text(figures.counts), figures.lost);
        if (counts == last_counts_) return;
        last_counts_ = std::move(counts);
        tell(progress_text(figures));
    }
}

void Progress::note(std::string_view line) {
    if (style_ == ProgressStyle::silent) return;
    clear();
    tell(line);
}

void Progress::clear() {
    if (!line_shown_) return;
    write_raw("\r\x1b[K");
    line_shown_ = false;
}

}  // namespace sandfit::cli
