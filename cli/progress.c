/* Progress on stderr: on a terminal a line that overwrites itself; elsewhere a line of its own every ten
 * seconds, so that a log tells that work goes on. A timer raises a flag for these lines; only a forecast
 * reads the clock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <time.h>
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

/* In the unit that people count in: "40 seconds", "12 minutes", "3 hours", "2 days". */
static void print_time(double seconds)
{
  static const struct {
    const char *name;
    double seconds;
  } units[] = {{"days", 86400}, {"hours", 3600}, {"minutes", 60}, {"seconds", 1}};
  size_t i = 0;
  while (i < 3 && seconds < 2 * units[i].seconds)
    i++;
  fprintf(stderr, "%.0f %s", seconds / units[i].seconds, units[i].name);
}

struct timespec progress_begin(void)
{
  struct timespec now = {0, 0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return now;
}

void progress_forecast(struct timespec begin, const char *what, uint64_t done, uint64_t next)
{
  struct timespec now = progress_begin();
  double spent = (double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) * 1e-9;
  double seconds = done ? spent / (double)done * (double)next : 0;
  if (seconds < SECONDS)
    return;
  progress_line("", 1, 1, "");
  fprintf(stderr, "vcca: %s: at most %llu measurements, about ", what, (unsigned long long)next);
  print_time(seconds);
  fprintf(stderr, "\n");
  fflush(stderr);
}
