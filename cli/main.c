/* vcca: finds the verb, hands it its words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "vcca/version.h"
#include "rooms/file.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const char *verb_word(const void *ctx, unsigned i)
{
  (void)ctx;
  return verbs[i] ? verbs[i]->name : NULL;
}

static int unknown(int count, const char *const *words)
{
  char text[64];
  snprintf(text, sizeof text, "%s%s%s", words[0], count > 1 && words[1][0] != '-' ? " " : "",
           count > 1 && words[1][0] != '-' ? words[1] : "");
  if (strcmp(text, words[0]) == 0 && help_family(stderr, words[0]))
    return VCCA_EXIT_USAGE;
  const char *near = nearest(text, verb_word, NULL);
  vcca_print(stderr, "vcca: no command '%s'%s%s%s\n", text, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
  if (near || !help_family(stderr, words[0]))
    vcca_print(stderr, "Try: vcca --help\n");
  return VCCA_EXIT_USAGE;
}

static bool wants_help(int count, const char *const *words)
{
  for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
    if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
      return true;
  return false;
}

/* Images are mapped: when one becomes shorter, or its disk fails, the next looks at it, on any thread, end
 * here. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
  static const char text[] = "vcca: a file became shorter, or could not be read to its end, while it was in use\n";
  (void)context;
  if (info->si_code != BUS_ADRERR) { /* comes back, and ends as others do */
    sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    return;
  }
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  vcca_leftovers_remove();
  (void)written;
  _exit(VCCA_EXIT_FAULT);
}

/* Whoever is interrupted leaves no half of a file, then ends as the system does it. */
static void on_end(int number)
{
  vcca_leftovers_remove();
  sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  (void)raise(number);
}

static void watch_interrupts(void)
{
  static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction now, action = {.sa_handler = on_end};
    if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) /* nohup(1) */
      sigaction(numbers[i], &action, NULL);
  }
}

static void watch_mapped_files(void)
{
  struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, NULL);
}

int main(int argc, char **argv)
{
  int count = argc - 1, taken = 0;
  const char *const *words = (const char *const *)argv + 1;
  if (count == 0) {
    help_overview(stderr);
    return VCCA_EXIT_USAGE;
  }
  if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
    help_overview(stdout);
    return VCCA_EXIT_YES;
  }
  if (strcmp(words[0], "--version") == 0) {
    vcca_print(stdout, "vcca %s\n", VCCA_VERSION);
    return VCCA_EXIT_YES;
  }
  const struct verb *verb = verb_named(count, words, &taken);
  if (!verb)
    return count == 2 && wants_help(1, words + 1) && help_family(stdout, words[0]) ? VCCA_EXIT_YES
                                                                                   : unknown(count, words);
  if (wants_help(count - taken, words + taken)) {
    help_verb(stdout, verb);
    return VCCA_EXIT_YES;
  }
  struct args a;
  struct vcca_files files = {.count = 0};
  struct vcca_error err;
  watch_mapped_files();
  watch_interrupts();
  if (!args_parse(verb, count - taken, words + taken, &a))
    return VCCA_EXIT_USAGE;
  a.files = &files;
  enum vcca_exit code =
      args_declare(&a, &err) && vcca_files_printed(&files, &err) ? finish(&a, verb->run(&a)) : fail(&a, &err);
  vcca_files_free(&files);
  return (int)code;
}
