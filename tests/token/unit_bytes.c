/* The decoder against every truncation and every change of one byte of structure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"
#include "token/claims.h"

static void a_token_cut_anywhere_is_refused_within_what_is_left(void **state)
{
  (void)state;
  static struct bench b;
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    set_up((enum vcca_family)f, &b);
    for (size_t n = 0; n < b.good.span.n; n++) {
      struct vcca_token token;
      struct vcca_error err = {0};
      vcca_span cut = vcca_span_sub(b.good.span, 0, n);
      if (vcca_token_decode(cut, &token, &err) || !err.has_offset || err.offset > n || err.text[0] == '\0')
        fail_msg("family %d cut to %zu bytes: byte %zu: %s", f, n, err.offset, err.text);
      if (b.token.has_platform && n < b.token.platform_sign1.whole.n) {
        cut = vcca_span_sub(b.token.platform_sign1.whole, 0, n);
        assert_false(vcca_token_decode_platform(cut, &token, &err));
        assert_true(err.has_offset && err.offset <= n);
      }
    }
  }
}

/* Marks the bytes that lie within byte or text strings which hold no CBOR; what is left is structure. */
static void mark_content(vcca_span whole, vcca_span content, bool *is_content)
{
  for (size_t i = 0; i < content.n; i++)
    is_content[(size_t)(content.p - whole.p) + i] = true;
}

static void mark_claims(vcca_span whole, struct claim_rows rows, const void *claims, bool *is_content)
{
  for (size_t i = 0; i < rows.n; i++) {
    const struct claim_row *row = &rows.row[i];
    const struct vcca_platform_claims *platform = claims;
    const struct vcca_realm_claims *realm = claims;
    if (row->kind == CLAIM_REMS)
      for (size_t r = 0; r < VCCA_TOKEN_REMS; r++)
        mark_content(whole, realm->rem[r], is_content);
    else if (row->kind == CLAIM_COMPONENTS)
      for (size_t c = 0; c < platform->component_count; c++)
        mark_claims(whole, claims_component, &platform->components[c], is_content);
    else if (row->kind != CLAIM_UINT && row->kind != CLAIM_BOOL && claim_present(row, claims))
      mark_content(whole, claim_span(row, claims), is_content);
  }
}

/* Decodes to the same: every span at the same place, every number the same. */
static bool same_token(const struct vcca_token *a, const struct vcca_token *b)
{
  return a->container == b->container && a->has_platform == b->has_platform && a->rak_encoding == b->rak_encoding &&
         memcmp(&a->platform_sign1, &b->platform_sign1, sizeof a->platform_sign1) == 0 &&
         memcmp(&a->platform, &b->platform, sizeof a->platform) == 0 &&
         memcmp(&a->realm_sign1, &b->realm_sign1, sizeof a->realm_sign1) == 0 &&
         memcmp(&a->realm, &b->realm, sizeof a->realm) == 0;
}

static void every_change_of_structure_is_an_error_or_another_token(void **state)
{
  (void)state;
  static struct bench b;
  static bool is_content[VCCA_TOKEN_MAX];
  static uint8_t bytes[VCCA_TOKEN_MAX];
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    set_up((enum vcca_family)f, &b);
    size_t n = b.good.span.n;
    memcpy(bytes, b.good.span.p, n);
    struct vcca_token good, token;
    must_decode(vcca_span_of(bytes, n), &good);
    memset(is_content, 0, sizeof is_content);
    mark_claims(good.bytes, claims_platform, &good.platform, is_content);
    mark_claims(good.bytes, claims_realm, &good.realm, is_content);
    mark_content(good.bytes, good.platform_sign1.signature, is_content);
    mark_content(good.bytes, good.realm_sign1.signature, is_content);
    size_t structure = 0;
    for (size_t i = 0; i < n; i++) {
      if (is_content[i])
        continue;
      structure++;
      for (unsigned change = 1; change < 256; change++) {
        struct vcca_error err = {0};
        bytes[i] = (uint8_t)(bytes[i] ^ change);
        bool decoded = vcca_token_decode(vcca_span_of(bytes, n), &token, &err);
        if (decoded && same_token(&token, &good))
          fail_msg("family %d: byte %zu changed by %02x makes no difference", f, i, change);
        if (!decoded && (!err.has_offset || err.offset > n))
          fail_msg("family %d: byte %zu changed by %02x: no place: %s", f, i, change, err.text);
        bytes[i] = (uint8_t)(bytes[i] ^ change);
      }
    }
    assert_true(structure > 60);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_cut_anywhere_is_refused_within_what_is_left),
      cmocka_unit_test(every_change_of_structure_is_an_error_or_another_token),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
