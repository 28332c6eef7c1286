#include "systemd/unit_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/path.h"
#include "base/root.h"
#include "base/text.h"
#include "systemd/unit_directives.h"
#include "systemd/unit_file.h"
#include "systemd/unit_finder.h"

namespace sandfit::systemd {
namespace {

// systemd reads lines of up to 1 MiB; what is larger than this is no unit file.
constexpr std::size_t kMaxFile = 8u << 20;

Result<UnitOfFiles> read_files(std::vector<UnitFile> files, const std::string& unit, const Host& host) {
    auto settings = settings_of_files(files, UnitNameParts(unit), host);
    if (!settings) return settings.error();
    return UnitOfFiles{unit, std::move(*settings)};
}

}  // namespace

Result<UnitOfFiles> read_unit_below(const std::string& root, const std::string& unit, const Host& host) {
    const auto directory = base::Root::open(root);
    if (!directory) return directory.error();
    const auto found = find_unit(*directory, unit);
    if (!found) return found.error();

    const std::string prefix = root.ends_with('/') ? root.substr(0, root.size() - 1) : root;
    std::vector<UnitFile> files;
    std::vector<std::string> unreadable;
    auto fragment = directory->read(found->fragment, kMaxFile);
    if (!fragment) return fragment.error();
    files.push_back({prefix + found->fragment, std::move(*fragment)});
    for (const auto& path : found->drop_ins) {
        if (is_mask(*directory, path)) continue;
        auto text = directory->read(path, kMaxFile);
        if (text) {
            files.push_back({prefix + path, std::move(*text)});
        } else if (text.error().kind == ErrorKind::not_permitted) {
            return text.error();
        } else {
            unreadable.push_back(text.error().what);
        }
    }
    auto read = read_files(std::move(files), found->id, host);
    if (!read) return read.error();
    for (auto& what : unreadable) read->files.ignored.push_back(std::move(what));
    auto& values = read->files.settings.values;
    values["Names"] = found->names;
    values["FragmentPath"] = {found->fragment};
    values["DropInPaths"] = found->drop_ins;
    return read;
}

Result<UnitOfFiles> read_unit_of(const std::vector<std::string>& paths, const std::string& unit, const Host& host) {
    std::vector<UnitFile> files;
    for (const auto& path : paths) {
        auto text = base::read_file(path, kMaxFile);
        if (!text) return text.error();
        files.push_back({path, std::move(*text)});
    }
    return read_files(std::move(files), unit, host);
}

UnitSettings with_settings_of_files(const UnitSettings& recorded, const FileSettings& files) {
    UnitSettings combined = files.settings;
    for (const auto& [name, words] : recorded.values) {
        const bool depends_on_host = std::ranges::all_of(unit_directives(), [&name](const DirectiveSpec& spec) {
            const bool same = spec.reported_as() == name || std::string(spec.reported_as()) + "Soft" == name;
            return !same || spec.standing == "?";
        });
        if (depends_on_host && !files.not_known.contains(name)) combined.values.try_emplace(name, words);
    }
    return combined;
}

}  // namespace sandfit::systemd
