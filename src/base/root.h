// Files below a directory that is taken for "/": no link and no ".." leads out of it.
#ifndef SANDFIT_BASE_ROOT_H
#define SANDFIT_BASE_ROOT_H

#include <sandfit/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace sandfit::base {

/// openat2(2) with RESOLVE_IN_ROOT: absolute links start at `root` again. `path` is absolute, `flags` are open(2)'s.
/// A descriptor that is not open leaves the reason in errno.
Fd open_in_root(int root, const std::string& path, std::uint64_t flags);

class Root {
public:
    /// ErrorKind::failed or not_permitted where `directory` is none.
    static Result<Root> open(const std::string& directory);

    /// The directory, as it was named; printable.
    [[nodiscard]] std::string name() const;

    /// What lies at `path`, absolute, links followed. None where nothing does.
    struct Place {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        bool operator==(const Place&) const = default;
    };
    [[nodiscard]] std::optional<Place> place(const std::string& path) const;

    enum class EntryKind { file, directory, link, other };
    struct Entry {
        std::string name;
        EntryKind kind = EntryKind::other;
    };
    /// What a directory holds, by name; nothing where there is none. An error where it cannot be read.
    [[nodiscard]] Result<std::vector<Entry>> entries(const std::string& directory) const;

    /// The text of a link itself; none where `path` is no link.
    [[nodiscard]] std::optional<std::string> link(const std::string& path) const;

    /// The content of a regular file of at most `limit` bytes, links followed. What is no regular file is an error,
    /// and is not waited for: a FIFO, a device.
    [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t limit) const;

private:
    Root(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
    [[nodiscard]] std::string named(const std::string& path) const;

    Fd fd_;
    std::string name_;
};

}  // namespace sandfit::base

#endif
