// An audit for people and for programs.
#ifndef SANDFIT_RENDER_AUDIT_H
#define SANDFIT_RENDER_AUDIT_H

#include <sandfit/audit.h>
#include <sandfit/profile.h>
#include <sandfit/unit.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "render/text.h"

namespace sandfit::render {

/// "9.6"
std::string exposure_text(Exposure exposure);

/// 9.6, or null.
nlohmann::ordered_json exposure_json(const std::optional<Exposure>& exposure);

/// The scores; a table with one line a directive (its value now, what is suggested or why nothing is, the points that
/// it costs now and after); then what the unit may do and never did, what it does and may not. `settings` are the
/// unit's as they stand; `profile` is what the indexes of the audit point into, empty without one.
std::string audit_text(const Audit& audit, const Profile& profile, const UnitSettings& settings,
                       const TextOptions& options);

/// Fields are only added to a schema; any other change makes a new one.
inline constexpr int kAuditSchema = 1;

/// The same as one JSON object that ends with a newline:
///
///     {"schema": 1, "unit": ..., "tool_version": ..., "tightness": ... | null, "threshold": 5.0 | null,
///      "exposure": {"now": 9.6, "rating_now": "UNSAFE", "after": 2.2 | null, "rating_after": ... | null},
///      "above_threshold": bool, "gaps": [sentence...], "notes": [sentence...],
///      "items": [
///        {"item": systemd's json_field, "name": ..., "directive": ... | null, "present": [...] | null,
///         "verdict": "suggest"|"keep"|"abstain" | null, "lines": [assignment as in a drop-in...], "reason": ...,
///         "now": {"set": bool | null, "exposure": 0.2, "description": ...}, "after": the same | null}...],
///      "never_did": [id of an item that the suggestions close...],
///      "would_break": [{"directive": ..., "present": [...],
///        "facts": [{"fact": index, "text": ..., "evidence": ...}...]}...],
///      "drift": {"is_outgrown": bool, "new_facts": [{"fact": index, "text": ..., "evidence": ...,
///        "outgrown": [directive...]}...], "stale": [{"directive": ..., "items": [...]}...]} | null}
///
/// Members with "| null" are null without a profile, or where nothing is known. Strings that may hold raw bytes are
/// escaped by base::escape_bytes().
std::string audit_json(const Audit& audit, const Profile& profile, const UnitSettings& settings,
                       std::string_view tool_version);

/// True for an item that costs fewer points with what is suggested: the unit may do it, and never did.
bool is_closed(const AuditItem& item);

}  // namespace sandfit::render

#endif
