/* Runs a command and writes what it cost:
 *   timed LIMIT_S FILE COMMAND [ARGUMENT…]
 * FILE gets one line "WALL_S CPU_S PEAK_KIB": wall clock from fork to the end, user and system time, and the largest
 * resident set of the command and the children it waited for. After LIMIT_S seconds the command is killed. Ends with the
 * command's exit code; 124 after a kill by LIMIT_S; 1 when it died otherwise or could not be measured. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ts.h"

static volatile sig_atomic_t child, late;

static void on_alarm(int number)
{
    late = number == SIGALRM;
    if (child > 0)
        (void)kill(child, SIGKILL);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    unsigned long limit_s = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (argc < 4 || limit_s == 0 || limit_s > 86400) {
        (void)fprintf(stderr, "timed LIMIT_S FILE COMMAND [ARGUMENT…]\n");
        return 2;
    }
    struct sigaction act = {.sa_handler = on_alarm};
    (void)sigaction(SIGALRM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    int64_t start_us = ts_mono_us();
    pid_t pid = fork();
    if (pid == 0) {
        (void)execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    if (pid < 0) {
        perror("fork");
        return 1;
    }
    child = pid;
    (void)alarm((unsigned)limit_s);
    int status;
    struct rusage use;
    while (wait4(pid, &status, 0, &use) < 0)
        if (errno != EINTR) {
            perror("wait4");
            return 1;
        }
    double wall_s = (double)(ts_mono_us() - start_us) / 1e6;
    child = 0;
    FILE *out = fopen(argv[2], "we");
    if (!out ||
        fprintf(out, "%.6f %.6f %ld\n", wall_s, seconds(use.ru_utime) + seconds(use.ru_stime),
                use.ru_maxrss) < 0 ||
        fclose(out) != 0) {
        perror(argv[2]);
        return 1;
    }
    if (late)
        (void)fprintf(stderr, "timed: %s took longer than %lu s and was killed\n", argv[3], limit_s);
    return late ? 124 : WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
