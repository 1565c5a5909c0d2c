/* Progress on stderr: on a terminal a line that overwrites itself; elsewhere a line of its own every ten seconds, so that a log tells that
 * work goes on. No clock is read: a timer raises a flag.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum { SECONDS = 10 };

static volatile sig_atomic_t due, started;

static void on_alarm(int number)
{
  (void)number;
  due = 1;
}

/* Whether a line is to be written now; the timer starts with the first question. */
static bool is_due(void)
{
  if (!started) {
    started = 1;
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    alarm(SECONDS);
  }
  if (!due)
    return false;
  due = 0;
  alarm(SECONDS);
  return true;
}

static void print(const char *what, uint64_t done, uint64_t total, const char *unit)
{
  bool mib = strcmp(unit, "MiB") == 0;
  unsigned percent = (unsigned)((double)done * 100 / (double)total);
  fprintf(stderr, "%s %3u%%", what, percent);
  if (unit[0])
    fprintf(stderr, "  %llu of %llu %s", (unsigned long long)(mib ? done >> 20 : done),
            (unsigned long long)(mib ? total >> 20 : total), unit);
}

void progress_line(const char *what, uint64_t done, uint64_t total, const char *unit)
{
  bool terminal = isatty(STDERR_FILENO);
  if (total == 0 || (!terminal && (done >= total || !is_due())))
    return;
  if (terminal && done >= total) {
    fprintf(stderr, "\r\033[K");
  } else {
    fprintf(stderr, terminal ? "\r" : "vcca: ");
    print(what, done, total, unit);
    fprintf(stderr, terminal ? "\033[K" : "\n");
  }
  fflush(stderr);
}
