// From the string that a program gave to a call, to the path that it meant: symbolic links followed
// inside the mount namespace and root of the program, while a process of it is there to ask.
#ifndef SANDFIT_OBSERVE_RESOLVE_H
#define SANDFIT_OBSERVE_RESOLVE_H

#include "observe/decode.h"

#include <sandfit/fact.h>
#include <sandfit/profile.h>

#include <string>
#include <vector>

#include <sys/types.h>

namespace sandfit::observe {

struct ResolvedPath {
    std::string directory;
    std::string name;  ///< "" when the path is a root directory
    FileKind kind = FileKind::unknown;  ///< of what the path names now; unknown when it is gone
    Resolution resolution = Resolution::lexical;
};

/// Resolves inside the root of the first of `processes` that shares the mount namespace `mount_ns` (an inode
/// number), else, when that namespace is our own, inside ours, else by text. Opens nothing but with O_PATH.
ResolvedPath resolve(const StringPath& path, const std::vector<pid_t>& processes, std::uint32_t mount_ns);

/// Of a path whose base and name the kernel programs found themselves.
ResolvedPath walked(const StringPath& path);

/// Splits a path that the kernel programs walked.
ResolvedPath split_walked(const WalkedPath& path, FileKind kind);

/// The state of a directory as the first of `processes` that lives sees it, else as we see it.
/// `created` says whether the unit itself was seen to make it.
DirectoryState directory_state(const std::string& path, const std::vector<pid_t>& processes, bool created);

}  // namespace sandfit::observe

#endif
