#include "cli/main.h"

#include <fmt/core.h>

#include <array>
#include <cassert>
#include <exception>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/exit_status.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/parse.h"
#include "cli/terminal.h"

namespace sandfit::cli {
namespace {

using Command = Result<ExitCode> (*)(const Arguments&);

constexpr std::array<std::pair<std::string_view, Command>, 13> kCommands{{
    {"observe", observe_command},
    {"run", run_command_in_cgroup},
    {"show", show_command},
    {"suggest", suggest_command},
    {"audit", audit_command},
    {"apply", apply_command},
    {"verify", verify_command},
    {"harden", harden_command},
    {"rollback", rollback_command},
    {"merge", merge_command},
    {"doctor", doctor_command},
    {"help", help_command},
    {"completion", completion_command},
}};

Command command_of(const VerbSpec& verb) {
    for (const auto& [name, command] : kCommands) {
        if (name == verb.name) return command;
    }
    assert(false && "a verb of the table has no command");
    return nullptr;
}

Result<ExitCode> print_and_be_done(const std::string& text) {
    if (const auto printed = print(text); !printed) return printed.error();
    return ExitCode::done;
}

Result<ExitCode> dispatch(const std::vector<std::string>& words) {
    if (words.empty()) return Error{ErrorKind::usage, "a command is missing", 0, "see `sandfit --help`"};
    const std::string& first = words.front();
    if (first == "--help" || first == "-h") return print_and_be_done(help_text());
    if (first == "--version") return print_and_be_done(fmt::format("sandfit {}\n", SANDFIT_VERSION));
    const VerbSpec* verb = find_verb(first);
    if (verb == nullptr) {
        const bool is_option = first.starts_with('-');
        return Error{ErrorKind::usage,
                     fmt::format("there is no {} '{}'", is_option ? "option" : "command", base::escape_bytes(first)),
                     0, "see `sandfit --help`"};
    }
    const auto arguments = parse(*verb, {words.begin() + 1, words.end()});
    if (!arguments) return arguments.error();
    if (arguments->has("help")) return print_and_be_done(help_text(*verb));
    return command_of(*verb)(*arguments);
}

Result<ExitCode> dispatch_or_give_up(const std::vector<std::string>& words) {
    // No library of ours throws; the standard library does when memory runs out.
    try {
        return dispatch(words);
    } catch (const std::exception& error) {
        return Error{ErrorKind::failed, fmt::format("giving up: {}", error.what()), 0, ""};
    }
}

}  // namespace

int main(const std::vector<std::string>& words) {
    const auto done = dispatch_or_give_up(words);
    if (done) return static_cast<int>(*done);
    print_error(done.error());
    return static_cast<int>(exit_code_of(done.error().kind));
}

}  // namespace sandfit::cli
