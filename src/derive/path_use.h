// The paths that a fact goes through, whatever was done there: what a rule asks that hides a part of the file system.
#ifndef SANDFIT_DERIVE_PATH_USE_H
#define SANDFIT_DERIVE_PATH_USE_H

#include <sandfit/fact.h>
#include <sandfit/host.h>
#include <sandfit/unit.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

struct PathUse {
    std::string path;          ///< absolute and normal; "" when it is not known in full
    bool some_below = false;   ///< not `path` itself, but names in it that are not told apart
    bool only_looked = false;  ///< nothing was opened, changed, executed or connected to
    bool listed = false;       ///< a directory that was opened
    int error = 0;
};

/// None for a fact that has no path. They are of files, sockets and executions: a rule that concludes from there
/// being none of a place asks for the coverage of all three.
std::vector<PathUse> path_uses(const Fact& fact);

/// True when the use is of `tree` or of something below it, or may be: a path that is not known may be anywhere.
bool is_in(const PathUse& use, std::string_view tree);

/// True when the use is of something below `tree`, or may be; not of `tree` itself.
bool is_below(const PathUse& use, std::string_view tree);

/// EACCES and EPERM: what was refused, and stays refused when a path becomes inaccessible.
bool was_refused(const PathUse& use);

/// True when what it does gives a directory a name that was not in it.
bool makes_a_name(FileOp op);

/// The paths that a read-only mount would have refused to change: the objects, or the directory where names come and
/// go or not all of the objects are known. "" for a path that is not known in full.
std::vector<std::string> paths_to_write(const Fact& fact);

/// A path that the unit's settings name at or below `tree`, where systemd would not find it once that is hidden: its
/// working directory, programs, bind mounts and ReadWritePaths= among others. With the name of the directive:
/// "WorkingDirectory=/root".
std::optional<std::string> named_in_settings(const UnitSettings& settings, std::string_view tree);

/// The path without the symbolic links that the profile knows of: "/bin/kill" -> "/usr/bin/kill".
std::string through_links(const HostIdentity& host, const std::string& path);

/// Why paths of this unit cannot be compared with those of the host: RootDirectory= or RootImage=.
std::optional<std::string> own_root(const UnitSettings& settings);

}  // namespace sandfit::derive

#endif
