// What a unit does and its settings refuse, for people and for programs.
#ifndef SANDFIT_RENDER_CONTRADICTIONS_H
#define SANDFIT_RENDER_CONTRADICTIONS_H

#include <sandfit/audit.h>
#include <sandfit/profile.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "render/text.h"

namespace sandfit::render {

/// "ProtectHome=yes refuses", and below it what: at most `options.max_because` facts of each directive, 0 for all.
/// `profile` is what the indexes point into.
std::string contradictions_text(const std::vector<Contradiction>& contradictions, const Profile& profile,
                                const TextOptions& options);

/// [{"directive": ..., "present": [...], "facts": [{"fact": index, "text": ..., "evidence": ...}...]}...]
nlohmann::ordered_json contradictions_json(const std::vector<Contradiction>& contradictions, const Profile& profile);

}  // namespace sandfit::render

#endif
