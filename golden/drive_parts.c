/* The parts of evidence: what a case has, what a command line takes, and what a verifier must be given to
 * see what a case is about.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "golden/drive.h"
#include "rooms/span.h"
#include "rooms/golden.h"

static const struct placeholder placeholders[] = {
#define PLACEHOLDER(name, kind, part, meaning) {name, PLACE_##kind, PART_##part, meaning},
#include "golden/placeholders.def"
#undef PLACEHOLDER
};
enum { PLACEHOLDERS = sizeof placeholders / sizeof placeholders[0], JWK_ROOM = 512 };

#define BIT(part) ((part_set)1 << PART_##part)
enum { CERTIFICATES = BIT(CERT) | BIT(SUB) | BIT(ROOT), ANCHORS = CERTIFICATES | BIT(CPAK) };

const struct placeholder *placeholder_named(vcca_span name)
{
  for (size_t i = 0; i < PLACEHOLDERS; i++)
    if (vcca_span_is(name, placeholders[i].name))
      return &placeholders[i];
  return NULL;
}

bool words_placeholder(const char *word, size_t *from, vcca_span *name)
{
  for (const char *at = strchr(word, '@'); at; at = strchr(at + 1, '@')) {
    size_t n = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    if (at[1 + n] == '@') {
      *from = (size_t)(at - word);
      *name = vcca_span_of(at + 1, n);
      return true;
    }
  }
  return false;
}

void parts_text(part_set parts, char *room, size_t cap)
{
  size_t n = 0;
  room[0] = '\0';
  for (int part = 0; part < DRIVE_PARTS; part++) {
    const char *name = NULL;
    for (size_t i = 0; i < PLACEHOLDERS && !name; i++)
      if (placeholders[i].part == (enum drive_part)part)
        name = placeholders[i].name;
    if (!(parts & (part_set)1 << part) || !name)
      continue;
    int more = snprintf(room + n, cap - n, "%s@%s@", n ? " " : "", name);
    n += more > 0 && (size_t)more < cap - n ? (size_t)more : 0;
  }
}

/* --- What a case has --------------------------------------------------------------------------------------- */

static part_set if_present(vcca_span bytes, part_set bit)
{
  return bytes.p ? bit : 0;
}

part_set parts_present(const struct vcca_evidence *e)
{
  part_set parts = if_present(e->token, BIT(TOKEN)) | if_present(e->device_cert, BIT(CERT)) |
                   if_present(e->challenge, BIT(CHALLENGE)) | if_present(e->rim, BIT(RIM)) |
                   if_present(e->rpv, BIT(RPV)) | if_present(e->eventlog, BIT(EVENTLOG)) |
                   if_present(e->image_reference, BIT(IMAGE_REF)) |
                   if_present(e->platform_reference, BIT(PLATFORM_REF)) | if_present(e->reference_store, BIT(RVSTORE));
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++)
    parts |= if_present(e->rem[i], BIT(REM0) << i);
  return parts | (e->cpak ? BIT(CPAK) : 0) | (e->intermediate_count > 0 ? BIT(SUB) : 0) |
         (e->root_count > 0 ? BIT(ROOT) : 0) | (e->at ? BIT(AT) : 0) | (e->policy ? BIT(POLICY) : 0);
}

static part_set if_other(vcca_span a, vcca_span b, part_set bit)
{
  return vcca_span_eq(a, b) && !a.p == !b.p ? 0 : bit;
}

static bool same_policy(const struct vcca_policy *a, const struct vcca_policy *b)
{
  uint8_t room[2][POLICY_TEXT];
  vcca_sink text[2] = {VCCA_SINK(room[0]), VCCA_SINK(room[1])};
  if (!a || !b)
    return a == b;
  bundle_policy_yaml(a, &text[0]);
  bundle_policy_yaml(b, &text[1]);
  return vcca_span_eq(vcca_sink_span(&text[0]), vcca_sink_span(&text[1]));
}

static part_set changed_from(const struct vcca_evidence *e, const struct vcca_evidence *base)
{
  part_set parts = if_other(e->token, base->token, BIT(TOKEN)) |
                   if_other(e->device_cert, base->device_cert, BIT(CERT)) |
                   if_other(e->challenge, base->challenge, BIT(CHALLENGE)) | if_other(e->rim, base->rim, BIT(RIM)) |
                   if_other(e->rpv, base->rpv, BIT(RPV)) | if_other(e->eventlog, base->eventlog, BIT(EVENTLOG)) |
                   if_other(e->image_reference, base->image_reference, BIT(IMAGE_REF)) |
                   if_other(e->platform_reference, base->platform_reference, BIT(PLATFORM_REF)) |
                   if_other(e->reference_store, base->reference_store, BIT(RVSTORE));
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++)
    parts |= if_other(e->rem[i], base->rem[i], BIT(REM0) << i);
  parts |= e->intermediate_count != base->intermediate_count ? BIT(SUB) : 0;
  for (size_t i = 0; i < e->intermediate_count && i < base->intermediate_count; i++)
    parts |= if_other(e->intermediates[i], base->intermediates[i], BIT(SUB));
  if (e->root_count != base->root_count || (e->root_count > 0 && if_other(e->roots[0], base->roots[0], 1)))
    parts |= BIT(ROOT);
  return parts | (e->cpak != base->cpak ? BIT(CPAK) : 0) | (same_policy(e->policy, base->policy) ? 0 : BIT(POLICY));
}

/* --- What is taken, and what must be ----------------------------------------------------------------------- */

static bool has_jwk(enum vcca_family family)
{
  return family_has(family) & WANT_EC;
}

part_set parts_taken(const char *const *words, enum vcca_family family)
{
  part_set parts = 0;
  size_t from;
  vcca_span name;
  for (; *words; words++) {
    const struct placeholder *place = words_placeholder(*words, &from, &name) ? placeholder_named(name) : NULL;
    if (place && place->part != PART_NONE && (strcmp(place->name, "JWK") != 0 || has_jwk(family)))
      parts |= (part_set)1 << place->part;
  }
  return parts;
}

static void chain_for_cpak(const vcca_golden *golden, struct vcca_evidence *e)
{
  const struct vcca_evidence *base = &golden->base;
  e->cpak = NULL;
  e->device_cert = base->device_cert;
  e->at = base->at;
  e->intermediate_count = base->intermediate_count;
  memcpy(e->intermediates, base->intermediates, sizeof e->intermediates);
  e->root_count = base->root_count;
  memcpy(e->roots, base->roots, sizeof e->roots);
}

void parts_adapt(const vcca_golden *golden, part_set taken, struct vcca_evidence *e)
{
  const part_set trust = BIT(CERT) | BIT(ROOT);
  if (e->cpak && !e->device_cert.p && !(taken & BIT(CPAK)) && (taken & trust) == trust)
    chain_for_cpak(golden, e);
}

/* What a check works on besides the token. */
static part_set parts_of_check(enum vcca_check check)
{
  static const part_set parts[VCCA_CHECKS + 1] = {
      [VCCA_CHECK_CHAIN] = CERTIFICATES,
      [VCCA_CHECK_ENDORSEMENTS] = BIT(RVSTORE),
      [VCCA_CHECK_PLATFORM_SIGNATURE] = ANCHORS,
      [VCCA_CHECK_KEY_EQUALITY] = ANCHORS,
      [VCCA_CHECK_FRESHNESS] = BIT(CHALLENGE),
      [VCCA_CHECK_PLATFORM_REFERENCE] = BIT(PLATFORM_REF) | BIT(RVSTORE),
      [VCCA_CHECK_PLATFORM_CONFIG] = BIT(RVSTORE),
      [VCCA_CHECK_RIM] = BIT(RIM),
      [VCCA_CHECK_REM0] = BIT(REM0),
      [VCCA_CHECK_REM1] = BIT(REM1),
      [VCCA_CHECK_REM2] = BIT(REM2),
      [VCCA_CHECK_REM3] = BIT(REM3),
      [VCCA_CHECK_RPV] = BIT(RPV),
      [VCCA_CHECK_REALM_REFERENCE] = BIT(RVSTORE),
      [VCCA_CHECK_EVENTLOG] = BIT(EVENTLOG),
      [VCCA_CHECK_IMAGE_REFERENCE] = BIT(EVENTLOG) | BIT(IMAGE_REF),
      [VCCA_CHECK_POLICY] = BIT(POLICY),
  };
  return parts[check];
}

part_set parts_changed(const vcca_golden *golden, const struct vcca_golden_case *c)
{
  struct vcca_evidence base;
  if (!c->mutation)
    return 0;
  case_evidence(golden, c->mutation, &base);
  if (base.cpak && !c->evidence.cpak) /* parts_adapt */
    chain_for_cpak(golden, &base);
  return changed_from(&c->evidence, &base);
}

part_set parts_needed(const vcca_golden *golden, const struct vcca_golden_case *c)
{
  const struct vcca_mutation *m = c->mutation;
  if (!m)
    return BIT(TOKEN);
  part_set changed = parts_changed(golden, c), needs = parts_of_check(m->check);
  if (m->layer == VCCA_GOLDEN_CHAIN)
    needs |= CERTIFICATES;
  if (strcmp(m->flag->name, "CertificateDate") == 0)
    needs |= BIT(AT);
  if (m->check == VCCA_CHECKS && !(changed & BIT(TOKEN))) /* what was changed may be as it is */
    needs |= changed;
  needs |= changed & BIT(POLICY); /* which may allow what is refused otherwise, and refuse what is allowed */
  return (needs & parts_present(&c->evidence)) | BIT(TOKEN);
}

bool vcca_drive_part_named(vcca_span name, uint32_t *parts)
{
  const struct placeholder *place = placeholder_named(name);
  if (!place || place->part == PART_NONE)
    return false;
  *parts |= (part_set)1 << place->part;
  return true;
}
