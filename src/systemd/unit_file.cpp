#include "systemd/unit_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace sandfit::systemd {
namespace {

// systemd's LONG_LINE_MAX, for one line and for all that a continuation puts together.
constexpr std::size_t kMaxLine = 1u << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 3> kSections = {"Unit", "Service", "Install"};

bool is_line_end(char c) {
    return c == '\n' || c == '\r' || c == '\0';
}

/// Takes the next line off `text`. Its end is a run of line ends in which none comes twice and nothing follows a NUL:
/// "\r\n" is one end, "\n\n" two.
std::string_view take_line(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && !is_line_end(text[end])) ++end;
    std::size_t next = end;
    while (next < text.size() && is_line_end(text[next])) {
        const bool ended =
            text.substr(end, next - end).find_first_of(std::string_view("\0", 1)) != std::string::npos ||
            text.substr(end, next - end).find(text[next]) != std::string::npos;
        if (ended) break;
        ++next;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(next);
    return line;
}

bool ends_with_continuation(std::string_view line) {
    const auto last = line.find_last_not_of('\\');
    const std::size_t backslashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
    return backslashes % 2 == 1;
}

/// What one logical line adds.
class Reader {
public:
    explicit Reader(std::string_view name) : name_(name) {}

    Result<void> take(std::string_view logical, std::size_t line) {
        const std::string_view text = base::trim(logical);
        if (text.empty()) return {};
        if (!base::is_clean_utf8(text)) return stopped(line, "the line is not valid UTF-8");
        if (text.front() == '[') return take_header(text, line);
        take_assignment(text, line);
        return {};
    }

    [[nodiscard]] Error stopped(std::size_t line, std::string_view why) const {
        return Error{ErrorKind::bad_input, fmt::format("{}:{}: {}", base::escape_bytes(name_), line, why), 0,
                     "systemd reads this file no further either; correct the line"};
    }

    UnitFileText found;

private:
    Result<void> take_header(std::string_view text, std::size_t line) {
        if (text.back() != ']') return stopped(line, "the section header has no \"]\" at its end");
        section_ = std::string(text.substr(1, text.size() - 2));
        known_ = std::ranges::find(kSections, *section_) != kSections.end();
        if (!known_ && !section_->starts_with("X-")) {
            ignore(line, fmt::format("services have no section [{}]", base::escape_bytes(*section_)));
        }
        return {};
    }

    void take_assignment(std::string_view text, std::size_t line) {
        if (!section_) return ignore(line, "it stands in front of the first section");
        if (!known_) return;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) return ignore(line, "it has no \"=\"");
        if (equals == 0) return ignore(line, "it has nothing in front of the \"=\"");
        found.assignments.push_back({*section_, std::string(base::trim(text.substr(0, equals))),
                                     std::string(base::trim(text.substr(equals + 1))), line});
    }

    void ignore(std::size_t line, std::string why) { found.ignored.push_back({line, std::move(why)}); }

    std::string_view name_;
    std::optional<std::string> section_;
    bool known_ = false;
};

}  // namespace

Result<UnitFileText> parse_unit_file(std::string_view text, std::string_view name) {
    Reader reader(name);
    std::optional<std::string> open;  // a logical line that goes on
    std::size_t open_since = 0;
    bool seen_mark = false;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = take_line(text);
        if (line.size() >= kMaxLine) return reader.stopped(number, "the line is longer than 1 MiB");
        // A comment does not end the line that goes on around it.
        const std::string_view start = base::trim(line);
        if (!start.empty() && (start.front() == '#' || start.front() == ';')) continue;
        if (!seen_mark && line.starts_with(kByteOrderMark)) {
            line.remove_prefix(kByteOrderMark.size());
            seen_mark = true;
        }

        std::string logical = open ? std::move(*open) : std::string();
        const std::size_t begin = open ? open_since : number;
        open.reset();
        if (logical.size() + line.size() > kMaxLine) return reader.stopped(begin, "the line is longer than 1 MiB");
        logical += line;
        if (ends_with_continuation(logical)) {
            logical.back() = ' ';
            open = std::move(logical);
            open_since = begin;
            continue;
        }
        if (const auto taken = reader.take(logical, begin); !taken) return taken.error();
    }
    if (open) {
        if (const auto taken = reader.take(*open, open_since); !taken) return taken.error();
    }
    return std::move(reader.found);
}

}  // namespace sandfit::systemd
