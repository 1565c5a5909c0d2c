/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/account.h"

#include <inttypes.h>
#include <string.h>

#include "vcca/hex.h"
#include "rooms/hash.h"
#include "rooms/json.h"
#include "rooms/measurement.h"

static const char *label_of(const struct vcca_account *a, uint64_t ipa)
{
  for (size_t i = 0; i < a->label_count; i++)
    if (ipa >= a->labels[i].base && ipa < a->labels[i].top)
      return a->labels[i].name;
  return "";
}

static void line(const struct vcca_account *a)
{
  const struct vcca_rim_step *s = &a->first;
  char what[96] = "", hex[2 * VCCA_HASH_MAX + 1];
  switch (s->kind) {
  case VCCA_STEP_CREATE:
    snprintf(what, sizeof what, "parameters, flags 0x%" PRIx64 ", %s", s->flags, vcca_hash_name(a->hash_alg));
    break;
  case VCCA_STEP_REC:
    snprintf(what, sizeof what, "%" PRIu64 " %s%s", a->run, a->run > 1 ? "vCPUs" : "vCPU",
             s->flags & VCCA_REC_RUNNABLE ? ", runnable" : "");
    break;
  case VCCA_STEP_RIPAS:
    snprintf(what, sizeof what, "0x%09" PRIx64 "-0x%09" PRIx64 " %6" PRIu64 " entries of %" PRIu64 " KiB", s->base,
             a->run_end, a->run, (s->top - s->base) >> 10);
    break;
  case VCCA_STEP_DATA:
    snprintf(what, sizeof what, "0x%09" PRIx64 "-0x%09" PRIx64 " %6" PRIu64 " granules, %" PRIu64 " zero%s", s->base,
             a->run_end, a->run, a->run_zero, s->content ? "" : ", unmeasured");
    break;
  }
  vcca_hex_text(vcca_span_of(a->value, vcca_hash_size(a->hash_alg)), hex, sizeof hex);
  fprintf(a->out, "  %-6s  %-58s %-9s %.16s...\n", vcca_step_name(s->kind), what, a->run_label, hex);
}

/* Whether the step goes on where the open run stops. */
static bool joins(const struct vcca_account *a, const struct vcca_rim_step *s)
{
  if (a->run == 0 || s->kind != a->first.kind || s->kind == VCCA_STEP_CREATE)
    return false;
  if (s->kind == VCCA_STEP_REC)
    return s->flags == a->first.flags;
  if (s->base != a->run_end)
    return false;
  if (s->kind == VCCA_STEP_RIPAS)
    return s->top - s->base == a->first.top - a->first.base;
  return (s->content == NULL) == (a->first.content == NULL) && label_of(a, s->base) == a->run_label;
}

void vcca_account_step(void *account, const struct vcca_rim_step *step)
{
  struct vcca_account *a = account;
  a->steps++;
  if (!joins(a, step)) {
    vcca_account_end(a);
    a->first = *step;
    a->run_label = step->kind == VCCA_STEP_DATA ? label_of(a, step->base) : "";
  }
  a->run++;
  a->run_end = step->kind == VCCA_STEP_RIPAS ? step->top : step->base + VCCA_PAGE;
  if (step->content && memcmp(step->content, vcca_hash_zero_page(a->hash_alg), vcca_hash_size(a->hash_alg)) == 0)
    a->run_zero++;
  memcpy(a->value, step->after, sizeof a->value);
}

void vcca_account_end(struct vcca_account *a)
{
  if (a->run > 0 && a->out)
    line(a);
  a->run = a->run_zero = 0;
}

void vcca_account_facts(struct vcca_json *j, enum vcca_hash_alg alg, const struct vcca_rim_step *step)
{
  size_t n = vcca_hash_size(alg);
  vcca_json_str(j, "kind", vcca_step_name(step->kind));
  if (step->kind == VCCA_STEP_DATA)
    vcca_json_addr(j, "ipa", step->base);
  if (step->kind == VCCA_STEP_RIPAS) {
    vcca_json_addr(j, "base", step->base);
    vcca_json_addr(j, "top", step->top);
  }
  if (step->kind != VCCA_STEP_RIPAS)
    vcca_json_addr(j, "flags", step->flags);
  if (step->content)
    vcca_json_hex(j, "content", vcca_span_of(step->content, n));
  vcca_json_hex(j, "rim", vcca_span_of(step->after, n));
}

void vcca_account_members(struct vcca_json *j, uint64_t number, enum vcca_hash_alg alg,
                          const struct vcca_rim_step *step)
{
  vcca_json_int(j, "step", (int64_t)number);
  vcca_account_facts(j, alg, step);
}

void vcca_account_json(FILE *out, uint64_t number, enum vcca_hash_alg alg, const struct vcca_rim_step *step)
{
  struct vcca_json j = vcca_json_to(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_account_members(&j, number, alg, step);
  vcca_json_close(&j);
}
