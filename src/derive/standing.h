// The settings that a unit has, told as the suggestions that would have made them: so that the rules' `denies` can be
// asked about what is in force, whoever wrote it.
#ifndef SANDFIT_DERIVE_STANDING_H
#define SANDFIT_DERIVE_STANDING_H

#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/suggestion.h>
#include <sandfit/unit.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::derive {

/// Directives that have rules, and whose present values refuse nothing by themselves.
bool refuses_nothing(std::string_view directive);

/// The words by which a directive decides; none where it restricts nothing, however systemd says so. Of all lists,
/// only the bounding set restricts when it is empty.
std::optional<std::vector<std::string>> deciding_words(const UnitSettings& settings, const std::string& directive);

/// The value that stands, as a suggestion for what `profile` has seen: a deny-list becomes the list of what it allows
/// of that. None when the directive restricts nothing.
std::optional<Suggestion> standing_suggestion(const std::string& directive, const Profile& profile,
                                              const UnitSettings& present, const Host& host);

}  // namespace sandfit::derive

#endif
