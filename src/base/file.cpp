#include "base/file.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace sandfit::base {

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd.is_open()) return system_error(fmt::format("cannot read {}", path));
    std::string content;
    std::array<char, 65536> chunk{};
    for (;;) {
        const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error(fmt::format("cannot read {}", path));
        if (n == 0) return content;
        content.append(chunk.data(), static_cast<std::size_t>(n));
        if (content.size() > limit) {
            return Error{ErrorKind::bad_input, fmt::format("{} is larger than {} bytes", path, limit), 0, ""};
        }
    }
}

namespace {

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t n = ::write(fd, content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error(fmt::format("cannot write {}", path));
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(fd) != 0 && errno != EINVAL) return system_error(fmt::format("cannot write {}", path));
    return {};
}

}  // namespace

Result<void> write_file_atomically(const std::string& path, std::string_view content) {
    const std::string directory = path.find('/') == std::string::npos ? "." : parent_of(path);
    const std::string part = fmt::format("{}/.{}.{}.part", directory, last_component(path), ::getpid());
    constexpr mode_t kMode = 0644;

    Fd fd(::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, kMode));
    const bool nameless = fd.is_open();
    if (!nameless) fd = Fd(::open(part.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, kMode));
    if (!fd.is_open()) return system_error(fmt::format("cannot write {}", path));

    if (auto written = write_all(fd.get(), content, path); !written) {
        if (!nameless) ::unlink(part.c_str());
        return written;
    }
    if (nameless) {
        // linkat() cannot replace, so the whole file gets a name first, and rename() replaces.
        ::unlink(part.c_str());
        const std::string self = fmt::format("/proc/self/fd/{}", fd.get());
        if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, part.c_str(), AT_SYMLINK_FOLLOW) != 0) {
            return system_error(fmt::format("cannot write {}", path));
        }
    }
    if (::rename(part.c_str(), path.c_str()) != 0) {
        const Error error = system_error(fmt::format("cannot write {}", path));
        ::unlink(part.c_str());
        return error;
    }
    if (const Fd dir(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); dir.is_open()) ::fsync(dir.get());
    return {};
}

}  // namespace sandfit::base
