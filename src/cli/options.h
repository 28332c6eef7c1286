// The command line as data: every verb, its options and operands, its words of help.
//
// This table is the one source of the parser, of `--help`, of the shell completions and of the
// man page's COMMANDS section. An option that is not here does not exist.
#ifndef SANDFIT_CLI_OPTIONS_H
#define SANDFIT_CLI_OPTIONS_H

#include <sandfit/exit_code.h>

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace sandfit::cli {

/// What an option's value or an operand is: how it is checked, and how a shell completes it.
enum class ValueKind {
    none,      ///< a flag
    choice,    ///< one of OptionSpec::choices
    duration,  ///< "90s", "10m", "1h"
    number,    ///< a positive whole number
    exposure,  ///< systemd's score: 0 to 10, with at most one decimal
    shell,     ///< a command line for /bin/sh
    path,      ///< a file, or a directory, to be written
    profile,   ///< a profile (or a unit's file), to be read
    directory,
    unit,      ///< a systemd unit
    unit_or_profile,
    command,  ///< a program with its arguments: everything from here on
    verb,     ///< one of our own commands
};

struct OptionSpec {
    std::string_view name;  ///< without the dashes
    char letter = 0;        ///< its short form, or 0
    ValueKind value = ValueKind::none;
    std::string_view metavar;  ///< "TIME"; empty for a flag
    std::string_view help;     ///< starts with a capital, has no full stop
    std::vector<std::string_view> choices;
    bool hidden = false;      ///< parsed, but neither shown nor completed
    bool repeatable = false;  ///< each adds to those before; of the others the last counts
};

struct Example {
    std::string_view command;
    std::string_view what;
};

struct VerbSpec {
    std::string_view name;
    std::string_view operands;     ///< as in the usage line: "UNIT..."
    std::string_view summary;      ///< one line, no full stop
    std::string_view description;  ///< paragraphs, separated by an empty line
    ValueKind operand = ValueKind::none;
    std::size_t min_operands = 0;
    std::size_t max_operands = 0;
    std::vector<OptionSpec> options;
    std::vector<Example> examples;
    bool hidden = false;
};

inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

/// All verbs, in the order in which help names them.
std::span<const VerbSpec> verbs();

/// Null when there is no such verb.
const VerbSpec* find_verb(std::string_view name);

/// Null when the verb has no such option.
const OptionSpec* find_option(const VerbSpec& verb, std::string_view name);

struct ExitStatusSpec {
    ExitCode code;
    std::string_view meaning;
};

/// The exit statuses, for help and the man page.
std::span<const ExitStatusSpec> exit_statuses();

}  // namespace sandfit::cli

#endif
