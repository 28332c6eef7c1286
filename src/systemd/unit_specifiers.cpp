#include "systemd/unit_specifiers.h"

#include <cctype>
#include <optional>

#include "base/text.h"
#include "systemd/unit_name.h"
#include "systemd/unit_values.h"

namespace sandfit::systemd {
namespace {

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '-') {
            out += '/';
        } else if (text[i] != '\\') {
            out += text[i];
        } else {
            const auto byte = base::escaped_byte(text.substr(i));
            if (!byte) return std::nullopt;
            out += *byte;
            i += 3;
        }
    }
    // systemd keeps texts as C strings.
    out.resize(out.find('\0') == std::string::npos ? out.size() : out.find('\0'));
    return out;
}

/// What systemd-escape --path made a name of.
std::optional<std::string> unescaped_path(std::string_view text) {
    if (text == "-") return "/";
    const auto path = unescaped(text);
    if (!path || path->empty() || path->front() == '/' || path->back() == '/') return std::nullopt;
    const std::string absolute = "/" + *path;
    return simplified_path(absolute) == absolute ? std::optional(absolute) : std::nullopt;
}

std::optional<std::string> value_of(char specifier, const UnitNameParts& unit) {
    const std::string last = unit.prefix.substr(unit.prefix.rfind('-') + 1);
    switch (specifier) {
        case 'n':
            return unit.full;
        case 'N':
            return unit_stem(unit.full);
        case 'p':
            return unit.prefix;
        case 'P':
            return unescaped(unit.prefix);
        case 'i':
            return unit.instance;
        case 'I':
            return unescaped(unit.instance);
        case 'j':
            return last;
        case 'J':
            return unescaped(last);
        case 'f':
            return unescaped_path(unit.has_at ? unit.instance : unit.prefix);
        case 'd':
            return "/run/credentials/" + unit.full;
        case 't':
            return "/run";
        case 'S':
            return "/var/lib";
        case 'C':
            return "/var/cache";
        case 'L':
            return "/var/log";
        case 'E':
            return "/etc";
        case 'h':
            return "/root";
        case 'u':
        case 'g':
            return "root";
        case 'U':
        case 'G':
            return "0";
        default:
            return std::nullopt;
    }
}

}  // namespace

UnitNameParts::UnitNameParts(std::string_view unit) : full(unit) {
    const std::string stem = unit_stem(unit);
    const std::size_t at = stem.find('@');
    has_at = at != std::string::npos;
    prefix = stem.substr(0, at);
    if (has_at) instance = stem.substr(at + 1);
}

std::string UnitNameParts::template_name() const {
    return with_instance("");
}

std::string UnitNameParts::with_instance(std::string_view other) const {
    return prefix + "@" + std::string(other) + full.substr(unit_stem(full).size());
}

Expanded expand_specifiers(std::string_view text, const UnitNameParts& unit) {
    Expanded expanded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%' || i + 1 == text.size()) {
            expanded.text += text[i];
            continue;
        }
        const char specifier = text[++i];
        if (specifier == '%') {
            expanded.text += '%';
        } else if (const auto value = value_of(specifier, unit)) {
            expanded.text += *value;
        } else {
            expanded.text += '%';
            expanded.text += specifier;
            const bool is_specifier = std::isalnum(static_cast<unsigned char>(specifier)) != 0;
            if (is_specifier && expanded.unknown.empty()) expanded.unknown = {'%', specifier};
        }
    }
    return expanded;
}

}  // namespace sandfit::systemd
