/* Texts in a plan, and command lines: a list has one argument in each item, a text is cut as a shell cuts it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/sweep_read.h"
#include "rooms/sweep.h"

#include <stdlib.h>
#include <string.h>

const char *sweep_keep(struct sweep_reader *r, vcca_span text)
{
  char *kept = vcca_sweep_take(r->sweep, text.n + 1, r->err);
  if (kept)
    memcpy(kept, text.p, text.n);
  return kept;
}

bool sweep_check_text(struct sweep_reader *r, const struct tree_node *node, bool may_be_empty)
{
  if (node->kind != TREE_SCALAR || (node->text.n == 0 && !may_be_empty))
    return tree_fail(node, r->err, "text was expected (none: without the option)");
  if (node->text.n > VCCA_SWEEP_TEXT_MAX)
    return tree_fail(node, r->err, "%zu bytes of text, at most %d", node->text.n, VCCA_SWEEP_TEXT_MAX);
  for (size_t i = 0; i < node->text.n; i++)
    if (node->text.p[i] < ' ')
      return tree_fail(node, r->err, "text without control characters was expected, because a row is one line");
  return true;
}

/* POSIX shell, 2.2: a backslash, '...' and "..." quote. Nothing is expanded, so inside "..." a backslash
 * quotes only these characters. */
static bool escapes(char quote, const char *at)
{
  return at[0] == '\\' && at[1] != '\0' && quote != '\'' && (quote == 0 || strchr("\"\\$`", at[1]));
}

/* Writes the next argument to out, without quotes, and moves *at after it. Returns 1: an argument; 0: there
 * is none; -1: a quote is open. */
static int next_word(const char **at, char *out)
{
  const char *p = *at;
  char quote = 0;
  while (*p == ' ')
    p++;
  if (*p == '\0')
    return 0;
  for (; *p && (quote || *p != ' '); p++) {
    if (escapes(quote, p))
      *out++ = *++p;
    else if (quote && *p == quote)
      quote = 0;
    else if (!quote && (*p == '\'' || *p == '"'))
      quote = *p;
    else
      *out++ = *p;
  }
  *out = '\0';
  *at = p;
  return quote ? -1 : 1;
}

static bool put(struct sweep_reader *r, const struct tree_node *node, struct sweep_words *words, const char *word)
{
  if (words->count == VCCA_SWEEP_WORDS_MAX)
    return tree_fail(node, r->err, "more than %d words", VCCA_SWEEP_WORDS_MAX);
  words->at[words->count++] = word;
  return true;
}

static bool cut(struct sweep_reader *r, const struct tree_node *node, struct sweep_words *words)
{
  const char *at = (const char *)node->text.p;
  size_t room = strlen(at) + 1; /* without quotes, the arguments and their NULs are not longer than the text */
  char *out = vcca_sweep_take(r->sweep, room, r->err);
  int more;
  while (out && (more = next_word(&at, out)) != 0) {
    if (more < 0)
      return tree_fail(node, r->err, "a quote is open at the end");
    if (!put(r, node, words, out))
      return false;
    out += strlen(out) + 1;
  }
  return out != NULL;
}

bool sweep_read_words(struct sweep_reader *r, const struct tree_node *node, bool shell, struct sweep_words *words)
{
  bool list = node->kind == TREE_LIST;
  if (list && node->count == 0)
    return tree_fail(node, r->err, "an empty list (write none to leave the option out)");
  for (const struct tree_node *n = list ? node->first : node; n; n = list ? n->next : NULL) {
    const char *word;
    if (!sweep_check_text(r, n, list && shell))
      return false;
    if (!list && shell)
      return cut(r, n, words);
    if ((word = sweep_keep(r, n->text)) == NULL || !put(r, n, words, word))
      return false;
  }
  return true;
}
