#include "render/escape.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/unit_file_path.h"

namespace sandfit::render {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_one_of(char c, std::string_view characters) {
    return characters.find(c) != std::string_view::npos;
}

bool is_word_character(char c) {
    return is_letter_or_digit(c) || is_one_of(c, "_@~:.#+/-");
}

Error refused(std::string_view item, std::string_view why) {
    return Error{ErrorKind::bad_input,
                 fmt::format("{} cannot stand in a unit file: {}", base::escape_bytes(item), why), 0, ""};
}

Result<std::string> path_value(std::string_view item) {
    // systemd strips the quotes before it looks for a prefix, so a prefix may stand inside of them. Within double
    // quotes it knows two escapes, \" and \\ (any other \c is c), expands %, and leaves $ and ' alone. Compared with
    // what systemd 252 and 257 report for such units.
    std::string_view path = item;
    if (path.starts_with('-')) path.remove_prefix(1);
    if (path.starts_with('+')) path.remove_prefix(1);
    if (const auto why = base::why_not_in_unit_file(path)) return refused(item, *why);

    const bool plain = std::all_of(item.begin(), item.end(),
                                   [](char c) { return is_letter_or_digit(c) || is_one_of(c, "/_-+.:@%,=~#"); });
    std::string text;
    for (const char c : item) {
        if (c == '"' || c == '\\') text += '\\';
        if (c == '%') text += '%';
        text += c;
    }
    return plain ? text : "\"" + text + "\"";
}

}  // namespace

Result<std::string> drop_in_value(ValueForm form, std::string_view item) {
    if (form == ValueForm::paths) return path_value(item);
    if (item.empty()) return refused(item, "the word is empty");
    if (!std::all_of(item.begin(), item.end(), is_word_character)) return refused(item, "it is no plain word");
    return std::string(item);
}

bool is_directive_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), is_letter_or_digit);
}

std::vector<std::string> comment(std::string_view text, std::size_t indent) {
    // A backslash at the end of a line would join it with the next in old systemds. escape_bytes() leaves only pairs
    // of backslashes, and words are not broken, so that a line ends with an even number of them: no continuation.
    std::vector<std::string> lines;
    for (const auto& line : wrap(base::escape_bytes(text), kDropInColumns - 2 - indent)) {
        lines.push_back("# " + std::string(lines.empty() ? 0 : indent, ' ') + line);
    }
    return lines;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    std::string line;
    const auto flush = [&] {
        line.erase(line.find_last_not_of(' ') + 1);
        if (!line.empty()) lines.push_back(std::exchange(line, ""));
    };
    for (const auto& word : base::split(text, ' ')) {
        if (columns_of(line) + 1 + columns_of(word) > columns) flush();
        // Two blanks in a row are an empty word: kept inside of a line, where they may belong to a path.
        if (!line.empty()) line += ' ';
        line += word;
    }
    flush();
    return lines;
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void add_wrapped(std::string& out, std::string_view text, std::size_t indent, std::size_t hang, std::size_t columns) {
    bool first = true;
    for (const auto& line : wrap(text, std::max<std::size_t>(columns, 40) - indent - hang)) {
        out += std::string(indent + (first ? 0 : hang), ' ') + line + "\n";
        first = false;
    }
}

}  // namespace sandfit::render
