#include "derive/path_use.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/path.h"
#include "derive/settings.h"
#include "derive/verdict.h"
#include "derive/write_need.h"

namespace sandfit::derive {
namespace {

bool is_plain_path(std::string_view path) {
    return path.starts_with('/') && path.find('\0') == std::string_view::npos;
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

/// One use for each name, and one more for those that are not told apart.
void add_uses(std::vector<PathUse>& uses, PathUse use, const std::string& directory,
              const std::set<std::string>& names, bool many, Resolution resolution) {
    if (resolution == Resolution::cut || !is_plain_path(directory)) {
        uses.push_back(std::move(use));
        return;
    }
    const std::string normal = base::lexically_absolute("/", directory);
    bool more = many;
    for (const auto& name : names) {
        if (!is_plain_name(name)) {
            more = true;
            continue;
        }
        use.path = base::join(normal, name);
        uses.push_back(use);
    }
    if (!names.empty() && !more) return;
    use.path = normal;
    use.some_below = more;
    uses.push_back(std::move(use));
}

/// The paths in one item of a setting: "-+/a", "/a:/b:rbind", "/a:mode=0700", "-:/usr/bin/x --flag=/y", "!/root".
std::vector<std::string> paths_in(std::string_view item, bool is_command) {
    std::vector<std::string> paths;
    item.remove_prefix(std::min(item.find_first_not_of("-+!:@"), item.size()));
    if (is_command) {
        paths.emplace_back(item.substr(0, item.find(' ')));
        return paths;
    }
    while (!item.empty()) {
        const std::size_t end = std::min(item.find(':'), item.size());
        paths.emplace_back(item.substr(0, end));
        item.remove_prefix(std::min(end + 1, item.size()));
    }
    return paths;
}

}  // namespace

std::vector<PathUse> path_uses(const Fact& fact) {
    std::vector<PathUse> uses;
    if (const auto* file = std::get_if<FileFact>(&fact)) {
        if (file->kind == FileKind::anonymous) return uses;
        PathUse use;
        use.error = file->error;
        use.only_looked = file->op == FileOp::look;
        use.listed = file->op == FileOp::read && file->kind == FileKind::directory;
        add_uses(uses, use, file->directory, file->names, file->many, file->resolution);
    } else if (const auto* move = std::get_if<MoveFact>(&fact)) {
        PathUse use;
        use.error = move->error;
        add_uses(uses, use, move->from_directory, move->from_names, move->many, move->resolution);
        add_uses(uses, use, move->to_directory, move->to_names, move->many, move->resolution);
    } else if (const auto* address = std::get_if<AddressFact>(&fact)) {
        if (address->family != "AF_UNIX" || address->abstract || address->address.empty()) return uses;
        PathUse use;
        use.error = address->error;
        if (is_plain_path(address->address)) use.path = base::lexically_absolute("/", address->address);
        uses.push_back(std::move(use));
    } else if (const auto* exec = std::get_if<ExecFact>(&fact)) {
        PathUse use;
        if (is_plain_path(exec->path)) use.path = base::lexically_absolute("/", exec->path);
        uses.push_back(std::move(use));
    }
    return uses;
}

bool is_in(const PathUse& use, std::string_view tree) {
    if (use.path.empty()) return true;
    if (base::is_at_or_below(use.path, tree)) return true;
    // Names in "/run" that are not told apart: "user" may be one of them.
    return use.some_below && use.path == base::parent_of(tree);
}

bool is_below(const PathUse& use, std::string_view tree) {
    return is_in(use, tree) && (use.path != tree || use.some_below);
}

bool was_refused(const PathUse& use) {
    return use.error == EACCES || use.error == EPERM;
}

bool makes_a_name(FileOp op) {
    switch (op) {
        case FileOp::create:
        case FileOp::make_directory:
        case FileOp::make_node:
        case FileOp::make_socket:
        case FileOp::make_symlink:
            return true;
        default:
            return false;
    }
}

std::vector<std::string> paths_to_write(const Fact& fact) {
    const auto need = write_need(fact);
    if (!need) return {};
    if (!need->placed) return {""};
    std::vector<std::string> paths = need->objects;
    if (need->needs_directory || need->objects.empty()) paths.push_back(need->directory);
    if (!need->second_directory.empty()) paths.push_back(need->second_directory);
    return paths;
}

std::optional<std::string> named_in_settings(const UnitSettings& settings, std::string_view tree) {
    constexpr std::array<const char*, 13> kPaths = {
        "WorkingDirectory",    "ReadWritePaths",    "ReadOnlyPaths",       "InaccessiblePaths", "ExecPaths",
        "NoExecPaths",         "BindPaths",         "BindReadOnlyPaths",   "MountImages",       "ExtensionImages",
        "TemporaryFileSystem", "RootHashSignature", "ExtensionDirectories"};
    constexpr std::array<const char*, 7> kCommands = {"ExecCondition", "ExecStartPre", "ExecStart",   "ExecStartPost",
                                                      "ExecReload",    "ExecStop",     "ExecStopPost"};
    const auto find = [&](const char* directive, bool is_command) -> std::optional<std::string> {
        for (const auto& item : list_of(settings, directive)) {
            for (const auto& path : paths_in(item, is_command)) {
                if (!is_plain_path(path) || !base::is_at_or_below(base::lexically_absolute("/", path), tree))
                    continue;
                return std::string(directive) + "=" + clipped(item);
            }
        }
        return std::nullopt;
    };
    for (const char* directive : kPaths) {
        if (auto found = find(directive, false)) return found;
    }
    for (const char* directive : kCommands) {
        if (auto found = find(directive, true)) return found;
    }
    return std::nullopt;
}

std::string through_links(const HostIdentity& host, const std::string& path) {
    // They are resolved to their ends, so the outermost is all there is to follow.
    for (const auto& [link, target] : host.links) {
        if (base::is_at_or_below(path, link))
            return base::join(target, std::string_view(path).substr(link.size() + (path.size() > link.size())));
    }
    return path;
}

std::optional<std::string> own_root(const UnitSettings& settings) {
    if (list_of(settings, "RootDirectory").empty() && list_of(settings, "RootImage").empty()) return std::nullopt;
    return "the unit has a root directory of its own, in which paths mean something else";
}

}  // namespace sandfit::derive
