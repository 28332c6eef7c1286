// What a sandbox refused, for people and for programs.
#ifndef SANDFIT_RENDER_DENIALS_H
#define SANDFIT_RENDER_DENIALS_H

#include <sandfit/denial.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "render/text.h"

namespace sandfit::render {

/// One table: what was refused and to whom, how often, with which errno, by which directive, and what would allow it.
/// Of `options` the colour and the columns count. One line that says so when there are none.
std::string denials_text(const std::vector<Denial>& denials, const TextOptions& options);

/// What allows it, in the words of a drop-in: "ReadWritePaths=/srv/a", "SystemCallFilter= without ~mount",
/// "leave out PrivateTmp=". One line, escaped.
std::string remedy_text(const Remedy& remedy);

/// An array, to stand in a command's document:
///
///     [{"kind": "refused"|"killed"|"altered", "error": "EROFS" | null, "text": what was wanted, "count": n,
///       "executables": [path...], "syscalls": [name...],
///       "by": [{"directive": ..., "value": [...],
///               "allow": {"how": "add"|"set"|"leave_out", "directive": ..., "items": [...], "text": ...}}...]}...]
///
/// Strings that may hold raw bytes are escaped by base::escape_bytes().
nlohmann::ordered_json denials_json(const std::vector<Denial>& denials);

/// Causes of a failed start, as in "by" above.
nlohmann::ordered_json causes_json(const std::vector<DenialCause>& causes);

}  // namespace sandfit::render

#endif
