// What the assignments of a unit's files have come to so far; between unit_settings.cpp, which reads them, and
// unit_implied.cpp, which adds what follows. Private to the two.
#ifndef SANDFIT_SYSTEMD_UNIT_STATE_H
#define SANDFIT_SYSTEMD_UNIT_STATE_H

#include <sandfit/unit.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "systemd/unit_lists.h"
#include "systemd/unit_specifiers.h"

namespace sandfit::systemd {

/// Settings by the name under which systemd reports them.
struct SettingsState {
    struct BindMount {
        bool read_only;
        std::string word;
    };

    UnitSettings settings;                         ///< those that are words as they stand
    std::set<std::string> assigned;                ///< set by a file, and not taken back
    std::map<std::string, std::string> not_known;  ///< with the end of a sentence that says why
    std::map<std::string, std::uint64_t> capabilities;
    std::map<std::string, NameFilter> filters;
    std::map<std::string, std::set<std::string>> addresses;
    std::uint64_t namespaces = kNamespacesUnset;
    std::vector<BindMount> bind_mounts;
    bool has_standard_input_data = false;
    bool has_encrypted_credentials = false;

    [[nodiscard]] bool is(const std::string& name, const std::string& word) const {
        return settings.scalar(name) == word;
    }
    [[nodiscard]] bool is_on(const std::string& name) const { return is(name, "yes"); }
    void set(const std::string& name, std::string word) { settings.values[name] = {std::move(word)}; }
};

/// What systemd adds when all files are read: the type that follows from others, what DynamicUser= brings, the
/// capabilities that Protect*= take; and the lists as words.
void add_implied_settings(SettingsState& state, const UnitNameParts& unit, const Host& host);

}  // namespace sandfit::systemd

#endif
