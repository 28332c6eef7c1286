#include "base/error.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>

namespace sandfit::base {

Error system_error(std::string what) { return system_error(std::move(what), errno); }

Error system_error(std::string what, int sys_errno) {
    Error error;
    error.what = std::move(what);
    error.sys_errno = sys_errno;
    if (sys_errno == EPERM || sys_errno == EACCES) error.kind = ErrorKind::not_permitted;
    return error;
}

std::string describe(const Error& error) {
    if (error.sys_errno == 0) return error.what;
    return fmt::format("{}: {}", error.what, std::strerror(error.sys_errno));
}

std::string errno_name(int sys_errno) {
    const char* name = strerrorname_np(sys_errno);  // glibc 2.32
    return name != nullptr ? std::string(name) : fmt::format("errno {}", sys_errno);
}

}  // namespace sandfit::base
