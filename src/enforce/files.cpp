#include "enforce/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"

namespace sandfit::enforce {
namespace {

/// What was done in a directory is not on the disk before the directory is.
void settle(const std::string& directory) {
    const base::Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.is_open()) ::fsync(fd.get());
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

/// ".NAME.123.part": what base::write_file_atomically() leaves when it is killed.
void remove_unfinished(const std::string& path) {
    const std::string directory = base::parent_of(path);
    const std::string head = "." + base::last_component(path) + ".";
    const std::unique_ptr<DIR, CloseDirectory> opened(::opendir(directory.c_str()));
    if (opened == nullptr) return;
    while (const dirent* entry = ::readdir(opened.get())) {
        std::string_view name = entry->d_name;
        if (!name.starts_with(head) || !name.ends_with(".part")) continue;
        name = name.substr(head.size());
        name.remove_suffix(std::string_view(".part").size());
        if (name.empty() || name.find_first_not_of("0123456789") != std::string_view::npos) continue;
        ::unlinkat(::dirfd(opened.get()), entry->d_name, 0);
    }
}

}  // namespace

Result<bool> HostFiles::exists(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return base::system_error(fmt::format("cannot look at {}", path));
}

Result<std::optional<std::string>> HostFiles::read(const std::string& path) {
    const auto there = exists(path);
    if (!there) return there.error();
    if (!*there) return std::optional<std::string>();
    auto content = base::read_file(path);
    if (!content) return content.error();
    return std::optional<std::string>(std::move(*content));
}

Result<void> HostFiles::write(const std::string& path, std::string_view content) {
    return base::write_file_atomically(path, content);
}

Result<void> HostFiles::keep(const std::string& path, const std::string& copy) {
    ::unlink(copy.c_str());
    if (::link(path.c_str(), copy.c_str()) != 0) {
        return base::system_error(fmt::format("cannot keep a copy of {}", path));
    }
    settle(base::parent_of(copy));
    return {};
}

Result<bool> HostFiles::put_back(const std::string& copy, const std::string& path) {
    if (::rename(copy.c_str(), path.c_str()) != 0) {
        if (errno == ENOENT) return false;
        return base::system_error(fmt::format("cannot put {} back", path));
    }
    // Two names of one file: rename(2) does nothing then, and succeeds.
    ::unlink(copy.c_str());
    remove_unfinished(path);
    settle(base::parent_of(path));
    return true;
}

Result<bool> HostFiles::remove(const std::string& path) {
    remove_unfinished(path);
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return base::system_error(fmt::format("cannot remove {}", path));
    }
    settle(base::parent_of(path));
    return true;
}

Result<bool> HostFiles::make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0) {
        settle(base::parent_of(path));
        return true;
    }
    if (errno == EEXIST) return false;
    return base::system_error(fmt::format("cannot make the directory {}", path));
}

Result<void> HostFiles::remove_directory(const std::string& path) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST) return {};
    return base::system_error(fmt::format("cannot remove the directory {}", path));
}

}  // namespace sandfit::enforce
