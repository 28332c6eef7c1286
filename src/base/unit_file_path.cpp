#include "base/unit_file_path.h"

#include "base/text.h"

namespace sandfit::base {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxComponent = 255;

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
    if (!is_clean_utf8(path)) return "it is not valid UTF-8";
    if (!is_printable(path)) return "it holds a control character";
    return std::nullopt;
}

}  // namespace sandfit::base
