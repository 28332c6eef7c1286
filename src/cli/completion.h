// Shell completions and the man page's list of commands, from the table of options.
#ifndef SANDFIT_CLI_COMPLETION_H
#define SANDFIT_CLI_COMPLETION_H

#include <string>

namespace sandfit::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

/// The sections COMMANDS and EXIT STATUS of sandfit(1), in scdoc's markup.
std::string man_sections();

}  // namespace sandfit::cli

#endif
