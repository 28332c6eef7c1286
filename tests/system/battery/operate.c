/* operate - does one operation again and again, and tells each time whether it worked.
 *
 *   operate [--once] [--quiet] [--forking PIDFILE] [--notify] OPERATION DIRECTORY [WORD...]
 *   operate --each NAME OPERATION DIRECTORY [WORD...] [-- NAME OPERATION DIRECTORY [WORD...]]...
 *
 * One line on standard output a turn: "ok", or "error: TEXT", or "lacking: TEXT" when this machine has no such thing.
 * After 100 turns it only waits for its end: the test made no more files than that. With --once it ends after one
 * turn, and the exit status tells as well; a helper of another operation is --quiet. With --each it does many
 * operations once, each in a child, behind whose name and a blank stands what went on.
 *
 * It is linked statically, so that a unit under test makes few calls beside the one that it is there for.
 */
#include "operate.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

enum { kTurns = 100, kPatience = 5 };

static char text[1024];

static const char *told(const char *kind, const char *what, const char *more)
{
    static char line[sizeof text];
    snprintf(line, sizeof line, "%s%s%s%s", kind, what, *more ? ": " : "", more);
    return strcpy(text, line);
}

const char *failed(const char *what)
{
    const char *name = strerrorname_np(errno);
    return told("", what, name ? name : "errno?");
}

const char *wrong(const char *what)
{
    return told("not so: ", what, "");
}

const char *lacking(const char *what)
{
    return told("lacking: ", what, "");
}

static const char *path(const char *format, ...)
{
    static char paths[8][4096];
    static unsigned next;
    char *to = paths[next++ % 8];
    va_list list;
    va_start(list, format);
    vsnprintf(to, sizeof paths[0], format, list);
    va_end(list);
    return to;
}

const char *in(const struct work *w, const char *name)
{
    return path("%s/%s", w->directory, name);
}

const char *numbered(const struct work *w, const char *name)
{
    return path("%s/%s-%u", w->directory, name, w->turn);
}

const char *fresh(const struct work *w, const char *name)
{
    return path("%s/%s-%d-%u", w->directory, name, (int)getpid(), w->turn);
}

const char *in_child(operate *body, const struct work *w)
{
    int ends[2], status;
    ssize_t length;
    TRY(pipe(ends));
    pid_t child = fork();
    TRY(child);
    if (child == 0) {
        const char *answer = body(w);
        if (answer && write(ends[1], answer, strlen(answer)) < 0)
            _exit(2);
        _exit(answer != NULL);
    }
    close(ends[1]);
    length = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    TRY(waitpid(child, &status, 0));
    if (length > 0) {
        text[length] = '\0';
        return text;
    }
    if (WIFSIGNALED(status)) {
        char name[16];
        snprintf(name, sizeof name, "SIG%s", sigabbrev_np(WTERMSIG(status)));
        return told("not so: ", "the child ends by itself", name);
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return NULL;
}

const char *run_program(const char *program, char *const argv[])
{
    static char *const no_environment[] = {NULL};
    int status;
    pid_t child = fork();
    TRY(child);
    if (child == 0) {
        execve(program, argv, no_environment);
        _exit(errno == EACCES ? 126 : errno == EPERM ? 125 : 127);
    }
    TRY(waitpid(child, &status, 0));
    if (WIFSIGNALED(status))
        return wrong("the program ends by itself");
    if (WEXITSTATUS(status) != 0) {
        char number[40];
        snprintf(number, sizeof number, "the program's status is 0, not %d", WEXITSTATUS(status));
        return wrong(number);
    }
    return NULL;
}

operate *find(const char *name)
{
    const struct operation *const tables[] = {file_operations,   attribute_operations, place_operations,
                                              network_operations, process_operations,  memory_operations,
                                              kernel_operations,  probe_operations};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i)
        for (const struct operation *one = tables[i]; one->name; ++one)
            if (strcmp(one->name, name) == 0)
                return one->body;
    fprintf(stderr, "operate: there is no operation %s\n", name);
    exit(2);
}

static void tell_systemd(void)
{
    const char *place = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!place || strlen(place) >= sizeof to.sun_path)
        exit(3);
    strcpy(to.sun_path, place);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (*place == '@')
        to.sun_path[0] = '\0';
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + strlen(place);
    if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to, length) != 7)
        exit(3);
    close(fd);
}

/* Type=forking: the parent ends when the file with the child's pid is there. */
static void go_behind(const char *pid_file)
{
    pid_t child = fork();
    if (child < 0)
        exit(3);
    if (child > 0) {
        int fd = open(pid_file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || dprintf(fd, "%d\n", (int)child) < 0)
            exit(3);
        _exit(0);
    }
    setsid();
}

static int say(const char *name, const char *answer)
{
    char line[sizeof text + 256];
    int lacks = answer && strncmp(answer, "lacking: ", 9) == 0;
    int length = snprintf(line, sizeof line, "%.200s%s%s%s\n", name, *name ? " " : "",
                          !answer ? "ok" : lacks ? "" : "error: ", answer ? answer : "");
    return write(1, line, (size_t)length) == length && !answer;
}

/* What hangs is ended by the alarm, unless a filter refuses that. */
static const char *with_patience(const struct work *w)
{
    alarm(kPatience);
    return w->body(w);
}

static int do_each(char **word)
{
    while (*word) {
        char **end = word;
        while (*end && strcmp(*end, "--") != 0)
            ++end;
        char **next = *end ? end + 1 : end;
        *end = NULL;
        if (end - word < 3)
            return 2;
        const struct work w = {.directory = word[2], .word = word + 3, .body = find(word[1])};
        say(word[0], in_child(with_patience, &w));
        word = next;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct timespec pause_between = {.tv_nsec = 100 * 1000 * 1000};
    int at = 1, once = 0, quiet = 0;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; ++at) {
        if (strcmp(argv[at], "--once") == 0)
            once = 1;
        else if (strcmp(argv[at], "--quiet") == 0)
            quiet = 1;
        else if (strcmp(argv[at], "--notify") == 0)
            tell_systemd();
        else if (strcmp(argv[at], "--each") == 0)
            return do_each(argv + at + 1);
        else if (strcmp(argv[at], "--forking") == 0 && at + 1 < argc)
            go_behind(argv[++at]);
        else
            return 2;
    }
    if (at + 2 > argc)
        return 2;
    struct work w = {.directory = argv[at + 1], .word = argv + at + 2};
    operate *body = find(argv[at]);
    if (once) {
        const char *answer = body(&w);
        return quiet ? answer != NULL : !say("", answer);
    }
    for (; w.turn < kTurns; ++w.turn) {
        say("", body(&w));
        nanosleep(&pause_between, NULL);
    }
    for (;;)
        pause();
}
