// Which paths must be opened for writing when all else is read-only.
#ifndef SANDFIT_DERIVE_WRITABLE_PATHS_H
#define SANDFIT_DERIVE_WRITABLE_PATHS_H

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "derive/mounts.h"
#include "derive/rule.h"

namespace sandfit::derive {

struct WritablePath {
    std::string path;
    bool is_file = false;
    /// It may be missing when the unit starts, which would make the start fail (226/NAMESPACE): write "-" before it.
    bool may_be_missing = false;
    std::set<std::size_t> facts;  ///< indexes into Profile::facts: what needs it
};

struct WritablePlan {
    std::vector<WritablePath> paths;  ///< sorted, none below another
    std::string impossible;           ///< why no set of paths would do, as a sentence; "" when `paths` will
    std::set<std::size_t> impossible_because;
    std::vector<std::string> caveats;
};

/// The paths to open so that every write of the profile works under `table`, which holds what is open already.
WritablePlan plan_writable_paths(const Situation& situation, const MountTable& table);

/// True for directories that other services share, so that opening them opens much more than was needed.
bool is_shared_directory(const std::string& path);

}  // namespace sandfit::derive

#endif
