/* Certification paths: which lead to a root, which do not, and that no byte of a certificate can change
 * unnoticed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "rooms/der.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

/* A family of certificates; each is signed by the key named after the issuer. */
enum who { ROOT, OTHER, MID, MID2, LEAF, WHO };
static vcca_key *keys[WHO];
static const char *const names[WHO] = {"Root", "Other root", "Mid", "Mid 2", "Device"};

static int make_keys(void **state)
{
  (void)state;
  for (unsigned i = 0; i < WHO; i++)
    keys[i] = seeded(VCCA_KEY_P256, names[i]);
  return 0;
}

static int free_keys(void **state)
{
  (void)state;
  for (unsigned i = 0; i < WHO; i++)
    vcca_key_free(keys[i]);
  return 0;
}

/* One certificate, and what is unusual about it. */
struct cert {
  uint8_t bytes[VCCA_CERT_MAX];
  size_t n;
};

struct odd {
  bool no_ca;
  int path_len; /* one more than in the certificate; 0: no limit */
  unsigned key_usage;
  const char *not_before, *not_after;
  const vcca_key *signer;
};

static vcca_span make(struct cert *cert, enum who subject, enum who issuer, struct odd odd)
{
  static const uint8_t serial[] = {1};
  struct vcca_error err = {0};
  bool ca = subject != LEAF && !odd.no_ca;
  struct vcca_cert_spec spec = {names[subject],
                                names[issuer],
                                NULL,
                                VCCA_SPAN(serial),
                                odd.not_before ? odd.not_before : "20240101000000Z",
                                odd.not_after ? odd.not_after : "20740101000000Z",
                                ca,
                                odd.path_len - 1,
                                odd.key_usage     ? odd.key_usage
                                : subject == LEAF ? 0x80
                                                  : 0x06};
  vcca_sink sink = VCCA_SINK(cert->bytes);
  check_ok(vcca_cert_write(&spec, keys[subject], odd.signer ? odd.signer : keys[issuer], &sink, &err), &err,
           names[subject]);
  cert->n = sink.n;
  return vcca_sink_span(&sink);
}

static struct vcca_chain_report report;
static const char *const reason = report.reason;

static enum vcca_chain_outcome judge(vcca_span leaf, const vcca_span *mids, size_t mid_count, const vcca_span *roots,
                                     size_t root_count, const char *at)
{
  const struct vcca_chain chain = {leaf, mids, mid_count, roots, root_count, at};
  enum vcca_chain_outcome outcome = vcca_chain_verify(&chain, &report);
  assert_int_equal(outcome == VCCA_CHAIN_GOOD, report.reason[0] == '\0'); /* there is always a reason */
  assert_int_equal(outcome == VCCA_CHAIN_GOOD, report.key != NULL);
  vcca_key_free(report.key);
  return outcome;
}

static void check_bad(enum vcca_chain_outcome outcome, const char *why)
{
  assert_int_equal(outcome, VCCA_CHAIN_BAD);
  if (!strstr(reason, why))
    fail_msg("the reason \"%s\" does not say \"%s\"", reason, why);
}

static const struct odd plain = {0};

static void a_path_through_intermediates_in_any_order_is_good(void **state)
{
  (void)state;
  struct cert c[5];
  char pem[2 * VCCA_CERT_MAX];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), other = make(&c[1], OTHER, OTHER, plain);
  vcca_span mid = make(&c[2], MID, ROOT, plain), mid2 = make(&c[3], MID2, MID, plain),
            leaf = make(&c[4], LEAF, MID2, plain);
  const vcca_span down[] = {mid, mid2}, up[] = {mid2, mid}, roots[] = {other, root};
  assert_int_equal(judge(leaf, down, 2, roots, 2, NULL), VCCA_CHAIN_GOOD);
  assert_string_equal(reason, "");
  assert_int_equal(judge(leaf, up, 2, roots, 2, "20240101000000Z"), VCCA_CHAIN_GOOD);
  vcca_sink text = VCCA_SINK(pem);
  vcca_pem_put("CERTIFICATE", leaf, &text);
  assert_int_equal(judge(vcca_sink_span(&text), up, 2, &root, 1, NULL), VCCA_CHAIN_GOOD);
  assert_int_equal(judge(mid, NULL, 0, &root, 1, NULL), VCCA_CHAIN_GOOD);
  check_bad(judge(leaf, up, 2, &other, 1, NULL), "\"CN=Mid\" has an issuer that is not among");
  check_bad(judge(leaf, &mid, 1, roots, 2, NULL), "\"CN=Device\" has an issuer that is not among");
  check_bad(judge(leaf, up, 2, NULL, 0, NULL), "\"CN=Mid\" has an issuer that is not among");
}

static void an_issuer_must_be_a_ca_with_key_cert_sign(void **state)
{
  (void)state;
  struct cert c[5];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), leaf = make(&c[1], LEAF, MID, plain);
  vcca_span not_ca = make(&c[2], MID, ROOT, (struct odd){.no_ca = true});
  check_bad(judge(leaf, &not_ca, 1, &root, 1, NULL), "\"CN=Mid\" is not a CA");
  vcca_span no_sign = make(&c[3], MID, ROOT, (struct odd){.key_usage = 0x82});
  check_bad(judge(leaf, &no_sign, 1, &root, 1, NULL), "\"CN=Mid\" may not sign certificates by its key usage");
  vcca_span mid = make(&c[2], MID, ROOT, plain), root_not_ca = make(&c[4], ROOT, ROOT, (struct odd){.no_ca = true});
  check_bad(judge(leaf, &mid, 1, &root_not_ca, 1, NULL), "\"CN=Root\" is not a CA");
}

/* A path length counts the CAs between its certificate and the leaf (RFC 5280, 4.2.1.9). */
static void a_path_length_is_kept(void **state)
{
  (void)state;
  struct cert c[6];
  vcca_span root0 = make(&c[0], ROOT, ROOT, (struct odd){.path_len = 1}),
            root1 = make(&c[1], ROOT, ROOT, (struct odd){.path_len = 2});
  vcca_span mid = make(&c[2], MID, ROOT, plain), mid2 = make(&c[3], MID2, MID, plain);
  vcca_span leaf = make(&c[4], LEAF, MID, plain);
  assert_int_equal(judge(leaf, &mid, 1, &root1, 1, NULL), VCCA_CHAIN_GOOD);
  check_bad(judge(leaf, &mid, 1, &root0, 1, NULL), "path length");
  vcca_span deep = make(&c[4], LEAF, MID2, plain);
  const vcca_span mids[] = {mid, mid2};
  check_bad(judge(deep, mids, 2, &root1, 1, NULL), "path length");
  vcca_span mid0 = make(&c[5], MID, ROOT, (struct odd){.path_len = 1});
  const vcca_span mids0[] = {mid0, mid2};
  vcca_span root = make(&c[0], ROOT, ROOT, plain);
  check_bad(judge(deep, mids0, 2, &root, 1, NULL), "path length");
}

static void a_signature_must_be_of_the_issuers_key(void **state)
{
  (void)state;
  struct cert c[4];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), leaf = make(&c[1], LEAF, MID, plain);
  vcca_span forged = make(&c[2], MID, ROOT, (struct odd){.signer = keys[OTHER]}), mid = make(&c[3], MID, ROOT, plain);
  check_bad(judge(leaf, &forged, 1, &root, 1, NULL), "signature");
  const vcca_span both[] = {forged, mid}; /* a namesake does not stand in the way */
  assert_int_equal(judge(leaf, both, 2, &root, 1, NULL), VCCA_CHAIN_GOOD);
  vcca_span impostor = make(&c[1], LEAF, MID, (struct odd){.signer = keys[LEAF]});
  check_bad(judge(impostor, &mid, 1, &root, 1, NULL), "\"CN=Device\" has a signature");
}

static void a_certificate_given_as_ca_is_no_leaf(void **state)
{
  (void)state;
  struct cert c[3];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), mid = make(&c[1], MID, ROOT, plain),
            leaf = make(&c[2], LEAF, ROOT, plain);
  check_bad(judge(root, NULL, 0, &root, 1, NULL), "is itself one of the CA certificates");
  check_bad(judge(leaf, NULL, 0, &leaf, 1, NULL), "is itself one of the CA certificates");
  check_bad(judge(mid, &mid, 1, &root, 1, NULL), "is itself one of the CA certificates");
}

static void intermediates_that_certify_each_other_end_nowhere(void **state)
{
  (void)state;
  struct cert c[4];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), leaf = make(&c[3], LEAF, MID, plain);
  const vcca_span ring[] = {make(&c[1], MID, MID2, plain), make(&c[2], MID2, MID, plain)};
  check_bad(judge(leaf, ring, 2, &root, 1, NULL), "circle");
}

/* The dates of the past and of the future: without a time given, no clock speaks. */
static void dates_count_only_when_a_time_is_given(void **state)
{
  (void)state;
  struct cert c[4];
  vcca_span root =
      make(&c[0], ROOT, ROOT, (struct odd){.not_before = "19990101000000Z", .not_after = "20010101000000Z"});
  vcca_span future =
      make(&c[1], MID, ROOT, (struct odd){.not_before = "20900101000000Z", .not_after = "20990101000000Z"});
  vcca_span leaf =
      make(&c[2], LEAF, MID, (struct odd){.not_before = "20000101000000Z", .not_after = "20000102000000Z"});
  assert_int_equal(judge(leaf, &future, 1, &root, 1, NULL), VCCA_CHAIN_GOOD);
  check_bad(judge(leaf, &future, 1, &root, 1, "20000101120000Z"), "\"CN=Mid\" is not valid yet");
  check_bad(judge(leaf, &future, 1, &root, 1, "20000102000001Z"), "\"CN=Device\" has expired");
  vcca_span mid = make(&c[3], MID, ROOT, (struct odd){.not_before = "19990101000000Z", .not_after = "20400101000000Z"});
  assert_int_equal(judge(leaf, &mid, 1, &root, 1, "20000101000000Z"), VCCA_CHAIN_GOOD); /* both ends count */
  assert_int_equal(judge(leaf, &mid, 1, &root, 1, "20000102000000Z"), VCCA_CHAIN_GOOD);
  check_bad(judge(leaf, &mid, 1, &root, 1, "19991231235959Z"), "\"CN=Device\" is not valid yet");
  vcca_span late = make(&c[2], LEAF, MID, plain);
  check_bad(judge(late, &mid, 1, &root, 1, "20250101000000Z"), "\"CN=Root\" has expired");
}

static void unreadable_input_is_named(void **state)
{
  (void)state;
  struct cert c[3];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), mid = make(&c[1], MID, ROOT, plain),
            leaf = make(&c[2], LEAF, MID, plain);
  const vcca_span junk = VCCA_SPAN_LIT("junk"), mids[] = {mid, junk};
  assert_int_equal(judge(junk, &mid, 1, &root, 1, NULL), VCCA_CHAIN_UNREADABLE);
  assert_non_null(strstr(reason, "the certificate is unreadable"));
  assert_int_equal(judge(leaf, mids, 2, &root, 1, NULL),
                   VCCA_CHAIN_GOOD); /* it is not needed, and was not passed over in silence */
  assert_non_null(strstr(report.remark, "intermediate certificate 2"));
  assert_int_equal(judge(leaf, mids + 1, 1, &root, 1, NULL),
                   VCCA_CHAIN_UNREADABLE); /* it may be the one that is needed */
  assert_non_null(strstr(reason, "not among"));
  assert_non_null(strstr(report.remark, "intermediate certificate 1"));
  assert_int_equal(judge(leaf, &mid, 1, &junk, 1, NULL), VCCA_CHAIN_UNREADABLE);
  assert_non_null(strstr(report.remark, "root certificate 1"));
  static const char *const times[] = {
      "", "20250101", "20250101000000", "2025010100000Z0", "20250229000000Z", "20250101006000Z"};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++)
    assert_int_equal(judge(leaf, &mid, 1, &root, 1, times[i]), VCCA_CHAIN_UNREADABLE);
}

/* The same ECDSA signature with a zero before r: a lenient parser would call the chain good. */
static void a_signature_in_other_than_der_is_unreadable(void **state)
{
  (void)state;
  struct cert c[2];
  uint8_t buffer[VCCA_CERT_MAX];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), leaf = make(&c[1], LEAF, ROOT, plain), rest = leaf;
  vcca_span body, tbs, algorithm, bits, pair, r, s;
  assert_true(vcca_der_take_tag(&rest, VCCA_DER_SEQUENCE, &body));
  assert_true(vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &tbs) &&
              vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &algorithm));
  assert_true(vcca_der_take_bits(&body, &bits) && vcca_der_take_tag(&bits, VCCA_DER_SEQUENCE, &pair));
  assert_true(vcca_der_take_uint(&pair, &r) && vcca_der_take_uint(&pair, &s));
  for (unsigned extra = 0; extra < 2; extra++) {
    static const uint8_t zeros[2];
    struct vcca_der d = vcca_der_in(buffer, sizeof buffer);
    const uint8_t *end = vcca_der_mark(&d);
    vcca_der_uint(&d, s);
    const uint8_t *mark = vcca_der_mark(&d);
    vcca_der_raw(&d, r);
    vcca_der_raw(&d, vcca_span_of(zeros, extra + (r.p[0] >= 0x80)));
    vcca_der_wrap(&d, mark, VCCA_DER_INTEGER);
    vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
    vcca_der_bits(&d, end);
    vcca_der_put(&d, VCCA_DER_SEQUENCE, algorithm);
    vcca_der_put(&d, VCCA_DER_SEQUENCE, tbs);
    vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
    enum vcca_chain_outcome want = extra ? VCCA_CHAIN_UNREADABLE : VCCA_CHAIN_GOOD;
    assert_int_equal(judge(vcca_der_span(&d), NULL, 0, &root, 1, NULL), want);
  }
}

/* Every byte of the leaf in turn, changed by each of the masks: never good. */
static void check_flips(vcca_span leaf, const vcca_span *mids, size_t mid_count, vcca_span root, const uint8_t *masks,
                        size_t mask_count)
{
  uint8_t *copy = malloc(leaf.n);
  assert_non_null(copy);
  memcpy(copy, leaf.p, leaf.n);
  assert_int_equal(judge(leaf, mids, mid_count, &root, 1, NULL), VCCA_CHAIN_GOOD);
  for (size_t i = 0; i < leaf.n; i++)
    for (size_t m = 0; m < mask_count; m++) {
      copy[i] ^= masks[m];
      if (judge(vcca_span_of(copy, leaf.n), mids, mid_count, &root, 1, NULL) == VCCA_CHAIN_GOOD)
        fail_msg("byte %zu with mask %02x goes unnoticed", i, masks[m]);
      copy[i] ^= masks[m];
    }
  free(copy);
}

static void no_byte_of_a_certificate_changes_unnoticed(void **state)
{
  (void)state;
  static const uint8_t masks[] = {0x01, 0x80};
  struct cert c[2];
  vcca_span root = make(&c[0], ROOT, ROOT, plain), leaf = make(&c[1], LEAF, ROOT, plain);
  check_flips(leaf, NULL, 0, root, masks, sizeof masks);
}

static void no_byte_of_a_real_device_certificate_changes_unnoticed(void **state)
{
  (void)state;
  static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
  struct vcca_bytes leaf = check_vector("virtcca/dev_cert.der"), mid = check_vector("virtcca/sub_cert.pem"),
                    root = check_vector("virtcca/root_cert.pem");
  const vcca_span mids[] = {{mid.p, mid.n}};
  check_flips(vcca_span_of(leaf.p, leaf.n), mids, 1, vcca_span_of(root.p, root.n), masks, sizeof masks);
  vcca_bytes_free(&leaf);
  vcca_bytes_free(&mid);
  vcca_bytes_free(&root);
}

static void the_real_chains_are_good_within_their_dates(void **state)
{
  (void)state;
  static const struct {
    const char *leaf, *mid, *root, *at, *too_late;
  } rows[] = {
      {"virtcca/dev_cert.der", "virtcca/sub_cert.pem", "virtcca/root_cert.pem", "20261121000000Z", "20400229212518Z"},
      {"virtcca/eccp521_sub_cert.pem", NULL, "virtcca/eccp521_root_cert.pem", "20261121000000Z", "20740328101041Z"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_bytes leaf = check_vector(rows[i].leaf), mid = {0}, root = check_vector(rows[i].root);
    if (rows[i].mid)
      mid = check_vector(rows[i].mid);
    const vcca_span l = {leaf.p, leaf.n}, m = {mid.p, mid.n}, r = {root.p, root.n};
    size_t mids = rows[i].mid ? 1 : 0;
    assert_int_equal(judge(l, &m, mids, &r, 1, NULL), VCCA_CHAIN_GOOD);
    assert_int_equal(judge(l, &m, mids, &r, 1, rows[i].at), VCCA_CHAIN_GOOD);
    check_bad(judge(l, &m, mids, &r, 1, rows[i].too_late), "has expired");
    check_bad(judge(l, &m, mids, &r, 1, "20100101000000Z"), "is not valid yet");
    check_bad(judge(l, &m, mids, NULL, 0, NULL), "not among");
    vcca_bytes_free(&leaf);
    vcca_bytes_free(&mid);
    vcca_bytes_free(&root);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_path_through_intermediates_in_any_order_is_good),
      cmocka_unit_test(an_issuer_must_be_a_ca_with_key_cert_sign),
      cmocka_unit_test(a_path_length_is_kept),
      cmocka_unit_test(a_signature_must_be_of_the_issuers_key),
      cmocka_unit_test(a_certificate_given_as_ca_is_no_leaf),
      cmocka_unit_test(intermediates_that_certify_each_other_end_nowhere),
      cmocka_unit_test(dates_count_only_when_a_time_is_given),
      cmocka_unit_test(unreadable_input_is_named),
      cmocka_unit_test(a_signature_in_other_than_der_is_unreadable),
      cmocka_unit_test(no_byte_of_a_certificate_changes_unnoticed),
      cmocka_unit_test(no_byte_of_a_real_device_certificate_changes_unnoticed),
      cmocka_unit_test(the_real_chains_are_good_within_their_dates),
  };
  return check_run(tests, make_keys, free_keys);
}
