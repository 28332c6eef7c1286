// A profile as JSON text and back. docs/PROFILE_FORMAT.md describes the format.
#ifndef SANDFIT_PROFILE_JSON_H
#define SANDFIT_PROFILE_JSON_H

#include <sandfit/profile.h>
#include <sandfit/result.h>

#include <string>
#include <string_view>

namespace sandfit::profile {

/// The profile in the newest schema: valid UTF-8, one fact a line, ends with a newline. Equal profiles give equal
/// text.
std::string to_json(const Profile& profile);

/// Reads a profile of any schema so far. Takes nothing on trust: anything that a profile of that schema cannot hold
/// is one ErrorKind::bad_input that begins with `name_for_messages` and the place, either as a path
/// ("nginx.json: facts.files[12].evidence.count: expected ...") or, where it is no JSON at all, as line and column.
Result<Profile> from_json(std::string_view text, const std::string& name_for_messages);

}  // namespace sandfit::profile

#endif
