/* Where a token is broken: byte, path and claim, in one line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"

static vcca_span hex(const char *text, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  assert_true(vcca_hex_read(vcca_span_str(text), &out, NULL));
  return vcca_sink_span(&out);
}

static const struct {
  enum vcca_family family;
  enum which which;
  int64_t label;
  const char *value, *path;
} places[] = {
    {VCCA_FAMILY_ARM_1_0, REALM, 44238, "4100", "/44241/payload/44238"},
    {VCCA_FAMILY_ARM_1_0, REALM, 44239, "8440404040", "/44241/payload/44239[0]"},
    {VCCA_FAMILY_ARM_1_0, PLATFORM, 2395, "1a00010000", "/44234/payload/2395"},
    {VCCA_FAMILY_ARM_1_0, PLATFORM, 2399,
     "81a10241"
     "00",
     "/44234/payload/2399[0]/2"},
    {VCCA_FAMILY_ARM_1_0, REALM, 44237, "43a10102", "/44241/payload/44237"},
    {VCCA_FAMILY_ARM_1_0, REALM, 44237, "44a1010220", "/44241/payload/44237"},
    {VCCA_FAMILY_ARM_RMM_2_0, REALM, 44243, "02", "/44241[1]/payload/44243"},
    {VCCA_FAMILY_ARM_DRAFT_04, PLATFORM, 2408, "4100", "/44234[1]/payload/2408"},
    {VCCA_FAMILY_VIRTCCA_P521, REALM, 10, "4100", "/44241/payload/10"},
};

static void a_fault_is_named_by_byte_path_and_claim_in_one_line(void **state)
{
  (void)state;
  static struct bench b;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    struct vcca_token token;
    struct vcca_error err = {0};
    char text[600], want[100];
    uint8_t buf[100];
    struct made made;
    set_up(places[i].family, &b);
    struct pairs pairs = *pairs_of(&b, places[i].which);
    pairs.value[find(&pairs, places[i].label)] = hex(places[i].value, buf, sizeof buf);
    token_with(&b, places[i].which, &pairs, &made);
    assert_false(vcca_token_decode(made.span, &token, &err));
    assert_string_equal(err.path, places[i].path);
    vcca_error_text(&err, text, sizeof text);
    snprintf(want, sizeof want, "byte %zu (0x%zx), at %s: ", err.offset, err.offset, places[i].path);
    assert_memory_equal(text, want, strlen(want));
    assert_null(strchr(text, '\n'));
  }
}

/* Each byte changed, the token cut after it: the line never breaks, and a path is made of what a token has. */
static void every_broken_byte_has_a_line(void **state)
{
  (void)state;
  static struct bench b;
  static uint8_t bytes[2 * VCCA_TOKEN_MAX];
  set_up(VCCA_FAMILY_ARM_RMM_2_0, &b);
  unsigned located = 0;
  for (size_t i = 0; i < 2 * b.good.span.n; i++) {
    size_t at = i / 2, n = i % 2 ? at : b.good.span.n;
    struct vcca_token token;
    struct vcca_error err = {0};
    char text[600];
    memcpy(bytes, b.good.span.p, b.good.span.n);
    bytes[at] ^= 0xe0;
    if (vcca_token_decode(vcca_span_of(bytes, n), &token, &err))
      continue;
    vcca_error_text(&err, text, sizeof text);
    assert_true(err.has_offset && err.offset <= n && strchr(text, '\n') == NULL);
    assert_true(err.path[0] == '\0' || err.path[0] == '/');
    located += err.path[0] == '/';
  }
  assert_true(located > b.good.span.n);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fault_is_named_by_byte_path_and_claim_in_one_line),
      cmocka_unit_test(every_broken_byte_has_a_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
