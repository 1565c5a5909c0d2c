/* What the failure conditions of the command tables mean.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/interface.h"
#include "rooms/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct meaning {
  const char *interfaces, *commands, *name, *sentence;
} meanings[] = {
#define CONDITION(interfaces, commands, name, sentence) {interfaces, commands, name, sentence},
#include "base/conditions.def"
#undef CONDITION
};

/* Whether the list ("rmi,tmi"; "*" holds everything) has the word. */
static bool lists(const char *list, const char *word)
{
  size_t n = strlen(word);
  for (const char *at = list; at; at = strchr(at, ',')) {
    at += *at == ',';
    if (strcmp(list, "*") == 0 || (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == '\0')))
      return true;
  }
  return false;
}

static bool command_has(const struct vcca_command *command, vcca_span condition)
{
  const char *list = command->conditions;
  vcca_span name, status;
  while (vcca_word_next(&list, '=', &name, &status))
    if (vcca_span_eq(name, condition))
      return true;
  return false;
}

const char *vcca_condition_meaning(const struct vcca_interface *interface, const struct vcca_command *command,
                                   vcca_span condition)
{
  if (!command_has(command, condition))
    return NULL;
  for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
    if (vcca_span_is(condition, meanings[i].name) && lists(meanings[i].interfaces, interface->name) &&
        lists(meanings[i].commands, command->name))
      return meanings[i].sentence;
  return NULL;
}

size_t vcca_condition_count(void)
{
  return sizeof meanings / sizeof meanings[0];
}

/* The register of a command's input, 0 when it has none of that name. */
static unsigned register_of(const struct vcca_command *command, vcca_span input, bool *number)
{
  const char *inputs = command->inputs;
  vcca_span name, kind;
  for (unsigned reg = 1; vcca_word_next(&inputs, ':', &name, &kind); reg++) {
    bool wide = vcca_span_is(kind, "bytes64");
    *number = vcca_span_is(kind, "u64") || vcca_span_is(kind, "s64") || vcca_span_is(kind, "level");
    if (vcca_span_eq(name, input))
      return reg;
    reg += wide ? 7 : 0;
  }
  return 0;
}

bool vcca_condition_text(const struct vcca_interface *interface, const struct vcca_command *command,
                         vcca_span condition, const uint64_t *in, char *buf, size_t cap)
{
  const char *sentence = vcca_condition_meaning(interface, command, condition);
  vcca_sink out = vcca_sink_of(buf, cap > 0 ? cap - 1 : 0);
  bool known = sentence != NULL, number = false;
  for (const char *p = known ? sentence : ""; *p;) {
    const char *end = *p == '{' ? strchr(p, '}') : NULL;
    if (!end) {
      vcca_sink_put(&out, vcca_span_of(p++, 1));
      continue;
    }
    vcca_span input = vcca_span_of(p + 1, (size_t)(end - p - 1));
    unsigned reg = register_of(command, input, &number);
    char value[32] = "";
    known &= reg > 0;
    if (in && reg > 0)
      snprintf(value, sizeof value, number ? " %" PRId64 : " 0x%" PRIx64, in[reg]);
    vcca_sink_put(&out, input);
    vcca_sink_str(&out, value);
    p = end + 1;
  }
  if (cap > 0)
    buf[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  return known && vcca_sink_ok(&out);
}

/* Whether the list "rd_bound,rd_state" has the name. */
static bool names(vcca_span list, const char *name)
{
  size_t n = strlen(name);
  for (size_t at = 0, end; at < list.n; at = end + 1) {
    for (end = at; end < list.n && list.p[end] != ',';)
      end++;
    if (end - at == n && memcmp(list.p + at, name, n) == 0)
      return true;
  }
  return false;
}

bool vcca_held_permitted(const struct vcca_command *command, const struct vcca_held *held, size_t count, size_t i)
{
  const char *order = command->order;
  vcca_span before, after;
  while (vcca_word_next(&order, '<', &before, &after))
    for (size_t j = 0; j < count && names(after, held[i].condition); j++)
      if (names(before, held[j].condition))
        return false;
  return true;
}
