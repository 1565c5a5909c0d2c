/* Known words and the ones that were meant: unknown keys are refused with the nearest known one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "rooms/yaml_tree.h"
#include "rooms/interface.h"
#include "rooms/span.h"
#include "rooms/text.h"

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
    size_t d = vcca_word_distance(wrong, name);
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
                   : tree_fail_key(n, err, "unknown key \"%.40s\" in %s; it takes: %.240s", (const char *)n->key.p,
                                   what, names_of(words, names, sizeof names));
  }
  return true;
}
