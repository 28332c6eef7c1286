// The few things that a change does to files, as an interface, so that a fault can be put at each of them in tests.
#ifndef SANDFIT_ENFORCE_FILES_H
#define SANDFIT_ENFORCE_FILES_H

#include <sandfit/result.h>

#include <optional>
#include <string>
#include <string_view>

namespace sandfit::enforce {

/// Paths are absolute. Every call is durable when it returns.
class Files {
public:
    virtual ~Files() = default;

    virtual Result<bool> exists(const std::string& path) = 0;
    /// None when there is no such file.
    virtual Result<std::optional<std::string>> read(const std::string& path) = 0;
    /// Replaces the file as a whole, or leaves it as it was.
    virtual Result<void> write(const std::string& path, std::string_view content) = 0;
    /// A second name for the file, which keeps what it holds now when write() replaces the first. Replaces `copy`.
    virtual Result<void> keep(const std::string& path, const std::string& copy) = 0;
    /// Puts `copy` in the place of `path`; needs no space on the disk. False when there is no copy.
    virtual Result<bool> put_back(const std::string& copy, const std::string& path) = 0;
    /// With what an interrupted write() may have left beside it. False when there was none.
    virtual Result<bool> remove(const std::string& path) = 0;
    /// One level; parents have to be there. False when it was there.
    virtual Result<bool> make_directory(const std::string& path) = 0;
    /// Only an empty one: others stay, and that is no error.
    virtual Result<void> remove_directory(const std::string& path) = 0;
};

/// The host's own.
class HostFiles final : public Files {
public:
    Result<bool> exists(const std::string& path) override;
    Result<std::optional<std::string>> read(const std::string& path) override;
    Result<void> write(const std::string& path, std::string_view content) override;
    Result<void> keep(const std::string& path, const std::string& copy) override;
    Result<bool> put_back(const std::string& copy, const std::string& path) override;
    Result<bool> remove(const std::string& path) override;
    Result<bool> make_directory(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
};

}  // namespace sandfit::enforce

#endif
