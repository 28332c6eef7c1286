// The files of a service below a root directory: its fragment and its drop-ins, found as systemd finds them
// (unit-file.c, dropin.c, systemd.unit(5)). Nothing is followed out of the root.
#ifndef SANDFIT_SYSTEMD_UNIT_FINDER_H
#define SANDFIT_SYSTEMD_UNIT_FINDER_H

#include <sandfit/result.h>

#include <string>
#include <vector>

#include "base/root.h"

namespace sandfit::systemd {

struct FoundUnit {
    std::string id;                     ///< its own name, when it was asked for by an alias
    std::vector<std::string> names;     ///< `id`, and then its aliases
    std::string fragment;               ///< paths below the root
    std::vector<std::string> drop_ins;  ///< in the order in which they apply; masks among them
};

/// `unit` is a full name, of a service or an instance. An error when there is none, when it is masked, and
/// where a directory cannot be read.
Result<FoundUnit> find_unit(const base::Root& root, const std::string& unit);

/// True for what stands for "nothing": an empty file, or a link to /dev/null, which need not be below the root.
bool is_mask(const base::Root& root, const std::string& path);

}  // namespace sandfit::systemd

#endif
