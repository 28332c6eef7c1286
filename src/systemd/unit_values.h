// Switches, numbers, durations, sizes and paths of unit files, by systemd's own rules (parse-util.c, time-util.c,
// path-util.c). Pure.
#ifndef SANDFIT_SYSTEMD_UNIT_VALUES_H
#define SANDFIT_SYSTEMD_UNIT_VALUES_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandfit::systemd {

/// "yes", "Y", "true", "t", "on", "1" and their opposites.
std::optional<bool> parse_boolean(std::string_view text);

std::optional<std::uint64_t> parse_unsigned(std::string_view text);
std::optional<std::int64_t> parse_signed(std::string_view text);

/// "0755": octal, at most 07777.
std::optional<std::uint32_t> parse_mode(std::string_view text);

inline constexpr std::uint64_t kInfinity = UINT64_MAX;
inline constexpr std::uint64_t kMicrosecond = 1;
inline constexpr std::uint64_t kSecond = 1'000'000;  ///< all durations are in microseconds

/// "5min 20s", "1.5h", "infinity" in microseconds; a number without a unit counts `unit`s.
std::optional<std::uint64_t> parse_time_span(std::string_view text, std::uint64_t unit = kSecond);

/// "512", "64K", "1.5G" in bytes, by powers of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// "12.5%" as 1250, in hundredths of a percent.
std::optional<std::uint64_t> parse_percent(std::string_view text);

/// A path as systemd keeps it: repeated slashes and "." taken out. None when it holds ".." or is too long.
std::optional<std::string> simplified_path(std::string_view path);

}  // namespace sandfit::systemd

#endif
