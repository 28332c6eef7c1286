#include "derive/writable_paths.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "base/path.h"
#include "base/text.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

/// A unit file is lines of valid UTF-8, and ReadWritePaths= has no escape for control characters: a path that has
/// some cannot be an entry, however it is quoted.
bool can_be_written_in_a_unit_file(std::string_view path) {
    return base::is_utf8(path) && std::none_of(path.begin(), path.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7f;
           });
}

class Planner {
public:
    Planner(const Situation& situation, const MountTable& table) : situation_(situation), table_(table) {}

    WritablePlan run() {
        const auto& facts = situation_.profile.facts;
        for (std::size_t i = 0; i < facts.size() && plan_.impossible.empty(); ++i) {
            const auto need = write_need(facts[i].fact);
            if (!need || is_private(situation_.profile, *need) || table_.allows(*need)) continue;
            plan_one(*need, i);
        }
        if (!plan_.impossible.empty()) return std::move(plan_);
        drop_nested();
        if (situation_.tightness != Tightness::strict || entries_.size() > kMostAtStrict) {
            gather_siblings();
            drop_nested();
        }
        check();
        if (!plan_.impossible.empty()) return std::move(plan_);
        for (auto& [path, entry] : entries_) {
            entry.may_be_missing = may_be_missing(entry);
            warn_of_shared(entry);
            plan_.paths.push_back(entry);
        }
        return std::move(plan_);
    }

private:
    /// The plan, tried: mounts of other directives in between (ProtectHome=, the unit's own entries below /run/user)
    /// can part what one entry was to hold together.
    void check() {
        std::vector<std::string> paths;
        for (const auto& [path, entry] : entries_) paths.push_back(path);
        const MountTable opened = table_.with_opened(paths);
        const auto& facts = situation_.profile.facts;
        for (std::size_t i = 0; i < facts.size(); ++i) {
            const auto need = write_need(facts[i].fact);
            if (!need || is_private(situation_.profile, *need) || opened.allows(*need)) continue;
            fail("the mounts of other directives are in the way (" + describe(facts[i].fact) + ")", i);
            return;
        }
    }

    void fail(std::string why, std::size_t fact) {
        plan_.impossible = std::move(why);
        plan_.impossible_because = {fact};
    }

    const Fact& fact(std::size_t index) const { return situation_.profile.facts[index].fact; }

    void plan_one(const WriteNeed& need, std::size_t index) {
        if (!need.placed) {
            fail("a path that was written to is not known in full (" + describe(fact(index)) + ")", index);
        } else if (!need.second_directory.empty()) {
            plan_move(need, index);
        } else if (need.needs_directory) {
            open(need.directory, false, index);
        } else {
            plan_objects(need, index);
        }
    }

    /// Both ends of a move must lie in one mount, and each entry is a mount of its own: so below one entry.
    void plan_move(const WriteNeed& need, std::size_t index) {
        for (const auto* directory : {&need.directory, &need.second_directory}) {
            const Mount& mount = table_.over(*directory);
            const bool fixed = mount.path != "/" && mount.kind != MountKind::opened && mount.kind != MountKind::owned;
            if (fixed && table_.crosses(need)) {
                fail("a file is moved across " + clipped(mount.path) + ", which would be a mount of its own (" +
                         describe(fact(index)) + ")",
                     index);
                return;
            }
        }
        const std::string above = base::common_ancestor(need.directory, need.second_directory);
        if (above == "/") {
            fail("a file is moved between trees that have only / in common (" + describe(fact(index)) + ")", index);
            return;
        }
        open(above, false, index);
    }

    /// What exists and is only changed needs no more than itself; but a program that rewrites its file today may
    /// replace it tomorrow, so beyond `strict` the directory is opened, unless others share it.
    void plan_objects(const WriteNeed& need, std::size_t index) {
        if (need.objects.empty()) {
            open(need.directory, false, index);
            return;
        }
        for (const auto& object : need.objects) {
            const bool is_directory = need.is_directory || situation_.profile.directories.count(object) != 0;
            if (is_directory) {
                open(object, false, index);
            } else if (situation_.tightness == Tightness::strict || is_shared_directory(need.directory)) {
                open(object, true, index);
            } else {
                open(need.directory, false, index);
            }
        }
    }

    void open(std::string path, bool is_file, std::size_t index) {
        if (!can_be_written_in_a_unit_file(path)) {
            while (!can_be_written_in_a_unit_file(path)) path = base::parent_of(path);
            is_file = false;
            plan_.caveats.push_back("a path below " + clipped(path) +
                                    " has bytes that no unit file can hold, so all of it is opened");
        }
        if (path == "/") {
            fail("something is written in / itself (" + describe(fact(index)) + ")", index);
            return;
        }
        auto& entry = entries_.try_emplace(path, WritablePath{path, is_file, false, {}}).first->second;
        entry.is_file = entry.is_file && is_file;
        entry.facts.insert(index);
    }

    /// Each entry is a mount that systemd makes at every start, and a line that somebody reads: beyond this many even
    /// `strict` gathers what lies side by side.
    static constexpr std::size_t kMostAtStrict = 64;

    /// Below /var and /run a parent of such directories holds data; elsewhere it may hold programs, too, so it takes
    /// more to open it.
    static std::size_t enough_siblings(const std::string& parent) {
        return base::is_at_or_below(parent, "/var") || base::is_at_or_below(parent, "/run") ? 4 : 16;
    }

    /// Directories of one kind side by side (/var/lib/x/00 to /var/lib/x/ff) are one directory to the service: the
    /// next run uses others of them.
    void gather_siblings() {
        for (bool changed = true; changed;) {
            changed = false;
            std::map<std::string, std::vector<std::string>> by_parent;
            for (const auto& [path, entry] : entries_) by_parent[base::parent_of(path)].push_back(path);
            for (const auto& [parent, children] : by_parent) {
                if (children.size() < enough_siblings(parent) || is_shared_directory(parent)) continue;
                WritablePath merged{parent, false, false, {}};
                for (const auto& child : children) {
                    merged.facts.merge(entries_.at(child).facts);
                    entries_.erase(child);
                }
                auto& entry = entries_.try_emplace(parent, WritablePath{parent, false, false, {}}).first->second;
                entry.is_file = false;
                entry.facts.merge(merged.facts);
                changed = true;
            }
        }
    }

    void drop_nested() {
        // Outermost first: what is dropped hands its facts to an entry that stays.
        for (auto it = entries_.begin(); it != entries_.end();) {
            const auto outer = outer_entry(it->first);
            if (outer == entries_.end()) {
                ++it;
                continue;
            }
            outer->second.facts.merge(it->second.facts);
            it = entries_.erase(it);
        }
    }

    std::map<std::string, WritablePath>::iterator outer_entry(const std::string& path) {
        for (std::string above = base::parent_of(path); above != "/"; above = base::parent_of(above)) {
            const auto it = entries_.find(above);
            if (it != entries_.end() && !it->second.is_file && !table_.shut_between(path, above)) return it;
        }
        return entries_.end();
    }

    bool may_be_missing(const WritablePath& entry) const {
        // The top-level directories of a system are there, or the service would not be.
        if (!entry.is_file && base::depth(entry.path) == 1) return false;
        for (const char* emptied : {"/run", "/tmp", "/var/tmp"}) {
            if (base::is_at_or_below(entry.path, emptied) && entry.path != emptied) return true;
        }
        const auto it = situation_.profile.directories.find(entry.path);
        return entry.is_file || it == situation_.profile.directories.end() || !it->second.existed_before;
    }

    void warn_of_shared(const WritablePath& entry) {
        if (entry.is_file || !is_shared_directory(entry.path)) return;
        if (entry.path == "/tmp" || entry.path == "/var/tmp") return;  // made for everybody to write in
        plan_.caveats.push_back("all of " + clipped(entry.path) +
                                " becomes writable, for others' files too, because of " +
                                describe(fact(*entry.facts.begin())));
    }

    const Situation& situation_;
    const MountTable& table_;
    std::map<std::string, WritablePath> entries_;
    WritablePlan plan_;
};

}  // namespace

bool is_shared_directory(const std::string& path) {
    if (base::depth(path) <= 1) return true;
    const std::string parent = base::parent_of(path);
    if (parent == "/usr" || parent == "/var" || parent == "/usr/local") return true;
    static const std::array<std::string_view, 7> kShared = {
        "/run/lock", "/run/systemd", "/run/user", "/var/lib/systemd", "/etc/systemd", "/etc/ssl", "/var/spool/cron"};
    return std::find(kShared.begin(), kShared.end(), path) != kShared.end();
}

WritablePlan plan_writable_paths(const Situation& situation, const MountTable& table) {
    return Planner(situation, table).run();
}

}  // namespace sandfit::derive
