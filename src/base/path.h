// Paths as text: nothing here touches the file system.
#ifndef SANDFIT_BASE_PATH_H
#define SANDFIT_BASE_PATH_H

#include <string>
#include <string_view>

namespace sandfit::base {

/// Joins `base` (absolute) and `path` (absolute ones win), then removes ".", ".." and repeated
/// slashes by text alone. Always absolute; no trailing slash but for "/".
std::string lexically_absolute(std::string_view base, std::string_view path);

/// "/a/b" -> "/a", "/a" -> "/", "/" -> "/". REQUIRES: absolute and normal, or at least one slash.
std::string parent_of(std::string_view path);

/// "/a/b" -> "b", "/" -> "".
std::string last_component(std::string_view path);

/// "/a" and "b" -> "/a/b"; "/" and "b" -> "/b"; an empty name gives the directory.
std::string join(std::string_view directory, std::string_view name);

/// True when `path` is `directory` or lies below it. By components: "/ab" is not below "/a".
bool is_at_or_below(std::string_view path, std::string_view directory);

/// The deepest directory that is at or above both. REQUIRES: both absolute and normal.
std::string common_ancestor(std::string_view a, std::string_view b);

/// Number of components: "/" -> 0, "/a/b" -> 2.
int depth(std::string_view path);

}  // namespace sandfit::base

#endif
