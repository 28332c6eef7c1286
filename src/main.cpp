// The program. Everything is in src/cli.
#include "cli/main.h"

#include <string>
#include <vector>

int main(int argc, char** argv) {
    return sandfit::cli::main(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
