// From hostile text to a JSON document of bounded size: all that can be wrong before a field is looked at.
#ifndef SANDFIT_PROFILE_JSON_PARSE_H
#define SANDFIT_PROFILE_JSON_PARSE_H

#include <sandfit/result.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sandfit::profile {

/// A profile nests 6 deep. Enough for any later schema, and far from what a recursion would feel.
inline constexpr std::size_t kMaxDepth = 32;

/// Values in one file; each costs about 100 bytes of memory while it is read. The largest recordings (see store.h)
/// have 2 million.
inline constexpr std::size_t kMaxValues = 4u << 20;

/// Parses `text`. Refuses what is no JSON (with line and column), what nests deeper than kMaxDepth or holds more than
/// `max_values`, a name that stands twice in one object, and a number that no type can hold (with their place).
/// Messages do not name the file. Throws nothing.
Result<nlohmann::json> parse_json(std::string_view text, std::size_t max_values = kMaxValues);

/// Text of a file, for a message: escaped, quoted, and cut when long.
std::string shown(std::string_view text);

/// The same of a path in the document: "" with "facts" is "facts", "facts" with "a b" is `facts["a b"]`.
std::string place_of_member(std::string_view place, std::string_view name);

}  // namespace sandfit::profile

#endif
