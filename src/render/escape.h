// systemd's unit-file syntax: the one place where it is escaped.
//
// Whatever the observed program named its files, a value stays one value on its own line, and a comment stays a
// comment. What cannot be written safely is refused, never approximated.
#ifndef SANDFIT_RENDER_ESCAPE_H
#define SANDFIT_RENDER_ESCAPE_H

#include <sandfit/result.h>
#include <sandfit/suggestion.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::render {

/// Where comments and lists are wrapped.
inline constexpr std::size_t kDropInColumns = 100;

/// One item of a value as a drop-in has it. Paths: "%" doubled, and quoted where they hold anything unusual.
/// ErrorKind::bad_input, with the reason, for a path that a unit file cannot name (base::why_not_in_unit_file) and
/// for a word of other characters than [A-Za-z0-9_@~:.#+/-].
Result<std::string> drop_in_value(ValueForm form, std::string_view item);

/// True for what can stand in front of "=": letters and digits.
bool is_directive_name(std::string_view name);

/// Text, raw bytes and all, as comment lines "# ..." of about kDropInColumns, without their newlines. Words are
/// never broken; the second and later lines are indented by `indent` blanks more.
std::vector<std::string> comment(std::string_view text, std::size_t indent = 0);

/// Text that is escaped already, broken at blanks into lines of at most `columns`; a longer word is a line of its
/// own. No line begins or ends with a blank, and none is empty.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// Adds lines of at most `columns`, each after `indent` blanks; the later ones after `hang` more.
void add_wrapped(std::string& out, std::string_view text, std::size_t indent, std::size_t hang, std::size_t columns);

/// How many columns a terminal shows `text` in, taking each code point for one.
std::size_t columns_of(std::string_view text);

}  // namespace sandfit::render

#endif
