// The text of unit files and drop-ins, read line by line as systemd reads it (conf-parser.c, systemd.syntax(7)).
// Pure. What the directives mean is not known here: unit_settings.h knows.
#ifndef SANDFIT_SYSTEMD_UNIT_FILE_H
#define SANDFIT_SYSTEMD_UNIT_FILE_H

#include <sandfit/result.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::systemd {

/// "DIRECTIVE=VALUE" in a section that services have.
struct Assignment {
    std::string section;    ///< "Unit", "Service" or "Install"
    std::string directive;  ///< without '='
    /// All behind the "=" but for blanks around it, still quoted and escaped; "" is the empty assignment, which
    /// resets a list. A line that goes on after a backslash at its end is one value, with a blank in the backslash's
    /// place.
    std::string value;
    std::size_t line = 0;  ///< where it begins; the first line is 1

    bool operator==(const Assignment&) const = default;
};

/// A line that systemd warns of and passes over.
struct IgnoredLine {
    std::size_t line = 0;
    std::string why;  ///< the end of a sentence; printable

    bool operator==(const IgnoredLine&) const = default;
};

struct UnitFileText {
    std::vector<Assignment> assignments;  ///< in the order of the file
    std::vector<IgnoredLine> ignored;
};

/// Reads a fragment or a drop-in. ErrorKind::bad_input, as "NAME:LINE: what", where systemd stops reading the file,
/// and with a fragment refuses the unit: a section header without its end, a line that is not clean UTF-8 or that is
/// longer than 1 MiB. `name` is only for that.
Result<UnitFileText> parse_unit_file(std::string_view text, std::string_view name);

}  // namespace sandfit::systemd

#endif
