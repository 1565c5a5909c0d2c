/* Certificates, written and read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "rooms/der.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

static const uint8_t serial_root[] = {0x81}, serial_leaf[] = {0x00, 0x01, 0x02};
static const struct vcca_cert_spec root_spec = {
    "Root", "Root", "vcca", {serial_root, sizeof serial_root}, "20240101000000Z", "20740101000000Z", true, 1, 0x06};
static const struct vcca_cert_spec leaf_spec = {
    "Device 1", "Root", "vcca", {serial_leaf, sizeof serial_leaf}, "20240229235959Z", "20491231235959Z",
    false,      0,      0x80};

static vcca_key *ca_key(enum vcca_key_type type)
{
  return type == VCCA_KEY_RSA ? vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), NULL) : seeded(type, "ca");
}

static void check_written(const struct vcca_cert_spec *spec, const vcca_key *subject, const vcca_key *issuer,
                          size_t size, const char *digest)
{
  struct vcca_error err = {0};
  uint8_t der[VCCA_CERT_MAX], out[VCCA_HASH_MAX];
  vcca_sink sink = VCCA_SINK(der);
  check_ok(vcca_cert_write(spec, subject, issuer, &sink, &err), &err, spec->subject_cn);
  assert_int_equal(sink.n, size);
  vcca_hash(VCCA_SHA256, vcca_sink_span(&sink), out);
  check_hex(vcca_span_of(out, 32), digest, spec->subject_cn);
}

/* Sizes and SHA-256 of the certificates that the x509.CertificateBuilder of Python's cryptography package
 * makes of the same names, keys, dates and extensions (ecdsa_deterministic). A root of 2024 to 2074, so one
 * UTCTime and one GeneralizedTime, with path length 1; a device certificate of a P-384 key under it. */
static void certificates_are_those_of_an_independent_writer(void **state)
{
  (void)state;
  static const struct {
    enum vcca_key_type type;
    size_t root_size;
    const char *root;
    size_t leaf_size;
    const char *leaf;
  } rows[] = {
      {VCCA_KEY_P256, 408, "e764cdb585aeca0dd941361cdb065fc80442516dbc2ae83754f20aa675146aab", 419,
       "e011b464ed639419ab67a0044f022dbcf18a21cfd5243a810fed3f064022f33d"},
      {VCCA_KEY_P384, 469, "d245071c0e13fa76efca8ca12c1fc8cd6a267946740b0cb5f60cad77cceb3b3b", 452,
       "d448c36a44ccedda49c872717127c72065abb1465149e2a63fa9ad8f348d1a67"},
      {VCCA_KEY_P521, 543, "30aa9123e52368961ea5b4079b1572cc330eaa8d889226130895fb512c102dc4", 488,
       "1426743fce889d037a1665597be87c657b3228cfae138ce5075aa887372964c6"},
      {VCCA_KEY_RSA, 804, "9013719fe1ceb372e0a54be14ad0ad06c4cb5bfdd9b3cf0e4ab40c56cd560c73", 612,
       "eb1bb5b1969c9a4f1eb03d504281776bbbb798898783a694ab07092a822fc129"},
  };
  vcca_key *device = seeded(VCCA_KEY_P384, "leaf");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    vcca_key *ca = ca_key(rows[i].type);
    check_written(&root_spec, ca, ca, rows[i].root_size, rows[i].root);
    check_written(&leaf_spec, device, ca, rows[i].leaf_size, rows[i].leaf);
    vcca_key_free(ca);
  }
  vcca_key_free(device);
}

static void what_was_written_reads_back(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_cert_info info;
  uint8_t der[VCCA_CERT_MAX];
  char pem[2 * VCCA_CERT_MAX];
  vcca_sink sink = VCCA_SINK(der), text = VCCA_SINK(pem);
  vcca_key *ca = ca_key(VCCA_KEY_P256), *device = seeded(VCCA_KEY_P521, "leaf");
  check_ok(vcca_cert_write(&leaf_spec, device, ca, &sink, &err), &err, "write");
  vcca_pem_put("CERTIFICATE", vcca_sink_span(&sink), &text);
  const vcca_span forms[] = {vcca_sink_span(&sink), vcca_sink_span(&text)};
  for (size_t i = 0; i < 2; i++) {
    check_ok(vcca_cert_read(forms[i], &info, &err), &err, "read");
    assert_string_equal(info.subject, "O=vcca, CN=Device 1");
    assert_string_equal(info.issuer, "O=vcca, CN=Root");
    assert_string_equal(info.serial, "0102");
    assert_string_equal(info.not_before, "20240229235959Z");
    assert_string_equal(info.not_after, "20491231235959Z");
    assert_false(info.ca);
    vcca_key *key = vcca_cert_key(forms[i], &err);
    check_ok(key != NULL, &err, "key");
    assert_true(vcca_key_same(key, device));
    vcca_key_free(key);
  }
  vcca_key_free(ca);
  vcca_key_free(device);
}

static void a_spec_that_makes_no_certificate_is_refused(void **state)
{
  (void)state;
  static const uint8_t zero[2] = {0}, long_serial[21] = {1}, high[20] = {0x80};
  char name[66];
  memset(name, 'x', 65);
  name[65] = '\0';
  struct vcca_cert_spec specs[18];
  size_t n = sizeof specs / sizeof *specs;
  for (size_t i = 0; i < n; i++)
    specs[i] = root_spec;
  specs[0].subject_cn = "";
  specs[1].issuer_cn = NULL;
  specs[2].subject_cn = name;
  specs[3].organization = "";
  specs[4].subject_cn = "new\nline";
  specs[5].serial = vcca_span_of(zero, 2);
  specs[6].serial = vcca_span_of(NULL, 0);
  specs[7].serial = VCCA_SPAN(long_serial);
  specs[8].serial = VCCA_SPAN(high);
  specs[9].not_before = "20740101000001Z";
  specs[10].not_after = "2074-01-01";
  specs[11].not_after = "20740230000000Z";
  specs[12].not_after = "20741301000000Z";
  specs[13].not_after = "20740101240000Z";
  specs[14].key_usage = 0x100;
  specs[15].path_len = -2;
  specs[16].path_len = 128;
  specs[17].not_before = NULL;
  vcca_key *ca = ca_key(VCCA_KEY_P256);
  for (size_t i = 0; i < n; i++) {
    struct vcca_error err = {0};
    uint8_t der[VCCA_CERT_MAX];
    vcca_sink sink = VCCA_SINK(der);
    if (vcca_cert_write(&specs[i], ca, ca, &sink, &err))
      fail_msg("spec %zu was accepted", i);
    assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  }
  vcca_key_free(ca);
}

static void a_public_key_issues_nothing_and_a_small_room_holds_nothing(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t der[300], point[VCCA_POINT_MAX];
  vcca_sink sink = VCCA_SINK(der), point_sink = VCCA_SINK(point);
  vcca_key *ca = ca_key(VCCA_KEY_P256);
  assert_true(vcca_key_point(ca, &point_sink));
  vcca_key *public = vcca_key_from_point(VCCA_KEY_P256, vcca_sink_span(&point_sink), NULL);
  assert_false(vcca_cert_write(&root_spec, ca, public, &sink, &err));
  assert_false(vcca_cert_write(&root_spec, ca, ca, &sink, &err));
  vcca_key_free(ca);
  vcca_key_free(public);
}

static void a_real_device_certificate_is_read(void **state)
{
  (void)state;
  struct vcca_bytes der = check_vector("virtcca/dev_cert.der");
  struct vcca_error err = {0};
  struct vcca_cert_info info;
  check_ok(vcca_cert_read(vcca_span_of(der.p, der.n), &info, &err), &err, "dev_cert.der");
  assert_string_equal(info.subject, "C=CN, O=Huawei, CN=D924B0157002");
  assert_string_equal(info.issuer, "C=CN, O=Huawei, CN=Huawei IT Product CA");
  assert_string_equal(info.serial, "1126552aa7410811dea30c9e30299a6e41");
  assert_string_equal(info.not_before, "20250304212517Z");
  assert_string_equal(info.not_after, "20400229212517Z");
  assert_false(info.ca);
  vcca_key *key = vcca_cert_key(vcca_span_of(der.p, der.n), &err);
  check_ok(key != NULL, &err, "its key");
  assert_int_equal(vcca_key_type(key), VCCA_KEY_RSA);
  assert_int_equal(vcca_key_bits(key), 4096);
  vcca_key_free(key);
  vcca_bytes_free(&der);
}

static void nothing_may_follow_a_certificate_or_be_missing(void **state)
{
  (void)state;
  struct vcca_cert_info info;
  struct vcca_error err = {0};
  uint8_t der[VCCA_CERT_MAX];
  vcca_sink sink = VCCA_SINK(der);
  vcca_key *ca = ca_key(VCCA_KEY_P256);
  check_ok(vcca_cert_write(&root_spec, ca, ca, &sink, &err), &err, "write");
  der[sink.n] = 0;
  assert_false(vcca_cert_read(vcca_span_of(der, sink.n + 1), &info, &err));
  for (size_t cut = 0; cut < sink.n; cut++)
    assert_false(vcca_cert_read(vcca_span_of(der, cut), &info, &err));
  vcca_key_free(ca);
}

/* RFC 5280, 4.1.2.5: UTCTime (17) from 1950 to 2049, GeneralizedTime (18) before and after. */
static void years_of_two_digits_are_those_from_1950_to_2049(void **state)
{
  (void)state;
  static const struct {
    const char *from, *to;
    const char *validity;
  } rows[] = {
      {"19491231235959Z", "19500101000000Z", "180f31393439313233313233353935395a170d3530303130313030303030305a"},
      {"20491231235959Z", "20500101000000Z", "170d3439313233313233353935395a180f32303530303130313030303030305a"},
  };
  vcca_key *ca = ca_key(VCCA_KEY_P256);
  for (size_t i = 0; i < 2; i++) {
    struct vcca_error err = {0};
    struct vcca_cert_info info;
    uint8_t der[VCCA_CERT_MAX];
    char text[2 * VCCA_CERT_MAX + 1];
    vcca_sink sink = VCCA_SINK(der);
    struct vcca_cert_spec spec = root_spec;
    spec.not_before = rows[i].from;
    spec.not_after = rows[i].to;
    check_ok(vcca_cert_write(&spec, ca, ca, &sink, &err), &err, "write");
    assert_non_null(strstr(vcca_hex_text(vcca_sink_span(&sink), text, sizeof text), rows[i].validity));
    check_ok(vcca_cert_read(vcca_sink_span(&sink), &info, &err), &err, "read");
    assert_string_equal(info.not_before, rows[i].from);
    assert_string_equal(info.not_after, rows[i].to);
  }
  vcca_key_free(ca);
}

/* The root again, its serial number written with a zero too many: a parser of BER would not mind. */
static void a_certificate_in_other_than_der_is_refused(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_cert_info info;
  uint8_t der[VCCA_CERT_MAX], buffer[VCCA_CERT_MAX];
  vcca_sink sink = VCCA_SINK(der);
  vcca_key *ca = ca_key(VCCA_KEY_P256);
  check_ok(vcca_cert_write(&root_spec, ca, ca, &sink, &err), &err, "write");
  vcca_span rest = vcca_sink_span(&sink), body, tbs, version, serial;
  assert_true(vcca_der_take_tag(&rest, VCCA_DER_SEQUENCE, &body) && vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &tbs));
  assert_true(vcca_der_take_tag(&tbs, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED, &version) &&
              vcca_der_take_tag(&tbs, VCCA_DER_INTEGER, &serial));
  for (unsigned extra = 0; extra < 2; extra++) {
    static const uint8_t zero;
    struct vcca_der d = vcca_der_in(buffer, sizeof buffer);
    const uint8_t *end = vcca_der_mark(&d);
    vcca_der_raw(&d, body);
    const uint8_t *tbs_end = vcca_der_mark(&d);
    vcca_der_raw(&d, tbs);
    const uint8_t *mark = vcca_der_mark(&d);
    vcca_der_raw(&d, serial);
    vcca_der_raw(&d, vcca_span_of(&zero, extra));
    vcca_der_wrap(&d, mark, VCCA_DER_INTEGER);
    vcca_der_put(&d, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED, version);
    vcca_der_wrap(&d, tbs_end, VCCA_DER_SEQUENCE);
    vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
    assert_true(vcca_cert_read(vcca_der_span(&d), &info, &err) == (extra == 0));
  }
  vcca_key_free(ca);
}

/* The certificate with its signature's s as it is, or without the zero that keeps it positive. */
static vcca_span without_zero(vcca_span certificate, unsigned drop, struct vcca_der *d)
{
  vcca_span body, tbs, algorithm, bits, signature, r, s;
  bool ok = vcca_der_take_tag(&certificate, VCCA_DER_SEQUENCE, &body) &&
            vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &tbs) &&
            vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &algorithm) && vcca_der_take_bits(&body, &bits) &&
            vcca_der_take_tag(&bits, VCCA_DER_SEQUENCE, &signature) &&
            vcca_der_take_tag(&signature, VCCA_DER_INTEGER, &r) && vcca_der_take_tag(&signature, VCCA_DER_INTEGER, &s);
  assert_true(ok);
  if (s.p[0] != 0)
    return vcca_span_of(NULL, 0);
  const uint8_t *end = vcca_der_mark(d);
  vcca_der_put(d, VCCA_DER_INTEGER, vcca_span_sub(s, drop, s.n));
  vcca_der_put(d, VCCA_DER_INTEGER, r);
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
  vcca_der_bits(d, end);
  vcca_der_put(d, VCCA_DER_SEQUENCE, algorithm);
  vcca_der_put(d, VCCA_DER_SEQUENCE, tbs);
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
  return vcca_der_span(d);
}

/* Wycheproof calls it the legacy encoding: mbedTLS takes it, and the certificate would have a second form. */
static void a_certificate_whose_signature_misses_a_zero_is_refused(void **state)
{
  (void)state;
  struct vcca_cert_info info;
  vcca_key *ca = ca_key(VCCA_KEY_P256);
  unsigned tried = 0;
  for (uint8_t serial = 1; tried == 0 && serial < 64; serial++) { /* every other signature needs the zero */
    uint8_t der[VCCA_CERT_MAX], buffer[VCCA_CERT_MAX];
    vcca_sink sink = VCCA_SINK(der);
    struct vcca_cert_spec spec = root_spec;
    spec.serial = vcca_span_of(&serial, 1);
    assert_true(vcca_cert_write(&spec, ca, ca, &sink, NULL));
    for (unsigned drop = 0; drop < 2; drop++) {
      struct vcca_der d = vcca_der_in(buffer, sizeof buffer);
      vcca_span again = without_zero(vcca_sink_span(&sink), drop, &d);
      if (again.n == 0)
        continue;
      assert_true(vcca_cert_read(again, &info, NULL) == (drop == 0));
      assert_true(vcca_span_eq(again, vcca_sink_span(&sink)) == (drop == 0));
      tried++;
    }
  }
  assert_int_equal(tried, 2);
  vcca_key_free(ca);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(certificates_are_those_of_an_independent_writer),
      cmocka_unit_test(what_was_written_reads_back),
      cmocka_unit_test(a_spec_that_makes_no_certificate_is_refused),
      cmocka_unit_test(a_public_key_issues_nothing_and_a_small_room_holds_nothing),
      cmocka_unit_test(a_real_device_certificate_is_read),
      cmocka_unit_test(years_of_two_digits_are_those_from_1950_to_2049),
      cmocka_unit_test(a_certificate_in_other_than_der_is_refused),
      cmocka_unit_test(a_certificate_whose_signature_misses_a_zero_is_refused),
      cmocka_unit_test(nothing_may_follow_a_certificate_or_be_missing),
  };
  return check_run(tests, NULL, NULL);
}
