#include "base/path.h"

#include <algorithm>
#include <vector>

namespace sandfit::base {
namespace {

std::vector<std::string_view> components(std::string_view path) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < path.size()) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        if (slash > at) out.push_back(path.substr(at, slash - at));
        at = slash + 1;
    }
    return out;
}

std::string assemble(const std::vector<std::string_view>& parts) {
    if (parts.empty()) return "/";
    std::string out;
    for (const auto part : parts) {
        out += '/';
        out += part;
    }
    return out;
}

}  // namespace

std::string lexically_absolute(std::string_view base, std::string_view path) {
    std::vector<std::string_view> parts;
    const auto add = [&parts](std::string_view text) {
        for (const auto part : components(text)) {
            if (part == ".") continue;
            if (part == "..") {
                if (!parts.empty()) parts.pop_back();
                continue;
            }
            parts.push_back(part);
        }
    };
    if (path.empty() || path.front() != '/') add(base);
    add(path);
    return assemble(parts);
}

std::string parent_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || slash == 0) return "/";
    return std::string(path.substr(0, slash));
}

std::string last_component(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string join(std::string_view directory, std::string_view name) {
    std::string out(directory);
    if (name.empty()) return out;
    if (out.empty() || out.back() != '/') out += '/';
    out += name;
    return out;
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
    if (directory == "/") return !path.empty() && path.front() == '/';
    if (path.substr(0, directory.size()) != directory) return false;
    return path.size() == directory.size() || path[directory.size()] == '/';
}

std::string common_ancestor(std::string_view a, std::string_view b) {
    const auto left = components(a);
    const auto right = components(b);
    const auto end = std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first;
    return assemble({left.begin(), end});
}

int depth(std::string_view path) { return static_cast<int>(components(path).size()); }

}  // namespace sandfit::base
