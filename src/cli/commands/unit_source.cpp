#include "cli/commands/unit_source.h"

#include <fmt/core.h>

#include "systemd/unit_name.h"

namespace sandfit::cli {

bool names_unit_files(const Arguments& arguments) {
    return arguments.has("root") || arguments.has("unit-file");
}

Result<systemd::UnitOfFiles> unit_of_files(const Arguments& arguments, const std::string& operand, const Host& host) {
    if (arguments.has("root") && arguments.has("unit-file")) {
        return Error{ErrorKind::usage, "--root and --unit-file exclude each other", 0,
                     fmt::format("see `sandfit {} --help`", arguments.verb().name)};
    }
    const auto name = systemd::service_name(operand);
    if (!name) return name.error();
    if (const auto root = arguments.value("root")) return systemd::read_unit_below(*root, *name, host);
    return systemd::read_unit_of(arguments.values("unit-file"), *name, host);
}

std::vector<std::string> notes_on(const systemd::FileSettings& files) {
    std::vector<std::string> notes;
    for (const auto& [name, why] : files.not_known) {
        notes.push_back(fmt::format("{}= is not known from the unit's files: {}", name, why));
    }
    for (const auto& line : files.ignored) notes.push_back("systemd passes over " + line);
    return notes;
}

}  // namespace sandfit::cli
