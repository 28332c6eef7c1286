// Which paths a systemd unit file can name. Shared by who chooses paths (src/derive takes the parent of one that
// cannot be named) and who writes them (src/render).
#ifndef SANDFIT_BASE_UNIT_FILE_PATH_H
#define SANDFIT_BASE_UNIT_FILE_PATH_H

#include <optional>
#include <string>
#include <string_view>

namespace sandfit::base {

/// Why `path` cannot stand in a unit file (ReadWritePaths= and its like), as the end of a sentence; none when it
/// can. systemd knows no escapes for single characters there, and a line that is not clean UTF-8 makes it refuse the
/// whole unit. Control characters and invisible ones (see escape_bytes()) are refused even where systemd would take
/// them: whoever prints the file to a terminal must not have the observed program write to that terminal.
std::optional<std::string> why_not_in_unit_file(std::string_view path);

}  // namespace sandfit::base

#endif
