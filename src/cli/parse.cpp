#include "cli/parse.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cassert>
#include <charconv>

#include "base/text.h"
#include "cli/duration.h"
#include "systemd/security_scan.h"

namespace sandfit::cli {
namespace {

Error usage_error(const VerbSpec& verb, std::string what) {
    return Error{ErrorKind::usage, std::move(what), 0, fmt::format("see `sandfit {} --help`", verb.name)};
}

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
    return number;
}

Result<void> check_value(const VerbSpec& verb, const OptionSpec& option, const std::string& value) {
    const auto wrong = [&](const std::string& why) {
        return usage_error(verb, fmt::format("--{}: {}", option.name, why));
    };
    switch (option.value) {
        case ValueKind::choice:
            if (std::ranges::find(option.choices, value) == option.choices.end()) {
                return wrong(
                    fmt::format("'{}' is none of {}", base::escape_bytes(value), fmt::join(option.choices, ", ")));
            }
            break;
        case ValueKind::duration:
            if (const auto duration = parse_duration(value); !duration) {
                Error error = duration.error();
                error.what = fmt::format("--{}: {}", option.name, error.what);
                return error;
            }
            break;
        case ValueKind::number:
            if (!to_number(value)) {
                return wrong(fmt::format("'{}' is not a positive whole number", base::escape_bytes(value)));
            }
            break;
        case ValueKind::exposure:
            if (!systemd::parse_exposure(value)) {
                return wrong(fmt::format("'{}' is no exposure: a number from 0 to 10, as 5 or 2.5",
                                         base::escape_bytes(value)));
            }
            break;
        default:
            if (value.empty()) return wrong("the value is empty");
            break;
    }
    return {};
}

/// The option that a word names, as "--name", "--name=value", "-l" or "-lVALUE"; null when it names none.
const OptionSpec* option_of_word(const VerbSpec& verb, std::string_view word) {
    if (word.starts_with("--")) return find_option(verb, word.substr(2, word.find('=') - 2));
    for (const OptionSpec& option : verb.options) {
        if (option.letter != 0 && word.size() >= 2 && word[1] == option.letter) return &option;
    }
    return nullptr;
}

bool looks_like_option(std::string_view word) {
    return word.size() > 1 && word.front() == '-';
}

/// How many words belong to sandfit: up to the first "--" and, where the operand is a command, up to its
/// name, since the options after that are the command's own.
std::size_t count_own_words(const VerbSpec& verb, const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") return i;
        if (verb.operand != ValueKind::command) continue;
        if (!looks_like_option(word)) return i;
        const OptionSpec* option = option_of_word(verb, word);
        const bool value_is_next = option != nullptr && option->value != ValueKind::none &&
                                   (word.starts_with("--") ? word.find('=') == std::string::npos : word.size() == 2);
        if (value_is_next) ++i;
    }
    return words.size();
}

/// Lets CLI11 take the options out of `words`; what is left is operands. CLI11 is used for no more than that: its
/// own operands would split "[a,b]" into two, and its help differs between versions.
Result<std::vector<std::string>> take_options(const VerbSpec& verb, std::vector<std::string> words,
                                              std::map<std::string, std::vector<std::string>, std::less<>>& given) {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::map<std::string, std::vector<std::string>> values;
    std::map<std::string, CLI::Option*> options;
    for (const OptionSpec& option : verb.options) {
        const std::string name(option.name);
        const std::string flags = option.letter != 0 ? fmt::format("-{},--{}", option.letter, name) : "--" + name;
        if (option.value == ValueKind::none) {
            options[name] = app.add_flag(flags);
        } else {
            // One word for each time that it is given; else "[a,b]" would be two here, too.
            options[name] = app.add_option(flags, values[name])->allow_extra_args(false)->take_all();
        }
    }
    try {
        std::ranges::reverse(words);  // CLI11 takes them from the back
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        return usage_error(verb, base::escape_bytes(error.what()));
    }
    for (const auto& [name, option] : options) {
        if (option->count() > 0) given[name] = values.contains(name) ? values[name] : std::vector<std::string>{""};
    }
    return app.remaining();
}

Result<void> check_operands(const VerbSpec& verb, const std::vector<std::string>& operands) {
    if (operands.size() < verb.min_operands) {
        return usage_error(verb,
                           fmt::format("{} is missing", verb.operand == ValueKind::command ? "CMD" : verb.operands));
    }
    if (operands.size() > verb.max_operands) {
        return usage_error(
            verb, fmt::format("one operand too many: '{}'", base::escape_bytes(operands[verb.max_operands])));
    }
    const auto empty = std::ranges::find_if(operands, [](const std::string& word) { return word.empty(); });
    if (empty != operands.end() && verb.operand != ValueKind::command)
        return usage_error(verb, "an operand is empty");
    return {};
}

}  // namespace

bool Arguments::has(std::string_view option) const {
    assert(find_option(*verb_, option) != nullptr);
    return given_.find(option) != given_.end();
}

std::optional<std::string> Arguments::value(std::string_view option) const {
    assert(find_option(*verb_, option) != nullptr);
    const auto it = given_.find(option);
    return it == given_.end() ? std::nullopt : std::optional(it->second.back());
}

std::vector<std::string> Arguments::values(std::string_view option) const {
    assert(find_option(*verb_, option) != nullptr && find_option(*verb_, option)->repeatable);
    const auto it = given_.find(option);
    return it == given_.end() ? std::vector<std::string>() : it->second;
}

std::optional<std::chrono::milliseconds> Arguments::duration(std::string_view option) const {
    const auto text = value(option);
    return text ? std::optional(parse_duration(*text).value()) : std::nullopt;
}

std::optional<std::uint64_t> Arguments::number(std::string_view option) const {
    const auto text = value(option);
    return text ? to_number(*text) : std::nullopt;
}

Result<Arguments> parse(const VerbSpec& verb, const std::vector<std::string>& words) {
    const std::size_t own = count_own_words(verb, words);
    Arguments arguments(verb);
    auto operands =
        take_options(verb, {words.begin(), words.begin() + static_cast<std::ptrdiff_t>(own)}, arguments.given_);
    if (!operands) return operands.error();
    for (const std::string& word : *operands) {
        if (looks_like_option(word)) {
            return usage_error(verb, fmt::format("there is no option {}", base::escape_bytes(word)));
        }
    }
    for (const auto& [name, values] : arguments.given_) {
        const OptionSpec* option = find_option(verb, name);
        if (option->value == ValueKind::none) continue;
        for (const auto& value : values) {
            if (const auto checked = check_value(verb, *option, value); !checked) return checked.error();
        }
    }
    arguments.operands_ = std::move(*operands);
    const bool marked = own < words.size() && words[own] == "--";
    arguments.operands_.insert(arguments.operands_.end(),
                               words.begin() + static_cast<std::ptrdiff_t>(own) + (marked ? 1 : 0), words.end());
    if (!arguments.has("help")) {
        if (const auto checked = check_operands(verb, arguments.operands_); !checked) return checked.error();
    }
    return arguments;
}

}  // namespace sandfit::cli
