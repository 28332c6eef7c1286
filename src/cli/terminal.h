// What goes to people: results on standard output, everything else on standard error.
#ifndef SANDFIT_CLI_TERMINAL_H
#define SANDFIT_CLI_TERMINAL_H

#include <sandfit/result.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::cli {

enum class Stream { out, err };

bool is_terminal(Stream stream);

/// Colours are for terminals that can show them, unless NO_COLOR is set (https://no-color.org).
bool wants_colours(Stream stream);

/// Columns of the terminal; 100 where it is none, or does not tell.
std::size_t columns_of(Stream stream);

/// Writes all of `text` to standard output. Text that came from an observed program must have gone
/// through base::escape_bytes() or a renderer.
Result<void> print(std::string_view text);

/// One line on standard error. A standard error that is gone is no reason to fail.
void tell(std::string_view line);

/// Sentences about a result that the user should know, a line each.
void tell_notes(const std::vector<std::string>& notes);

/// Text in which some parts went through base::escape_bytes() and others may not have (an error's words):
/// no byte of it can move the cursor or end the line, and what was escaped already is not escaped twice.
std::string printable(std::string_view text);

/// "sandfit: WHAT: REASON" and, where there is one, "  hint" on standard error.
void print_error(const Error& error);

/// The two lines of print_error(), without colours.
std::string format_error(const Error& error);

}  // namespace sandfit::cli

#endif
