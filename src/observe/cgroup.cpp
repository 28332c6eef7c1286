#include "observe/cgroup.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

namespace sandfit::observe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwnPrefix = "sandfit-run-";

// mountinfo writes blanks, tabs, newlines and backslashes in octal: "\040".
std::string unescape_octal(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            int value = 0;
            if (std::from_chars(text.data() + i + 1, text.data() + i + 4, value, 8).ec == std::errc()) {
                out += static_cast<char>(value);
                i += 3;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

void remove_groups_below(const std::string& directory) {
    std::error_code ignored;
    std::vector<std::string> children;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        if (entry.is_directory(ignored)) children.push_back(entry.path().string());
    }
    for (const auto& child : children) remove_groups_below(child);
    ::rmdir(directory.c_str());
}

// Groups of runs whose sandfit is gone. One with processes in it cannot be removed, and stays.
void remove_stale_groups(const std::string& parent) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind(kOwnPrefix, 0) != 0) continue;
        const std::string owner = name.substr(kOwnPrefix.size());
        if (owner.find_first_not_of("0123456789") != std::string::npos) continue;
        if (!fs::exists("/proc/" + owner, ignored)) remove_groups_below(entry.path().string());
    }
}

}  // namespace

Result<std::string> cgroup2_mount() {
    auto text = base::read_file("/proc/self/mountinfo");
    if (!text) {
        Error error = text.error();
        error.kind = ErrorKind::unsupported;
        error.hint = "mount it: mount -t proc proc /proc";
        return error;
    }
    std::string found;
    bool has_v1 = false;
    for (const auto& line : base::split(*text, '\n')) {
        // 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        has_v1 = has_v1 || line.find(" - cgroup ") != std::string::npos;
        const std::size_t dash = line.find(" - cgroup2 ");
        if (dash == std::string::npos) continue;
        const auto fields = base::split(line.substr(0, dash), ' ');
        if (fields.size() < 5) continue;
        const std::string mount = unescape_octal(fields[4]);
        // The shortest is the system's own; containers may show theirs as well.
        if (found.empty() || mount.size() < found.size()) found = mount;
    }
    if (found.empty()) {
        // Beside the hierarchies of v1, not over them.
        return Error{ErrorKind::unsupported, "cgroup2 is not mounted", 0,
                     has_v1 ? "mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 "
                              "/sys/fs/cgroup/unified (or boot with systemd.unified_cgroup_hierarchy=1)"
                            : "mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup"};
    }
    return found;
}

bool cgroup2_is_writable(const std::string& mount) {
    struct statvfs status{};
    return ::statvfs(mount.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) == 0;
}

Result<std::uint64_t> cgroup_id(const std::string& directory) {
    struct stat status{};
    if (::stat(directory.c_str(), &status) != 0)
        return base::system_error(fmt::format("cannot look at cgroup {}", directory));
    return static_cast<std::uint64_t>(status.st_ino);
}

Result<std::string> cgroup_of(pid_t pid) {
    auto mount = cgroup2_mount();
    if (!mount) return mount.error();
    auto text = base::read_file(fmt::format("/proc/{}/cgroup", pid));
    if (!text) return text.error();
    for (const auto& line : base::split(*text, '\n')) {
        if (line.rfind("0::", 0) == 0) return base::lexically_absolute("/", *mount + line.substr(3));
    }
    return Error{ErrorKind::unsupported, fmt::format("process {} is in no cgroup2 group", pid), 0, ""};
}

std::vector<std::string> groups_at(const std::string& directory) {
    std::vector<std::string> out{directory};
    // By hand: an iterator over a whole tree ends, or throws, at the first directory that went meanwhile.
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::error_code error;
        for (fs::directory_iterator entry(out[i], error), end; !error && entry != end; entry.increment(error)) {
            std::error_code gone;
            if (entry->symlink_status(gone).type() == fs::file_type::directory) out.push_back(entry->path().string());
        }
    }
    return out;
}

std::vector<pid_t> processes_below(const std::string& directory) {
    std::vector<pid_t> out;
    const auto add = [&out](const std::string& group) {
        const auto text = base::read_file(group + "/cgroup.procs");
        if (!text) return;
        for (const auto& line : base::split(*text, '\n')) {
            pid_t pid = 0;
            if (std::from_chars(line.data(), line.data() + line.size(), pid).ec == std::errc() && pid > 0)
                out.push_back(pid);
        }
    };
    for (const std::string& group : groups_at(directory)) add(group);
    return out;
}

OwnCgroup::OwnCgroup(std::string directory)
    : directory_(std::move(directory)), procs_file_(directory_ + "/cgroup.procs") {}

OwnCgroup::OwnCgroup(OwnCgroup&& other) noexcept
    : directory_(std::exchange(other.directory_, {})), procs_file_(std::exchange(other.procs_file_, {})) {}

OwnCgroup::~OwnCgroup() {
    if (!directory_.empty()) remove_groups_below(directory_);
}

Result<OwnCgroup> OwnCgroup::create() {
    auto mount = cgroup2_mount();
    if (!mount) return mount.error();
    auto own = cgroup_of(::getpid());
    // A group of threads cannot have children that are domains; then the root can.
    for (const auto& parent : {own ? *own : *mount, *mount}) {
        remove_stale_groups(parent);
        const std::string directory = fmt::format("{}/{}{}", parent, kOwnPrefix, ::getpid());
        if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) {
            const auto type = base::read_file(directory + "/cgroup.type");
            if (type && base::trim(*type) == "domain") return OwnCgroup(directory);
            ::rmdir(directory.c_str());
        }
    }
    Error error = base::system_error(fmt::format("cannot make a cgroup below {}", *mount));
    if (error.sys_errno == EROFS) error.kind = ErrorKind::unsupported;
    error.hint = error.sys_errno == EROFS
                     ? fmt::format("sandfit run needs to write there: mount -o remount,rw {}", *mount)
                     : "sandfit run needs root and a writable cgroup2 mount";
    return error;
}

int OwnCgroup::enter() const {
    const int fd = ::open(procs_file_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const int failed = ::write(fd, "0", 1) == 1 ? 0 : errno;
    ::close(fd);
    return failed;
}

}  // namespace sandfit::observe
