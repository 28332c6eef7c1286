#include "render/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "render/describe.h"
#include "render/drop_in.h"
#include "render/escape.h"

namespace sandfit::render {
namespace {

constexpr std::size_t kKinds = std::variant_size_v<Fact>;
// In the order of the alternatives of Fact.
constexpr std::array<std::string_view, kKinds> kKindTitles = {
    "syscalls",     "file accesses", "renames and links", "capability checks", "capability requests",
    "socket kinds", "addresses",     "programs",          "asked for by arguments",
    "file systems"};
static_assert(!kKindTitles.back().empty());

constexpr std::size_t kMinColumns = 40;
constexpr std::size_t kTitleColumns = 10;

enum class Tone { heading, good, weak, warning };

class Painter {
public:
    explicit Painter(Colour colour) : colour_(colour) {}

    [[nodiscard]] std::string operator()(Tone tone, std::string_view text) const {
        if (colour_ == Colour::off) return std::string(text);
        return fmt::format("\x1b[{}m{}\x1b[0m", code(tone), text);
    }

private:
    static std::string_view code(Tone tone) {
        switch (tone) {
            case Tone::heading:
                return "1";
            case Tone::good:
                return "32";
            case Tone::weak:
                return "2";
            case Tone::warning:
                return "33";
        }
        return "0";
    }
    Colour colour_;
};

std::string padded(std::string_view text, std::size_t columns) {
    const std::size_t has = columns_of(text);
    return std::string(text) + std::string(has < columns ? columns - has : 0, ' ');
}

/// Lines of at most options.columns, each after `indent` blanks.
void add_wrapped(std::string& out, std::string_view text, std::size_t indent, const TextOptions& options) {
    const std::size_t columns = std::max(options.columns, kMinColumns + indent) - indent;
    for (const auto& line : wrap(text, columns)) out += std::string(indent, ' ') + line + "\n";
}

/// "  host      Debian ...", its later lines below the first.
void add_titled(std::string& out, std::string_view title, std::string_view text, const TextOptions& options) {
    const std::size_t indent = 2 + kTitleColumns;
    std::string block;
    add_wrapped(block, text, indent, options);
    if (block.empty()) return;
    block.replace(0, indent, "  " + padded(title, kTitleColumns));
    out += block;
}

std::array<std::size_t, kKinds> counts_by_kind(const Profile& profile) {
    std::array<std::size_t, kKinds> counts{};
    for (const auto& seen : profile.facts) counts[seen.fact.index()] += 1;
    return counts;
}

std::string counts_text(const Profile& profile) {
    const auto counts = counts_by_kind(profile);
    std::string parts;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (counts[kind] == 0) continue;
        parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", kKindTitles[kind], counts[kind]);
    }
    return parts.empty() ? "none" : fmt::format("{}: {}", profile.facts.size(), parts);
}

/// When, as the time since the first run began: "+1.5s". "" when that says nothing.
std::string offset(std::int64_t at, std::int64_t start) {
    if (start <= 0 || at < start) return "";
    const std::int64_t milliseconds = (at - start) / 1000;
    if (milliseconds < 100'000) return fmt::format("+{}.{}s", milliseconds / 1000, milliseconds % 1000 / 100);
    const std::int64_t minutes = milliseconds / 60'000;
    return minutes < 600 ? fmt::format("+{}m", minutes) : fmt::format("+{}h", minutes / 60);
}

std::string last_component(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

template <typename Name>
std::string few(const std::set<std::string>& items, Name name) {
    constexpr std::size_t kShown = 3;
    std::string text;
    std::size_t shown = 0;
    for (const auto& item : items) {
        if (shown++ == kShown) return text + ", ...";
        text += (text.empty() ? "" : ", ") + base::escape_bytes(name(item));
    }
    return text;
}

void add_facts(std::string& out, const Profile& profile, std::size_t kind, std::int64_t start, const Painter& paint,
               const TextOptions& options) {
    constexpr std::size_t kWidest = 56;  // a longer description pushes only its own line out
    struct Row {
        std::string count, when, what, by;
    };
    std::vector<Row> rows;
    std::size_t hidden = 0;
    std::size_t widest = 0;
    std::size_t widest_when = 0;
    for (const auto& [fact, evidence] : profile.facts) {
        if (fact.index() != kind) continue;
        if (options.max_facts != 0 && rows.size() == options.max_facts) {
            hidden += 1;
            continue;
        }
        Row row;
        row.count = fmt::format("{}x", evidence.count);
        const std::string first = offset(evidence.first_us, start);
        const std::string last = offset(evidence.last_us, start);
        row.when = first == last || last.empty() ? first : first + " .. " + last;
        row.what = describe_fact(fact);
        row.by = few(evidence.executables, last_component);
        const std::string syscalls = std::holds_alternative<SyscallFact>(fact)
                                         ? ""
                                         : few(evidence.syscalls, [](const auto& name) { return name; });
        if (!syscalls.empty()) row.by += fmt::format("{}in {}", row.by.empty() ? "" : " ", syscalls);
        widest = std::max(widest, std::min(columns_of(row.what), kWidest));
        widest_when = std::max(widest_when, columns_of(row.when));
        rows.push_back(std::move(row));
    }
    for (const auto& row : rows) {
        std::string line = fmt::format("  {:>8}  ", row.count);
        if (widest_when != 0) line += padded(row.when, widest_when) + "  ";
        line += row.by.empty() ? row.what : padded(row.what, widest) + "  " + paint(Tone::weak, row.by);
        out += line + "\n";
    }
    if (hidden != 0) out += paint(Tone::weak, fmt::format("  {:>8}  and {} more", "", hidden)) + "\n";
}

void add_suggestion(std::string& out, const Profile& profile, const Suggestion& suggestion, const Painter& paint,
                    const TextOptions& options) {
    constexpr std::size_t kIndent = 10;
    const std::size_t start = out.size();
    switch (suggestion.verdict) {
        case Verdict::suggest: {
            const auto lines = assignments(suggestion);
            // Never wrapped: blanks may belong to a path, and people copy these lines.
            for (const auto& line : lines) out += std::string(kIndent, ' ') + line + "\n";
            if (lines.empty()) add_wrapped(out, base::escape_bytes(suggestion.directive) + "=", kIndent, options);
            break;
        }
        case Verdict::keep:
        case Verdict::abstain:
            add_wrapped(out, base::escape_bytes(suggestion.directive) + "=", kIndent, options);
    }
    const Tone tone = suggestion.verdict == Verdict::suggest ? Tone::good : Tone::weak;
    const std::string_view mark = suggestion.verdict == Verdict::suggest ? "set"
                                  : suggestion.verdict == Verdict::keep  ? "keep"
                                                                         : "open";
    out.replace(start, kIndent, "  " + paint(tone, mark) + std::string(kIndent - 2 - mark.size(), ' '));

    add_wrapped(out, base::escape_bytes(suggestion.reason), kIndent + 2, options);
    for (const auto& sentence : left_out({suggestion})) {
        add_wrapped(out, paint(Tone::warning, "left out: ") + sentence, kIndent + 2, options);
    }
    for (const auto& caveat : suggestion.caveats) {
        add_wrapped(out, paint(Tone::warning, "caveat: ") + base::escape_bytes(caveat), kIndent + 2, options);
    }
    if (!options.explain) return;
    std::size_t shown = 0;
    for (const std::size_t index : suggestion.because) {
        if (index >= profile.facts.size()) continue;
        if (options.max_because != 0 && shown == options.max_because) {
            add_wrapped(out, paint(Tone::weak, fmt::format("and {} more", suggestion.because.size() - shown)),
                        kIndent + 4, options);
            break;
        }
        const SeenFact& seen = profile.facts[index];
        add_wrapped(out, fmt::format("- {}: {}", describe_fact(seen.fact), describe_evidence(seen.evidence)),
                    kIndent + 2, options);
        shown += 1;
    }
}

}  // namespace

std::string suggestions_text(const Profile& profile, const std::vector<Suggestion>& suggestions,
                             const TextOptions& options) {
    const Painter paint(options.colour);
    const auto count = [&suggestions](Verdict verdict) {
        return std::count_if(suggestions.begin(), suggestions.end(),
                             [verdict](const Suggestion& suggestion) { return suggestion.verdict == verdict; });
    };
    std::string out = paint(Tone::heading, base::escape_bytes(profile.unit)) +
                      fmt::format(": {} to set, {} kept, {} left open ({})\n", count(Verdict::suggest),
                                  count(Verdict::keep), count(Verdict::abstain), word_for(options.tightness));
    for (const auto& gap : describe_gaps(profile.coverage, profile.runs)) {
        add_titled(out, "gap", gap, options);
    }
    for (const auto& suggestion : suggestions) {
        if (suggestion.verdict != Verdict::suggest && !options.explain) continue;
        out += "\n";
        add_suggestion(out, profile, suggestion, paint, options);
    }
    const auto silent = suggestions.size() - static_cast<std::size_t>(count(Verdict::suggest));
    if (!options.explain && silent != 0) {
        out += "\n" +
               paint(Tone::weak, fmt::format("{} not shown; --explain shows all, and the facts behind them",
                                             base::count_of(silent, "verdict", "verdicts"))) +
               "\n";
    }
    return out;
}

std::string summary_text(const Profile& profile, const TextOptions& options) {
    const Painter paint(options.colour);
    std::string out = paint(Tone::heading, base::escape_bytes(profile.unit)) + "\n";
    add_titled(out, "host", describe_host(profile.host), options);
    for (const auto& run : profile.runs) add_titled(out, "recorded", describe_run(run), options);
    add_titled(out, "watched", describe_ways(profile.coverage), options);
    for (const auto& gap : describe_gaps(profile.coverage, profile.runs)) add_titled(out, "gap", gap, options);
    for (const auto& [reason, count] : profile.coverage.retries) {
        add_titled(out, "retried",
                   fmt::format("{} ({})", base::count_of(count, "record", "records"), base::escape_bytes(reason)),
                   options);
    }
    add_titled(out, "facts", counts_text(profile), options);
    add_titled(out, "peaks", describe_peaks(profile.peaks), options);
    return out;
}

std::string profile_text(const Profile& profile, const TextOptions& options) {
    const Painter paint(options.colour);
    std::string out = summary_text(profile, options);
    std::int64_t start = 0;
    for (const auto& run : profile.runs) {
        if (run.started_us > 0 && (start == 0 || run.started_us < start)) start = run.started_us;
    }
    const auto counts = counts_by_kind(profile);
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (counts[kind] == 0) continue;
        out += "\n" + paint(Tone::heading, kKindTitles[kind]) + fmt::format(" ({})\n", counts[kind]);
        add_facts(out, profile, kind, start, paint, options);
    }
    return out;
}

}  // namespace sandfit::render
