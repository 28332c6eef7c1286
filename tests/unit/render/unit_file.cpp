#include "unit_file.h"

namespace unit_file {
namespace {

std::string_view strip(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

}  // namespace

std::optional<std::vector<Assignment>> read(std::string_view text) {
    std::vector<Assignment> all;
    std::string section;
    while (!text.empty()) {
        // NUL, CR and LF all end a line.
        const auto end = text.find_first_of(std::string_view("\n\r\0", 3));
        if (end == std::string_view::npos) return std::nullopt;  // the last line has to end, too
        const std::string_view whole = text.substr(0, end);
        text.remove_prefix(end + 1);

        bool escaped = false;
        for (const char c : whole) escaped = !escaped && c == '\\';
        if (escaped) return std::nullopt;

        const std::string_view line = strip(whole);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[') {
            if (line.back() != ']') return std::nullopt;
            section = line.substr(1, line.size() - 2);
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || section.empty()) return std::nullopt;
        all.push_back(
            {section, std::string(strip(line.substr(0, equals))), std::string(strip(line.substr(equals + 1)))});
    }
    return all;
}

std::optional<std::vector<std::string>> paths(std::string_view value) {
    std::vector<std::string> words;
    std::size_t i = 0;
    const auto blank = [&] { return value[i] == ' ' || value[i] == '\t'; };
    for (;;) {
        while (i < value.size() && blank()) ++i;
        if (i == value.size()) break;
        std::string word;
        char quote = 0;
        for (; i < value.size(); ++i) {
            if (quote == 0 && blank()) break;
            if (value[i] == '\\') {
                if (++i == value.size()) return std::nullopt;
                word += value[i];
            } else if (quote == 0 && (value[i] == '"' || value[i] == '\'')) {
                quote = value[i];
            } else if (quote != 0 && value[i] == quote) {
                quote = 0;
            } else {
                word += value[i];
            }
        }
        if (quote != 0) return std::nullopt;
        std::string resolved;
        for (std::size_t k = 0; k < word.size(); ++k) {
            if (word[k] == '%') {
                if (k + 1 == word.size() || word[k + 1] != '%') return std::nullopt;
                ++k;
            }
            resolved += word[k];
        }
        words.push_back(resolved);
    }
    return words;
}

}  // namespace unit_file
