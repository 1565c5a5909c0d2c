/* Two measurements that differ: traces of any bytes (after a zero byte, A and B with a zero byte between
 * them), or two plans of any bytes as a device tree or kernel, B's with a few bytes changed. Every step is
 * accounted for once on its side, and what is printed is JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vcca/explain.h"
#include "rooms/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PART_MAX = 40000 };

static void must(bool holds)
{
  if (!holds)
    abort();
}

/* --- RFC 8259 --------------------------------------------------------------------------------------------- */

static void blanks(vcca_span *s)
{
  while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\n'))
    *s = vcca_span_sub(*s, 1, s->n);
}

static void take(vcca_span *s, size_t n)
{
  must(s->n >= n);
  *s = vcca_span_sub(*s, n, s->n);
}

static void string(vcca_span *s)
{
  must(s->n > 1 && s->p[0] == '"');
  for (take(s, 1); s->n > 0 && s->p[0] != '"';) {
    must(s->p[0] >= ' ' && vcca_utf8_at(*s, 0) > 0);
    take(s, s->p[0] == '\\' ? 2 : vcca_utf8_at(*s, 0));
  }
  take(s, 1);
}

static void json(vcca_span *s, unsigned depth)
{
  blanks(s);
  must(s->n > 0 && depth < 16);
  if (s->p[0] == '"') {
    string(s);
  } else if (s->p[0] == '{' || s->p[0] == '[') {
    uint8_t open = s->p[0], close = open == '{' ? '}' : ']';
    take(s, 1);
    blanks(s);
    for (bool first = true; s->n > 0 && s->p[0] != close; first = false) {
      must(first || s->p[0] == ',');
      take(s, !first);
      blanks(s);
      if (open == '{') {
        string(s);
        blanks(s);
        must(s->n > 0 && s->p[0] == ':');
        take(s, 1);
      }
      json(s, depth + 1);
      blanks(s);
    }
    take(s, 1);
  } else {
    size_t n = 0;
    while (n < s->n && strchr("-0123456789truefalsn", s->p[n]) != NULL && s->p[n])
      n++;
    must(n > 0);
    take(s, n);
  }
}

/* --- Comparing -------------------------------------------------------------------------------------------- */

static void print(const struct vcca_rim_diff *diff,
                  void (*how)(const struct vcca_rim_diff *, const char *, const char *, FILE *), bool is_json)
{
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  must(out != NULL);
  how(diff, "a\xff\"", "b\n", out);
  must(fclose(out) == 0 && n > 0);
  vcca_span left = vcca_span_of(text, n);
  if (is_json) {
    json(&left, 0);
    blanks(&left);
    must(left.n == 0);
  }
  free(text);
}

static void compare(const struct vcca_rim_trace *a, const struct vcca_rim_trace *b)
{
  struct vcca_rim_diff diff;
  struct vcca_error err = {0};
  must(vcca_rim_diff(a, b, &diff, &err));
  size_t of_a = diff.equal, of_b = of_a;
  for (size_t i = 0; i < diff.run_count; i++) {
    const struct vcca_diff_run *run = &diff.runs[i];
    must(run->count > 0 && run->base <= run->top);
    of_a += run->what != VCCA_ONLY_B ? run->count : 0;
    of_b += run->what != VCCA_ONLY_A ? run->count : 0;
  }
  must(of_a == a->count && of_b == b->count);
  print(&diff, vcca_rim_diff_text, false);
  print(&diff, vcca_rim_diff_json, true);
  vcca_rim_diff_free(&diff);
}

static void traces(vcca_span bytes)
{
  const uint8_t *end = memchr(bytes.p, 0, bytes.n);
  size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
  struct vcca_rim_trace a, b;
  if (!vcca_trace_read(vcca_span_sub(bytes, 0, n), NULL, &a, NULL))
    return;
  if (vcca_trace_read(vcca_span_sub(bytes, n + 1, bytes.n), NULL, &b, NULL)) {
    compare(&a, &b);
    vcca_trace_free(&b);
  }
  vcca_trace_free(&a);
}

static void plan_part(struct vcca_plan *plan, enum vcca_role role, vcca_span content)
{
  *plan = (struct vcca_plan){
      .profile = "arm", .rules = VCCA_RULES_ARM_1_0, .ram_base = 0x40000000, .ram_size = 0x100000, .segment_count = 1};
  plan->params.s2sz = 40;
  plan->segments[0] = (struct vcca_segment){.role = role,
                                            .ipa = 0x40000000,
                                            .size = (content.n + VCCA_PAGE - 1) / VCCA_PAGE * VCCA_PAGE,
                                            .content = content,
                                            .measured = true};
}

/* how: which part, how many bytes of B are other ones; then two bytes of place and one of difference for
 * each. */
static void parts(uint8_t how, vcca_span bytes)
{
  static uint8_t changed[PART_MAX];
  static const enum vcca_role roles[] = {VCCA_ROLE_DTB, VCCA_ROLE_DTB, VCCA_ROLE_KERNEL, VCCA_ROLE_LOADER};
  size_t edits = 1 + how / 4 % 8;
  if (bytes.n <= 3 * edits || bytes.n > PART_MAX)
    return;
  vcca_span content = vcca_span_sub(bytes, 3 * edits, bytes.n);
  memcpy(changed, content.p, content.n);
  for (size_t i = 0; i < edits; i++)
    changed[vcca_le16(bytes.p + 3 * i) % content.n] ^= bytes.p[3 * i + 2];

  struct vcca_plan plan_a, plan_b;
  struct vcca_rim_trace a, b;
  plan_part(&plan_a, roles[how % 4], content);
  plan_part(&plan_b, roles[how % 4], vcca_span_of(changed, content.n));
  must(vcca_trace_plan(&plan_a, &a, NULL) && vcca_trace_plan(&plan_b, &b, NULL));
  compare(&a, &b);
  vcca_trace_free(&a);
  vcca_trace_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  if (data[0] == 0)
    traces(vcca_span_of(data + 1, size - 1));
  else
    parts(data[0], vcca_span_of(data + 1, size - 1));
  return 0;
}
