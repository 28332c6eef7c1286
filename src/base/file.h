// Whole files: read with a bound, written so that a reader sees the old or the new, never half.
#ifndef SANDFIT_BASE_FILE_H
#define SANDFIT_BASE_FILE_H

#include <sandfit/result.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace sandfit::base {

/// The content of a file. Fails when it is larger than `limit` bytes. Works for /proc and /sys too.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64u << 20);

/// Replaces `path` with `content`, mode 0644 less the umask, durably: fsync before the rename.
/// Killed at any moment it leaves the old file or the new one. The new content is a nameless file
/// (O_TMPFILE) until it is whole; where the file system has none, a dot file beside it that is
/// removed on failure.
Result<void> write_file_atomically(const std::string& path, std::string_view content);

}  // namespace sandfit::base

#endif
