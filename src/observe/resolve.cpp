#include "observe/resolve.h"

#include "base/fd.h"
#include "base/path.h"
#include "base/root.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>

namespace sandfit::observe {
namespace {

using base::Fd;
using base::open_in_root;

constexpr std::size_t kPathMax = 4096;

std::string read_link(const std::string& path) {
    std::array<char, kPathMax> text{};
    const ssize_t n = ::readlink(path.c_str(), text.data(), text.size());
    return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : std::string();
}

std::string path_of(const Fd& fd) { return read_link(fmt::format("/proc/self/fd/{}", fd.get())); }

bool in_mount_ns(pid_t pid, std::uint32_t mount_ns) {
    return read_link(fmt::format("/proc/{}/ns/mnt", pid)) == fmt::format("mnt:[{}]", mount_ns);
}

struct Root {
    Fd fd;
    std::string path;  // of the root in its mount namespace: "/" unless the process is in a chroot
};

Root root_of(pid_t pid) {
    const std::string link = fmt::format("/proc/{}/root", pid);
    Root root{Fd(::open(link.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), ""};
    if (root.fd.is_open()) root.path = path_of(root.fd);
    if (root.path.empty()) root.path = "/";
    return root;
}

Root find_root(const std::vector<pid_t>& processes, std::uint32_t mount_ns) {
    for (const pid_t pid : processes) {
        if (pid > 0 && in_mount_ns(pid, mount_ns)) {
            if (Root root = root_of(pid); root.fd.is_open()) return root;
        }
    }
    const pid_t self = ::getpid();
    return in_mount_ns(self, mount_ns) ? root_of(self) : Root{};
}

FileKind kind_at(const Fd& directory, const std::string& name) {
    struct stat status{};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return FileKind::unknown;
    return kind_of_mode(status.st_mode);
}

ResolvedPath by_text(const std::string& absolute, bool cut) {
    ResolvedPath out;
    out.directory = base::parent_of(absolute);
    out.name = base::last_component(absolute);
    out.resolution = cut ? Resolution::cut : Resolution::lexical;
    return out;
}

std::string user_name(uid_t uid) {
    const passwd* entry = ::getpwuid(uid);
    return entry != nullptr ? std::string(entry->pw_name) : std::to_string(uid);
}

std::string group_name(gid_t gid) {
    const group* entry = ::getgrgid(gid);
    return entry != nullptr ? std::string(entry->gr_name) : std::to_string(gid);
}

std::string file_system_name(const Fd& fd) {
    struct statfs status{};
    if (::fstatfs(fd.get(), &status) != 0) return "";
    switch (static_cast<std::uint64_t>(status.f_type)) {
        case TMPFS_MAGIC: return "tmpfs";
        case EXT4_SUPER_MAGIC: return "ext4";
        case XFS_SUPER_MAGIC: return "xfs";
        case BTRFS_SUPER_MAGIC: return "btrfs";
        case OVERLAYFS_SUPER_MAGIC: return "overlay";
        case NFS_SUPER_MAGIC: return "nfs";
        case PROC_SUPER_MAGIC: return "proc";
        case SYSFS_MAGIC: return "sysfs";
        case CGROUP2_SUPER_MAGIC: return "cgroup2";
        default: return fmt::format("{:#x}", static_cast<std::uint64_t>(status.f_type));
    }
}

}  // namespace

ResolvedPath split_walked(const WalkedPath& path, FileKind kind) {
    ResolvedPath out = by_text(path.path, path.cut);
    out.kind = kind;
    if (!path.cut) out.resolution = Resolution::walked;
    return out;
}

ResolvedPath walked(const StringPath& path) {
    ResolvedPath out =
        by_text(path.string.empty() ? path.base.path : base::join(path.base.path, path.string), path.base.cut);
    if (!path.base.cut) out.resolution = Resolution::walked;
    return out;
}

ResolvedPath resolve(const StringPath& path, const std::vector<pid_t>& processes, std::uint32_t mount_ns) {
    const std::string meant = base::lexically_absolute(path.base.path, path.relative ? path.string
                                                                                       : "./" + path.string);
    if (path.base.cut) return by_text(meant, true);
    for (const char* own : {"/proc/self", "/proc/thread-self"}) {
        // Links that lead everybody elsewhere: asked from here they would lead to us.
        if (!base::is_at_or_below(meant, own)) continue;
        ResolvedPath out = by_text(meant, false);
        out.resolution = Resolution::resolved;
        return out;
    }

    Root root = find_root(processes, mount_ns);
    // What lies outside of the process's root (a descriptor kept from before a chroot) is not below it.
    if (!root.fd.is_open() || !base::is_at_or_below(path.base.path, root.path)) return by_text(meant, false);
    if (!path.relative && path.base.path != root.path) {
        // An absolute string starts at the root of the process that gave it, and that one was in a chroot that the
        // process whom we ask is not in.
        const std::string below = root.path == "/" ? path.base.path : path.base.path.substr(root.path.size());
        root = {open_in_root(root.fd.get(), below, O_PATH | O_DIRECTORY), path.base.path};
        if (!root.fd.is_open()) return by_text(meant, false);
    }
    // Not normalised by text: "link/../name" goes where the link leads.
    const std::string below_root =
        root.path == "/" ? path.base.path
                         : "/" + path.base.path.substr(std::min(root.path.size() + 1, path.base.path.size()));
    std::string wanted = path.relative ? below_root + "/" + path.string : path.string;
    while (wanted.size() > 1 && wanted.back() == '/') wanted.pop_back();
    if (wanted.empty() || wanted.front() != '/') wanted.insert(wanted.begin(), '/');

    if (path.follow) {
        if (const Fd target = open_in_root(root.fd.get(), wanted, O_PATH); target.is_open()) {
            struct stat status{};
            ResolvedPath out = by_text(path_of(target), false);
            if (::fstat(target.get(), &status) == 0) out.kind = kind_of_mode(status.st_mode);
            out.resolution = Resolution::resolved;
            return out;
        }
    }
    const std::string name = base::last_component(wanted);
    if (name == "." || name == ".." || name.empty()) {
        const Fd target = open_in_root(root.fd.get(), wanted, O_PATH);
        if (!target.is_open()) return by_text(meant, false);
        ResolvedPath out = by_text(path_of(target), false);
        out.kind = FileKind::directory;
        out.resolution = Resolution::resolved;
        return out;
    }
    const Fd directory = open_in_root(root.fd.get(), base::parent_of(wanted), O_PATH | O_DIRECTORY);
    if (!directory.is_open()) return by_text(meant, false);
    ResolvedPath out;
    out.directory = path_of(directory);
    if (out.directory.empty() || out.directory.front() != '/') return by_text(meant, false);
    out.name = name;
    out.kind = kind_at(directory, name);
    out.resolution = Resolution::resolved;
    return out;
}

DirectoryState directory_state(const std::string& path, const std::vector<pid_t>& processes, bool created) {
    const auto open_as = [&path](const Root& root) {
        return root.fd.is_open() ? open_in_root(root.fd.get(), path, O_PATH | O_DIRECTORY) : Fd();
    };
    Fd theirs;
    for (const pid_t pid : processes) {
        // A process in a chroot sees other names; the profile's are those of its mount namespace.
        // One that ended meanwhile has none.
        const Root root = root_of(pid);
        if (!root.fd.is_open() || root.path != "/") continue;
        theirs = open_as(root);
        break;
    }
    const Fd ours = open_as(root_of(::getpid()));
    const Fd& seen = theirs.is_open() ? theirs : ours;

    DirectoryState state;
    struct stat status{};
    if (!seen.is_open() || ::fstat(seen.get(), &status) != 0) return state;
    state.exists = true;
    state.existed_before = !created;
    state.mode = status.st_mode & 07777;
    state.owner = user_name(status.st_uid);
    state.group = group_name(status.st_gid);
    state.file_system = file_system_name(seen);
    if (theirs.is_open()) {
        struct stat outside{};
        const bool same = ours.is_open() && ::fstat(ours.get(), &outside) == 0 && outside.st_dev == status.st_dev &&
                          outside.st_ino == status.st_ino;
        state.private_to_unit = !same;
    }
    return state;
}

}  // namespace sandfit::observe
