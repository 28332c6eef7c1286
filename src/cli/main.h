// The whole command, but for main() itself, so that tests can call it.
#ifndef SANDFIT_CLI_MAIN_H
#define SANDFIT_CLI_MAIN_H

#include <string>
#include <vector>

namespace sandfit::cli {

/// Runs the command line `words` (without the program's name), prints what went wrong, and gives the exit status.
int main(const std::vector<std::string>& words);

}  // namespace sandfit::cli

#endif
