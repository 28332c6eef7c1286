// Names of units, and the cgroup directories that systemd gives them. Text only: nothing here asks
// systemd or the file system.
#ifndef SANDFIT_SYSTEMD_UNIT_NAME_H
#define SANDFIT_SYSTEMD_UNIT_NAME_H

#include <sandfit/result.h>

#include <string>
#include <string_view>

namespace sandfit::systemd {

/// The full name of the service that a user meant: "nginx" -> "nginx.service". ErrorKind::usage,
/// with a hint, for what can be no service: another unit type, a template without an instance
/// ("getty@.service"), a path, a character that systemd does not allow, more than 255 bytes.
Result<std::string> service_name(std::string_view given);

/// "nginx.service" -> "nginx", "postgresql@15-main.service" -> "postgresql@15-main".
std::string unit_stem(std::string_view unit);

/// The directory of a slice below the root of the hierarchy, without a leading slash:
/// "system-postgresql.slice" -> "system.slice/system-postgresql.slice", "-.slice" -> "".
Result<std::string> slice_path(std::string_view slice);

/// The name of a unit's own directory: the unit's name, with "_" in front where it could be taken
/// for one of the kernel's control files ("cpu.service" -> "_cpu.service").
std::string cgroup_directory_name(std::string_view unit);

}  // namespace sandfit::systemd

#endif
