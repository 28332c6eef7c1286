// A length of time as users write it.
#ifndef SANDFIT_CLI_DURATION_H
#define SANDFIT_CLI_DURATION_H

#include <sandfit/result.h>

#include <chrono>
#include <string>
#include <string_view>

namespace sandfit::cli {

/// "90s", "10m", "1h", "2d", "500ms", sums ("1h30m"); a bare number is seconds. At least 1 ms, at most
/// a year. Anything else is ErrorKind::usage.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The two largest units that matter: "850ms", "4s", "2m10s", "1h5m", "3d2h".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace sandfit::cli

#endif
