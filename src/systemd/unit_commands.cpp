#include "systemd/unit_commands.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "systemd/unit_values.h"
#include "systemd/unit_words.h"

namespace sandfit::systemd {
namespace {

constexpr WordSyntax kStrict{WordSyntax::Quotes::taken_off, WordSyntax::Escapes::c_style};
constexpr WordSyntax kLax{WordSyntax::Quotes::taken_off, WordSyntax::Escapes::c_style_or_kept};

/// The next word; an escape that means nothing stays as it stands. None at the end, and for an open quote: failed.
struct TakenWord {
    std::optional<std::string> word;
    bool failed = false;
};
TakenWord take_word(std::string_view& rest) {
    for (const auto& syntax : {kStrict, kLax}) {
        WordReader reader(rest, syntax);
        auto word = reader.next();
        if (reader.failed()) continue;
        rest = reader.rest();
        return {std::move(word), false};
    }
    return {std::nullopt, true};
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Takes `token` off when it is a word of its own.
bool take_token(std::string_view& rest, std::string_view token) {
    if (!rest.starts_with(token) || (rest.size() > token.size() && !is_blank(rest[token.size()]))) return false;
    rest.remove_prefix(token.size());
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    return true;
}

struct Prefix {
    std::vector<std::string> flags;
    bool own_argv0 = false;  ///< "@"
    std::size_t size = 0;

    [[nodiscard]] bool has(std::string_view flag) const { return std::ranges::find(flags, flag) != flags.end(); }
};

Prefix prefix_of(std::string_view word) {
    Prefix prefix;
    const auto is_privileged = [&prefix] {
        return prefix.has("privileged") || prefix.has("no-setuid") || prefix.has("ambient");
    };
    for (; prefix.size < word.size(); ++prefix.size) {
        const char c = word[prefix.size];
        if (c == '-' && !prefix.has("ignore-failure")) {
            prefix.flags.emplace_back("ignore-failure");
        } else if (c == '@' && !prefix.own_argv0) {
            prefix.own_argv0 = true;
        } else if (c == ':' && !prefix.has("no-env-expand")) {
            prefix.flags.emplace_back("no-env-expand");
        } else if (c == '+' && !is_privileged()) {
            prefix.flags.emplace_back("privileged");
        } else if (c == '!' && !is_privileged()) {
            prefix.flags.emplace_back("no-setuid");
        } else if (c == '!' && prefix.has("no-setuid")) {
            std::ranges::replace(prefix.flags, "no-setuid", "ambient");
        } else {
            break;
        }
    }
    return prefix;
}

/// Why `path` can be no program; "" when it can.
std::string why_no_program(const std::string& path) {
    if (path.empty()) return "it names no program";
    if (path.back() == '/') return "the program's path is that of a directory";
    for (const char c : path) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '"' || c == '\'' || c == '\\') {
            return "the program's path holds a character that systemd does not take";
        }
    }
    const bool is_name = path.find('/') == std::string::npos && path != "." && path != "..";
    if (path.front() != '/' && !is_name) return "the program is neither an absolute path nor a name";
    return "";
}

}  // namespace

CommandLines commands_of_line(std::string_view value, const std::function<std::string(std::string_view)>& expand) {
    CommandLines lines;
    std::string_view rest = value;
    bool more = true;
    while (more) {
        more = false;
        auto first = take_word(rest);
        if (first.failed) lines.ignored.emplace_back("a quote has no end");
        if (!first.word) return lines;
        if (*first.word == ";") {
            more = true;
            continue;
        }
        const Prefix prefix = prefix_of(*first.word);
        const auto give_up = [&](std::string why) {
            (prefix.has("ignore-failure") ? lines.ignored.emplace_back() : lines.refused) = std::move(why);
            return lines;
        };
        const std::string program = expand(first.word->substr(prefix.size));
        if (auto why = why_no_program(program); !why.empty()) return give_up(std::move(why));

        ExecCommand command;
        command.flags = prefix.flags;
        command.path = program.front() == '/' ? simplified_path(program).value_or(program) : program;
        if (!prefix.own_argv0) command.argv.push_back(program);
        while (!rest.empty()) {
            if (take_token(rest, ";")) {
                more = true;
                break;
            }
            if (take_token(rest, "\\;")) {
                command.argv.emplace_back(";");
                continue;
            }
            auto word = take_word(rest);
            if (word.failed) return give_up("a quote has no end");
            if (!word.word) break;
            command.argv.push_back(expand(*word.word));
        }
        if (command.argv.empty()) return give_up("\"@\" needs a name for the program behind its path");
        lines.commands.push_back(std::move(command));
    }
    return lines;
}

}  // namespace sandfit::systemd
