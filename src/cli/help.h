// The texts of --help, from the table of options.
#ifndef SANDFIT_CLI_HELP_H
#define SANDFIT_CLI_HELP_H

#include <string>

#include "cli/options.h"

namespace sandfit::cli {

/// `sandfit --help`: all verbs, and the exit statuses.
std::string help_text();

/// `sandfit VERB --help`.
std::string help_text(const VerbSpec& verb);

/// "sandfit observe [OPTION]... UNIT..."
std::string usage_line(const VerbSpec& verb);

/// Breaks `text` at blanks into lines of at most `width` columns; every line but the first starts with
/// `indent` blanks. A word that is longer than a line stays whole.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace sandfit::cli

#endif
