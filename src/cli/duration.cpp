#include "cli/duration.h"

#include <fmt/core.h>

#include <cstdint>

#include "base/text.h"

namespace sandfit::cli {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
/// Longer is a slip of the finger; the bound also keeps the sums below from overflowing.
constexpr std::int64_t kLongest = 365 * kDay;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// 0 for a unit that does not exist.
std::int64_t milliseconds_of(std::string_view unit) {
    if (unit == "ms") return 1;
    if (unit == "s" || unit.empty()) return kSecond;
    if (unit == "m" || unit == "min") return kMinute;
    if (unit == "h") return kHour;
    if (unit == "d") return kDay;
    return 0;
}

Error not_a_duration(std::string_view text) {
    return Error{ErrorKind::usage, fmt::format("'{}' is not a length of time", base::escape_bytes(text)), 0,
                 "write it as 90s, 10m, 1h or 1h30m"};
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::string_view rest = text;
    std::int64_t total = 0;
    if (rest.empty()) return not_a_duration(text);
    while (!rest.empty()) {
        std::int64_t number = 0;
        std::size_t digits = 0;
        for (; digits < rest.size() && is_digit(rest[digits]); ++digits) {
            number = number * 10 + (rest[digits] - '0');
            if (number > kLongest) return not_a_duration(text);
        }
        if (digits == 0) return not_a_duration(text);
        rest.remove_prefix(digits);
        std::size_t letters = 0;
        while (letters < rest.size() && !is_digit(rest[letters])) ++letters;
        const std::string_view unit = rest.substr(0, letters);
        rest.remove_prefix(letters);
        // A bare number is seconds, but "1h30" could be half a minute or half an hour more.
        if (unit.empty() && digits != text.size()) return not_a_duration(text);
        const std::int64_t factor = milliseconds_of(unit);
        if (factor == 0 || number > kLongest / factor) return not_a_duration(text);
        total += number * factor;
        if (total > kLongest) return not_a_duration(text);
    }
    if (total == 0) return not_a_duration(text);
    return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
    const std::int64_t ms = std::max<std::int64_t>(duration.count(), 0);
    if (ms < kSecond) return fmt::format("{}ms", ms);
    if (ms < kMinute) return fmt::format("{}s", ms / kSecond);
    if (ms < kHour) return fmt::format("{}m{}s", ms / kMinute, ms % kMinute / kSecond);
    if (ms < kDay) return fmt::format("{}h{}m", ms / kHour, ms % kHour / kMinute);
    return fmt::format("{}d{}h", ms / kDay, ms % kDay / kHour);
}

}  // namespace sandfit::cli
