#include "systemd/unit_values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include "base/text.h"

namespace sandfit::systemd {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";

std::string_view without_leading_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

/// strtoull() as systemd's safe_atou64() uses it: base 0 knows 0x, 0b, 0o and a plain 0 for octal.
std::optional<std::uint64_t> to_number(std::string_view given, int base) {
    std::string text(without_leading_blanks(given));
    if (base == 0 && (text.starts_with("0b") || text.starts_with("0o"))) {
        base = text[1] == 'b' ? 2 : 8;
        text.erase(0, 2);
    }
    if (text.empty() || text.front() == '-' || std::isspace(static_cast<unsigned char>(text.front())) != 0) {
        return std::nullopt;
    }
    char* end = nullptr;
    errno = 0;
    const unsigned long long value = std::strtoull(text.c_str(), &end, base);
    if (errno != 0 || end != text.c_str() + text.size()) return std::nullopt;
    return value;
}

struct Unit {
    std::string_view suffix;
    std::uint64_t size;
};

constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kMonth = 2'629'800 * kSecond;
constexpr std::uint64_t kYear = 31'557'600 * kSecond;

// In the order in which systemd tries them: the first that fits wins.
constexpr std::array<Unit, 30> kTimeUnits{{
    {"seconds", kSecond},
    {"second", kSecond},
    {"sec", kSecond},
    {"s", kSecond},
    {"minutes", kMinute},
    {"minute", kMinute},
    {"min", kMinute},
    {"months", kMonth},
    {"month", kMonth},
    {"M", kMonth},
    {"msec", 1000},
    {"ms", 1000},
    {"m", kMinute},
    {"hours", kHour},
    {"hour", kHour},
    {"hr", kHour},
    {"h", kHour},
    {"days", kDay},
    {"day", kDay},
    {"d", kDay},
    {"weeks", 7 * kDay},
    {"week", 7 * kDay},
    {"w", 7 * kDay},
    {"years", kYear},
    {"year", kYear},
    {"y", kYear},
    {"usec", kMicrosecond},
    {"us", kMicrosecond},
    {"\xCE\xBCs", kMicrosecond},
    {"\xC2\xB5s", kMicrosecond},
}};

constexpr std::array<Unit, 8> kSizeUnits{{{"E", 1ULL << 60},
                                          {"P", 1ULL << 50},
                                          {"T", 1ULL << 40},
                                          {"G", 1ULL << 30},
                                          {"M", 1ULL << 20},
                                          {"K", 1ULL << 10},
                                          {"B", 1},
                                          {"", 1}}};

/// Digits off the front of `text`; none where there are none, or too many for the number.
std::optional<std::uint64_t> take_digits(std::string_view& text) {
    std::uint64_t value = 0;
    std::size_t used = 0;
    for (; used < text.size() && text[used] >= '0' && text[used] <= '9'; ++used) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, static_cast<std::uint64_t>(text[used] - '0'), &value)) {
            return std::nullopt;
        }
    }
    if (used == 0) return std::nullopt;
    text.remove_prefix(used);
    return value;
}

}  // namespace

// --------------------------------------------------------------------------------------------------

std::optional<bool> parse_boolean(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const auto yes : {"1", "yes", "y", "true", "t", "on"}) {
        if (lower == yes) return true;
    }
    for (const auto no : {"0", "no", "n", "false", "f", "off"}) {
        if (lower == no) return false;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
    return to_number(text, 0);
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
    text = without_leading_blanks(text);
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (negative && text.starts_with('+')) return std::nullopt;
    const auto value = to_number(text, 0);
    if (!value || *value > INT64_MAX) return std::nullopt;
    return negative ? -static_cast<std::int64_t>(*value) : static_cast<std::int64_t>(*value);
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
    constexpr std::uint64_t kAll = 07777;
    text = without_leading_blanks(text);
    if (text.starts_with("0o")) text.remove_prefix(2);
    if (text.starts_with('+')) return std::nullopt;
    const auto value = to_number(text, 8);
    if (!value || *value > kAll) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

std::optional<std::uint64_t> parse_time_span(std::string_view text, std::uint64_t unit) {
    std::string_view left = without_leading_blanks(text);
    if (left.starts_with("infinity")) {
        return without_leading_blanks(left.substr(8)).empty() ? std::optional(kInfinity) : std::nullopt;
    }
    std::uint64_t total = 0;
    bool something = false;
    const auto add = [&total](std::uint64_t count, std::uint64_t of) {
        std::uint64_t product = 0;
        return !__builtin_mul_overflow(count, of, &product) && !__builtin_add_overflow(total, product, &total) &&
               total < kInfinity;
    };
    while (!(left = without_leading_blanks(left)).empty()) {
        if (left.starts_with('+')) left.remove_prefix(1);
        const bool bare_point = left.starts_with('.');
        std::uint64_t whole = 0;
        if (!bare_point) {
            const auto digits = take_digits(left);
            if (!digits) return std::nullopt;
            whole = *digits;
        }
        std::string_view decimals;
        if (left.starts_with('.')) {
            left.remove_prefix(1);
            const auto end = std::min(left.find_first_not_of("0123456789"), left.size());
            decimals = left.substr(0, end);
            if (decimals.empty()) return std::nullopt;
            left.remove_prefix(end);
        }
        const std::string_view behind = without_leading_blanks(left);
        std::uint64_t multiplier = unit;
        const auto known =
            std::ranges::find_if(kTimeUnits, [behind](const Unit& u) { return behind.starts_with(u.suffix); });
        if (known != kTimeUnits.end()) {
            multiplier = known->size;
            left = behind.substr(known->suffix.size());
        } else if (behind.size() == left.size() && !left.empty()) {
            return std::nullopt;  // something that is no unit right behind the number
        }
        if (!add(whole, multiplier)) return std::nullopt;
        std::uint64_t place = multiplier / 10;
        for (const char digit : decimals) {
            if (!add(static_cast<std::uint64_t>(digit - '0'), place)) return std::nullopt;
            place /= 10;
        }
        something = true;
    }
    return something ? std::optional(total) : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t total = 0;
    std::size_t first_unit = 0;
    std::string_view left = text;
    do {
        left = without_leading_blanks(left);
        if (left.starts_with('+')) left.remove_prefix(1);
        const auto whole = take_digits(left);
        if (!whole) return std::nullopt;
        double fraction = 0;
        if (left.starts_with('.')) {
            left.remove_prefix(1);
            double place = 0.1;
            for (; !left.empty() && left.front() >= '0' && left.front() <= '9'; left.remove_prefix(1), place /= 10) {
                fraction += place * (left.front() - '0');
            }
        }
        left = without_leading_blanks(left);
        std::size_t unit = first_unit;
        while (unit < kSizeUnits.size() && !left.starts_with(kSizeUnits[unit].suffix)) ++unit;
        if (unit == kSizeUnits.size()) return std::nullopt;
        std::uint64_t bytes = 0;
        if (__builtin_mul_overflow(*whole, kSizeUnits[unit].size, &bytes) ||
            __builtin_add_overflow(
                bytes, static_cast<std::uint64_t>(fraction * static_cast<double>(kSizeUnits[unit].size)), &bytes) ||
            __builtin_add_overflow(total, bytes, &total)) {
            return std::nullopt;
        }
        left.remove_prefix(kSizeUnits[unit].suffix.size());
        first_unit = unit + 1;
    } while (!left.empty());
    return total;
}

std::optional<std::uint64_t> parse_percent(std::string_view text) {
    if (!text.ends_with('%')) return std::nullopt;
    text.remove_suffix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
    const bool is_point_alone = point + 1 == text.size();
    if (is_point_alone || decimals.size() > 2 || decimals.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    const auto whole = parse_unsigned(text.substr(0, point));
    if (!whole || *whole > INT32_MAX / 100) return std::nullopt;
    std::uint64_t hundredths = *whole * 100;
    std::uint64_t place = 10;
    for (const char digit : decimals) {
        hundredths += place * static_cast<std::uint64_t>(digit - '0');
        place /= 10;
    }
    return hundredths;
}

std::optional<std::string> simplified_path(std::string_view path) {
    constexpr std::size_t kMaxPath = 4095;
    constexpr std::size_t kMaxComponent = 255;
    std::string simple = path.starts_with('/') ? "/" : "";
    bool first = true;
    for (const auto& component : base::split(path, '/')) {
        if (component.empty() || component == ".") continue;
        if (component == ".." || component.size() > kMaxComponent) return std::nullopt;
        if (!first) simple += '/';
        simple += component;
        first = false;
    }
    if (simple.empty() || simple.size() > kMaxPath) return std::nullopt;
    return simple;
}

}  // namespace sandfit::systemd
