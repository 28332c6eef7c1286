// Scores a unit file by `systemd-analyze security --offline=yes`. The unit itself is not touched, nothing has to
// run, and no privilege is needed.
#ifndef SANDFIT_SYSTEMD_SECURITY_SCAN_H
#define SANDFIT_SYSTEMD_SECURITY_SCAN_H

#include <sandfit/audit.h>
#include <sandfit/result.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::systemd {

/// Scores the text of a service's unit file. ErrorKind::unsupported where there is no systemd-analyze, or where it is
/// too old (`--offline=` came with systemd 250).
Result<Score> score_unit_file(const std::string& unit_file);

// The parsers behind it, pure and strict: what they do not know by its form is ErrorKind::bad_input.

/// The output of `--json=short`: an array of items.
Result<std::vector<ScoredItem>> parse_scored_items(std::string_view json);

struct Overall {
    Exposure exposure;
    std::string rating;
};
/// The last line of the table: "-> Overall exposure level for x.service: 9.6 UNSAFE :-{".
Result<Overall> parse_overall(std::string_view output);

/// "9.6", "10", "0.25" is none: at most one decimal, from 0 to 10.
std::optional<Exposure> parse_exposure(std::string_view text);

}  // namespace sandfit::systemd

#endif
