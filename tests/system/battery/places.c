/* Operations on what others own, named by the row: /home, /proc, /sys, devices, /tmp. See operate.h. */
#include "operate.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static struct stat status;

static const char *read_file(const struct work *w)
{
    char first;
    int fd;
    TRY(fd = open(w->word[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    CHECK(read(fd, &first, 1) == 1);
    TRY(close(fd));
    return NULL;
}

static const char *stat_file(const struct work *w)
{
    TRY(stat(w->word[0], &status));
    CHECK(status.st_ino != 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)));
    return NULL;
}

/* A program that looks whether its files are in the right hands. */
static const char *stat_owner(const struct work *w)
{
    TRY(stat(w->word[0], &status));
    CHECK(status.st_uid == (uid_t)atoi(w->word[1]));
    return NULL;
}

static const char *access_file(const struct work *w)
{
    TRY(access(w->word[0], R_OK));
    return NULL;
}

static const char *list(const struct work *w)
{
    const struct dirent *entry;
    DIR *directory = opendir(w->word[0]);
    if (!directory)
        return failed("opendir");
    while ((entry = readdir(directory)))
        if (strcmp(entry->d_name, w->word[1]) == 0)
            break;
    CHECK(entry);
    closedir(directory);
    return NULL;
}

static const char *write_file(const struct work *w)
{
    int fd;
    TRY(fd = open(w->word[0], O_WRONLY | O_CLOEXEC));
    TRY(write(fd, w->word[1], strlen(w->word[1])));
    TRY(close(fd));
    return NULL;
}

static const char *open_to_write(const struct work *w)
{
    int fd;
    TRY(fd = open(w->word[0], O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    TRY(close(fd));
    return NULL;
}

static const char *open_device(const struct work *w)
{
    int fd = open(w->word[0], O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd == -1 && errno == ENODEV)
        return lacking(w->word[0]);
    TRY(fd);
    TRY(fstat(fd, &status));
    CHECK(S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode));
    TRY(close(fd));
    return NULL;
}

/* A temporary file of its own where everybody has theirs. */
static const char *temporary(const struct work *w)
{
    char path[4096];
    strcat(strcpy(path, w->word[0]), strrchr(fresh(w, "battery-own"), '/'));
    const char *answer = write_new(path, O_EXCL, 0600);
    if (answer)
        return answer;
    TRY(unlink(path));
    return is_gone(path);
}

const struct operation place_operations[] = {
    {"read", read_file},
    {"stat", stat_file},
    {"stat-owner", stat_owner},
    {"access", access_file},
    {"list", list},
    {"write", write_file},
    {"open-to-write", open_to_write},
    {"open-device", open_device},
    {"temporary", temporary},
    {NULL, NULL},
};
