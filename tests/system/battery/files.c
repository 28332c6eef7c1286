/* Operations that make, remove, move and fill files: see operate.h. */
#include "operate.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include <linux/openat2.h>

static struct stat status;

const char *has_mode(const char *path, mode_t mode)
{
    TRY(lstat(path, &status));
    CHECK((status.st_mode & 07777) == mode);
    return NULL;
}

const char *is_gone(const char *path)
{
    CHECK(lstat(path, &status) == -1 && errno == ENOENT);
    return NULL;
}

const char *write_new(const char *path, int flags, mode_t mode)
{
    int fd;
    TRY(fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | flags, mode));
    CHECK(write(fd, "new\n", 4) == 4);
    TRY(close(fd));
    TRY(lstat(path, &status));
    CHECK(status.st_size == 4);
    return NULL;
}

static const char *append(const struct work *w)
{
    int fd;
    off_t before, after;
    TRY(fd = open(in(w, "given"), O_WRONLY | O_APPEND | O_CLOEXEC));
    TRY(before = lseek(fd, 0, SEEK_END));
    CHECK(write(fd, "more", 4) == 4);
    TRY(after = lseek(fd, 0, SEEK_END));
    CHECK(after == before + 4);
    TRY(close(fd));
    return NULL;
}

static const char *create(const struct work *w)
{
    return write_new(fresh(w, "created"), O_EXCL, 0644);
}

static const char *remove_file(const struct work *w)
{
    const char *path = numbered(w, "file");
    TRY(unlink(path));
    return is_gone(path);
}

/* On a read-only mount it would be EROFS. */
static const char *remove_missing(const struct work *w)
{
    CHECK(unlink(in(w, "never")) == -1);
    CHECK(errno == ENOENT);
    return NULL;
}

static const char *make_directory(const struct work *w)
{
    const char *path = fresh(w, "made");
    TRY(mkdir(path, 0750));
    return has_mode(path, 0750);
}

static const char *make_directory_once(const struct work *w)
{
    if (mkdir(w->word[0], 0755) == -1)
        CHECK(errno == EEXIST);
    char path[4096];
    strcat(strcpy(path, w->word[0]), "/state");
    return write_new(path, O_TRUNC, 0644);
}

static const char *remove_directory(const struct work *w)
{
    const char *path = numbered(w, "directory");
    TRY(rmdir(path));
    return is_gone(path);
}

static const char *hard_link(const struct work *w)
{
    const char *path = fresh(w, "link");
    TRY(link(in(w, "given"), path));
    TRY(stat(path, &status));
    CHECK(status.st_nlink > 1);
    return NULL;
}

static const char *hard_link_across(const struct work *w)
{
    const char *path = fresh(w, "to/link");
    TRY(link(in(w, "from/given"), path));
    TRY(stat(path, &status));
    CHECK(status.st_nlink > 1);
    return NULL;
}

static const char *symbolic_link(const struct work *w)
{
    char target[16];
    const char *path = fresh(w, "link");
    TRY(symlink("nowhere", path));
    CHECK(readlink(path, target, sizeof target) == 7);
    return NULL;
}

static const char *moved(const char *from, const char *to)
{
    TRY(rename(from, to));
    TRY(lstat(to, &status));
    return is_gone(from);
}

static const char *rename_within(const struct work *w)
{
    return w->turn % 2 ? moved(in(w, "other"), in(w, "given")) : moved(in(w, "given"), in(w, "other"));
}

static const char *rename_across(const struct work *w)
{
    const char *path = numbered(w, "to/file");
    return moved(numbered(w, "from/file"), path);
}

static const char *rename_far(const struct work *w)
{
    char to[4096];
    const char *from = numbered(w, "file");
    strcat(strcpy(to, w->word[0]), strrchr(from, '/'));
    return moved(from, to);
}

static const char *rename_directory(const struct work *w)
{
    return moved(numbered(w, "from/directory"), numbered(w, "to/directory"));
}

static const char *rename_exchange(const struct work *w)
{
    ino_t before;
    TRY(stat(in(w, "given"), &status));
    before = status.st_ino;
    TRY(renameat2(AT_FDCWD, in(w, "given"), AT_FDCWD, in(w, "other"), RENAME_EXCHANGE));
    TRY(stat(in(w, "other"), &status));
    CHECK(status.st_ino == before);
    return NULL;
}

static const char *replace(const struct work *w)
{
    const char *answer = write_new(in(w, "given.new"), O_EXCL, 0644);
    return answer ? answer : moved(in(w, "given.new"), in(w, "given"));
}

static const char *nameless(const struct work *w)
{
    int fd;
    TRY(fd = open(w->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    CHECK(write(fd, "new\n", 4) == 4);
    TRY(fstat(fd, &status));
    CHECK(status.st_nlink == 0 && status.st_size == 4);
    TRY(close(fd));
    return NULL;
}

static const char *nameless_named(const struct work *w)
{
    const char *path = fresh(w, "named");
    int fd;
    TRY(fd = open(w->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    TRY(linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH));
    TRY(close(fd));
    return has_mode(path, 0600);
}

static const char *make_fifo(const struct work *w)
{
    const char *path = fresh(w, "fifo");
    TRY(mkfifo(path, 0600));
    TRY(lstat(path, &status));
    CHECK(S_ISFIFO(status.st_mode));
    return NULL;
}

static const char *use_fifo(const struct work *w)
{
    char read_back[4];
    int fd;
    TRY(fd = open(in(w, "fifo"), O_RDWR | O_CLOEXEC));
    CHECK(write(fd, "pass", 4) == 4);
    CHECK(read(fd, read_back, 4) == 4 && memcmp(read_back, "pass", 4) == 0);
    TRY(close(fd));
    return NULL;
}

/* A pipe as a file, like `cat /dev/stdin`: on the kernel's own file system. */
static const char *pipe_again(const struct work *w)
{
    char name[32], read_back[4];
    int ends[2], again;
    (void)w;
    TRY(pipe(ends));
    snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
    CHECK(write(ends[1], "pass", 4) == 4);
    TRY(again = open(name, O_RDONLY | O_CLOEXEC));
    CHECK(read(again, read_back, 4) == 4 && memcmp(read_back, "pass", 4) == 0);
    TRY(close(again));
    TRY(close(ends[0]));
    TRY(close(ends[1]));
    return NULL;
}

static const char *make_device(const struct work *w)
{
    const char *path = fresh(w, "null");
    TRY(mknod(path, S_IFCHR | 0600, (1 << 8) | 3));
    TRY(lstat(path, &status));
    CHECK(S_ISCHR(status.st_mode) && status.st_rdev == ((1 << 8) | 3));
    return NULL;
}

static const char *map_shared(const struct work *w)
{
    char letter, read_back;
    int fd;
    TRY(fd = open(in(w, "given"), O_RDWR | O_CLOEXEC));
    char *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return failed("mmap");
    letter = *page = (char)('a' + w->turn % 26);
    TRY(msync(page, 1, MS_SYNC));
    TRY(munmap(page, 1));
    CHECK(pread(fd, &read_back, 1, 0) == 1 && read_back == letter);
    TRY(close(fd));
    return NULL;
}

static const char *lock_file(const struct work *w)
{
    int fd;
    TRY(fd = open(in(w, "given"), O_RDONLY | O_CLOEXEC));
    TRY(flock(fd, LOCK_EX | LOCK_NB));
    TRY(close(fd));
    return NULL;
}

/* An existing file, in which the test finds it again: a setting of the kernel, a device, a file in /home. */
static const char *open_second(const struct work *w)
{
    struct open_how how = {.flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, .mode = 0644,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int directory, fd;
    TRY(directory = open(w->directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
    const char *name = strrchr(fresh(w, "created"), '/') + 1;
    TRY(fd = (int)syscall(SYS_openat2, directory, name, &how, sizeof how));
    CHECK(write(fd, "new\n", 4) == 4);
    TRY(close(fd));
    TRY(fstatat(directory, name, &status, 0));
    CHECK(status.st_size == 4);
    TRY(close(directory));
    return NULL;
}

/* Creates, renames and removes in each directory that the test made in ours, whatever it is called. */
static const char *odd_names(const struct work *w)
{
    char from[8192], to[8192];
    const struct dirent *entry;
    unsigned seen = 0;
    DIR *directory = opendir(w->directory);
    if (!directory)
        return failed("opendir");
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        strcat(strcat(strcat(strcpy(from, w->directory), "/"), entry->d_name), "/a\n#");
        strcat(strcat(strcat(strcpy(to, w->directory), "/"), entry->d_name), "/b %h\xff");
        const char *answer = write_new(from, O_EXCL, 0600);
        if (!answer)
            answer = moved(from, to);
        if (answer)
            return answer;
        TRY(unlink(to));
        ++seen;
    }
    CHECK(seen > 4);
    closedir(directory);
    return NULL;
}

const struct operation file_operations[] = {
    {"append", append},
    {"create", create},
    {"remove-file", remove_file},
    {"remove-missing", remove_missing},
    {"make-directory", make_directory},
    {"make-directory-once", make_directory_once},
    {"remove-directory", remove_directory},
    {"hard-link", hard_link},
    {"hard-link-across", hard_link_across},
    {"symbolic-link", symbolic_link},
    {"rename-within", rename_within},
    {"rename-across", rename_across},
    {"rename-far", rename_far},
    {"rename-directory", rename_directory},
    {"rename-exchange", rename_exchange},
    {"replace", replace},
    {"nameless", nameless},
    {"nameless-named", nameless_named},
    {"make-fifo", make_fifo},
    {"use-fifo", use_fifo},
    {"pipe-again", pipe_again},
    {"make-device", make_device},
    {"map-shared", map_shared},
    {"lock-file", lock_file},
    {"open-second", open_second},
    {"odd-names", odd_names},
    {NULL, NULL},
};
