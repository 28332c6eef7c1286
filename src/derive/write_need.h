// The difference between "touched" and "needed" for files: what a read-only mount would have
// refused, or answered otherwise.
#ifndef SANDFIT_DERIVE_WRITE_NEED_H
#define SANDFIT_DERIVE_WRITE_NEED_H

#include <sandfit/fact.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sandfit::derive {

/// Something that has to be writable, because of one fact.
struct WriteNeed {
    /// The directory that must be writable itself: names come into being or go away in it. Otherwise
    /// it is enough that the objects are.
    bool needs_directory = false;
    std::string directory;             ///< absolute and normal, unless `placed` is false
    std::vector<std::string> objects;  ///< what was touched in it, absolute; empty when not all are known
    bool is_directory = false;         ///< the objects are directories themselves
    bool makes_directory = false;      ///< mkdir: satisfied also by an object that systemd makes
    std::string second_directory;      ///< rename and link: the other one, which must be in the same mount
    bool placed = true;                ///< false: the path was cut, nobody knows where it is
};

/// None for a fact that a read-only mount does not concern.
std::optional<WriteNeed> write_need(const Fact& fact);

}  // namespace sandfit::derive

#endif
