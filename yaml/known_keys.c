/* Known words and the ones that were meant: unknown keys are refused with the nearest known one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "rooms/yaml_tree.h"
#include "rooms/interface.h"
#include "rooms/span.h"

enum { LONGEST = 40 };

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours (optimal string alignment), three rows at a time; words beyond LONGEST are
 * far from everything. */
static size_t distance(vcca_span a, vcca_span b)
{
  size_t rows[3][LONGEST + 1];
  if (a.n > LONGEST || b.n > LONGEST)
    return LONGEST;
  for (size_t j = 0; j <= b.n; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a.n; i++) {
    size_t *row = rows[i % 3];
    const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.n; j++) {
      size_t change = above[j - 1] + (a.p[i - 1] == b.p[j - 1] ? 0 : 1);
      row[j] = least(change, least(row[j - 1], above[j]) + 1);
      if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
        row[j] = least(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.n % 3][b.n];
}

bool tree_word_in(vcca_span word, const char *words)
{
  vcca_span name, kind;
  while (vcca_word_next(&words, ':', &name, &kind))
    if (vcca_span_eq(name, word))
      return true;
  return false;
}

const char *tree_suggest(vcca_span wrong, const char *words, char *buf, size_t cap)
{
  vcca_span name, kind, best = {0};
  size_t nearest = 1 + (wrong.n > 3 ? wrong.n / 3 : 1); /* about one letter in three may be wrong */
  while (vcca_word_next(&words, ':', &name, &kind)) {
    size_t d = distance(wrong, name);
    if (d < nearest) {
      nearest = d;
      best = name;
    }
  }
  if (cap > 0)
    buf[0] = '\0';
  if (best.n > 0)
    snprintf(buf, cap, ", did you mean \"%.*s\"?", (int)best.n, (const char *)best.p);
  return buf;
}

/* The words without their kinds. */
static const char *names_of(const char *words, char *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap - 1);
  vcca_span name, kind;
  while (vcca_word_next(&words, ':', &name, &kind)) {
    vcca_sink_str(&out, out.n ? ", " : "");
    vcca_sink_put(&out, name);
  }
  buf[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  return buf[0] ? buf : "no keys";
}

bool tree_only(const struct tree_node *node, const char *words, const char *what, struct vcca_error *err)
{
  char hint[80], names[250];
  if (node->kind != TREE_MAP)
    return tree_fail(node, err, "%s is a mapping (key: value), this is %s", what, tree_kind_name(node->kind));
  for (const struct tree_node *n = node->first; n; n = n->next) {
    if (tree_word_in(n->key, words))
      continue;
    tree_suggest(n->key, words, hint, sizeof hint);
    return hint[0] ? tree_fail_key(n, err, "unknown key \"%.40s\" in %s%s", (const char *)n->key.p, what, hint)
                   : tree_fail_key(n, err, "unknown key \"%.40s\" in %s; it takes: %.240s", (const char *)n->key.p, what,
                                   names_of(words, names, sizeof names));
  }
  return true;
}
