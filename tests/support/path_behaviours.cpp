// Paths: deep ones, those that mounts, roots and links lead to, and the calls that change them.
#include "support/behave.h"

#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

namespace sandfit::tests {
namespace {

void touch_at(int directory, const char* path) {
    const int fd = ::openat(directory, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    must(fd, path);
    ::close(fd);
}

int deep_path(const std::string& dir) {
    std::string path = dir;
    for (int i = 0; i < 45; ++i) {
        path += "/level-" + std::to_string(i);
        must(::mkdir(path.c_str(), 0755), "mkdir");
    }
    touch(path + "/leaf");
    return 0;
}

// Deeper than the walk follows: by descriptors, since no string can be that long.
int too_deep(const std::string& dir) {
    int at = ::open(dir.c_str(), O_PATH | O_DIRECTORY);
    for (int i = 0; i < 200; ++i) {
        must(::mkdirat(at, "d", 0755), "mkdirat");
        const int next = ::openat(at, "d", O_PATH | O_DIRECTORY);
        must(next, "openat");
        ::close(at);
        at = next;
    }
    touch_at(at, "leaf");
    return 0;
}

int bind_mount(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/real").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/shown").c_str(), 0755), "mkdir");
    must(::mount((dir + "/real").c_str(), (dir + "/shown").c_str(), nullptr, MS_BIND, nullptr), "mount bind");
    touch(dir + "/shown/file");
    // In turns through the one mount and the other.
    must(::mkdir((dir + "/real/sub").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/shown/made").c_str(), 0755), "mkdir");
    must(::unlink((dir + "/real/file").c_str()), "unlink");
    must(::rename((dir + "/shown/made").c_str(), (dir + "/shown/moved").c_str()), "rename");
    must(::rmdir((dir + "/real/moved").c_str()), "rmdir");
    must(::symlink("sub", (dir + "/shown/link").c_str()), "symlink");
    must(::chmod((dir + "/real/sub").c_str(), 0700), "chmod");
    must(::link((dir + "/shown/link").c_str(), (dir + "/shown/linked").c_str()), "link");
    ::usleep(400000);  // the resolver asks a living process of this namespace
    return 0;
}

int mount_namespace(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/own").c_str(), 0755), "mkdir");
    must(::mount("none", (dir + "/own").c_str(), "tmpfs", 0, nullptr), "mount tmpfs");
    touch(dir + "/own/file");
    must(::mkdir((dir + "/own/made").c_str(), 0755), "mkdir");
    must(::rename((dir + "/own/file").c_str(), (dir + "/own/made/moved").c_str()), "rename");
    ::usleep(400000);  // the resolver asks a living process of this namespace
    return 0;
}

int change_root(const std::string& dir) {
    must(::mkdir((dir + "/root").c_str(), 0755), "mkdir");
    must(::chroot((dir + "/root").c_str()), "chroot");
    must(::chdir("/"), "chdir");
    touch("/inside");
    must(::mkdir("/made", 0755), "mkdir");
    must(::unlink("/inside"), "unlink");
    ::usleep(400000);
    return 0;
}

int rename_across(const std::string& dir) {
    must(::mkdir((dir + "/a").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/b").c_str(), 0755), "mkdir");
    touch(dir + "/a/old");
    must(::rename((dir + "/a/old").c_str(), (dir + "/b/new").c_str()), "rename");
    touch(dir + "/a/one");
    must(::link((dir + "/a/one").c_str(), (dir + "/b/two").c_str()), "link");
    must(::syscall(SYS_renameat2, AT_FDCWD, (dir + "/a/one").c_str(), AT_FDCWD, (dir + "/b/new").c_str(), 2),
         "exchange");
    return 0;
}

int deleted_file(const std::string& dir) {
    const std::string path = dir + "/doomed";
    const int fd = ::open(path.c_str(), O_CREAT | O_RDWR, 0600);
    must(fd, "open");
    must(::unlink(path.c_str()), "unlink");
    must(::fchmod(fd, 0640), "fchmod");
    ::unlink((dir + "/never-there").c_str());
    return 0;
}

int relative_with_dirfd(const std::string& dir) {
    must(::mkdir((dir + "/base").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/base/sub").c_str(), 0755), "mkdir");
    const int base = ::open((dir + "/base").c_str(), O_PATH | O_DIRECTORY);
    must(base, "open");
    touch_at(base, "sub/created");
    must(::mkdirat(base, "sub/made", 0700), "mkdirat");
    must(::unlinkat(base, "sub/made", AT_REMOVEDIR), "unlinkat");
    must(::unlinkat(base, "sub/created", 0), "unlinkat");
    must(::chdir((dir + "/base").c_str()), "chdir");
    must(::symlink("anything", "sub/../link"), "symlink");
    return 0;
}

int through_symlink(const std::string& dir) {
    must(::mkdir((dir + "/target").c_str(), 0755), "mkdir");
    must(::symlink("target", (dir + "/alias").c_str()), "symlink");
    touch(dir + "/alias/opened");
    must(::mkdir((dir + "/alias/made").c_str(), 0755), "mkdir");
    must(::symlink("target/opened", (dir + "/file-alias").c_str()), "symlink");
    must(::chmod((dir + "/file-alias").c_str(), 0600), "chmod");
    ::usleep(400000);
    return 0;
}

int tmpfile(const std::string& dir) {
    const int fd = ::open(dir.c_str(), O_TMPFILE | O_RDWR, 0600);
    must(fd, "O_TMPFILE");
    return 0;
}

int path_changes(const std::string& dir) {
    const std::string file = dir + "/file";
    touch(file);
    must(::chmod(file.c_str(), 0600), "chmod");
    must(::chown(file.c_str(), 1, 1), "chown");
    must(::truncate(file.c_str(), 10), "truncate");
    must(::utimensat(AT_FDCWD, file.c_str(), nullptr, 0), "utimensat");
    const int fd = ::open(file.c_str(), O_RDONLY);
    must(::futimens(fd, nullptr), "futimens");
    if (::setxattr(file.c_str(), "user.test", "1", 1, 0) != 0) {  // a tmpfs has these since 6.6
        must(::setxattr(file.c_str(), "trusted.test", "1", 1, 0), "setxattr");
    }
    must(::mkfifo((dir + "/pipe").c_str(), 0600), "mkfifo");
    must(::mkdir((dir + "/d").c_str(), 0755), "mkdir");
    must(::rmdir((dir + "/d").c_str()), "rmdir");
    must(::mkdir((dir + "/shared").c_str(), 02755), "mkdir");
    must(::mknod((dir + "/node").c_str(), S_IFREG | 06711, 0), "mknod");
    const int null = ::open("/dev/null", O_WRONLY);
    must(null, "/dev/null");
    ::usleep(400000);
    return 0;
}

// What the kernel then does by itself: copies files up, puts devices where others were, sets extended attributes.
int on_overlay(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    must(::mkdir((dir + "/layers").c_str(), 0755), "mkdir");
    must(::mkdir((dir + "/merged").c_str(), 0755), "mkdir");
    must(::mount("none", (dir + "/layers").c_str(), "tmpfs", 0, nullptr), "mount tmpfs");
    must(::chdir((dir + "/layers").c_str()), "chdir");
    for (const char* layer : {"lower", "upper", "work"}) must(::mkdir(layer, 0755), "mkdir");
    for (const char* name : {"lower/cut", "lower/opened", "lower/closed", "lower/given", "lower/old", "lower/gone", "lower/one"})
        touch(name);
    must(::mkdir("lower/empty", 0755), "mkdir");
    if (::mount("none", (dir + "/merged").c_str(), "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") != 0)
        return kCannot;
    must(::chdir((dir + "/merged").c_str()), "chdir");
    must(::truncate("cut", 10), "truncate");
    must(::chmod("closed", 0600), "chmod");
    must(::chown("given", 1, 1), "chown");
    must(::rename("old", "new"), "rename");
    must(::link("one", "two"), "link");
    must(::unlink("gone"), "unlink");
    must(::rmdir("empty"), "rmdir");
    must(::symlink("one", "link"), "symlink");
    must(::mknod("node", S_IFREG | 0600, 0), "mknod");
    must(::mkdir("made", 0755), "mkdir");
    touch("opened");
    ::usleep(400000);
    return 0;
}

// What cuts a file needs write access to it, and gives none.
int cuts_by_opening(const std::string& dir) {
    for (const char* name : {"plain", "created", "by-how"}) touch(dir + "/" + name);
    must(::open((dir + "/plain").c_str(), O_RDONLY | O_TRUNC | O_CLOEXEC), "open");
    must(::open((dir + "/created").c_str(), O_RDONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), "open");
    open_how how{};
    how.flags = O_RDONLY | O_TRUNC | O_CLOEXEC;
    must(::syscall(SYS_openat2, AT_FDCWD, (dir + "/by-how").c_str(), &how, sizeof(how)), "openat2");
    ::open((dir + "/missing").c_str(), O_RDONLY | O_TRUNC | O_CLOEXEC);
    must(::open((dir + "/plain").c_str(), O_PATH | O_TRUNC | O_CLOEXEC), "open");
    must(::open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC), "open");
    return 0;
}

// Two file systems whose directories have the same inode numbers, and the same names in them.
int twins(const std::string& dir) {
    must(::unshare(CLONE_NEWNS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount private");
    for (const char* name : {"/one", "/two"}) {
        const std::string place = dir + name;
        must(::mkdir(place.c_str(), 0755), "mkdir");
        must(::mount("none", place.c_str(), "tmpfs", 0, nullptr), "mount tmpfs");
        const int directory = ::open(place.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        must(directory, "open");
        touch_at(directory, "file");
        must(::utimensat(directory, "file", nullptr, 0), "utimensat");
        must(::unlinkat(directory, "file", 0), "unlinkat");
    }
    ::usleep(400000);  // while the paths that strings tell are resolved
    return 0;
}

int many_files(const std::string& dir) {
    for (int i = 0; i < 200; ++i) touch(dir + "/temporary-" + std::to_string(i));
    return 0;
}

int hostile_names(const std::string& dir) {
    touch(dir + "/new\nline");
    touch(dir + "/quo\"te%n$HOME\\");
    touch(dir + "/not-\xff\xfe-utf8");
    must(::mkdir((dir + "/\x1b[31m").c_str(), 0755), "mkdir");
    return 0;
}

int fails_to_write(const std::string& dir) {
    ::open((dir + "/missing-directory/file").c_str(), O_CREAT | O_WRONLY, 0644);
    ::mkdir(dir.c_str(), 0755);
    ::rmdir((dir + "/missing").c_str());
    return 0;
}

}  // namespace

const Behaviours& path_behaviours() {
    static const Behaviours all = {
        {"deep_path", deep_path},
        {"too_deep", too_deep},
        {"bind_mount", bind_mount},
        {"mount_namespace", mount_namespace},
        {"change_root", change_root},
        {"rename_across", rename_across},
        {"deleted_file", deleted_file},
        {"relative_with_dirfd", relative_with_dirfd},
        {"through_symlink", through_symlink},
        {"tmpfile", tmpfile},
        {"path_changes", path_changes},
        {"on_overlay", on_overlay},
        {"cuts_by_opening", cuts_by_opening},
        {"twins", twins},
        {"many_files", many_files},
        {"hostile_names", hostile_names},
        {"fails_to_write", fails_to_write},
    };
    return all;
}

}  // namespace sandfit::tests
