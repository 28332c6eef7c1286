// Suggestions as JSON, for other programs.
#ifndef SANDFIT_RENDER_JSON_H
#define SANDFIT_RENDER_JSON_H

#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <string>
#include <vector>

namespace sandfit::render {

/// Fields are only added to a schema; any other change makes a new one.
inline constexpr int kSuggestionsSchema = 1;

/// All suggestions, whatever their verdict, as one JSON object that ends with a newline:
///
///     {"schema": 1, "unit": ..., "tool_version": ..., "tightness": "balanced",
///      "gaps": [sentence...], "suggestions": [
///        {"directive": ..., "verdict": "suggest"|"keep"|"abstain", "form": "word"|"words"|"paths",
///         "items": [...], "reset_first": bool, "lines": [assignment as in a drop-in...],
///         "reason": ..., "caveats": [...], "because": [{"fact": index, "text": ..., "evidence": ...}...]}...]}
///
/// Strings that may hold raw bytes (unit, items, reason, caveats) are escaped by base::escape_bytes(); "lines" are
/// in the syntax of unit files.
std::string to_json(const Profile& profile, const std::vector<Suggestion>& suggestions, Tightness tightness,
                    const std::string& tool_version);

}  // namespace sandfit::render

#endif
