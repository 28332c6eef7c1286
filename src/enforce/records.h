// What is on disk about changed units: /var/lib/sandfit/changes/UNIT/record.json, one directory a unit.
//
// The directory is also the lock: who changes a unit holds flock(2) on it, and the kernel lets go of it when that
// process is gone, however it ended.
#ifndef SANDFIT_ENFORCE_RECORDS_H
#define SANDFIT_ENFORCE_RECORDS_H

#include <sandfit/change.h>
#include <sandfit/result.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "enforce/files.h"

namespace sandfit::enforce {

inline constexpr const char* kRecordDirectory = "/var/lib/sandfit/changes";

/// The changes of a unit that stand or are being made, oldest first. More than one while a change is made over one
/// that stands, and when one stands until the reboot and another for good.
std::string to_json(const std::vector<Change>& changes);
Result<std::vector<Change>> changes_from_json(std::string_view text, const std::string& name_for_messages);

/// Only for the process that has it. Gone with the object.
class Lock {
public:
    /// Waits at most `patience` for another process to end its change. ErrorKind::failed when it did not.
    static Result<Lock> take(const std::string& unit, std::chrono::milliseconds patience,
                             const std::string& directory = kRecordDirectory);
    Lock(Lock&&) noexcept = default;
    Lock& operator=(Lock&&) = delete;
    ~Lock();

private:
    Lock(std::string path, base::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    std::string path_;
    base::Fd fd_;
};

/// REQUIRES for all but read(): the unit's Lock.
class Records {
public:
    explicit Records(Files& files, std::string directory = kRecordDirectory)
        : files_(files), directory_(std::move(directory)) {}

    /// Empty when nothing is known of the unit.
    [[nodiscard]] Result<std::vector<Change>> read(const std::string& unit) const;
    /// Replaces what is known; an empty list removes it.
    Result<void> write(const std::string& unit, const std::vector<Change>& changes);

private:
    [[nodiscard]] std::string path_of(const std::string& unit) const;

    Files& files_;
    std::string directory_;
};

}  // namespace sandfit::enforce

#endif
