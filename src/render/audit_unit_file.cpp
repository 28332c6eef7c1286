#include "render/audit_unit_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "render/drop_in.h"
#include "render/escape.h"

namespace sandfit::render {
namespace {

using Words = std::vector<std::string>;

/// The words of a setting, or of its successor: systemd reports newer values ("disconnected") under a name with "Ex".
const Words* words_of(const UnitSettings& settings, const std::string& name) {
    for (const std::string& reported : {name + "Ex", name}) {
        const auto it = settings.values.find(reported);
        if (it != settings.values.end()) return &it->second;
    }
    return nullptr;
}

/// Lists that mean something by being empty; an empty one of the others is one that is not set.
bool counts_when_empty(std::string_view name) {
    return name == "CapabilityBoundingSet";
}

/// systemd reports the whole set for a unit that sets none: written out, a suggestion would only add to it.
bool starts_full(std::string_view name) {
    return name == "CapabilityBoundingSet";
}

bool is_suggested(const std::vector<Suggestion>& suggestions, std::string_view name) {
    return std::ranges::any_of(suggestions, [name](const Suggestion& made) {
        return made.directive == name && made.verdict == Verdict::suggest;
    });
}

bool is_path(std::string_view name) {
    return name == "RootDirectory" || name == "RootImage" || name.ends_with("FilterPath");
}

/// An item as unit files have it; none when it cannot be written. DeviceAllow= has two words in one item.
std::optional<std::string> written(std::string_view name, const std::string& item) {
    if (is_path(name)) {
        const auto value = drop_in_value(ValueForm::paths, item);
        return value ? std::optional(*value) : std::nullopt;
    }
    for (const auto& word : base::split(item, ' ')) {
        if (!drop_in_value(ValueForm::words, word)) return std::nullopt;
    }
    return item;
}

bool is_set(const UnitSettings& settings, const std::vector<Suggestion>& suggestions, const std::string& name) {
    const auto made = std::ranges::find(suggestions, name, &Suggestion::directive);
    const Words* words = words_of(settings, name);
    if (made != suggestions.end() && made->verdict == Verdict::suggest) words = &made->items;
    return words != nullptr && !words->empty() && !words->front().empty() && words->front() != "no";
}

/// What PrivateMounts= comes to, by systemd's own judgement of a running unit. It does not make it for a unit file:
/// there PrivateMounts= that follows from others counts as missing (252), or one that is missing as set (257).
bool has_private_mounts(const UnitSettings& settings, const std::vector<Suggestion>& suggestions) {
    constexpr std::array<const char*, 9> kGivers{
        "PrivateMounts",        "PrivateDevices",        "PrivateTmp",
        "ProtectControlGroups", "ProtectKernelTunables", "ProtectKernelModules",
        "ProtectHome",          "ProtectSystem",         "RootImage"};
    return std::ranges::any_of(kGivers, [&](const char* name) { return is_set(settings, suggestions, name); });
}

}  // namespace

AuditUnitFile audit_unit_file(const UnitSettings& settings, std::span<const std::string_view> names,
                              const std::vector<Suggestion>& suggestions) {
    AuditUnitFile file;
    std::string unit;
    std::string service = "ExecStart=/bin/true\n";
    for (const auto name : names) {
        const Words* words = words_of(settings, std::string(name));
        if (words == nullptr || name == "PrivateMounts") continue;
        if (starts_full(name) && is_suggested(suggestions, name)) continue;
        std::string& section = name == "DefaultDependencies" ? unit : service;
        if (words->empty() || *words == Words{""}) {
            if (words->empty() && counts_when_empty(name)) section += fmt::format("{}=\n", name);
            continue;
        }
        Words values;
        for (const auto& item : *words) {
            if (auto value = written(name, item)) values.push_back(std::move(*value));
        }
        if (values.size() != words->size()) {
            file.left_out.push_back(
                fmt::format("left out of the score: the unit's {}=, which cannot be written to a "
                            "unit file",
                            name));
            continue;
        }
        // One item a line where an item may hold blanks.
        const std::string_view separator = name == "DeviceAllow" ? "\nDeviceAllow=" : " ";
        section += fmt::format("{}={}\n", name, base::join_with(values, separator));
    }
    for (const auto& suggestion : suggestions) {
        if (suggestion.verdict != Verdict::suggest) continue;
        for (const auto& line : assignments(suggestion)) service += line + "\n";
    }
    service += fmt::format("PrivateMounts={}\n", has_private_mounts(settings, suggestions) ? "yes" : "no");
    file.text = fmt::format("[Unit]\n{}\n[Service]\n{}", unit, service);
    return file;
}

}  // namespace sandfit::render
