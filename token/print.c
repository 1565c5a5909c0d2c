/* A decoded token as JSON and as text, both from the rows of claims.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "token/claims.h"
#include "token/print_text.h"
#include "rooms/hex.h"
#include "rooms/crypto.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static const char *rak_encoding_name(enum vcca_rak_encoding encoding)
{
  static const char *const names[] = {
      [VCCA_RAK_RAW_POINT] = "raw-point", [VCCA_RAK_COSE_KEY] = "cose-key", [VCCA_RAK_SPKI] = "spki"};
  return names[encoding];
}

enum { LABEL_LIFECYCLE = 2395 };

/* The byte strings of an encoded array that was read before, however leniently. */
struct digests {
  struct vcca_lenience lenience;
  struct vcca_cbor c;
  struct vcca_cbor_item array, item;
  uint64_t i;
};

static struct digests digests_in(vcca_span array)
{
  struct digests d = {.lenience = {.allowed = ~(vcca_leniency_set)0}, .c = vcca_cbor_over(array, 0)};
  return d;
}

static bool digests_next(struct digests *d)
{
  d->c.lenience = &d->lenience;
  if (d->c.at == 0 && (!vcca_cbor_next(&d->c, &d->array, NULL) || d->array.kind != VCCA_CBOR_ARRAY))
    return false;
  return vcca_cbor_more(&d->c, &d->array, d->i++) && vcca_cbor_next(&d->c, &d->item, NULL);
}

/* --- JSON --- */

static void json_claims(struct claim_rows rows, const void *claims, struct vcca_json *j);

static void json_claim(const struct claim_row *row, const void *claims, struct vcca_json *j)
{
  const struct vcca_platform_claims *platform = claims;
  const struct vcca_realm_claims *realm = claims;
  switch (row->kind) {
  case CLAIM_BYTES:
  case CLAIM_UEID:
    vcca_json_hex(j, row->member, claim_span(row, claims));
    break;
  case CLAIM_TEXT:
  case CLAIM_ALG:
    vcca_json_text(j, row->member, claim_span(row, claims));
    break;
  case CLAIM_UINT:
    vcca_json_int(j, row->member, (int64_t)claim_uint(row, claims));
    if (row->spec.label == LABEL_LIFECYCLE && vcca_lifecycle_name(platform->lifecycle))
      vcca_json_str(j, "lifecycle_name", vcca_lifecycle_name(platform->lifecycle));
    else if (row->spec.label == LABEL_LIFECYCLE)
      vcca_json_null(j, "lifecycle_name");
    break;
  case CLAIM_BOOL:
    vcca_json_bool(j, row->member, claim_uint(row, claims) != 0);
    break;
  case CLAIM_DIGESTS:
    vcca_json_open(j, row->member, '[');
    for (struct digests d = digests_in(claim_span(row, claims)); digests_next(&d);)
      vcca_json_hex(j, NULL, d.item.bytes);
    vcca_json_close(j);
    break;
  case CLAIM_COMPONENTS:
    vcca_json_open(j, row->member, '[');
    for (size_t i = 0; i < platform->component_count; i++) {
      vcca_json_open(j, NULL, '{');
      json_claims(claims_component, &platform->components[i], j);
      vcca_json_close(j);
    }
    vcca_json_close(j);
    break;
  case CLAIM_REMS:
    vcca_json_open(j, row->member, '[');
    for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
      vcca_json_hex(j, NULL, realm->rem[i]);
    vcca_json_close(j);
    break;
  }
}

static void json_claims(struct claim_rows rows, const void *claims, struct vcca_json *j)
{
  for (size_t i = 0; i < rows.n; i++)
    if (claim_present(&rows.row[i], claims))
      json_claim(&rows.row[i], claims, j);
}

static void json_part(const char *name, const struct vcca_sign1_parts *sign1, struct claim_rows rows,
                      const void *claims, struct vcca_json *j)
{
  vcca_json_open(j, name, '{');
  vcca_json_str(j, "algorithm", vcca_sig_name(sign1->alg));
  vcca_json_int(j, "offset", (int64_t)sign1->offset);
  vcca_json_int(j, "size", (int64_t)sign1->whole.n);
  vcca_json_int(j, "wraps", sign1->wraps);
  json_claims(rows, claims, j);
  vcca_json_hex(j, "signature", sign1->signature);
  vcca_json_close(j);
}

void vcca_token_json(const struct vcca_token *token, struct vcca_json *j)
{
  enum vcca_family family;
  bool has_realm = token->realm_sign1.whole.p != NULL;
  if (vcca_token_family(token, &family))
    vcca_json_str(j, "family", vcca_family(family)->name);
  else
    vcca_json_null(j, "family");
  vcca_json_int(j, "size", (int64_t)token->bytes.n);
  vcca_json_open(j, "leniencies", '[');
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++)
    if (token->leniencies & VCCA_LENIENT_BIT(i))
      vcca_json_str(j, NULL, vcca_leniency_name(i));
  vcca_json_close(j);
  if (has_realm) {
    vcca_json_int(j, "container", (int64_t)token->container);
    vcca_json_str(j, "rak_encoding", rak_encoding_name(token->rak_encoding));
  } else {
    vcca_json_null(j, "container");
    vcca_json_null(j, "rak_encoding");
  }
  if (token->has_platform)
    json_part("platform", &token->platform_sign1, claims_platform, &token->platform, j);
  else
    vcca_json_null(j, "platform");
  if (has_realm)
    json_part("realm", &token->realm_sign1, claims_realm, &token->realm, j);
  else
    vcca_json_null(j, "realm");
}

/* --- Text --- */

/* Names stand in a column, values beside them, 32 bytes to a line (33 when that is all: an instance id). */
enum { NAME_COLUMN = 24, LINE_BYTES = 32, LINE_WHOLE = 33 };

static void put_name(vcca_sink *out, int indent, const char *name)
{
  text_put(out, "%*s%-*s ", indent, "", NAME_COLUMN - indent, name);
}

static void put_hex(vcca_sink *out, vcca_span bytes)
{
  size_t line = bytes.n <= LINE_WHOLE ? LINE_WHOLE : LINE_BYTES;
  if (bytes.n == 0)
    vcca_sink_str(out, "(empty)\n");
  for (size_t i = 0; i < bytes.n; i += line) {
    if (i > 0)
      text_put(out, "%*s", NAME_COLUMN + 1, "");
    vcca_hex_put(out, vcca_span_sub(bytes, i, line));
    vcca_sink_u8(out, '\n');
  }
}

/* Quoted and escaped as in JSON: a token's text may hold anything. */
static void put_quoted(vcca_sink *out, vcca_span text)
{
  struct vcca_json j = vcca_json_into(out, VCCA_JSON_LINE);
  vcca_json_text(&j, NULL, text);
  vcca_sink_u8(out, '\n');
}

static void text_claims(struct claim_rows rows, const void *claims, int indent, vcca_sink *out);

static void text_components(const struct vcca_platform_claims *platform, int indent, vcca_sink *out)
{
  text_put(out, "%zu\n", platform->component_count);
  for (size_t i = 0; i < platform->component_count; i++) {
    text_put(out, "%*scomponent %zu\n", indent + 2, "", i);
    text_claims(claims_component, &platform->components[i], indent + 4, out);
  }
}

static void text_uint(const struct claim_row *row, uint64_t value, vcca_sink *out)
{
  const char *state = vcca_lifecycle_name(value);
  if (row->spec.label == LABEL_LIFECYCLE)
    text_put(out, "0x%04" PRIx64 " (%s)\n", value, state ? state : "no known state");
  else if (row->kind == CLAIM_BOOL)
    text_put(out, "%s\n", value ? "true" : "false");
  else
    text_put(out, "%" PRIu64 "\n", value);
}

static void text_digests(vcca_span array, vcca_sink *out)
{
  bool first = true;
  for (struct digests d = digests_in(array); digests_next(&d); first = false) {
    text_put(out, "%*s", first ? 0 : NAME_COLUMN + 1, "");
    put_hex(out, d.item.bytes);
  }
}

static void text_claims(struct claim_rows rows, const void *claims, int indent, vcca_sink *out)
{
  for (size_t i = 0; i < rows.n; i++) {
    const struct claim_row *row = &rows.row[i];
    const struct vcca_platform_claims *platform = claims;
    const struct vcca_realm_claims *realm = claims;
    if (!claim_present(row, claims))
      continue;
    if (row->kind != CLAIM_REMS)
      put_name(out, indent, row->spec.name);
    if (row->kind == CLAIM_UINT || row->kind == CLAIM_BOOL)
      text_uint(row, claim_uint(row, claims), out);
    else if (row->kind == CLAIM_DIGESTS)
      text_digests(claim_span(row, claims), out);
    else if (row->kind == CLAIM_COMPONENTS)
      text_components(platform, indent, out);
    else if (row->kind == CLAIM_TEXT || row->kind == CLAIM_ALG)
      put_quoted(out, claim_span(row, claims));
    else if (row->kind != CLAIM_REMS)
      put_hex(out, claim_span(row, claims));
    for (size_t r = 0; row->kind == CLAIM_REMS && r < VCCA_TOKEN_REMS; r++) {
      char name[8];
      snprintf(name, sizeof name, "rem%zu", r);
      put_name(out, indent, name);
      put_hex(out, realm->rem[r]);
    }
  }
}

static void text_part(const char *name, const struct vcca_sign1_parts *sign1, struct claim_rows rows,
                      const void *claims, vcca_sink *out)
{
  text_put(out, "%s token: COSE_Sign1, %s, %zu bytes at byte %zu%s\n", name, vcca_sig_name(sign1->alg), sign1->whole.n,
           sign1->offset, sign1->wraps == 2 ? ", payload wrapped twice" : "");
  text_claims(rows, claims, 2, out);
}

void vcca_token_text(const struct vcca_token *token, vcca_sink *out)
{
  enum vcca_family family;
  bool has_realm = token->realm_sign1.whole.p != NULL;
  text_put(out, "%zu bytes", token->bytes.n);
  if (has_realm)
    text_put(out, ", container %" PRIu64 ", RAK as %s", token->container, rak_encoding_name(token->rak_encoding));
  text_put(out, ", family %s\n", vcca_token_family(token, &family) ? vcca_family(family)->name : "none");
  if (token->leniencies)
    vcca_sink_str(out, "not of the plainest form (vcca table leniencies):");
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++)
    if (token->leniencies & VCCA_LENIENT_BIT(i))
      text_put(out, " %s", vcca_leniency_name(i));
  if (token->leniencies)
    vcca_sink_str(out, "\n");
  if (token->has_platform)
    text_part("platform", &token->platform_sign1, claims_platform, &token->platform, out);
  if (has_realm)
    text_part("realm", &token->realm_sign1, claims_realm, &token->realm, out);
}
