#include "base/root.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace sandfit::base {

Fd open_in_root(int root, const std::string& path, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const std::string relative = path == "/" ? "." : path.substr(1);
    return Fd(static_cast<int>(::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof(how))));
}

Result<Root> Root::open(const std::string& directory) {
    Fd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open()) return system_error(fmt::format("cannot open the directory {}", escape_bytes(directory)));
    return Root(std::move(fd), directory);
}

std::string Root::name() const {
    return escape_bytes(name_);
}

std::string Root::named(const std::string& path) const {
    return escape_bytes(name_ == "/" ? path : name_ + path);
}

std::optional<Root::Place> Root::place(const std::string& path) const {
    const Fd fd = open_in_root(fd_.get(), path, O_PATH);
    struct stat status {};
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return std::nullopt;
    return Place{status.st_dev, status.st_ino};
}

Result<std::vector<Root::Entry>> Root::entries(const std::string& directory) const {
    std::vector<Entry> found;
    Fd fd = open_in_root(fd_.get(), directory, O_RDONLY | O_DIRECTORY);
    if (!fd.is_open()) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return found;
        return system_error("cannot read " + named(directory));
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd.get()), &::closedir);
    if (!listing) return system_error("cannot read " + named(directory));
    const int owned = fd.release();
    errno = 0;
    while (const dirent* item = ::readdir(listing.get())) {
        Entry entry{item->d_name, EntryKind::other};
        struct stat status {};
        if (entry.name != "." && entry.name != ".." &&
            ::fstatat(owned, item->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            if (S_ISREG(status.st_mode)) entry.kind = EntryKind::file;
            if (S_ISDIR(status.st_mode)) entry.kind = EntryKind::directory;
            if (S_ISLNK(status.st_mode)) entry.kind = EntryKind::link;
            found.push_back(std::move(entry));
        }
        errno = 0;
    }
    if (errno != 0) return system_error("cannot read " + named(directory));
    std::ranges::sort(found, {}, &Entry::name);
    return found;
}

std::optional<std::string> Root::link(const std::string& path) const {
    const Fd fd = open_in_root(fd_.get(), path, O_PATH | O_NOFOLLOW);
    std::array<char, 4096> text{};
    const ssize_t size = fd.is_open() ? ::readlinkat(fd.get(), "", text.data(), text.size()) : -1;
    if (size <= 0 || static_cast<std::size_t>(size) == text.size()) return std::nullopt;
    return std::string(text.data(), static_cast<std::size_t>(size));
}

Result<std::string> Root::read(const std::string& path, std::size_t limit) const {
    const Fd place = open_in_root(fd_.get(), path, O_PATH);
    struct stat status {};
    if (!place.is_open() || ::fstat(place.get(), &status) != 0) return system_error("cannot read " + named(path));
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorKind::bad_input, named(path) + " is no regular file", 0, ""};
    }
    // By the descriptor: what is opened is what was looked at.
    auto content = read_file(fmt::format("/proc/self/fd/{}", place.get()), limit);
    if (content) return content;
    if (content.error().sys_errno != 0) return system_error("cannot read " + named(path), content.error().sys_errno);
    return Error{ErrorKind::bad_input, fmt::format("{} is larger than {} bytes", named(path), limit), 0, ""};
}

}  // namespace sandfit::base
