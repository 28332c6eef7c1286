#include "derive/proc_path.h"

namespace sandfit::derive {
namespace {

/// "/proc/self/fd" -> "self"; "" for what is not below /proc.
std::string_view first_in_proc(std::string_view path) {
    constexpr std::string_view kProc = "/proc/";
    if (!path.starts_with(kProc)) return {};
    path.remove_prefix(kProc.size());
    return path.substr(0, path.find('/'));
}

}  // namespace

bool is_of_another_process(std::string_view path) {
    const std::string_view first = first_in_proc(path);
    return first == "[pid]" || (!first.empty() && first.find_first_not_of("0123456789") == std::string_view::npos);
}

bool is_of_a_process(std::string_view path) {
    const std::string_view first = first_in_proc(path);
    return first == "self" || first == "thread-self" || is_of_another_process(path);
}

}  // namespace sandfit::derive
