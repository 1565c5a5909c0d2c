/* Minting: claims in table order into a map, the map into a COSE_Sign1, the two of them into the collection.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "token/claims.h"
#include "token/family.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

enum { SIMPLE_FALSE = 0xf4, SIMPLE_TRUE = 0xf5 };

static void put_map(struct claim_rows rows, enum vcca_family family, const void *claims, vcca_sink *out);

static void put_components(enum vcca_family family, const struct vcca_platform_claims *claims, vcca_sink *out)
{
  vcca_cbor_put_array(out, claims->component_count);
  for (size_t i = 0; i < claims->component_count; i++)
    put_map(claims_component, family, &claims->components[i], out);
}

static void put_rems(const struct vcca_realm_claims *claims, vcca_sink *out)
{
  vcca_cbor_put_array(out, claim_rem_count(claims));
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    if (claims->rem[i].p)
      vcca_cbor_put_bytes(out, claims->rem[i]);
}

static void put_value(const struct claim_row *row, enum vcca_family family, const void *claims, vcca_sink *out)
{
  switch (row->kind) {
  case CLAIM_BYTES:
  case CLAIM_UEID:
    vcca_cbor_put_bytes(out, claim_span(row, claims));
    break;
  case CLAIM_TEXT:
  case CLAIM_ALG:
    vcca_cbor_put_text(out, claim_span(row, claims));
    break;
  case CLAIM_UINT:
    vcca_cbor_put_uint(out, claim_uint(row, claims));
    break;
  case CLAIM_BOOL:
    vcca_sink_u8(out, claim_uint(row, claims) ? SIMPLE_TRUE : SIMPLE_FALSE);
    break;
  case CLAIM_DIGESTS:
    vcca_sink_put(out, claim_span(row, claims)); /* encoded already */
    break;
  case CLAIM_COMPONENTS:
    put_components(family, claims, out);
    break;
  case CLAIM_REMS:
    put_rems(claims, out);
    break;
  }
}

/* The claims that are there, in the family's order. */
static void put_map(struct claim_rows rows, enum vcca_family family, const void *claims, vcca_sink *out)
{
  const struct claim_row *order[CLAIM_ROWS_MAX];
  size_t pairs = 0;
  claim_order(rows, family, order);
  for (size_t i = 0; i < rows.n; i++)
    pairs += claim_present(order[i], claims);
  vcca_cbor_put_map(out, pairs);
  for (size_t i = 0; i < rows.n; i++)
    if (claim_present(order[i], claims)) {
      vcca_cbor_put_int(out, order[i]->spec.label);
      put_value(order[i], family, claims, out);
    }
}

static bool sign_claims(struct claim_rows rows, enum vcca_family family, const void *claims, unsigned wraps,
                        const vcca_key *key, vcca_sink *out, struct vcca_error *err)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink payload = VCCA_SINK(buf), measured = {NULL, 0, 0};
  if (wraps == 2) {
    put_map(rows, family, claims, &measured);
    vcca_cbor_put_bytes_head(&payload, measured.n);
  }
  put_map(rows, family, claims, &payload);
  if (!vcca_sink_ok(&payload))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the claims take %zu bytes, %d are the most", payload.n, VCCA_TOKEN_MAX);
  return vcca_sign1(key, vcca_sink_span(&payload), out, err);
}

bool vcca_token_platform(enum vcca_family family, const struct vcca_platform_claims *claims, const vcca_key *cpak,
                         vcca_sink *out, struct vcca_error *err)
{
  if (vcca_family(family)->platform_profile == NULL)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the family %s has no platform token", vcca_family(family)->name);
  if (claims->component_count > VCCA_COMPONENTS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%zu components, %d are the most", claims->component_count,
                     VCCA_COMPONENTS_MAX);
  return sign_claims(claims_platform, family, claims, 1, cpak, out, err);
}

bool vcca_token_realm(enum vcca_family family, const struct vcca_realm_claims *claims, const vcca_key *rak,
                      vcca_sink *out, struct vcca_error *err)
{
  return sign_claims(claims_realm, family, claims, vcca_family(family)->wraps, rak, out, err);
}

/* RATS CMW record: the media type by its CoAP content-format, and the value. */
static void put_member(uint64_t container, uint64_t label, vcca_span sign1, vcca_sink *out)
{
  vcca_cbor_put_uint(out, label);
  if (container == FAMILY_CMW) {
    vcca_cbor_put_array(out, 2);
    vcca_cbor_put_uint(out, FAMILY_CMW_TYPE);
  }
  vcca_cbor_put_bytes(out, sign1);
}

bool vcca_token_collect(enum vcca_family family, vcca_span platform, vcca_span realm, vcca_sink *out,
                        struct vcca_error *err)
{
  const struct vcca_family_spec *spec = vcca_family(family);
  if ((platform.p != NULL) != (spec->platform_profile != NULL))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the family %s has %s platform token", spec->name,
                     spec->platform_profile ? "a" : "no");
  vcca_cbor_put_tag(out, spec->container);
  vcca_cbor_put_map(out, platform.p ? 2 : 1);
  if (platform.p)
    put_member(spec->container, LABEL_PLATFORM, platform, out);
  put_member(spec->container, LABEL_REALM, realm, out);
  return vcca_sink_ok(out) || vcca_fail(err, VCCA_FAULT_USAGE, "the token wants %zu bytes of room", out->n);
}
