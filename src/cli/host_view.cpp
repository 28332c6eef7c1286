#include "cli/host_view.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>

namespace sandfit::cli {

HostView::HostView(const std::string& user) {
    if (user.empty() || user == "root") return;
    constexpr uid_t kNobody = 65534;
    uid_ = kNobody;
    const auto number = std::from_chars(user.data(), user.data() + user.size(), uid_);
    const bool is_number = number.ec == std::errc() && number.ptr == user.data() + user.size();
    const passwd* entry = is_number ? ::getpwuid(uid_) : ::getpwnam(user.c_str());
    if (entry == nullptr) return;
    uid_ = entry->pw_uid;
    int count = 64;
    groups_.resize(static_cast<std::size_t>(count));
    while (::getgrouplist(entry->pw_name, entry->pw_gid, groups_.data(), &count) < 0 &&
           groups_.size() < static_cast<std::size_t>(count)) {
        groups_.resize(static_cast<std::size_t>(count));
    }
    groups_.resize(static_cast<std::size_t>(std::max(count, 0)));
}

bool HostView::exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

bool HostView::is_read_only(const std::string& path) {
    struct statvfs status {};
    return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

bool HostView::is_closed(const std::string& path) const {
    if (uid_ == 0) return false;
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        struct stat status {};
        if (::stat(slash == 0 ? "/" : path.substr(0, slash).c_str(), &status) != 0) return false;
        const bool in_group = std::ranges::find(groups_, status.st_gid) != groups_.end();
        const mode_t bit = status.st_uid == uid_ ? S_IXUSR : in_group ? S_IXGRP : S_IXOTH;
        if ((status.st_mode & bit) == 0) return true;
    }
    return false;
}

}  // namespace sandfit::cli
