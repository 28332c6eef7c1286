// `sandfit help [COMMAND]`, and the hidden `sandfit completion`, from which the build makes files.
#include "cli/help.h"

#include <fmt/core.h>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/completion.h"
#include "cli/terminal.h"

namespace sandfit::cli {

Result<ExitCode> help_command(const Arguments& arguments) {
    std::string text;
    if (arguments.operands().empty()) {
        text = help_text();
    } else {
        const VerbSpec* verb = find_verb(arguments.operands().front());
        if (verb == nullptr) {
            return Error{ErrorKind::usage,
                         fmt::format("there is no command '{}'", base::escape_bytes(arguments.operands().front())), 0,
                         "see `sandfit --help`"};
        }
        text = help_text(*verb);
    }
    if (const auto printed = print(text); !printed) return printed.error();
    return ExitCode::done;
}

Result<ExitCode> completion_command(const Arguments& arguments) {
    const std::string& kind = arguments.operands().front();
    std::string text;
    if (kind == "bash") text = bash_completion();
    if (kind == "zsh") text = zsh_completion();
    if (kind == "fish") text = fish_completion();
    if (kind == "man") text = man_sections();
    if (text.empty()) {
        return Error{ErrorKind::usage, fmt::format("'{}' is none of bash, zsh, fish, man", base::escape_bytes(kind)),
                     0, ""};
    }
    if (const auto printed = print(text); !printed) return printed.error();
    return ExitCode::done;
}

}  // namespace sandfit::cli
