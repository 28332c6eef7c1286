// A service's settings from the text of its files, without a running systemd: in the words in which property.h keeps
// those of a running one, with systemd's defaults for what is not set, and with what it makes one setting imply for
// another. Pure.
#ifndef SANDFIT_SYSTEMD_UNIT_SETTINGS_H
#define SANDFIT_SYSTEMD_UNIT_SETTINGS_H

#include <sandfit/host.h>
#include <sandfit/result.h>
#include <sandfit/unit.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "systemd/unit_specifiers.h"

namespace sandfit::systemd {

struct UnitFile {
    std::string name;  ///< for messages: the path
    std::string text;
};

struct FileSettings {
    /// Not in it: what depends on the host or on the manager's own configuration (Limit*= and others, where no file
    /// sets them), and what the files set in a way that cannot be read here. An item with a specifier that only the
    /// host can fill in ("%m") is there as it stands.
    UnitSettings settings;
    std::map<std::string, std::string> not_known;  ///< settings of the files, and why: the end of a sentence
    std::vector<std::string> ignored;  ///< "FILE:LINE: ...": what systemd warns of and passes over
};

/// `files` are the fragment and then the drop-ins, in the order in which they apply. `unit` is its own name, not an
/// alias. `host` says what its systemd reads: version, system calls, features.
/// ErrorKind::bad_input as "FILE:LINE: ..." where systemd would refuse the unit.
Result<FileSettings> settings_of_files(std::span<const UnitFile> files, const UnitNameParts& unit, const Host& host);

}  // namespace sandfit::systemd

#endif
