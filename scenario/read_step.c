/* A step as it is written: which kind it is, or which call, and whether all its words are known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "scenario/runner.h"
#include "rooms/span.h"

static const struct vcca_interface *interface_named(vcca_span name)
{
  const struct vcca_interface *all[] = {vcca_rmi(), vcca_tmi(), vcca_rsi(), vcca_tsi(), vcca_psci()};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (vcca_span_is(name, all[i]->name))
      return all[i];
  return NULL;
}

/* Commands of an interface in lower case, as steps are spelled. */
static void command_words(const struct vcca_interface *interface, char *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap - 1);
  for (size_t i = 0; i < interface->command_count; i++) {
    vcca_sink_str(&out, i ? " " : "");
    for (const char *c = interface->commands[i].name; *c; c++)
      vcca_sink_u8(&out, (uint8_t)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c));
  }
  buf[vcca_sink_ok(&out) ? out.n : 0] = '\0';
}

static bool find_call(struct run *r, const struct tree_node *key, struct step *s)
{
  size_t dot = 0;
  char words[2048], hint[80];
  while (dot < key->key.n && key->key.p[dot] != '.')
    dot++;
  s->interface = interface_named(vcca_span_sub(key->key, 0, dot));
  vcca_span name = vcca_span_sub(key->key, dot + 1, key->key.n);
  if (!s->interface || dot == key->key.n)
    return tree_fail_key(key, r->err, "there is no step \"%.40s\"%s", (const char *)key->key.p,
                         tree_suggest(key->key, step_names, hint, sizeof hint));
  bool host_abi = s->interface == vcca_rmi() || s->interface == vcca_rsi();
  if (s->interface != vcca_psci() && host_abi != (r->abi == VCCA_ABI_RMI))
    return tree_fail_key(key, r->err, "profile %s has no %s: its interfaces are %s", vcca_rim_rules(r->rules)->name,
                         s->interface->name, r->abi == VCCA_ABI_RMI ? "rmi, rsi and psci" : "tmi, tsi and psci");
  s->command = vcca_command_named(s->interface, name);
  s->kind = step_kind_call();
  command_words(s->interface, words, sizeof words);
  return s->command ? true
                    : tree_fail_key(key, r->err, "%s has no command \"%.*s\"%s", s->interface->name, (int)name.n,
                                    (const char *)name.p, tree_suggest(name, words, hint, sizeof hint));
}

static bool check_call_words(struct run *r, const struct step *s)
{
  char words[400];
  bool guest = s->interface != vcca_rmi() && s->interface != vcca_tmi();
  snprintf(words, sizeof words, "%s%s", s->command->inputs, guest ? " vm rec" : "");
  bool bare = s->args->kind == TREE_SCALAR && s->args->text.n == 0; /* "tmi.version:" */
  if (!bare && !tree_only(s->args, words, s->name, r->err))
    return false;
  for (const struct tree_node *n = s->args->first; n; n = n->next)
    if (layout_is_said(s->command, n) && !layout_words(s->command, n, r->err))
      return false;
  snprintf(words, sizeof words, "status error index refused unchanged x0 x1 x2 x3 x4 x5 x6 x7 x8 %s",
           s->command->outputs);
  return !s->expect || (tree_only(s->expect, words, "expect", r->err) && call_names_exist(r, s));
}

static bool check_words(struct run *r, const struct step *s)
{
  if (s->kind == step_kind_call())
    return check_call_words(r, s);
  bool none = s->args->kind == TREE_SCALAR && s->args->text.n == 0;
  if (s->kind->takes && !none && !tree_only(s->args, s->kind->takes, s->name, r->err))
    return false;
  if (s->kind->run == step_expect) {
    char words[400];
    snprintf(words, sizeof words, "vm realm %s", machine_fields);
    return tree_only(s->args, words, "expect", r->err);
  }
  return !s->expect || tree_only(s->expect, s->kind->yields, "expect", r->err);
}

bool good_name(vcca_span name)
{
  for (size_t i = 0; i < name.n; i++) {
    uint8_t c = name.p[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9' && i > 0)))
      return false;
  }
  return name.n > 0 && name.n < NAME_MAX_SIZE;
}

/* Which key is the step's own: the one that is not as, expect, why or repeat; expect, when there is no
 * other. */
bool read_step(struct run *r, const struct tree_node *item, unsigned number, struct step *s)
{
  const struct tree_node *own = NULL, *as = tree_get(item, "as");
  memset(s, 0, sizeof *s);
  s->number = number;
  if (item->kind != TREE_MAP)
    return tree_fail(item, r->err, "a step is a mapping such as boot: {...}");
  for (const struct tree_node *n = item->first; n; n = n->next) {
    if (tree_word_in(n->key, "as expect why repeat"))
      continue;
    if (own)
      return tree_fail_key(n, r->err, "one thing for each step: \"%.40s\" stands beside \"%.40s\"",
                           (const char *)n->key.p, (const char *)own->key.p);
    own = n;
  }
  s->expect = tree_get(item, "expect");
  s->why = tree_get(item, "why");
  s->repeat = tree_get(item, "repeat");
  s->args = own ? own : s->expect;
  if (!s->args)
    return tree_fail(item, r->err, "a step without anything to do");
  if (as && (as->kind != TREE_SCALAR || !good_name(as->text)))
    return tree_fail(as, r->err, "\"as\" gives a name of letters, digits and _");
  if (s->why && s->why->kind != TREE_SCALAR)
    return tree_fail(s->why, r->err, "\"why\" is a sentence");
  s->as = as ? as->text : vcca_span_of(NULL, 0);
  snprintf(s->name, sizeof s->name, "%.60s", (const char *)s->args->key.p);
  s->kind = step_kind_named(s->args->key);
  if (!s->kind && !find_call(r, s->args, s))
    return false;
  return s->kind != NULL && check_words(r, s);
}
