#include "systemd/unit_words.h"

#include <cctype>
#include <cstdint>
#include <utility>

#include "base/text.h"

namespace sandfit::systemd {
namespace {

std::optional<std::uint32_t> hex_number(std::string_view digits) {
    std::uint32_t value = 0;
    for (const char c : digits) {
        if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
        const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

std::string utf8_of(std::uint32_t point) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
    if (point < 0x80) return {byte(point)};
    if (point < 0x800) return {byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F))};
    if (point < 0x10000) {
        return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F))};
    }
    return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)), byte(0x80 | (point >> 6 & 0x3F)),
            byte(0x80 | (point & 0x3F))};
}

/// What stands behind a backslash, as C and systemd have it: the bytes it means, and how many it takes. None for an
/// escape that they do not know, and for NUL.
struct Escape {
    std::string bytes;
    std::size_t size = 0;
};
std::optional<Escape> c_escape(std::string_view text) {
    constexpr std::string_view kLetters = "abfnrtv\\\"'s";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"' ";
    if (text.empty()) return std::nullopt;
    if (const auto at = kLetters.find(text.front()); at != std::string_view::npos) {
        return Escape{std::string(1, kMeanings[at]), 1};
    }
    const auto digits = [text](std::size_t count) {
        return text.size() > count ? hex_number(text.substr(1, count)) : std::nullopt;
    };
    if (text.front() == 'x') {
        const auto value = digits(2);
        if (!value || *value == 0) return std::nullopt;
        return Escape{std::string(1, static_cast<char>(*value)), 3};
    }
    if (text.front() == 'u' || text.front() == 'U') {
        const std::size_t count = text.front() == 'u' ? 4 : 8;
        const auto value = digits(count);
        if (!value || *value == 0 || *value > 0x10FFFF) return std::nullopt;
        std::string bytes = utf8_of(*value);
        // Only the long form is checked by systemd, but a surrogate is no text in either.
        if (!base::is_clean_utf8(bytes)) return std::nullopt;
        return Escape{std::move(bytes), count + 1};
    }
    if (text.size() < 3) return std::nullopt;
    std::uint32_t octal = 0;
    for (const char c : text.substr(0, 3)) {
        if (c < '0' || c > '7') return std::nullopt;
        octal = octal << 3 | static_cast<std::uint32_t>(c - '0');
    }
    if (octal == 0 || octal > 0xFF) return std::nullopt;
    return Escape{std::string(1, static_cast<char>(octal)), 3};
}

}  // namespace

// --- words
// ----------------------------------------------------------------------------------------------------------

std::optional<std::string> WordReader::fail() {
    failed_ = true;
    ended_ = true;
    return std::nullopt;
}

void WordReader::skip_separators(std::size_t& at) const {
    while (at < rest_.size() && is_separator(rest_[at])) ++at;
}

/// Adds what the backslash in front of `at` means, and moves behind it. False where that is nothing.
bool WordReader::take_escaped(std::string& word, std::size_t& at) const {
    using Escapes = WordSyntax::Escapes;
    const char c = rest_[at];
    if (syntax_.escapes == Escapes::dropped) {
        word += c;
        ++at;
        return true;
    }
    if (const auto escape = c_escape(rest_.substr(at))) {
        word += escape->bytes;
        at += escape->size;
        return true;
    }
    if (syntax_.escapes == Escapes::c_style_and_separators && is_separator(c)) {
        word += c;
    } else if (syntax_.escapes == Escapes::c_style_or_kept) {
        word += '\\';
        word += c;
    } else {
        return false;
    }
    ++at;
    return true;
}

std::optional<std::string> WordReader::next() {
    if (ended_) return std::nullopt;
    const bool empty_words = syntax_.repeated == WordSyntax::Repeated::are_empty_words;
    std::size_t at = 0;
    if (!empty_words) skip_separators(at);
    if (at == rest_.size()) {
        rest_ = {};
        separator_ = 0;
        ended_ = true;
        return empty_words ? std::optional(std::string()) : std::nullopt;
    }

    std::string word;
    char quote = 0;
    for (; at < rest_.size();) {
        const char c = rest_[at];
        if (c == '\\' && syntax_.escapes != WordSyntax::Escapes::kept) {
            ++at;
            if (at == rest_.size()) {
                if (quote != 0 || syntax_.escapes != WordSyntax::Escapes::c_style_or_kept) return fail();
                word += c;
                break;
            }
            if (!take_escaped(word, at)) return fail();
            continue;
        }
        if (quote == 0 && is_separator(c)) break;
        if (syntax_.quotes == WordSyntax::Quotes::taken_off && quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else {
            word += c;
        }
        ++at;
    }
    if (quote != 0) return fail();

    if (at == rest_.size()) {
        rest_ = {};
        separator_ = 0;
        ended_ = true;
        return word;
    }
    separator_ = rest_[at];
    ++at;
    if (!empty_words) {
        skip_separators(at);
        ended_ = at == rest_.size();
    }
    rest_.remove_prefix(at);
    return word;
}

Words words_of(std::string_view value, WordSyntax syntax) {
    WordReader reader(value, syntax);
    Words words;
    while (auto word = reader.next()) words.words.push_back(std::move(*word));
    words.complete = !reader.failed();
    return words;
}

}  // namespace sandfit::systemd
