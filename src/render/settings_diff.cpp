#include "render/settings_diff.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "render/escape.h"

namespace sandfit::render {
namespace {

constexpr std::size_t kMostColumns = 160;

std::string line(char sign, const std::string& directive, const std::string& value) {
    std::string text = fmt::format("{}{}={}", sign, base::escape_bytes(directive), base::escape_bytes(value));
    if (columns_of(text) > kMostColumns) {
        std::size_t end = kMostColumns - 3;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text = text.substr(0, end) + "...";
    }
    return text + "\n";
}

/// The whole bounding set is systemd's default, and long: what is taken away from it is of interest.
bool is_default(const std::string& directive, const std::vector<std::string>& words) {
    return directive == "CapabilityBoundingSet" && words.size() >= 38;
}

}  // namespace

std::string settings_diff(const UnitSettings& present, const std::vector<AssignedValue>& assigned) {
    std::vector<std::string> order;
    for (const auto& [directive, value] : assigned) {
        if (std::ranges::find(order, directive) == order.end()) order.push_back(directive);
    }
    std::string text;
    for (const std::string& directive : order) {
        const auto stands = present.values.find(directive);
        if (stands != present.values.end() && is_default(directive, stands->second)) {
            text += line('-', directive, "(all of them)");
        } else if (stands != present.values.end() && !stands->second.empty() &&
                   stands->second != std::vector<std::string>{""}) {
            text += line('-', directive, base::join_with(stands->second, " "));
        }
        for (const auto& [name, value] : assigned) {
            if (name == directive) text += line('+', directive, value);
        }
    }
    return text;
}

}  // namespace sandfit::render
