#include "derive/mounts.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/path.h"
#include "derive/settings.h"

namespace sandfit::derive {
namespace {

struct DirectoryDirective {
    const char* name;
    const char* base;
};
constexpr std::array<DirectoryDirective, 5> kDirectoryDirectives = {{{"RuntimeDirectory", "/run"},
                                                                     {"StateDirectory", "/var/lib"},
                                                                     {"CacheDirectory", "/var/cache"},
                                                                     {"LogsDirectory", "/var/log"},
                                                                     {"ConfigurationDirectory", "/etc"}}};

/// Items of ReadWritePaths= and its sisters may have the prefixes "-" and "+".
std::string without_prefix(const std::string& item) {
    const std::size_t start = item.find_first_not_of("-+");
    return start == std::string::npos ? std::string() : item.substr(start);
}

void add(std::vector<Mount>& mounts, const std::string& path, MountKind kind, bool writable) {
    if (!path.starts_with('/')) return;
    mounts.push_back({base::lexically_absolute("/", path), kind, writable});
}

void add_protect_system(std::vector<Mount>& mounts, std::string_view value) {
    const bool yes = value == "yes" || value == "true" || value == "on" || value == "1";
    if (value == "strict") {
        mounts.front().writable = false;
        mounts.front().kind = MountKind::read_only;
    } else if (yes || value == "full") {
        for (const char* path : {"/usr", "/boot", "/efi"}) add(mounts, path, MountKind::read_only, false);
        if (value == "full") add(mounts, "/etc", MountKind::read_only, false);
    }
    if (value != "strict") return;
    // systemd: "the kernel API VFS, which are left writable"; "of course /home and friends are also left writable".
    for (const char* path : {"/proc", "/sys", "/dev"}) add(mounts, path, MountKind::left_alone, true);
}

void add_protect_home(std::vector<Mount>& mounts, const Situation& situation, std::string_view protect_system) {
    const std::string value = effective_word(situation, "ProtectHome");
    const bool open = value.empty() || value == "no" || value == "false";
    if (open && protect_system != "strict") return;
    for (const char* path : {"/home", "/run/user", "/root"}) {
        add(mounts, path, open ? MountKind::left_alone : MountKind::read_only, open);
    }
}

void add_directories(std::vector<Mount>& mounts, const Situation& situation, const DirectoryDirective& directive) {
    const UnitSettings& settings = situation.profile.settings;
    std::vector<std::string> names = list_of(settings, directive.name);
    const Suggestion* made = situation.proposed(directive.name);
    if (made != nullptr && made->verdict == Verdict::suggest) {
        names.insert(names.end(), made->items.begin(), made->items.end());
    }
    for (const auto& name : names) {
        const std::string bare = name.substr(0, name.find(':'));  // since 250 "name:link" makes a symlink, too
        if (bare.empty()) continue;
        add(mounts, base::join(directive.base, bare), MountKind::owned, true);
        if (is_on(settings, "DynamicUser")) {
            add(mounts, std::string(directive.base) + "/private/" + bare, MountKind::owned, true);
        }
    }
}

/// One mode for systemd's mount table: of two nested entries of one mode it drops the inner one.
int merge_class(MountKind kind) {
    switch (kind) {
        case MountKind::opened:
        case MountKind::owned:
            return 1;
        case MountKind::left_alone:
            return 2;
        case MountKind::read_only:
            return 3;
        case MountKind::root:
        case MountKind::private_tmp:
            return 0;  // never dropped, and no reason to drop what is below
    }
    return 0;
}

}  // namespace

std::string base_of_directory_directive(const std::string& directive) {
    for (const auto& known : kDirectoryDirectives) {
        if (directive == known.name) return known.base;
    }
    return {};
}

MountTable::MountTable(std::vector<Mount> mounts) : asked_for_(mounts) {
    // By path parents come before what is below them; of two mounts on one path the one that was added last wins.
    std::stable_sort(mounts.begin(), mounts.end(), [](const Mount& a, const Mount& b) { return a.path < b.path; });
    for (auto& mount : mounts) {
        if (mount.kind == MountKind::owned) owned_.insert(mount.path);
        if (!mounts_.empty() && mounts_.count(mount.path) == 0) {
            const int merge = merge_class(mount.kind);
            if (merge != 0 && merge == merge_class(over(mount.path).kind)) continue;
        }
        const std::string path = mount.path;
        mounts_[path] = std::move(mount);
    }
    assert(mounts_.count("/") == 1);
}

const Mount& MountTable::over(std::string_view path) const {
    for (;;) {
        const auto it = mounts_.find(path);
        if (it != mounts_.end()) return it->second;
        const std::size_t slash = path.rfind('/');
        path = slash == 0 || slash == std::string_view::npos ? std::string_view("/") : path.substr(0, slash);
    }
}

MountTable MountTable::with_opened(const std::vector<std::string>& paths) const {
    std::vector<Mount> mounts = asked_for_;
    for (const auto& path : paths) add(mounts, path, MountKind::opened, true);
    return MountTable(std::move(mounts));
}

MountTable MountTable::with_shut(const std::vector<std::string>& paths) const {
    std::vector<Mount> mounts = asked_for_;
    for (const auto& path : paths) add(mounts, without_prefix(path), MountKind::read_only, false);
    return MountTable(std::move(mounts));
}

bool MountTable::shut_between(std::string_view inner, std::string_view outer) const {
    return std::any_of(asked_for_.begin(), asked_for_.end(), [&](const Mount& mount) {
        return !mount.writable && mount.path != outer && base::is_at_or_below(mount.path, outer) &&
               base::is_at_or_below(inner, mount.path);
    });
}

bool MountTable::made_by_systemd(std::string_view path) const {
    return owned_.find(path) != owned_.end();
}

bool MountTable::crosses(const WriteNeed& need) const {
    return need.placed && !need.second_directory.empty() && &over(need.directory) != &over(need.second_directory);
}

bool MountTable::allows(const WriteNeed& need) const {
    if (!need.placed) {
        // Somewhere: fine only where everything can be written.
        return std::all_of(mounts_.begin(), mounts_.end(), [](const auto& entry) { return entry.second.writable; });
    }
    if (crosses(need)) return false;
    if (need.makes_directory && !need.objects.empty() &&
        std::all_of(need.objects.begin(), need.objects.end(),
                    [this](const std::string& path) { return made_by_systemd(path); })) {
        return true;
    }
    if (need.needs_directory || need.objects.empty()) return over(need.directory).writable;
    return std::all_of(need.objects.begin(), need.objects.end(),
                       [this](const std::string& path) { return over(path).writable; });
}

MountTable mount_table(const Situation& situation, std::string_view protect_system) {
    const UnitSettings& settings = situation.profile.settings;
    std::vector<Mount> mounts = {{"/", MountKind::root, true}};
    add_protect_system(mounts, protect_system);
    add_protect_home(mounts, situation, protect_system);

    const Suggestion* opened = situation.proposed("ReadWritePaths");
    const bool proposed = opened != nullptr && opened->verdict == Verdict::suggest;
    if (!proposed || !opened->reset_first) {
        for (const auto& item : list_of(settings, "ReadWritePaths")) {
            add(mounts, without_prefix(item), MountKind::opened, true);
        }
    }
    if (proposed) {
        for (const auto& item : opened->items) add(mounts, without_prefix(item), MountKind::opened, true);
    }
    for (const auto& directive : kDirectoryDirectives) add_directories(mounts, situation, directive);

    const std::string private_tmp = effective_word(situation, "PrivateTmp");
    if (private_tmp == "yes" || private_tmp == "true" || private_tmp == "disconnected" ||
        is_on(settings, "DynamicUser")) {
        for (const char* path : {"/tmp", "/var/tmp"}) add(mounts, path, MountKind::private_tmp, true);
    }
    return MountTable(std::move(mounts));
}

bool is_private(const Profile& profile, const WriteNeed& need) {
    if (!need.placed) return false;
    const auto recorded_private = [&profile](std::string path) {
        for (;;) {
            const auto it = profile.directories.find(path);
            if (it != profile.directories.end()) return it->second.private_to_unit;
            if (path == "/") return false;
            path = base::parent_of(path);
        }
    };
    return recorded_private(need.directory) &&
           (need.second_directory.empty() || recorded_private(need.second_directory));
}

}  // namespace sandfit::derive
