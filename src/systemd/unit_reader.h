// A service as its files say it is, for where no systemd runs it: below the root of an image, or in files that a user
// names.
#ifndef SANDFIT_SYSTEMD_UNIT_READER_H
#define SANDFIT_SYSTEMD_UNIT_READER_H

#include <sandfit/host.h>
#include <sandfit/result.h>

#include <string>
#include <vector>

#include "systemd/unit_settings.h"

namespace sandfit::systemd {

struct UnitOfFiles {
    std::string id;  ///< its own name, when it was asked for by an alias
    FileSettings files;
};

/// The unit below the directory `root`, with all its drop-ins. `unit` is a full name. An error says in one line which
/// file it is about.
Result<UnitOfFiles> read_unit_below(const std::string& root, const std::string& unit, const Host& host);

/// The unit of these files: the fragment first, then drop-ins in the order in which they apply.
Result<UnitOfFiles> read_unit_of(const std::vector<std::string>& paths, const std::string& unit, const Host& host);

/// `recorded`, a unit's settings as systemd reported them, with all replaced that its files tell. What depends on the
/// host and what is told of other units (TriggeredBy) stays.
UnitSettings with_settings_of_files(const UnitSettings& recorded, const FileSettings& files);

}  // namespace sandfit::systemd

#endif
