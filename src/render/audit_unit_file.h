// A unit's settings as a unit file that is only to be scored: it holds what decides the score and starts nothing.
#ifndef SANDFIT_RENDER_AUDIT_UNIT_FILE_H
#define SANDFIT_RENDER_AUDIT_UNIT_FILE_H

#include <sandfit/suggestion.h>
#include <sandfit/unit.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::render {

struct AuditUnitFile {
    std::string text;
    /// One sentence for each setting that could not be written, as "left out of the score: ...": the score is then
    /// that of a unit without it.
    std::vector<std::string> left_out;
};

/// Those of `settings` that `names` lists, and after them what the suggestions set. systemd reads list by list as it
/// would from the unit and its drop-in.
AuditUnitFile audit_unit_file(const UnitSettings& settings, std::span<const std::string_view> names,
                              const std::vector<Suggestion>& suggestions);

}  // namespace sandfit::render

#endif
