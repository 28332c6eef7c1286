#include "base/unit_file_path.h"

#include <cstdint>

#include "base/text.h"

namespace sandfit::base {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxComponent = 255;

/// U+FDD0 to U+FDEF, and the last two code points of every plane: well-formed, but not what systemd calls valid
/// UTF-8. REQUIRES: is_utf8(text).
bool has_noncharacter(std::string_view text) {
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[i]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
        for (std::size_t k = 1; k < size; ++k) point = point << 6 | (static_cast<std::uint8_t>(text[i + k]) & 0x3Fu);
        if ((point >= 0xFDD0 && point <= 0xFDEF) || (point & 0xFFFE) == 0xFFFE) return true;
        i += size;
    }
    return false;
}

bool is_printable(std::string_view text) {
    // escape_bytes() doubles backslashes and changes nothing else of what is printable.
    std::size_t backslashes = 0;
    for (const char c : text) backslashes += c == '\\' ? 1 : 0;
    return escape_bytes(text).size() == text.size() + backslashes;
}

}  // namespace

std::optional<std::string> why_not_in_unit_file(std::string_view path) {
    if (path.empty() || path.front() != '/') return "it is not absolute";
    if (path.size() > kMaxPath) return "it is longer than 4095 bytes";
    for (const auto& component : split(path, '/')) {
        if (component == "." || component == "..") return "it holds \".\" or \"..\"";
        if (component.size() > kMaxComponent) return "one of its names is longer than 255 bytes";
    }
    if (!is_utf8(path) || has_noncharacter(path)) return "it is not valid UTF-8";
    if (!is_printable(path)) return "it holds a control character";
    return std::nullopt;
}

}  // namespace sandfit::base
