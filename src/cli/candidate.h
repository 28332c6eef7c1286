// A drop-in that is to be tried or applied: read from a file, or derived from a profile.
#ifndef SANDFIT_CLI_CANDIDATE_H
#define SANDFIT_CLI_CANDIDATE_H

#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/result.h>
#include <sandfit/suggestion.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derive/derive.h"
#include "systemd/service_manager.h"
#include "systemd/unit_file.h"

namespace sandfit::cli {

struct Candidate {
    std::string text;
    std::vector<systemd::Assignment> assignments;  ///< what `text` says
    std::optional<Profile> profile;                ///< from which it was derived
    std::vector<Suggestion> suggestions;           ///< empty for a drop-in that was given
    Tightness tightness = Tightness::balanced;     ///< of the suggestions
    std::vector<std::string> notes;                ///< what the user should know; sentences
};

/// A file that begins with "{" is a profile, and must be one of `unit`; any other a drop-in. A profile is derived for
/// the unit with the settings that it has now.
Result<Candidate> read_candidate(const std::string& path, const systemd::UnitState& unit, const Host& host,
                                 Tightness tightness);

/// The drop-in that `profile` gives for a unit with these settings; without the directives that are withdrawn.
Result<Candidate> derived_candidate(Profile profile, const UnitSettings& settings, const Host& host,
                                    Tightness tightness, const derive::Withdrawn& withdrawn = {});

/// Takes only what a sandbox is made of: settings of [Service], none that says what is run. `name` is for messages.
Result<Candidate> given_candidate(std::string text, std::string_view name, const Host& host);

}  // namespace sandfit::cli

#endif
