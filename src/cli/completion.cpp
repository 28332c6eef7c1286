#include "cli/completion.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace sandfit::cli {
namespace {

/// Lists the services of the host, for all three shells.
constexpr std::string_view kListUnits =
    "systemctl list-units --all --type=service --plain --no-legend 2>/dev/null | cut -d' ' -f1";

std::vector<const VerbSpec*> shown_verbs() {
    std::vector<const VerbSpec*> shown;
    for (const VerbSpec& verb : verbs()) {
        if (!verb.hidden) shown.push_back(&verb);
    }
    return shown;
}

std::vector<const OptionSpec*> shown_options(const VerbSpec& verb) {
    std::vector<const OptionSpec*> shown;
    for (const OptionSpec& option : verb.options) {
        if (!option.hidden) shown.push_back(&option);
    }
    return shown;
}

std::string verb_names() {
    std::vector<std::string_view> names;
    for (const VerbSpec* verb : shown_verbs()) names.push_back(verb->name);
    return fmt::format("{}", fmt::join(names, " "));
}

/// The text between single quotes of a POSIX shell.
std::string in_single_quotes(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\'') {
            result += "'\\''";
        } else {
            result += c;
        }
    }
    return result;
}

// ---- bash

std::string bash_values(ValueKind kind, const std::vector<std::string_view>& choices) {
    switch (kind) {
        case ValueKind::choice:
            return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\"))", fmt::join(choices, " "));
        case ValueKind::unit:
            return fmt::format("COMPREPLY=($(compgen -W \"$({})\" -- \"$current\"))", kListUnits);
        case ValueKind::unit_or_profile:
            return fmt::format("compopt -o filenames; COMPREPLY=($(compgen -f -W \"$({})\" -- \"$current\"))",
                               kListUnits);
        case ValueKind::path:
        case ValueKind::profile:
            return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))";
        case ValueKind::directory:
            return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"))";
        case ValueKind::command:
            return "COMPREPLY=($(compgen -c -f -- \"$current\"))";
        case ValueKind::shell:
            return "COMPREPLY=($(compgen -c -f -- \"$current\"))";
        case ValueKind::verb:
            return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\"))", verb_names());
        case ValueKind::none:
        case ValueKind::duration:
        case ValueKind::number:
        case ValueKind::exposure:
            break;
    }
    return "COMPREPLY=()";
}

std::string bash_patterns(const OptionSpec& option) {
    return option.letter != 0 ? fmt::format("-{}|--{}", option.letter, option.name)
                              : fmt::format("--{}", option.name);
}

// ---- zsh

std::string zsh_action(ValueKind kind, const std::vector<std::string_view>& choices) {
    switch (kind) {
        case ValueKind::choice:
            return fmt::format("({})", fmt::join(choices, " "));
        case ValueKind::unit:
            return "_sandfit_units";
        case ValueKind::unit_or_profile:
            return "{_sandfit_units; _files}";
        case ValueKind::path:
        case ValueKind::profile:
            return "_files";
        case ValueKind::directory:
            return "_files -/";
        case ValueKind::command:
            return "_normal";
        case ValueKind::shell:
            return "_cmdstring";
        case ValueKind::verb:
            return fmt::format("({})", verb_names());
        case ValueKind::none:
        case ValueKind::duration:
        case ValueKind::number:
        case ValueKind::exposure:
            break;
    }
    return " ";
}

/// Inside of an _arguments specification, brackets and colons have a meaning.
std::string zsh_words(std::string_view text) {
    std::string result;
    for (const char c : in_single_quotes(text)) {
        if (c == '[' || c == ']' || c == ':') result += '\\';
        result += c;
    }
    return result;
}

std::string zsh_option(const OptionSpec& option) {
    const std::string value = option.value == ValueKind::none ? ""
                                                              : fmt::format(":{}:{}", zsh_words(option.metavar),
                                                                            zsh_action(option.value, option.choices));
    const std::string words = fmt::format("[{}]{}", zsh_words(option.help), value);
    const bool takes = option.value != ValueKind::none;
    std::string text = fmt::format("                '{}--{}{}{}' \\\n", option.repeatable ? "*" : "", option.name,
                                   takes ? "=" : "", words);
    if (option.letter != 0)
        text += fmt::format("                '-{}{}{}' \\\n", option.letter, takes ? "+" : "", words);
    return text;
}

// ---- fish

std::string fish_action(ValueKind kind, const std::vector<std::string_view>& choices) {
    switch (kind) {
        case ValueKind::choice:
            return fmt::format(" -x -a '{}'", fmt::join(choices, " "));
        case ValueKind::unit:
            return fmt::format(" -x -a '({})'", "__sandfit_units");
        case ValueKind::unit_or_profile:
            return fmt::format(" -r -F -a '({})'", "__sandfit_units");
        case ValueKind::path:
        case ValueKind::profile:
            return " -r -F";
        case ValueKind::directory:
            return " -x -a '(__fish_complete_directories)'";
        case ValueKind::command:
        case ValueKind::shell:
            return " -x -a '(__fish_complete_command)'";
        case ValueKind::verb:
            return fmt::format(" -x -a '{}'", verb_names());
        case ValueKind::duration:
        case ValueKind::number:
        case ValueKind::exposure:
            return " -x";
        case ValueKind::none:
            break;
    }
    return "";
}

/// In fish's single quotes a backslash escapes itself and the quote.
std::string fish_words(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\'' || c == '\\') result += '\\';
        result += c;
    }
    return result;
}

// ---- scdoc

/// What scdoc would take for markup.
std::string man_words(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '*' || c == '_' || c == '\\' || c == '#' || c == '[' || c == '|' || c == '`' || c == '<')
            result += '\\';
        result += c;
    }
    return result;
}

std::string man_option(const OptionSpec& option) {
    std::string text = option.letter != 0 ? fmt::format("*-{}*, *--{}*", option.letter, option.name)
                                          : fmt::format("*--{}*", option.name);
    if (!option.metavar.empty()) text += fmt::format(" _{}_", option.metavar);
    text += fmt::format("\n\t{}", man_words(option.help));
    const bool named = std::ranges::all_of(
        option.choices, [&](std::string_view choice) { return option.help.find(choice) != std::string_view::npos; });
    if (!named) text += fmt::format(" ({})", fmt::join(option.choices, ", "));
    return text + ".\n\n";
}

}  // namespace

std::string bash_completion() {
    std::string text = fmt::format(
        "# bash completion for sandfit, made by `sandfit completion bash`\n"
        "_sandfit() {{\n"
        "    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} "
        "verb=${{COMP_WORDS[1]}}\n"
        "    COMPREPLY=()\n"
        "    if ((COMP_CWORD == 1)); then\n"
        "        COMPREPLY=($(compgen -W '{} --help --version' -- \"$current\"))\n"
        "        return\n"
        "    fi\n"
        "    case $verb in\n",
        verb_names());
    for (const VerbSpec* verb : shown_verbs()) {
        std::vector<std::string> names;
        std::string values;
        for (const OptionSpec* option : shown_options(*verb)) {
            names.push_back(fmt::format("--{}", option->name));
            if (option->value == ValueKind::none) continue;
            values += fmt::format("                {}) {}; return ;;\n", bash_patterns(*option),
                                  bash_values(option->value, option->choices));
        }
        text += fmt::format("        {})\n", verb->name);
        if (!values.empty()) text += "            case $previous in\n" + values + "            esac\n";
        text += fmt::format(
            "            if [[ $current == -* ]]; then\n"
            "                COMPREPLY=($(compgen -W '{}' -- \"$current\"))\n"
            "            else\n"
            "                {}\n"
            "            fi\n"
            "            ;;\n",
            fmt::join(names, " "), bash_values(verb->operand, {}));
    }
    return text + "    esac\n}\ncomplete -F _sandfit sandfit\n";
}

std::string zsh_completion() {
    std::string text = fmt::format(
        "#compdef sandfit\n"
        "# zsh completion for sandfit, made by `sandfit completion zsh`\n"
        "_sandfit_units() {{\n"
        "    local -a units\n"
        "    units=(${{(f)\"$({})\"}})\n"
        "    compadd -a units\n"
        "}}\n"
        "_sandfit() {{\n"
        "    local -a verbs\n"
        "    verbs=(\n",
        kListUnits);
    for (const VerbSpec* verb : shown_verbs()) {
        text += fmt::format("        '{}:{}'\n", verb->name, zsh_words(verb->summary));
    }
    text +=
        "    )\n"
        "    if ((CURRENT == 2)); then\n"
        "        _describe -t commands command verbs\n"
        "        return\n"
        "    fi\n"
        "    local verb=$words[2]\n"
        "    shift words\n"
        "    ((CURRENT--))\n"
        "    case $verb in\n";
    for (const VerbSpec* verb : shown_verbs()) {
        text += fmt::format("        {})\n            _arguments -S \\\n", verb->name);
        for (const OptionSpec* option : shown_options(*verb)) text += zsh_option(*option);
        if (verb->operand == ValueKind::command) {
            text += "                '(-)1:command:_command_names -e' '*::argument:_normal'\n";
        } else if (verb->operand == ValueKind::none) {
            text += "                ''\n";
        } else {
            const std::string_view each = verb->max_operands == 1 ? "1" : "*";
            text += fmt::format("                '{}:{}:{}'\n", each, zsh_words(verb->operands),
                                zsh_action(verb->operand, {}));
        }
        text += "            ;;\n";
    }
    return text + "    esac\n}\n_sandfit \"$@\"\n";
}

std::string fish_completion() {
    std::string text = fmt::format(
        "# fish completion for sandfit, made by `sandfit completion fish`\n"
        "function __sandfit_units\n"
        "    {}\n"
        "end\n"
        "complete -c sandfit -f\n"
        "complete -c sandfit -n __fish_use_subcommand -l version -d 'Show the version'\n"
        "complete -c sandfit -n __fish_use_subcommand -s h -l help -d 'Show help'\n",
        kListUnits);
    for (const VerbSpec* verb : shown_verbs()) {
        text += fmt::format("complete -c sandfit -n __fish_use_subcommand -a {} -d '{}'\n", verb->name,
                            fish_words(verb->summary));
        const std::string condition = fmt::format("-n '__fish_seen_subcommand_from {}'", verb->name);
        for (const OptionSpec* option : shown_options(*verb)) {
            text += fmt::format("complete -c sandfit {}", condition);
            if (option->letter != 0) text += fmt::format(" -s {}", option->letter);
            text += fmt::format(" -l {}{} -d '{}'\n", option->name, fish_action(option->value, option->choices),
                                fish_words(option->help));
        }
        const std::string operands = fish_action(verb->operand, {});
        if (!operands.empty()) text += fmt::format("complete -c sandfit {}{}\n", condition, operands);
    }
    return text;
}

std::string man_sections() {
    std::string text = "# COMMANDS\n\n";
    for (const VerbSpec* verb : shown_verbs()) {
        text += fmt::format("## sandfit {} {}\n\n", verb->name, verb->operands);
        text += fmt::format("{}.\n\n", man_words(verb->summary));
        if (!verb->description.empty()) text += man_words(verb->description) + "\n\n";
        for (const OptionSpec* option : shown_options(*verb)) text += man_option(*option);
        for (const Example& example : verb->examples) {
            text += fmt::format("Example, {}:\n\n```\n{}\n```\n\n", man_words(example.what), example.command);
        }
    }
    text += "# EXIT STATUS\n\n";
    for (const ExitStatusSpec& status : exit_statuses()) {
        text += fmt::format("*{}*\n\t{}.\n\n", static_cast<int>(status.code), status.meaning);
    }
    return text;
}

}  // namespace sandfit::cli
