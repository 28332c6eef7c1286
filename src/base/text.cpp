#include "base/text.h"

#include <fmt/core.h>

#include <cstdint>

namespace sandfit::base {
namespace {

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t size = 0;  // bytes taken; 0: not well-formed
};

CodePoint decode(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    std::uint32_t value = lead & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3Fu);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (overlong || surrogate || value > 0x10FFFF) return {};
    return {value, size};
}

bool is_printable(std::uint32_t c) {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;               // C0, DEL, C1
    if (c == 0x061C || c == 0x200E || c == 0x200F) return false;         // marks of direction
    if (c >= 0x2028 && c <= 0x202E) return false;                        // separators, overrides
    if ((c >= 0x2060 && c <= 0x206F) || c == 0x200B || c == 0xFEFF) return false;  // isolates, zero width
    return true;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string escape_bytes(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const CodePoint point = decode(bytes);
        const std::size_t size = point.size == 0 ? 1 : point.size;
        if (point.size != 0 && point.value == '\\') {
            out += "\\\\";
        } else if (point.size != 0 && is_printable(point.value)) {
            out += bytes.substr(0, size);
        } else {
            for (std::size_t i = 0; i < size; ++i) {
                out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(bytes[i]));
            }
        }
        bytes.remove_prefix(size);
    }
    return out;
}

std::optional<char> escaped_byte(std::string_view text) {
    if (text.size() < 4 || !text.starts_with("\\x")) return std::nullopt;
    const int high = hex_digit(text[2]);
    const int low = hex_digit(text[3]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

std::optional<std::string> unescape_bytes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (i + 1 < text.size() && text[i + 1] == '\\') {
            out += '\\';
            i += 1;
            continue;
        }
        const auto byte = escaped_byte(text.substr(i));
        if (!byte) return std::nullopt;
        out += *byte;
        i += 3;
    }
    return out;
}

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const CodePoint point = decode(bytes);
        if (point.size == 0) return false;
        bytes.remove_prefix(point.size);
    }
    return true;
}

bool is_clean_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const CodePoint point = decode(bytes);
        const bool noncharacter =
            (point.value >= 0xFDD0 && point.value <= 0xFDEF) || (point.value & 0xFFFE) == 0xFFFE;
        if (point.size == 0 || noncharacter) return false;
        bytes.remove_prefix(point.size);
    }
    return true;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    for (;;) {
        const std::size_t at = text.find(separator);
        out.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

std::string join_with(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const auto& part : parts) {
        if (!out.empty()) out += separator;
        out += part;
    }
    return out;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string count_of(std::size_t n, std::string_view singular, std::string_view plural) {
    return fmt::format("{} {}", n, n == 1 ? singular : plural);
}

}  // namespace sandfit::base
