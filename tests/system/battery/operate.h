/* operate.h - what the files of `operate` share: see operate.c.
 *
 * An operation does its one thing and looks whether it took effect. It answers NULL, or what went wrong as text:
 * the call and its errno, or the condition that does not hold. It makes nothing that it could find instead: what it
 * removes, reads or meets was put there by the test, since a preparation of its own would be observed, too.
 */
#ifndef OPERATE_H
#define OPERATE_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct work;
typedef const char *operate(const struct work *);

struct work {
    const char *directory; /* the unit's own, made by the test */
    char **word;           /* what else the row names; NULL at the end */
    unsigned turn;         /* 0, 1, 2 ... */
    operate *body;         /* of an operation that does another one in its own way */
};

struct operation {
    const char *name;
    operate *body;
};

extern const struct operation file_operations[], attribute_operations[], place_operations[], network_operations[],
    process_operations[], memory_operations[], kernel_operations[], probe_operations[];

/* The operation of that name; there must be one. */
operate *find(const char *name);

/* The errno's name behind what was tried. A text of either lives until the next one. */
const char *failed(const char *what);
const char *wrong(const char *what);
/* This machine has no such thing: the row is skipped, not failed. */
const char *lacking(const char *what);

/* Paths below the unit's directory. The last eight live. */
const char *in(const struct work *w, const char *name);
const char *numbered(const struct work *w, const char *name); /* NAME-TURN: the test made them, or finds them */
const char *fresh(const struct work *w, const char *name);    /* new, also after a restart */

/* Parts of operations. write_new() leaves four bytes in a file that it makes. */
const char *write_new(const char *path, int flags, mode_t mode);
const char *has_mode(const char *path, mode_t mode);
const char *is_gone(const char *path);

/* Does it in a child, for what cannot be undone. */
const char *in_child(operate *body, const struct work *w);
/* A program as a child; it must end with 0. */
const char *run_program(const char *path, char *const argv[]);

#define TRY(call)                             \
    do {                                      \
        if ((call) == -1) return failed(#call); \
    } while (0)
#define CHECK(condition)                            \
    do {                                            \
        if (!(condition)) return wrong(#condition); \
    } while (0)

#endif
