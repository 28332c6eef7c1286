#include "systemd/unit_finder.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/path.h"
#include "base/text.h"
#include "systemd/unit_specifiers.h"

namespace sandfit::systemd {
namespace {

using base::Root;

// Highest first: the lookup path of the system's manager. That of a distribution without /usr merged looks in /lib,
// too.
constexpr std::array<const char*, 13> kDirectories = {
    "/etc/systemd/system.control",   "/run/systemd/system.control",  "/run/systemd/transient",
    "/run/systemd/generator.early",  "/etc/systemd/system",          "/etc/systemd/system.attached",
    "/run/systemd/system",           "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",      "/lib/systemd/system",
    "/run/systemd/generator.late"};
constexpr std::string_view kService = ".service";
constexpr int kMaxLinks = 8;  // systemd's FOLLOW_MAX

bool is_service(const std::string& name) {
    constexpr std::size_t kMaxUnitName = 255;
    return name.ends_with(kService) && name.size() > kService.size() && name.size() <= kMaxUnitName &&
           name.front() != '@';
}

/// Where a link leads, as a path below the root, by its text alone.
std::string target_of(const std::string& link_path, const std::string& text) {
    return base::lexically_absolute(base::parent_of(link_path), text);
}

enum class NameKind { plain, instance, a_template };
NameKind kind_of(const std::string& name) {
    const UnitNameParts parts(name);
    if (!parts.has_at) return NameKind::plain;
    return parts.is_template() ? NameKind::a_template : NameKind::instance;
}

/// systemd takes a link for an alias only when both names are of one kind, or when it gives an instance a template.
bool may_alias(const std::string& from, const std::string& to) {
    if (from == to || !is_service(to)) return false;
    const NameKind source = kind_of(from);
    const NameKind target = kind_of(to);
    if (source == NameKind::instance && target == NameKind::instance) {
        return UnitNameParts(from).instance == UnitNameParts(to).instance;
    }
    return source == target || (source == NameKind::instance && target == NameKind::a_template);
}

/// Those of the directories that are there, each once.
std::vector<std::string> unit_directories(const Root& root) {
    std::vector<std::string> directories;
    std::vector<Root::Place> places;
    for (const char* directory : kDirectories) {
        const auto place = root.place(directory);
        if (!place || std::ranges::find(places, *place) != places.end()) continue;
        places.push_back(*place);
        directories.emplace_back(directory);
    }
    return directories;
}

/// All services below the root: for each name the file's path, or the name that it is an alias of.
class ServiceMap {
public:
    Result<void> fill(const Root& root);
    /// The path of the fragment behind a name; none when there is none, or when aliases go round in a circle.
    [[nodiscard]] std::optional<std::string> fragment_of(const std::string& name) const;
    /// The names for a fragment whose file is called `name`.
    [[nodiscard]] std::vector<std::string> aliases_of(const std::string& name) const;

private:
    [[nodiscard]] bool is_unit_directory(const Root& root, const std::string& path) const;

    std::map<std::string, std::string> targets_;  ///< an absolute path, or a name
    std::multimap<std::string, std::string> aliases_;
};

bool ServiceMap::is_unit_directory(const Root& root, const std::string& path) const {
    if (std::ranges::find(kDirectories, path) != kDirectories.end()) return true;
    const auto place = root.place(path);
    return place && std::ranges::any_of(kDirectories, [&](const char* known) { return root.place(known) == place; });
}

Result<void> ServiceMap::fill(const Root& root) {
    for (const auto& directory : unit_directories(root)) {
        const auto entries = root.entries(directory);
        if (!entries) return entries.error();
        for (const auto& entry : *entries) {
            const bool is_link = entry.kind == Root::EntryKind::link;
            if (!is_service(entry.name) || (!is_link && entry.kind != Root::EntryKind::file)) continue;
            if (targets_.contains(entry.name)) continue;  // one of a higher directory hides it
            std::string target = base::join(directory, entry.name);
            if (is_link) {
                const std::string to = target_of(target, root.link(target).value_or(""));
                if (is_unit_directory(root, base::parent_of(to))) {
                    target = base::last_component(to);
                    if (!may_alias(entry.name, target)) continue;
                }
            }
            targets_.emplace(entry.name, std::move(target));
        }
    }
    for (const auto& [name, target] : targets_) {
        const auto fragment = fragment_of(name);
        if (!fragment || is_mask(root, *fragment)) continue;
        std::string own = base::last_component(*fragment);
        if (kind_of(own) == NameKind::a_template && kind_of(name) == NameKind::instance) {
            own = UnitNameParts(own).with_instance(UnitNameParts(name).instance);
        }
        aliases_.emplace(std::move(own), name);
    }
    return {};
}

std::optional<std::string> ServiceMap::fragment_of(const std::string& name) const {
    std::string at = name;
    for (int followed = 0; followed < kMaxLinks; ++followed) {
        auto it = targets_.find(at);
        if (it == targets_.end() && at != name && kind_of(at) == NameKind::instance) {
            it = targets_.find(UnitNameParts(at).template_name());
        }
        if (it == targets_.end()) return std::nullopt;
        if (it->second.starts_with('/')) return it->second;
        at = it->second;
    }
    return std::nullopt;
}

std::vector<std::string> ServiceMap::aliases_of(const std::string& name) const {
    std::vector<std::string> found;
    for (auto [it, end] = aliases_.equal_range(name); it != end; ++it) found.push_back(it->second);
    return found;
}

/// All names of `unit`, whose fragment's file is called `own`.
std::vector<std::string> names_of(const ServiceMap& services, const std::string& unit, const std::string& fragment) {
    const std::string own = base::last_component(fragment);
    const UnitNameParts parts(unit);
    const auto as_instance = [&](const std::string& name) {
        return kind_of(name) == NameKind::a_template ? UnitNameParts(name).with_instance(parts.instance) : name;
    };
    std::set<std::string> names = {unit, as_instance(own)};
    std::set<std::string> keys = {unit, own, as_instance(own)};
    if (parts.has_at) keys.insert(parts.template_name());
    for (const auto& key : keys) {
        for (const auto& alias : services.aliases_of(key)) {
            const std::string name = as_instance(alias);
            // An instance that has a file of its own is no alias.
            const auto other = services.fragment_of(name);
            if (name != alias && other && base::last_component(*other) != own) continue;
            names.insert(name);
        }
    }
    return {names.begin(), names.end()};
}

/// The directories of drop-ins for `name` in one directory of units, the most specific first: its own, its
/// template's, and those of each prefix of its name that ends in "-".
void add_drop_in_directories(const std::string& directory, const std::string& name, std::vector<std::string>& found) {
    found.push_back(base::join(directory, name + ".d"));
    if (name == kService.substr(1)) return;
    const UnitNameParts parts(name);
    const bool is_instance = kind_of(name) == NameKind::instance;
    if (is_instance) add_drop_in_directories(directory, parts.template_name(), found);

    std::string prefix = parts.prefix;
    std::size_t dash = prefix.rfind('-');
    if (dash != std::string::npos && dash > 0 && dash + 1 == prefix.size()) {
        prefix.pop_back();
        dash = prefix.rfind('-');
    }
    if (dash == std::string::npos || dash == 0) return;
    prefix.resize(dash + 1);
    const std::string instance = is_instance ? "@" + parts.instance : "";
    add_drop_in_directories(directory, prefix + instance + std::string(kService), found);
}

Result<std::vector<std::string>> drop_ins_of(const Root& root, const std::string& id,
                                             const std::vector<std::string>& names) {
    std::vector<std::string> directories;
    const auto places = unit_directories(root);
    const auto add = [&](const std::string& name) {
        for (const auto& place : places) add_drop_in_directories(place, name, directories);
    };
    add(id);
    for (const auto& name : names) {
        if (name != id) add(name);
    }
    add(std::string(kService.substr(1)));

    std::map<std::string, std::string> by_name;  // the first of a name hides the others; they apply sorted by it
    for (const auto& directory : directories) {
        const auto entries = root.entries(directory);
        if (!entries) return entries.error();
        for (const auto& entry : *entries) {
            if (!entry.name.ends_with(".conf") || entry.name.starts_with('.')) continue;
            by_name.emplace(entry.name, base::join(directory, entry.name));
        }
    }
    std::vector<std::string> paths;
    for (auto& [name, path] : by_name) paths.push_back(std::move(path));
    return paths;
}

}  // namespace

bool is_mask(const Root& root, const std::string& path) {
    std::string at = path;
    for (int followed = 0; followed < kMaxLinks; ++followed) {
        if (at == "/dev/null") return true;
        const auto text = root.link(at);
        if (!text) break;
        at = target_of(at, *text);
    }
    const auto content = root.read(path, 0);
    return content && content->empty();
}

Result<FoundUnit> find_unit(const Root& root, const std::string& unit) {
    ServiceMap services;
    if (const auto filled = services.fill(root); !filled) return filled.error();
    auto fragment = services.fragment_of(unit);
    const UnitNameParts parts(unit);
    if (!fragment && parts.has_at) fragment = services.fragment_of(parts.template_name());
    if (!fragment) {
        return Error{ErrorKind::failed, fmt::format("there is no {} below {}", base::escape_bytes(unit), root.name()),
                     0,
                     "its directories are /etc/systemd/system, /run/systemd/system, /usr/lib/systemd/system and the "
                     "others of systemd.unit(5)"};
    }
    if (is_mask(root, *fragment)) {
        return Error{ErrorKind::failed,
                     fmt::format("{} is masked by {}", base::escape_bytes(unit), base::escape_bytes(*fragment)), 0,
                     ""};
    }
    FoundUnit found;
    found.fragment = *fragment;
    const std::string own = base::last_component(*fragment);
    found.id = kind_of(own) == NameKind::a_template ? UnitNameParts(own).with_instance(parts.instance) : own;
    found.names = names_of(services, unit, *fragment);
    std::ranges::stable_partition(found.names, [&found](const std::string& name) { return name == found.id; });
    auto drop_ins = drop_ins_of(root, found.id, found.names);
    if (!drop_ins) return drop_ins.error();
    found.drop_ins = std::move(*drop_ins);
    return found;
}

}  // namespace sandfit::systemd
