/* gate: stands in front of a service's program until a tracer has attached, then becomes it.
 *
 * Installed under the name systemd-executor. sandfit takes a task for systemd's own, still busy with
 * setting the service up, until it executes something other than a program of that name; strace is
 * attached to the gate. So both see the service from the same execve on, and neither sees the gate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_traced(void)
{
    char line[256];
    int tracer = 0;
    FILE *status = fopen("/proc/self/status", "re");
    if (!status)
        return 0;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    fclose(status);
    return tracer != 0;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
    int attempts = 10 * 1000 / 2; /* ten seconds: then the test has failed, and the unit should, too */
    if (argc < 2)
        return 2;
    while (!is_traced()) {
        if (--attempts == 0) {
            fprintf(stderr, "gate: no tracer came\n");
            return 125;
        }
        nanosleep(&pause, NULL);
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
