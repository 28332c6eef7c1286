/* Operations on what a file has beside its content: mode, owner, times, size, attributes. See operate.h. */
#include "operate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/xattr.h>

static struct stat status;

static const char *create_private(const struct work *w)
{
    const char *path = fresh(w, "created"), *answer = write_new(path, O_EXCL, 0600);
    return answer ? answer : has_mode(path, 0600);
}

/* What another user is to read: the unit's umask takes nothing but the writing from it. */
static const char *create_shared(const struct work *w)
{
    const char *path = fresh(w, "created"), *answer = write_new(path, O_EXCL, 0666);
    return answer ? answer : has_mode(path, 0644);
}

static const char *create_set_user_id(const struct work *w)
{
    const char *path = fresh(w, "created");
    int fd;
    TRY(fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 04755));
    TRY(close(fd));
    return has_mode(path, 04755);
}

static const char *change_mode(const struct work *w)
{
    const mode_t mode = w->turn % 2 ? 0600 : 0640;
    TRY(chmod(in(w, "given"), mode));
    return has_mode(in(w, "given"), mode);
}

static const char *change_mode_by_fd(const struct work *w)
{
    const mode_t mode = w->turn % 2 ? 0600 : 0640;
    int fd;
    TRY(fd = open(in(w, "given"), O_RDONLY | O_CLOEXEC));
    TRY(fchmod(fd, mode));
    TRY(close(fd));
    return has_mode(in(w, "given"), mode);
}

static const char *set_group_id(const struct work *w)
{
    TRY(chmod(numbered(w, "directory"), 02775));
    return has_mode(numbered(w, "directory"), 02775);
}

static const char *set_user_id(const struct work *w)
{
    TRY(chmod(numbered(w, "file"), 04755));
    return has_mode(numbered(w, "file"), 04755);
}

/* mkdir(2) passes the bit over, but a filter that refuses it sees it. */
static const char *make_set_group_id(const struct work *w)
{
    const char *path = fresh(w, "made");
    TRY(mkdir(path, 02755));
    return has_mode(path, 0755);
}

static const char *change_owner(const struct work *w)
{
    const uid_t owner = w->turn % 2 ? 0 : 65534;
    TRY(chown(in(w, "given"), owner, owner));
    TRY(stat(in(w, "given"), &status));
    CHECK(status.st_uid == owner && status.st_gid == owner);
    return NULL;
}

static const char *change_owner_by_fd(const struct work *w)
{
    const uid_t owner = w->turn % 2 ? 0 : 65534;
    int fd;
    TRY(fd = open(in(w, "given"), O_RDONLY | O_CLOEXEC));
    TRY(fchown(fd, owner, (gid_t)-1));
    TRY(fstat(fd, &status));
    CHECK(status.st_uid == owner);
    TRY(close(fd));
    return NULL;
}

static const char *change_group(const struct work *w)
{
    const gid_t group = (gid_t)atoi(w->word[0]);
    TRY(chown(in(w, "given"), (uid_t)-1, w->turn % 2 ? getegid() : group));
    TRY(stat(in(w, "given"), &status));
    CHECK(status.st_gid == (w->turn % 2 ? getegid() : group));
    return NULL;
}

static const char *change_times(const struct work *w)
{
    const struct timespec times[2] = {{.tv_sec = 1000 + w->turn}, {.tv_sec = 2000 + w->turn}};
    TRY(utimensat(AT_FDCWD, in(w, "given"), times, 0));
    TRY(stat(in(w, "given"), &status));
    CHECK(status.st_mtime == 2000 + w->turn);
    return NULL;
}

static const char *change_size(const struct work *w)
{
    TRY(truncate(in(w, "given"), 100 + w->turn));
    TRY(stat(in(w, "given"), &status));
    CHECK(status.st_size == 100 + w->turn);
    return NULL;
}

static const char *change_size_by_fd(const struct work *w)
{
    int fd;
    TRY(fd = open(in(w, "given"), O_WRONLY | O_CLOEXEC));
    TRY(ftruncate(fd, 100 + w->turn));
    TRY(fstat(fd, &status));
    CHECK(status.st_size == 100 + w->turn);
    TRY(close(fd));
    return NULL;
}

static const char *set_attribute(const struct work *w)
{
    char value[8] = {0};
    const char *content = w->turn % 2 ? "odd" : "even";
    TRY(setxattr(in(w, "given"), w->word[0], content, strlen(content), 0));
    TRY(getxattr(in(w, "given"), w->word[0], value, sizeof value));
    CHECK(strcmp(value, content) == 0);
    return NULL;
}

static const char *remove_attribute(const struct work *w)
{
    TRY(removexattr(numbered(w, "file"), "user.given"));
    CHECK(getxattr(numbered(w, "file"), "user.given", NULL, 0) == -1 && errno == ENODATA);
    return NULL;
}

const struct operation attribute_operations[] = {
    {"create-private", create_private},
    {"create-shared", create_shared},
    {"create-set-user-id", create_set_user_id},
    {"change-mode", change_mode},
    {"change-mode-by-fd", change_mode_by_fd},
    {"set-group-id", set_group_id},
    {"set-user-id", set_user_id},
    {"make-set-group-id", make_set_group_id},
    {"change-owner", change_owner},
    {"change-owner-by-fd", change_owner_by_fd},
    {"change-group", change_group},
    {"change-times", change_times},
    {"change-size", change_size},
    {"change-size-by-fd", change_size_by_fd},
    {"set-attribute", set_attribute},
    {"remove-attribute", remove_attribute},
    {NULL, NULL},
};
