/* Running recipes: words, bytes, numbers, and the steps by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "golden/edit.h"

#include <string.h>

#include "vcca/hex.h"

static const struct {
  const char *name;
  size_t least, most;
  const char *synopsis;
  bool (*run)(struct edit *e, const struct words *w, struct vcca_error *err);
} steps[] = {
#define STEP(id, name, least, most, synopsis, meaning) {name, least, most, synopsis, edit_step_##id},
#include "golden/steps.def"
#undef STEP
};

/* --- Words ------------------------------------------------------------------------------------------------ */

/* Characters up to the separator, which is used up. */
static vcca_span until(vcca_span *text, char separator)
{
  const uint8_t *end = text->n > 0 ? memchr(text->p, separator, text->n) : NULL;
  size_t n = end ? (size_t)(end - text->p) : text->n;
  vcca_span head = vcca_span_sub(*text, 0, n);
  *text = vcca_span_sub(*text, n + (end != NULL), text->n);
  return head;
}

bool word_number(vcca_span word, int64_t *out, struct vcca_error *err)
{
  uint64_t v;
  bool negative = word.n > 0 && word.p[0] == '-';
  if (!vcca_u64_read(vcca_span_sub(word, negative, word.n), &v, err))
    return false;
  if (v > UINT32_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the number %.*s is too large", (int)word.n, (const char *)word.p);
  *out = negative ? -(int64_t)v : (int64_t)v;
  return true;
}

bool word_index(vcca_span word, size_t n, size_t *out, struct vcca_error *err)
{
  int64_t i;
  if (!word_number(word, &i, err))
    return false;
  i = i < 0 ? i + (int64_t)n : i;
  if (i < 0 || (uint64_t)i >= n)
    return vcca_fail(err, VCCA_FAULT_USAGE, "byte %.*s of %zu", (int)word.n, (const char *)word.p, n);
  *out = (size_t)i;
  return true;
}

bool word_value(vcca_span word, const char *key, vcca_span *value)
{
  size_t n = strlen(key);
  if (word.n <= n || word.p[n] != '=' || memcmp(word.p, key, n) != 0)
    return false;
  *value = vcca_span_sub(word, n + 1, word.n);
  return true;
}

/* HEX or HEX*COUNT. */
static bool put_hex(vcca_span part, vcca_sink *out, struct vcca_error *err)
{
  vcca_span hex = until(&part, '*');
  int64_t times = 1;
  if (part.n > 0 && (!word_number(part, &times, err) || times < 0))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.*s times", (int)part.n, (const char *)part.p);
  for (int64_t i = 0; i < times; i++) {
    uint8_t room[256];
    vcca_sink bytes = VCCA_SINK(room);
    if (!vcca_hex_read(hex, &bytes, err))
      return false;
    vcca_sink_put(out, vcca_sink_span(&bytes));
  }
  return true;
}

static bool put_parts(vcca_span word, vcca_sink *out, struct vcca_error *err)
{
  bool text = word.n >= 2 && memcmp(word.p, "t:", 2) == 0;
  if (text) {
    vcca_cbor_put_text(out, vcca_span_sub(word, 2, word.n));
    return true;
  }
  if (word.n >= 2 && memcmp(word.p, "b:", 2) == 0) {
    vcca_sink measure = {0};
    vcca_span inside = vcca_span_sub(word, 2, word.n);
    if (!put_parts(inside, &measure, err))
      return false;
    vcca_cbor_put_bytes_head(out, measure.n);
    return put_parts(inside, out, err);
  }
  while (word.n > 0)
    if (!put_hex(until(&word, '+'), out, err))
      return false;
  return true;
}

bool word_bytes(struct edit *e, vcca_span word, vcca_span *out, struct vcca_error *err)
{
  vcca_sink measure = {0};
  if (!put_parts(word, &measure, err))
    return false;
  vcca_sink bytes = arena_sink(e->arena, measure.n);
  bool ok = put_parts(word, &bytes, err);
  *out = vcca_sink_span(&bytes);
  return ok && (out->p || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", measure.n));
}

bool word_place(struct edit *e, vcca_span path, struct place *out, struct vcca_error *err)
{
  if (!e->tree.root)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the token is bytes only: there is no %.*s", (int)path.n, (const char *)path.p);
  return parts_find(&e->tree, (const char *)path.p, path.n, out, err);
}

bool word_part(struct edit *e, vcca_span member, const char *part, struct place *out, struct vcca_error *err)
{
  char room[96];
  vcca_sink path = VCCA_SINK(room);
  vcca_sink_put(&path, member);
  vcca_sink_str(&path, part);
  if (!vcca_sink_ok(&path))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the path %.*s is too long", (int)member.n, (const char *)member.p);
  return word_place(e, vcca_sink_span(&path), out, err);
}

/* --- Steps ------------------------------------------------------------------------------------------------ */

static bool run_step(struct edit *e, vcca_span text, struct vcca_error *err)
{
  struct words w = {.n = 0};
  vcca_span name = until(&text, ' ');
  while (text.n > 0) {
    vcca_span word = until(&text, ' ');
    if (word.n == 0)
      continue;
    if (w.n == STEP_WORDS)
      return vcca_fail(err, VCCA_FAULT_USAGE, "more than %d words after %.*s", STEP_WORDS, (int)name.n, (const char *)name.p);
    w.word[w.n++] = word;
  }
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (vcca_span_is(name, steps[i].name)) {
      if (w.n < steps[i].least || w.n > steps[i].most)
        return vcca_fail(err, VCCA_FAULT_USAGE, "the step is: %s %s", steps[i].name, steps[i].synopsis);
      return steps[i].run(e, &w, err);
    }
  return vcca_fail(err, VCCA_FAULT_USAGE, "no step %.*s", (int)name.n, (const char *)name.p);
}

bool edit_run(struct edit *e, vcca_span recipe, struct vcca_error *err)
{
  while (recipe.n > 0) {
    vcca_span step = until(&recipe, ';');
    while (step.n > 0 && step.p[0] == ' ')
      step = vcca_span_sub(step, 1, step.n);
    if (step.n > 0 && !run_step(e, step, err))
      return false;
  }
  return !e->arena->failed || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the mutated token");
}
