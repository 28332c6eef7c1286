// What this host answers about paths, outside of any sandbox, for a unit's user: what tells a denial from a failure
// that always was.
#ifndef SANDFIT_CLI_HOST_VIEW_H
#define SANDFIT_CLI_HOST_VIEW_H

#include <string>
#include <vector>

#include <sys/types.h>

namespace sandfit::cli {

class HostView {
public:
    /// `user` as in User=: a name, a number, "" for root. A user that this host does not have may go nowhere that is
    /// not open to all.
    explicit HostView(const std::string& user);

    [[nodiscard]] static bool exists(const std::string& path);
    /// It lies on a file system that is read-only.
    [[nodiscard]] static bool is_read_only(const std::string& path);
    /// The user may not search a directory on the way, by the permission bits. ACLs are not looked at.
    [[nodiscard]] bool is_closed(const std::string& path) const;

private:
    uid_t uid_ = 0;
    std::vector<gid_t> groups_;
};

}  // namespace sandfit::cli

#endif
