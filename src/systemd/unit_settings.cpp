#include "systemd/unit_settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "systemd/unit_assigning.h"
#include "systemd/unit_directives.h"
#include "systemd/unit_file.h"
#include "systemd/unit_state.h"

namespace sandfit::systemd {
namespace {

const DirectiveSpec* find_directive(std::string_view section, std::string_view name, const Host& host) {
    const auto table = unit_directives();
    const auto it = std::ranges::find_if(table, [&](const DirectiveSpec& spec) {
        return spec.name == name && spec.section == section && spec.holds_for(host.systemd_version);
    });
    return it == table.end() ? nullptr : &*it;
}

/// Of a unit without any setting.
SettingsState standing_settings(const Host& host) {
    SettingsState state;
    for (const auto& spec : unit_directives()) {
        const std::string name(spec.reported_as());
        switch (spec.kind) {
            case SettingKind::untold:
                continue;
            case SettingKind::capabilities:
                state.capabilities[name] = name == "AmbientCapabilities" ? 0 : kAllCapabilities;
                continue;
            case SettingKind::syscalls:
            case SettingKind::address_families:
            case SettingKind::file_systems:
            case SettingKind::interfaces:
                state.filters[name];
                continue;
            case SettingKind::addresses:
                state.addresses[name];
                continue;
            default:
                break;
        }
        if (!spec.holds_for(host.systemd_version) || spec.standing == "?") continue;
        state.settings.values[name] = spec.standing.empty() ? SettingWords() : base::split(spec.standing, ' ');
    }
    return state;
}

}  // namespace

Result<FileSettings> settings_of_files(std::span<const UnitFile> files, const UnitNameParts& unit, const Host& host) {
    FileSettings out;
    SettingsState state = standing_settings(host);
    for (const auto& file : files) {
        const auto text = parse_unit_file(file.text, file.name);
        if (!text) return text.error();
        const auto at = [&file](std::size_t line) {
            return fmt::format("{}:{}: ", base::escape_bytes(file.name), line);
        };
        for (const auto& line : text->ignored) out.ignored.push_back(at(line.line) + line.why);
        for (const auto& made : text->assignments) {
            const DirectiveSpec* spec = find_directive(made.section, made.directive, host);
            if (spec == nullptr) {
                const bool known = host.directives.empty() || host.directives.count(made.directive) != 0;
                const bool ours = made.section != "Service" || made.directive.starts_with("X-") || known;
                if (!ours) {
                    out.ignored.push_back(at(made.line) + fmt::format("this systemd has no setting {}= for services",
                                                                      base::escape_bytes(made.directive)));
                }
                continue;
            }
            Assigning assigning(state, *spec, made.value, unit, host);
            if (const auto refused = assigning.apply()) {
                return Error{ErrorKind::bad_input, at(made.line) + fmt::format("{}=: {}", made.directive, *refused),
                             0, "systemd refuses the unit for it"};
            }
            for (const auto& why : assigning.complaints) {
                out.ignored.push_back(at(made.line) + fmt::format("{}=: {}", made.directive, why));
            }
        }
    }
    add_implied_settings(state, unit, host);
    out.not_known = std::move(state.not_known);
    out.settings = std::move(state.settings);
    return out;
}

}  // namespace sandfit::systemd
