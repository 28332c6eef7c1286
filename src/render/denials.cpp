#include "render/denials.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "render/describe.h"
#include "render/drop_in.h"
#include "render/escape.h"
#include "render/escaped_json.h"

namespace sandfit::render {
namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<std::string>;

constexpr std::size_t kTimesColumns = 7;
constexpr std::size_t kErrorColumns = 13;  // "EAFNOSUPPORT" and a blank
constexpr std::size_t kMinTextColumns = 24;

/// What was wanted, without how it ended.
std::string wish(const Fact& fact) {
    return describe_fact(std::visit(
        [](auto kind) -> Fact {
            if constexpr (requires { kind.error; }) kind.error = 0;
            if constexpr (requires { kind.granted; }) {
                kind.granted = true;
                kind.lack = CapabilityLack::none;
                kind.use = CapabilityUse::need;
            }
            if constexpr (requires { kind.refusals; }) {
                kind.refusals.clear();
                kind.killed = false;
                kind.by_unwinding = false;
            }
            return kind;
        },
        fact));
}

std::string_view word_for(DenialKind kind) {
    switch (kind) {
        case DenialKind::refused:
            return "refused";
        case DenialKind::killed:
            return "killed";
        case DenialKind::altered:
            return "altered";
    }
    return "unknown";
}

std::string_view word_for(Remedy::How how) {
    switch (how) {
        case Remedy::How::add:
            return "add";
        case Remedy::How::set:
            return "set";
        case Remedy::How::leave_out:
            return "leave_out";
    }
    return "unknown";
}

/// "ProtectSystem=strict"; a long value is told by its length.
std::string with_value(const DenialCause& cause) {
    constexpr std::size_t kMostWords = 2;
    const std::string head = base::escape_bytes(cause.directive) + "=";
    if (cause.value.size() > kMostWords) return fmt::format("{} ({} items)", head, cause.value.size());
    return head + base::escape_bytes(base::join_with(cause.value, " "));
}

std::string padded(std::string_view text, std::size_t columns) {
    const std::size_t has = columns_of(text);
    return std::string(text) + std::string(has < columns ? columns - has : 1, ' ');
}

/// The first line after `lead`, the others after as many blanks.
void add_wrapped(Lines& lines, std::string_view text, std::size_t columns, std::string_view lead = "") {
    bool first = true;
    for (const auto& line : wrap(text, columns - lead.size())) {
        lines.push_back((first ? std::string(lead) : std::string(lead.size(), ' ')) + line);
        first = false;
    }
}

/// Four columns, of which the first and the last share what is left of the width.
struct Layout {
    std::size_t wish = 0;
    std::size_t cause = 0;

    explicit Layout(std::size_t columns) {
        constexpr std::size_t kFixed = kTimesColumns + kErrorColumns;
        const std::size_t left = std::max(columns, kFixed + 2 * kMinTextColumns) - kFixed;
        wish = std::max(left * 2 / 5, kMinTextColumns);
        cause = left - wish;
    }
};

std::string row(const Layout& layout, const std::array<std::string_view, 4>& cells) {
    std::string line = padded(cells[0], layout.wish) + padded(cells[1], kTimesColumns) +
                       padded(cells[2], kErrorColumns) + std::string(cells[3]);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

void add_denial(std::string& out, const Denial& denial, const Layout& layout) {
    Lines left;
    add_wrapped(left, wish(denial.fact), layout.wish - 1);
    constexpr std::size_t kMostExecutables = 3;
    std::size_t shown = 0;
    for (const auto& path : denial.evidence.executables) {
        if (shown++ == kMostExecutables) {
            add_wrapped(left, fmt::format("and {} more", denial.evidence.executables.size() - kMostExecutables),
                        layout.wish - 1, "  ");
            break;
        }
        add_wrapped(left, "to " + base::escape_bytes(path), layout.wish - 1, "  ");
    }
    Lines right;
    for (const auto& cause : denial.causes) {
        add_wrapped(right, with_value(cause), layout.cause);
        add_wrapped(right, remedy_text(cause.remedy), layout.cause, "  -> ");
    }
    const std::string times = fmt::format("{}", denial.evidence.count);
    const std::string how = denial.error != 0 ? base::errno_name(denial.error) : std::string(word_for(denial.kind));
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        out += row(layout, {i < left.size() ? left[i] : "", i == 0 ? times : "", i == 0 ? how : "",
                            i < right.size() ? right[i] : ""});
    }
}

}  // namespace

std::string remedy_text(const Remedy& remedy) {
    const std::string directive = base::escape_bytes(remedy.directive) + "=";
    if (remedy.how == Remedy::How::leave_out) return "leave out " + directive;
    const bool takes_out = !remedy.items.empty() && remedy.items.front().starts_with('~');
    if (takes_out) return directive + " without " + base::escape_bytes(base::join_with(remedy.items, " "));
    Suggestion line;
    line.directive = remedy.directive;
    line.verdict = Verdict::suggest;
    line.form = remedy.form;
    line.items = remedy.items;
    const auto assigned = assignments(line);
    // A path that no unit file can hold has no such line.
    if (assigned.empty()) return "leave out what refuses it: " + directive + " cannot name it";
    return base::join_with(assigned, " ");
}

std::string denials_text(const std::vector<Denial>& denials, const TextOptions& options) {
    if (denials.empty()) return "Nothing was refused.\n";
    const Layout layout(options.columns);
    std::string out = row(layout, {"REFUSED", "TIMES", "HOW", "BY, AND WHAT WOULD ALLOW IT"});
    if (options.colour == Colour::on) {
        out.pop_back();
        out = fmt::format("\x1b[1m{}\x1b[0m\n", out);
    }
    for (const auto& denial : denials) add_denial(out, denial, layout);
    const bool altered = std::ranges::find(denials, DenialKind::altered, &Denial::kind) != denials.end();
    if (altered) {
        out += "\n";
        Lines note;
        add_wrapped(note,
                    "altered: it went on without an error, but did or saw something else than without the sandbox",
                    std::max<std::size_t>(options.columns, 40));
        for (const auto& line : note) out += line + "\n";
    }
    return out;
}

Json causes_json(const std::vector<DenialCause>& causes) {
    Json array = Json::array();
    for (const auto& cause : causes) {
        array.push_back({{"directive", base::escape_bytes(cause.directive)},
                         {"value", escaped(cause.value)},
                         {"allow",
                          {{"how", word_for(cause.remedy.how)},
                           {"directive", base::escape_bytes(cause.remedy.directive)},
                           {"items", escaped(cause.remedy.items)},
                           {"text", remedy_text(cause.remedy)}}}});
    }
    return array;
}

Json denials_json(const std::vector<Denial>& denials) {
    Json array = Json::array();
    for (const auto& denial : denials) {
        array.push_back({{"kind", word_for(denial.kind)},
                         {"error", denial.error != 0 ? Json(base::errno_name(denial.error)) : Json()},
                         {"text", wish(denial.fact)},
                         {"count", denial.evidence.count},
                         {"executables", escaped(denial.evidence.executables)},
                         {"syscalls", escaped(denial.evidence.syscalls)},
                         {"by", causes_json(denial.causes)}});
    }
    return array;
}

}  // namespace sandfit::render
