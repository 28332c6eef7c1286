// A small reader of unit files, written apart from the code under test and after systemd's conf-parser.c and
// extract-word.c: what systemd would make of a drop-in.
#ifndef SANDFIT_TESTS_UNIT_RENDER_UNIT_FILE_H
#define SANDFIT_TESTS_UNIT_RENDER_UNIT_FILE_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unit_file {

struct Assignment {
    std::string section;
    std::string name;
    std::string value;
};

/// None where systemd would refuse the file, or where a line ends in a continuation.
std::optional<std::vector<Assignment>> read(std::string_view text);

/// The items of a list of paths, unquoted and with specifiers resolved; none where systemd would refuse it.
std::optional<std::vector<std::string>> paths(std::string_view value);

}  // namespace unit_file

#endif
