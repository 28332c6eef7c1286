// A systemd unit's settings, as systemd itself reports them, or would from the unit's files.
#ifndef SANDFIT_UNIT_H
#define SANDFIT_UNIT_H

#include <map>
#include <string>
#include <vector>

namespace sandfit {

/// Settings by the name of their directive without '=' ("ReadWritePaths"), in the words of
/// `systemctl show`: a boolean is "yes" or "no", a list has one element an item, raw and
/// unescaped. A deny-list (SystemCallFilter=, RestrictAddressFamilies=) starts with "~".
/// A directive that is not in the map is one that this systemd did not report, or that files do not tell.
struct UnitSettings {
    std::map<std::string, std::vector<std::string>> values;

    /// The single value of a directive, or "" when it is absent or empty.
    [[nodiscard]] std::string scalar(const std::string& directive) const {
        const auto it = values.find(directive);
        return it == values.end() || it->second.empty() ? std::string() : it->second.front();
    }
    [[nodiscard]] bool operator==(const UnitSettings&) const = default;
};

}  // namespace sandfit

#endif
