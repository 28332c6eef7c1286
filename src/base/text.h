// Raw bytes as printable text and back; small helpers on strings.
#ifndef SANDFIT_BASE_TEXT_H
#define SANDFIT_BASE_TEXT_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::base {

/// Bytes as one line of valid, printable UTF-8: a backslash becomes "\\", control characters and
/// bytes that are no valid UTF-8 become "\xNN", and so do the code points that terminals and
/// editors act on invisibly (C1 controls, bidirectional overrides, line and paragraph separators).
/// Reversible by unescape_bytes(). What is printed to a terminal or into JSON goes through this.
std::string escape_bytes(std::string_view bytes);

/// The reverse. None when a backslash is followed by anything else than `\` or `xNN`.
std::optional<std::string> unescape_bytes(std::string_view text);

/// The byte that "\xNN" at the beginning of `text` stands for; none when it begins otherwise.
std::optional<char> escaped_byte(std::string_view text);

/// True when `bytes` is well-formed UTF-8.
bool is_utf8(std::string_view bytes);

/// What systemd calls valid UTF-8: well-formed, and without noncharacters (U+FDD0 to U+FDEF, and the last two code
/// points of every plane).
bool is_clean_utf8(std::string_view bytes);

std::vector<std::string> split(std::string_view text, char separator);
std::string join_with(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);

/// "1 file", "3 files".
std::string count_of(std::size_t n, std::string_view singular, std::string_view plural);

}  // namespace sandfit::base

#endif
