/* Any bytes as a token, strictly and with every leniency: decoding ends, stays inside the bytes and locates
 * what it refuses; what it accepts is sound CBOR all through, prints, and is CBOR to libcbor too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <cbor.h>
#include <stdlib.h>

#include "rooms/token.h"
#include "rooms/leniency.h"
#include "rooms/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void must_lie_in(vcca_span part, vcca_span whole)
{
  must(part.p == NULL || (part.p >= whole.p && part.n <= whole.n && (size_t)(part.p - whole.p) <= whole.n - part.n));
}

static void must_be_located(const struct vcca_error *err, size_t size)
{
  must(err->has_offset && err->offset <= size && err->text[0] != '\0');
}

static void look_at_part(const struct vcca_sign1_parts *sign1, vcca_span bytes, bool strict)
{
  must_lie_in(sign1->whole, bytes);
  must_lie_in(sign1->payload, sign1->whole);
  must_lie_in(sign1->claims, sign1->payload);
  must_lie_in(sign1->signature, sign1->whole);
  must(!strict || (vcca_cbor_check(sign1->whole, NULL) && vcca_cbor_check(sign1->payload, NULL) &&
                   vcca_cbor_check(sign1->claims, NULL) && vcca_cbor_check(sign1->protected_header, NULL)));
}

static void look_at(const struct vcca_token *token, vcca_span bytes)
{
  static uint8_t room[1 << 16];
  enum vcca_family family;
  vcca_sink json_out = VCCA_SINK(room), text_out = VCCA_SINK(room);
  struct vcca_json j = vcca_json_into(&json_out, VCCA_JSON_PRETTY);
  bool strict = token->leniencies == 0;
  if (token->has_platform)
    look_at_part(&token->platform_sign1, bytes, strict);
  if (token->realm_sign1.whole.p) {
    vcca_sink signature = VCCA_SINK(room);
    look_at_part(&token->realm_sign1, bytes, strict);
    vcca_key *rak = vcca_token_rak(token, NULL);
    if (rak)
      (void)vcca_sign1_signature(&token->realm_sign1, rak, &signature, NULL);
    vcca_key_free(rak);
  }
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    must_lie_in(token->realm.rem[i], bytes);
  must(token->platform.component_count <= VCCA_COMPONENTS_MAX);
  (void)vcca_token_family(token, &family);
  vcca_json_open(&j, NULL, '{');
  vcca_token_json(token, &j);
  vcca_json_close(&j);
  vcca_token_text(token, &text_out);
}

/* What the strict reader takes, libcbor takes; but libcbor 0.8 has neither one-byte tags 6 to 20 nor simple
 * values but the four with names, so only inputs without any such byte are compared. */
static void must_be_cbor_to_libcbor(vcca_span bytes)
{
  for (size_t i = 0; i < bytes.n; i++)
    if ((bytes.p[i] >= 0xc6 && bytes.p[i] <= 0xd4) || (bytes.p[i] >= 0xe0 && bytes.p[i] <= 0xf3) || bytes.p[i] == 0xf8)
      return;
  struct cbor_load_result result;
  cbor_item_t *item = cbor_load(bytes.p, bytes.n, &result);
  must(item != NULL && result.read == bytes.n);
  cbor_decref(&item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vcca_span bytes = vcca_span_of(data, size);
  static uint8_t room[1 << 16];
  vcca_sink out = VCCA_SINK(room);
  struct vcca_token token;
  struct vcca_error err = {0}, diag_err = {0};
  bool sound = vcca_cbor_check(bytes, &err);
  bool printed = vcca_cbor_diag(bytes, vcca_claim_name, &out, &diag_err);
  if (sound)
    must_be_cbor_to_libcbor(bytes);
  else
    must_be_located(&err, size);
  must(sound || !printed); /* descending, it may find more to refuse */
  if (!printed)
    must_be_located(&diag_err, size);

  err.has_offset = false;
  if (vcca_token_decode_lenient(bytes, 0, &token, &err)) {
    must(sound && printed);
    look_at(&token, bytes);
  } else
    must_be_located(&err, size);
  bool strict = err.has_offset == false;
  err.has_offset = false;
  if (vcca_token_decode_lenient(bytes, ~(vcca_leniency_set)0, &token, &err)) {
    must(strict == (token.leniencies == 0));
    look_at(&token, bytes);
  } else {
    must(!strict);
    must_be_located(&err, size);
    must(err.path[0] == '\0' || err.path[0] == '/' || err.path[0] == '[');
  }
  err.has_offset = false;
  if (vcca_token_decode(bytes, &token, &err)) {
    must((token.leniencies & ~vcca_leniencies_permitted()) == 0);
    look_at(&token, bytes);
  } else
    must(!strict && err.has_offset);
  err.has_offset = false;
  if (vcca_token_decode_platform(bytes, &token, &err))
    look_at(&token, bytes);
  else
    must_be_located(&err, size);
  return 0;
}
