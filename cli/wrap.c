/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

int terminal_columns(void)
{
  struct winsize size;
  return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void print_wrapped(FILE *out, const char *text, int indent, int width)
{
  int column = 0;
  for (const char *at = text; *at;) {
    int n = (int)strcspn(at, " \n");
    if (column > 0 && column + 1 + n > width) {
      fprintf(out, "\n%*s", indent, "");
      column = 0;
    }
    column += fprintf(out, "%s%.*s", column > 0 ? " " : "", n, at);
    at += n;
    at += *at == ' ';
    if (*at == '\n') {
      fprintf(out, "\n%*s", indent, "");
      column = 0;
      at++;
    }
  }
  fputc('\n', out);
}
