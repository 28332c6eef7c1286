// Errors from errno.
#ifndef SANDFIT_BASE_ERROR_H
#define SANDFIT_BASE_ERROR_H

#include <sandfit/result.h>

#include <string>

namespace sandfit::base {

/// The error for a call that failed and left its reason in `sys_errno` (default: errno). EPERM and
/// EACCES make it ErrorKind::not_permitted.
Error system_error(std::string what);
Error system_error(std::string what, int sys_errno);

/// "cannot open a: No such file or directory", one line, without the hint.
std::string describe(const Error& error);

/// "ENOENT"; "errno 4000" for a number that libc has no name for.
std::string errno_name(int sys_errno);

}  // namespace sandfit::base

#endif
