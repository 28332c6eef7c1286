// Lines are made per directive, not per item: CapabilityBoundingSet= alone answers 26 items. The items themselves
// come back by name where they still cost points, and with systemd's own sentence where they would be closed.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "render/audit.h"
#include "render/contradictions.h"
#include "render/describe.h"
#include "render/drop_in.h"
#include "render/escape.h"

namespace sandfit::render {
namespace {

constexpr std::size_t kDirectiveColumns = 25;  // "RestrictAddressFamilies=" and a blank
constexpr std::size_t kPresentColumns = 16;
constexpr std::size_t kPointsColumns = 10;  // "3.4 -> 0.5"
constexpr std::size_t kMinVerdictColumns = 20;

std::string heading(Colour colour, std::string_view text) {
    return colour == Colour::off ? std::string(text) : fmt::format("\x1b[1m{}\x1b[0m", text);
}

std::string padded(std::string_view text, std::size_t columns) {
    const std::size_t has = columns_of(text);
    return std::string(text) + std::string(has < columns ? columns - has : 0, ' ');
}

/// The items of one directive together.
struct Row {
    std::string directive;  ///< "" collects the items that sandfit does not know
    std::string not_derived;
    Exposure now;
    Exposure after;
    std::vector<const AuditItem*> items;
};

/// The dearest first; what costs the same in the order of the items.
std::vector<Row> rows_of(const Audit& audit) {
    std::vector<Row> rows;
    for (const auto& item : audit.items) {
        auto row = std::ranges::find(rows, item.directive, &Row::directive);
        if (row == rows.end()) row = rows.insert(rows.end(), Row{item.directive, item.not_derived, {}, {}, {}});
        row->now.tenths += item.now.exposure.tenths;
        if (item.after) row->after.tenths += item.after->exposure.tenths;
        row->items.push_back(&item);
    }
    std::ranges::stable_sort(rows, [](const Row& a, const Row& b) { return a.now > b.now; });
    return rows;
}

std::string clipped(std::string text, std::size_t columns) {
    if (columns_of(text) <= columns) return text;
    // Escaped text may be cut anywhere but inside of a character.
    std::size_t end = 0;
    for (std::size_t shown = 0; shown + 3 < columns && end < text.size(); ++shown) {
        do ++end;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
    }
    return text.substr(0, end) + "...";
}

std::string present_text(const UnitSettings& settings, const std::string& directive) {
    const auto it = settings.values.find(directive);
    if (it == settings.values.end() || it->second == std::vector<std::string>{""}) return "-";
    if (it->second.empty()) return directive == "CapabilityBoundingSet" ? "(empty)" : "-";
    constexpr std::size_t kMostWords = 2;
    if (it->second.size() <= kMostWords) {
        return clipped(base::escape_bytes(base::join_with(it->second, " ")), kPresentColumns - 1);
    }
    return fmt::format("{}{} items", it->second.front().starts_with('~') ? "all but " : "", it->second.size());
}

/// What is suggested, or why nothing is.
std::string verdict_text(const Audit& audit, const Row& row) {
    if (row.directive.empty()) return "sandfit does not know what answers it";
    const auto made = std::ranges::find(audit.suggestions, row.directive, &Suggestion::directive);
    if (made == audit.suggestions.end()) {
        return row.not_derived.empty() ? "no rule of sandfit answers it" : "open: " + row.not_derived;
    }
    if (made->verdict == Verdict::keep) return "keep: " + base::escape_bytes(made->reason);
    if (made->verdict == Verdict::abstain) return "open: " + base::escape_bytes(made->reason);
    std::string value;
    for (const auto& line : assignments(*made)) {
        const std::string_view after = std::string_view(line).substr(line.find('=') + 1);
        if (!after.empty()) value += fmt::format("{}{}", value.empty() ? "" : " ", after);
    }
    constexpr std::size_t kMostWords = 12;
    const std::size_t words = base::split(value, ' ').size();
    if (words > kMostWords) return fmt::format("{} items", words);
    return value.empty() ? "(empty)" : value;
}

/// "~CAP_SYS_ADMIN" of "CapabilityBoundingSet=~CAP_SYS_ADMIN".
std::string short_name(const ScoredItem& item) {
    const std::size_t equals = item.name.find('=');
    const bool has_value = equals != std::string::npos && equals + 1 < item.name.size();
    return base::escape_bytes(has_value ? item.name.substr(equals + 1) : item.name);
}

/// The items of a row that will still cost points, each one piece: those that stay when others go; without a profile
/// all.
std::vector<std::string> staying(const Row& row, bool has_profile) {
    const bool known = !row.directive.empty();
    if (known && row.items.size() < 2) return {};
    std::vector<std::string> pieces;
    bool all_stay = true;
    for (const auto* item : row.items) {
        const ScoredItem& last = has_profile && item->after ? *item->after : item->now;
        if (is_closed(*item)) all_stay = false;
        if (last.exposure.tenths == 0) continue;
        pieces.push_back(fmt::format("{} {}", known ? short_name(last) : base::escape_bytes(last.name),
                                     exposure_text(last.exposure)));
    }
    if (has_profile && all_stay && known) return {};
    return pieces;
}

/// Pieces behind a title, with commas, broken between pieces only.
std::vector<std::string> listed(std::string title, const std::vector<std::string>& pieces, std::size_t columns) {
    std::vector<std::string> lines = {std::move(title)};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const std::string piece = pieces[i] + (i + 1 == pieces.size() ? "" : ",");
        std::string& line = lines.back();
        if (!line.empty() && columns_of(line) + 1 + columns_of(piece) > columns) {
            lines.push_back(piece);
        } else {
            line += (line.empty() ? "" : " ") + piece;
        }
    }
    return lines;
}

void add_table(std::string& out, const Audit& audit, const UnitSettings& settings, const TextOptions& options) {
    const std::size_t before = kDirectiveColumns + kPresentColumns;
    const std::size_t verdict_columns =
        std::max(options.columns, before + kMinVerdictColumns + kPointsColumns + 1) - before - kPointsColumns - 1;
    const auto head = [&](std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
        return padded(a, kDirectiveColumns) + padded(b, kPresentColumns) + padded(c, verdict_columns + 1) +
               std::string(d);
    };
    out += heading(options.colour, head("DIRECTIVE", "NOW", audit.has_profile ? "SUGGESTED" : "", "POINTS")) + "\n";
    std::string free_of_cost;
    for (const Row& row : rows_of(audit)) {
        const bool costs = row.now.tenths != 0 || row.after.tenths != 0;
        const std::string name = row.directive.empty() ? "(unknown)" : base::escape_bytes(row.directive) + "=";
        if (!costs) {
            free_of_cost += fmt::format("{}{}", free_of_cost.empty() ? "" : ", ", name);
            continue;
        }
        const std::string cost = audit.has_profile && audit.after
                                     ? fmt::format("{} -> {}", exposure_text(row.now), exposure_text(row.after))
                                     : exposure_text(row.now);
        auto lines = audit.has_profile ? wrap(verdict_text(audit, row), verdict_columns) : std::vector<std::string>();
        if (const auto left = staying(row, audit.has_profile); !left.empty()) {
            for (auto& line : listed(audit.has_profile ? "stays:" : "", left, verdict_columns)) {
                lines.push_back(std::move(line));
            }
        }
        if (lines.empty()) lines.emplace_back();
        out += head(name, present_text(settings, row.directive), lines.front(), cost) + "\n";
        for (std::size_t i = 1; i < lines.size(); ++i) out += std::string(before, ' ') + lines[i] + "\n";
    }
    if (!free_of_cost.empty()) add_wrapped(out, "Without points: " + free_of_cost, 0, 2, options.columns);
}

void add_never_did(std::string& out, const Audit& audit, const TextOptions& options) {
    std::size_t closed = 0;
    std::string list;
    for (const auto& item : audit.items) {
        if (!is_closed(item)) continue;
        closed += 1;
        const std::string line =
            fmt::format("{}  {}: {}", exposure_text(item.now.exposure), base::escape_bytes(item.now.name),
                        base::escape_bytes(item.now.description));
        add_wrapped(list, line, 2, 5, options.columns);
    }
    out += "\n" + heading(options.colour, fmt::format("It may, and never did ({})", closed)) + "\n";
    out += closed == 0 ? "  nothing that the suggestions could close\n" : list;
}

/// Advice that systemd's score knows nothing of, and that no drop-in holds.
void add_limits(std::string& out, const Audit& audit, const UnitSettings& settings, const TextOptions& options) {
    std::string list;
    for (const auto& made : audit.suggestions) {
        if (!made.directive.starts_with("Limit") && made.directive != "TasksMax") continue;
        add_wrapped(list,
                    fmt::format("{}={}: {}", made.directive, present_text(settings, made.directive),
                                base::escape_bytes(made.reason)),
                    2, 5, options.columns);
    }
    if (!list.empty()) out += "\n" + heading(options.colour, "Its limits, without points") + "\n" + list;
}

void add_would_break(std::string& out, const Audit& audit, const Profile& profile, const TextOptions& options) {
    out +=
        "\n" + heading(options.colour, fmt::format("It does, and may not ({})", audit.contradictions.size())) + "\n";
    if (audit.contradictions.empty()) out += "  nothing that was seen is refused by its present settings\n";
    out += contradictions_text(audit.contradictions, profile, options);
}

void add_drift(std::string& out, const Drift& drift, const Profile& profile, const TextOptions& options) {
    std::vector<const NewFact*> outgrown;
    for (const NewFact& fact : drift.new_facts) {
        if (!fact.outgrown.empty() && fact.fact < profile.facts.size()) outgrown.push_back(&fact);
    }
    out += "\n" + heading(options.colour, fmt::format("New since the earlier profile ({})", drift.new_facts.size()));
    out += fmt::format("\n  {} would be refused by a sandbox made from it\n", outgrown.size());
    std::size_t shown = 0;
    for (const NewFact* fact : outgrown) {
        if (options.max_facts != 0 && shown++ == options.max_facts) {
            out += fmt::format("  and {} more\n", outgrown.size() - options.max_facts);
            break;
        }
        const SeenFact& seen = profile.facts[fact->fact];
        add_wrapped(out,
                    fmt::format("- {}: {} (by {}=)", describe_fact(seen.fact), describe_evidence(seen.evidence),
                                base::join_with(fact->outgrown, "=, ")),
                    2, 2, options.columns);
    }
    out +=
        "\n" + heading(options.colour, fmt::format("Granted, and not used any more ({})", drift.stale.size())) + "\n";
    if (drift.stale.empty()) out += "  nothing of its lists\n";
    for (const StaleGrant& grant : drift.stale) {
        add_wrapped(out,
                    fmt::format("- {}= {}", grant.directive, base::escape_bytes(base::join_with(grant.items, " "))),
                    2, 2, options.columns);
    }
}

}  // namespace

std::string exposure_text(Exposure exposure) {
    return fmt::format("{}.{}", exposure.tenths / 10, exposure.tenths % 10);
}

bool is_closed(const AuditItem& item) {
    return item.after && item.after->exposure < item.now.exposure;
}

std::string audit_text(const Audit& audit, const Profile& profile, const UnitSettings& settings,
                       const TextOptions& options) {
    std::string first =
        fmt::format("exposure {} ({}) now", exposure_text(audit.now), base::escape_bytes(audit.rating_now));
    if (audit.after) {
        first += fmt::format(", {} ({}) with what is suggested ({})", exposure_text(*audit.after),
                             base::escape_bytes(audit.rating_after), word_for(audit.tightness));
    }
    if (audit.threshold) {
        first += fmt::format("; {} the threshold of {}", audit.is_above_threshold() ? "above" : "not above",
                             exposure_text(*audit.threshold));
    }
    std::string out;
    add_wrapped(out, base::escape_bytes(audit.unit) + ": " + first, 0, 2, options.columns);
    if (audit.has_profile) {
        for (const auto& gap : describe_gaps(profile.coverage, profile.runs)) {
            add_wrapped(out, "gap: " + gap, 2, 5, options.columns);
        }
    }
    for (const auto& note : audit.notes) {
        add_wrapped(out, "note: " + base::escape_bytes(note), 2, 6, options.columns);
    }
    out += "\n";
    add_table(out, audit, settings, options);
    if (!audit.has_profile) return out;
    add_never_did(out, audit, options);
    add_would_break(out, audit, profile, options);
    if (audit.drift) add_drift(out, *audit.drift, profile, options);
    add_limits(out, audit, settings, options);
    return out;
}

}  // namespace sandfit::render
