// Paths in /proc, as facts have them: "/proc/self" is the process that acts, "/proc/[pid]" another one.
#ifndef SANDFIT_DERIVE_PROC_PATH_H
#define SANDFIT_DERIVE_PROC_PATH_H

#include <string_view>

namespace sandfit::derive {

/// True for "/proc/[pid]" and below; a number that was not generalised is another process's, too.
bool is_of_another_process(std::string_view path);

/// True for what belongs to any process, the acting one among them.
bool is_of_a_process(std::string_view path);

}  // namespace sandfit::derive

#endif
