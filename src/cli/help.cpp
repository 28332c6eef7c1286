#include "cli/help.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace sandfit::cli {
namespace {

constexpr std::size_t kWidth = 80;
/// Where the words of an option start; options longer than that have them on the next line.
constexpr std::size_t kTextColumn = 28;

std::string option_column(const OptionSpec& option) {
    std::string text = option.letter != 0 ? fmt::format("  -{}, --{}", option.letter, option.name)
                                          : fmt::format("      --{}", option.name);
    if (!option.metavar.empty()) text += fmt::format(" {}", option.metavar);
    return text;
}

std::string row(const std::string& left, std::string_view right) {
    std::string text = left;
    if (left.size() + 2 > kTextColumn) {
        text += '\n';
        text.append(kTextColumn, ' ');
    } else {
        text.append(kTextColumn - left.size(), ' ');
    }
    return text + wrap(right, kWidth - kTextColumn, kTextColumn) + "\n";
}

std::string option_words(const OptionSpec& option) {
    // The words of some options name their choices already, each with its meaning.
    const bool named = std::ranges::all_of(
        option.choices, [&](std::string_view choice) { return option.help.find(choice) != std::string_view::npos; });
    if (named) return std::string(option.help);
    return fmt::format("{} ({})", option.help, fmt::join(option.choices, ", "));
}

}  // namespace

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
    std::string result;
    std::size_t column = 0;
    for (const std::string& word : base::split(text, ' ')) {
        if (column > 0 && column + 1 + word.size() > width) {
            result += '\n';
            result.append(indent, ' ');
            column = 0;
        }
        if (column > 0) {
            result += ' ';
            ++column;
        }
        result += word;
        column += word.size();
    }
    return result;
}

std::string usage_line(const VerbSpec& verb) {
    std::string line = fmt::format("sandfit {}", verb.name);
    if (verb.options.size() > 1) line += " [OPTION]...";
    if (!verb.operands.empty()) line += fmt::format(" {}", verb.operands);
    return line;
}

std::string help_text(const VerbSpec& verb) {
    std::string text = fmt::format("{}.\n\nUsage: {}\n", wrap(verb.summary, kWidth, 0), usage_line(verb));
    if (!verb.description.empty()) {
        text += '\n';
        for (const std::string& paragraph : base::split(verb.description, '\n'))
            text += wrap(paragraph, kWidth, 0) + "\n";
    }
    text += "\nOptions:\n";
    for (const OptionSpec& option : verb.options) {
        if (!option.hidden) text += row(option_column(option), option_words(option));
    }
    if (!verb.examples.empty()) text += "\nExamples:\n";
    for (const Example& example : verb.examples) {
        text += fmt::format("  {}\n      {}\n", example.command, example.what);
    }
    return text;
}

std::string help_text() {
    std::string text =
        "sandfit watches what a systemd service really does, and writes the smallest\n"
        "sandbox that still fits it.\n"
        "\n"
        "Usage: sandfit COMMAND [OPTION]... [OPERAND]...\n"
        "\n"
        "Commands:\n";
    for (const VerbSpec& verb : verbs()) {
        if (!verb.hidden) text += row(fmt::format("  {}", verb.name), verb.summary);
    }
    text += "\nOptions:\n" + row("  -h, --help", "Show this help; after a command, the help for it") +
            row("      --version", "Show the version") +
            "\nTypical use:\n"
            "  sudo sandfit observe nginx --restart --run './smoke-test.sh'\n"
            "  sandfit suggest nginx.service.profile.json > sandfit.conf\n"
            "\nExit status:\n";
    for (const ExitStatusSpec& status : exit_statuses()) {
        text += fmt::format("  {:>3}  {}\n", static_cast<int>(status.code), status.meaning);
    }
    return text;
}

}  // namespace sandfit::cli
