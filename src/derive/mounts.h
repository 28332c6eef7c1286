// The mounts that systemd will make for a unit, as far as they decide what can be written and what
// can be renamed where. A model of systemd's namespace.c, kept to what the rules ask.
#ifndef SANDFIT_DERIVE_MOUNTS_H
#define SANDFIT_DERIVE_MOUNTS_H

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "derive/rule.h"
#include "derive/write_need.h"

namespace sandfit::derive {

/// What makes a mount, and with it whether it can be written.
enum class MountKind {
    root,         ///< everything that nothing else covers
    read_only,    ///< by ProtectSystem=, ProtectHome= or ReadOnlyPaths=
    left_alone,   ///< what ProtectSystem=strict leaves to other directives: /proc, /sys, /dev, /home ...
    opened,       ///< ReadWritePaths=
    owned,        ///< RuntimeDirectory=, StateDirectory= ...: made by systemd before the unit starts
    private_tmp,  ///< PrivateTmp=
};

struct Mount {
    std::string path;
    MountKind kind = MountKind::root;
    bool writable = true;
};

class MountTable {
public:
    explicit MountTable(std::vector<Mount> mounts);

    /// The mount in which a path lies. A directory and an object that is a mount itself lie in their own.
    [[nodiscard]] const Mount& over(std::string_view path) const;

    /// True when the need is met: written where it may be, both ends of a move in one mount.
    [[nodiscard]] bool allows(const WriteNeed& need) const;

    /// True when a move between two directories crosses from one mount to another.
    [[nodiscard]] bool crosses(const WriteNeed& need) const;

    /// The same mounts with more entries of ReadWritePaths=.
    [[nodiscard]] MountTable with_opened(const std::vector<std::string>& paths) const;

    /// The same mounts with more entries of ReadOnlyPaths=, which count more than others on the same path.
    [[nodiscard]] MountTable with_shut(const std::vector<std::string>& paths) const;

    /// True when something read-only was asked for between the two, so that opening `outer` does not open `inner`.
    [[nodiscard]] bool shut_between(std::string_view inner, std::string_view outer) const;

    /// What systemd will mount, by path, after its merging; with "/".
    [[nodiscard]] const std::map<std::string, Mount, std::less<>>& mounts() const { return mounts_; }

    /// True when systemd itself makes this directory, so that the unit's own mkdir finds it (EEXIST).
    [[nodiscard]] bool made_by_systemd(std::string_view path) const;

private:
    std::vector<Mount> asked_for_;                      // as given, before systemd's merging
    std::map<std::string, Mount, std::less<>> mounts_;  // by path; "/" is always there
    std::set<std::string, std::less<>> owned_;
};

/// The table under a value of ProtectSystem= ("strict", "full", "yes", "no" or "") with the rest of the
/// proposal and the unit's own settings.
MountTable mount_table(const Situation& situation, std::string_view protect_system);

/// True when the need lies where only the unit sees it by its present settings, as was recorded.
bool is_private(const Profile& profile, const WriteNeed& need);

/// The directory in which systemd puts what a directive of the family RuntimeDirectory= names: "/run".
std::string base_of_directory_directive(const std::string& directive);

}  // namespace sandfit::derive

#endif
