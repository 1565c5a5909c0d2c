/* Certification paths as RFC 5280 has them, over certificates that are written here piece by piece: names
 * of any string type, any extension, bundles in any order. The same sets, made by openssl and judged by it,
 * are in tests/cli/cli_chains.sh.
 *
 * Long because the writer of certificates and all that is told with it are one story.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "rooms/der.h"
#include "crypto/pem.h"
#include "crypto/support.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

enum { KEYS = 5, ROOM = 2048, TEXT = 65536 };
static vcca_key *keys[KEYS];

static int make_keys(void **state)
{
  (void)state;
  for (unsigned i = 0; i < KEYS; i++) {
    char info[] = "key 0";
    info[4] = (char)('0' + i);
    keys[i] = seeded(VCCA_KEY_P256, info);
  }
  return 0;
}

static int free_keys(void **state)
{
  (void)state;
  for (unsigned i = 0; i < KEYS; i++)
    vcca_key_free(keys[i]);
  return 0;
}

/* --- Writing certificates ---------------------------------------------------------------------------- */

/* A certificate to be: names as below, and extensions in hex, each a whole SEQUENCE. */
struct plan {
  const char *subject, *issuer;
  unsigned key, signer;
  const char *extensions;
  bool v1;
  const char *until; /* NULL: 2049 */
};

/* Extensions in hex: basicConstraints critical {CA, no limit}, {CA, 0}, {CA, 1}. */
#define CA "300f0603551d130101ff040530030101ff"
#define CA_0 "30120603551d130101ff040830060101ff020100"
#define CA_1 "30120603551d130101ff040830060101ff020101"

/* Characters of UTF-8, in so many bytes each. */
static size_t widen(const char *text, size_t n, size_t width, uint8_t *out)
{
  size_t length = 0;
  for (size_t i = 0; i < n;) {
    uint8_t first = (uint8_t)text[i];
    size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t c = more ? first & (0x3fu >> more) : first;
    for (i++; more > 0; more--, i++)
      c = c << 6 | ((uint8_t)text[i] & 0x3f);
    for (size_t k = width; k-- > 0;)
      out[length++] = (uint8_t)(c >> 8 * k);
  }
  return length;
}

/* Puts the attribute "CN=text" before the mark's place; the letter before it is the string's type: U, P, T,
 * B, whose characters are two bytes, or W, of four. */
static void put_attribute(struct vcca_der *d, const char *spec, size_t n)
{
  static const uint8_t cn[] = {0x55, 0x04, 0x03}, o[] = {0x55, 0x04, 0x0a};
  static const char letters[] = "UPTBW";
  static const uint8_t tags[] = {VCCA_DER_UTF8, 0x13, 0x14, 0x1e, 0x1c}, widths[] = {1, 1, 1, 2, 4};
  size_t type = (size_t)(strchr(letters, spec[0]) - letters);
  const uint8_t *mark = vcca_der_mark(d);
  bool is_cn = spec[1] == 'C';
  const char *text = spec + (is_cn ? 4 : 3);
  size_t length = n - (size_t)(text - spec);
  uint8_t wide[256];
  vcca_der_put(d, tags[type],
               widths[type] == 1 ? vcca_span_of(text, length)
                                 : vcca_span_of(wide, widen(text, length, widths[type], wide)));
  vcca_der_put(d, VCCA_DER_OID, is_cn ? VCCA_SPAN(cn) : VCCA_SPAN(o));
  vcca_der_wrap(d, mark, VCCA_DER_SEQUENCE);
}

/* "UO=Example/PCN=Root" is two RDNs, "UO=Example+PCN=Root" one of two attributes. */
static void put_name(struct vcca_der *d, const char *spec)
{
  const uint8_t *mark = vcca_der_mark(d), *set = mark;
  const char *end = spec + strlen(spec), *at = end;
  while (at >= spec) {
    const char *from = at;
    while (from > spec && from[-1] != '/' && from[-1] != '+')
      from--;
    if (at > from)
      put_attribute(d, from, (size_t)(at - from));
    if (from == spec || from[-1] == '/') {
      if (vcca_der_mark(d) != set)
        vcca_der_wrap(d, set, VCCA_DER_SET);
      set = vcca_der_mark(d);
    }
    at = from - 1;
  }
  vcca_der_wrap(d, mark, VCCA_DER_SEQUENCE);
}

static void put_extensions(struct vcca_der *d, const char *hex)
{
  uint8_t bytes[1024];
  vcca_sink in = VCCA_SINK(bytes);
  struct vcca_error err = {0};
  const uint8_t *mark = vcca_der_mark(d);
  check_ok(vcca_hex_read(vcca_span_str(hex), &in, &err), &err, hex);
  vcca_der_raw(d, vcca_sink_span(&in));
  vcca_der_wrap(d, mark, VCCA_DER_SEQUENCE);
  vcca_der_wrap(d, mark, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 3);
}

struct cert {
  uint8_t bytes[ROOM];
  vcca_span der;
};

static vcca_span write_cert(struct cert *out, struct plan plan)
{
  static const uint8_t serial[] = {7}, version[] = {2};
  static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                      0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}; /* ecdsa-with-SHA256 */
  uint8_t room[ROOM], spki[VCCA_SPKI_MAX], raw[VCCA_SIG_MAX];
  vcca_sink key = VCCA_SINK(spki), signature = VCCA_SINK(raw);
  struct vcca_error err = {0};
  struct vcca_der d = vcca_der_in(room, sizeof room);
  assert_true(vcca_key_spki(keys[plan.key], &key));
  const uint8_t *end = vcca_der_mark(&d);
  if (!plan.v1)
    put_extensions(&d, plan.extensions);
  vcca_der_raw(&d, vcca_sink_span(&key));
  put_name(&d, plan.subject);
  const uint8_t *mark = vcca_der_mark(&d);
  vcca_der_put(&d, VCCA_DER_UTC_TIME, vcca_span_str(plan.until ? plan.until : "491231235959Z"));
  vcca_der_put(&d, VCCA_DER_UTC_TIME, vcca_span_str("200229000000Z"));
  vcca_der_wrap(&d, mark, VCCA_DER_SEQUENCE);
  put_name(&d, plan.issuer);
  vcca_der_raw(&d, VCCA_SPAN(algorithm));
  vcca_der_uint(&d, VCCA_SPAN(serial));
  mark = vcca_der_mark(&d);
  if (!plan.v1) {
    vcca_der_uint(&d, VCCA_SPAN(version));
    vcca_der_wrap(&d, mark, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 0);
  }
  vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
  vcca_span tbs = vcca_der_span(&d);
  check_ok(vcca_sign(keys[plan.signer], VCCA_ES256, tbs, &signature, &err), &err, "signature");
  struct vcca_der whole = vcca_der_in(out->bytes, sizeof out->bytes);
  end = vcca_der_mark(&whole);
  vcca_der_uint(&whole, vcca_span_of(raw + 32, 32));
  vcca_der_uint(&whole, vcca_span_of(raw, 32));
  vcca_der_wrap(&whole, end, VCCA_DER_SEQUENCE);
  vcca_der_bits(&whole, end);
  vcca_der_raw(&whole, VCCA_SPAN(algorithm));
  vcca_der_raw(&whole, tbs);
  vcca_der_wrap(&whole, end, VCCA_DER_SEQUENCE);
  out->der = vcca_der_span(&whole);
  assert_non_null(out->der.p);
  return out->der;
}

/* --- Judging ------------------------------------------------------------------------------------------ */

static struct vcca_chain_report report;

static enum vcca_chain_outcome judge(vcca_span leaf, const vcca_span *mids, size_t mid_count, vcca_span root)
{
  const struct vcca_chain chain = {leaf, mids, mid_count, &root, 1, "20260101000000Z"};
  enum vcca_chain_outcome outcome = vcca_chain_verify(&chain, &report);
  assert_int_equal(outcome == VCCA_CHAIN_GOOD, report.reason[0] == '\0');
  vcca_key_free(report.key);
  return outcome;
}

static void check_outcome(enum vcca_chain_outcome outcome, const char *why, const char *what)
{
  if (why == NULL && outcome != VCCA_CHAIN_GOOD)
    fail_msg("%s: %s", what, report.reason);
  if (why != NULL && (outcome == VCCA_CHAIN_GOOD || !strstr(report.reason, why)))
    fail_msg("%s: the reason \"%s\" does not say \"%s\"", what, report.reason, why);
}

static const struct plan root_plan = {"UO=Example/UCN=Root", "UO=Example/UCN=Root", 0, 0, CA, false, NULL};
static const struct plan mid_plan = {"UO=Example/UCN=Sub", "UO=Example/UCN=Root", 1, 0, CA, false, NULL};
static const struct plan leaf_plan = {"UO=Example/UCN=Leaf", "UO=Example/UCN=Sub", 2, 1, "", false, NULL};

/* Root, sub and leaf, each perhaps another than usual. */
static void check_three(const struct plan *root, const struct plan *mid, const struct plan *leaf, const char *why,
                        const char *what)
{
  struct cert c[3];
  vcca_span sub = write_cert(&c[1], mid ? *mid : mid_plan);
  check_outcome(
      judge(write_cert(&c[2], leaf ? *leaf : leaf_plan), &sub, 1, write_cert(&c[0], root ? *root : root_plan)), why,
      what);
}

static void names_are_compared_without_regard_to_type_case_and_blanks(void **state)
{
  (void)state;
  static const struct {
    const char *issuer;
    bool same;
  } rows[] = {
      {"UO=Example/UCN=Sub", true},
      {"PO=Example/PCN=Sub", true},
      {"BO=Example/TCN=Sub", true},
      {"PO=EXAMPLE/UCN=sUB", true},
      {"UO= Example /UCN=Sub  ", true},
      {"UO=Example/UCN=Sub2", false},
      {"UO=Example/UCN=Su b", false},
      {"UCN=Sub/UO=Example", false},
      {"UO=Example+UCN=Sub", false},
      {"UO=Example", false},
      {"UCN=Sub", false},
      {"UO=Exam ple/UCN=Sub", false},
      {"UO=Example/UCN=Sub/UCN=Sub", false},
      {"UO=Example/UO=Sub", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct plan leaf = leaf_plan;
    leaf.issuer = rows[i].issuer;
    check_three(NULL, NULL, &leaf, rows[i].same ? NULL : "not among", rows[i].issuer);
  }
}

static void attributes_of_one_rdn_have_no_order_and_inner_blanks_count_once(void **state)
{
  (void)state;
  struct plan mid = mid_plan, leaf = leaf_plan;
  mid.subject = "UO=A  b+PCN=c/UCN=d";
  leaf.issuer = "UCN=C+BO=a B/UCN=D";
  check_three(NULL, &mid, &leaf, NULL, "a set");
  leaf.issuer = "UCN=C/BO=a B/UCN=D";
  check_three(NULL, &mid, &leaf, "not among", "three RDNs");
}

static void characters_are_the_same_in_every_string_type(void **state)
{
  (void)state;
  static const char *const texts[] = {"caf\u00e8", "\u4e2d\u6587", "\U0001f512\U00020000", "\u0800\uffc0", "a\u00a1"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct plan mid = mid_plan, leaf = leaf_plan;
    char subject[64], issuer[64];
    for (const char *type = "BWU"; *type; type++) {
      if (*type == 'B' && (uint8_t)texts[i][0] >= 0xf0)
        continue; /* no character of two bytes */
      snprintf(subject, sizeof subject, "UO=Example/UCN=%s", texts[i]);
      snprintf(issuer, sizeof issuer, "UO=Example/%cCN=%s", *type, texts[i]);
      mid.subject = subject;
      leaf.issuer = issuer;
      check_three(NULL, &mid, &leaf, NULL, issuer);
    }
  }
}

/* RFC 5280, 4.2.1.9: a CA's new key that its old one certified is not counted; every other CA is, by
 * whatever name. */
static void certificates_that_a_ca_issued_to_itself_do_not_lengthen_a_path(void **state)
{
  (void)state;
  struct cert c[5];
  struct plan root = root_plan, rollover = {"UO=Example/UCN=Root", "PO=EXAMPLE/PCN=root", 3, 0, CA_1, false, NULL},
              mid = mid_plan;
  root.extensions = CA_1;
  mid.signer = 3;
  mid.extensions = CA_0;
  const vcca_span mids[] = {write_cert(&c[1], rollover), write_cert(&c[2], mid)};
  check_outcome(judge(write_cert(&c[3], leaf_plan), mids, 2, write_cert(&c[0], root)), NULL, "rollover");
  root.extensions = CA_0; /* one CA too many now, and the rollover is not it */
  check_outcome(judge(c[3].der, mids, 2, write_cert(&c[0], root)), "path length", "one CA");
  struct plan self_leaf = {"UO=Example/UCN=Sub",
                           "UO=Example/UCN=Sub",
                           2,
                           1,
                           "",
                           false,
                           NULL}; /* nor is the last certificate, whoever issued it */
  root.extensions = CA_1;
  check_outcome(judge(write_cert(&c[3], self_leaf), mids, 2, write_cert(&c[0], root)), NULL, "self-issued leaf");
}

static void what_is_critical_and_not_understood_refuses_where_the_path_needs_it(void **state)
{
  (void)state;
  static const struct {
    const char *hex, *why;
  } rows[] = {
      {"300f06032a03040101ff040530030101ff", "not understood here: \"1.2.3.4\""},
      {"300c06032a0304040530030101ff", NULL},
      {"30160603551d250101ff040c300a06082b06010505070301", "extended key usage"}, /* critical serverAuth */
      {"30130603551d25040c300a06082b06010505070301", NULL},                       /* not critical */
      {"30120603551d250101ff040830060604551d2500", NULL},                         /* critical any purpose */
      {"300f0603551d240101ff04053003800100", "certificate policy"},               /* requireExplicitPolicy 0 */
      {"300f0603551d240101ff04053003810100", NULL},                               /* inhibitPolicyMapping 0 */
      {"30120603551d240101ff04083006800100810100", "certificate policy"},         /* both */
      {"30130603551d200101ff04093007300506032a0304", NULL},                       /* a critical policy */
      {"300d0603551d360101ff0403020100", NULL},                                   /* inhibitAnyPolicy */
      {"30170603551d1f0101ff040d300b3009a007a0058603782e79",
       "not understood here: \"2.5.29.31\""}, /* critical CRL distribution point */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct plan leaf = leaf_plan, mid = mid_plan, root = root_plan;
    char with_ca[200];
    snprintf(with_ca, sizeof with_ca, "%s%s", CA, rows[i].hex);
    leaf.extensions = rows[i].hex;
    check_three(NULL, NULL, &leaf, rows[i].why, rows[i].hex);
    mid.extensions = root.extensions = with_ca;
    check_three(NULL, &mid, NULL, rows[i].why, rows[i].hex);
    check_three(&root, NULL, NULL, rows[i].why, rows[i].hex);
    struct cert c[4]; /* where it is not needed, it does not matter */
    mid.key = 3;
    const vcca_span mids[] = {write_cert(&c[0], mid), write_cert(&c[1], mid_plan)};
    check_outcome(judge(write_cert(&c[2], leaf_plan), mids, 2, write_cert(&c[3], root_plan)), NULL, rows[i].hex);
  }
}

/* --- Identifiers and name constraints ------------------------------------------------------------------ */

#define SKI(id) "300b0603551d0e04040402" id
#define AKI(id) "300d0603551d23040630048002" id
/* Who issued the CA's certificate, O=Example CN=Root, and its serial number: RFC 5280 4.2.1.1 wants both or
 * neither. */
#define AKI_SERIAL(serial)                                             \
  "30330603551d23042c302aa125a4233021"                                 \
  "3110300e060355040a0c074578616d706c65310d300b06035504030c04526f6f74" \
  "8201" serial

static void identifiers_of_keys_must_agree_where_both_are_there(void **state)
{
  (void)state;
  struct plan mid = mid_plan, leaf = leaf_plan;
  mid.extensions = CA SKI("aaaa");
  leaf.extensions = AKI("aaaa");
  check_three(NULL, &mid, &leaf, NULL, "the same");
  leaf.extensions = AKI("bbbb");
  check_three(NULL, &mid, &leaf, "identifiers", "another");
  check_three(NULL, NULL, &leaf, NULL, "the CA has none");
  leaf.extensions = AKI_SERIAL("07"); /* the CA's */
  check_three(NULL, &mid, &leaf, NULL, "serial number");
  leaf.extensions = AKI_SERIAL("08");
  check_three(NULL, &mid, &leaf, "identifiers", "another serial number");
}

static void a_namesake_with_other_identifiers_does_not_stand_in_the_way(void **state)
{
  (void)state;
  struct cert c[4];
  struct plan mid = mid_plan, leaf = leaf_plan;
  leaf.extensions = AKI("aaaa");
  mid.extensions = CA SKI("bbbb");
  const vcca_span other = write_cert(&c[0], mid);
  mid.extensions = CA SKI("aaaa");
  const vcca_span mids[] = {other, write_cert(&c[1], mid)}, again[] = {mids[1], other};
  check_outcome(judge(write_cert(&c[2], leaf), mids, 2, write_cert(&c[3], root_plan)), NULL, "the second");
  check_outcome(judge(c[2].der, again, 2, c[3].der), NULL, "the first");
}

/* nameConstraints (2.5.29.30), critical, over one subtree: permitted [0] or excluded [1]. */
#define DNS_EXAMPLE "820b6578616d706c652e636f6d" /* dNSName example.com */

static void names_stay_within_the_constraints_of_every_ca_above(void **state)
{
  (void)state;
  static const char permit_dns[] = CA "301d0603551d1e0101ff04133011a00f300d" DNS_EXAMPLE,
                    exclude_dns[] = CA "301d0603551d1e0101ff04133011a10f300d" DNS_EXAMPLE;
  /* directoryName O=Example, as PrintableString in capitals */
  static const char permit_dir[] = CA "30260603551d1e0101ff041c301aa0183016a4143012"
                                      "3110300e060355040a1307"
                                      "4558414d504c45";
  static const char exclude_dir[] = CA "30260603551d1e0101ff041c301aa1183016a4143012"
                                       "3110300e060355040a1307"
                                       "4558414d504c45";
  static const char san_a[] = "30180603551d1104113"
                              "00f820d"
                              "612e4558414d504c452e636f6d"; /* a.EXAMPLE.com */
  static const char san_b[] = "30170603551d110410300e820c"
                              "616578616d706c652e636f6d"; /* aexample.com */
  static const char san_uri[] = "30110603551d11040a30088606"
                                "683a2f2f612e"; /* a URI */
  static const struct {
    const char *ca, *leaf, *subject, *why;
  } rows[] = {
      {permit_dns, san_a, NULL, NULL},
      {permit_dns, san_b, NULL, "name constraints"},
      {permit_dns, "", NULL, NULL}, /* no name of the form */
      {exclude_dns, san_a, NULL, "name constraints"},
      {exclude_dns, san_b, NULL, NULL},
      {permit_dns, san_uri, NULL, NULL},
      {permit_dir, "", NULL, NULL},
      {permit_dir, "", "UO=Examples/UCN=Leaf", "name constraints"},
      {permit_dir, "", "UCN=Leaf/UO=Example", "name constraints"},
      {exclude_dir, "", NULL, "name constraints"},
      {exclude_dir, "", "UO=Other/UCN=Leaf", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct plan mid = mid_plan, root = root_plan, leaf = leaf_plan;
    char what[32];
    snprintf(what, sizeof what, "row %zu", i);
    leaf.extensions = rows[i].leaf;
    leaf.subject = rows[i].subject ? rows[i].subject : leaf.subject;
    mid.extensions = rows[i].ca;
    check_three(NULL, &mid, &leaf, rows[i].why, what);
    if (rows[i].ca != exclude_dir) { /* which excludes the CA below the root too */
      root.extensions = rows[i].ca;
      check_three(&root, NULL, &leaf, rows[i].why, what);
    }
  }
}

static void constraints_on_names_of_forms_that_are_not_compared_refuse_such_names(void **state)
{
  (void)state;
  struct plan mid = mid_plan, leaf = leaf_plan;
  mid.extensions = CA "30130603551d1e0101ff04093007a10530038601"
                      "61"; /* excluded: URI a */
  check_three(NULL, &mid, &leaf, NULL, "no such name");
  leaf.extensions = "30110603551d11040a30088606"
                    "683a2f2f612e";
  check_three(NULL, &mid, &leaf, "name constraints", "a URI");
}

/* --- Sets of certificates ------------------------------------------------------------------------------ */

static void swap(size_t *a, size_t *b)
{
  size_t t = *a;
  *a = *b;
  *b = t;
}

/* Calls `check` with every order of 0 to n-1 (Heap's way). */
static void every_order(size_t *order, size_t n, size_t k, void (*check)(const size_t *order, size_t n))
{
  if (k <= 1) {
    check(order, n);
    return;
  }
  for (size_t i = 0; i < k; i++) {
    every_order(order, n, k - 1, check);
    swap(&order[k % 2 == 0 ? i : 0], &order[k - 1]);
  }
}

/* A root that was renewed (the same key), one whose key was replaced, with each certified by the other; a
 * sub of either; an unrelated one; a sub of the same name that is forged; the right sub twice. */
static struct cert family[6], device;
static char text[TEXT];

static vcca_span as_bundle(const size_t *order, size_t n, bool crlf)
{
  vcca_sink out = VCCA_SINK(text);
  vcca_sink_str(&out, "\xef\xbb\xbf"
                      "# a bundle with -----BEGIN CERTIFICATE----- in a comment\n");
  for (size_t i = 0; i < n; i++) {
    vcca_sink_str(&out, "subject=/CN=x\n");
    vcca_pem_put("CERTIFICATE", family[order[i]].der, &out);
    vcca_sink_str(&out, "-----BEGIN CERTIFICATE-----\nMAMC\n-----END CERTIFICATE-----\n"); /* not one */
  }
  assert_true(vcca_sink_ok(&out));
  size_t lines = 0, size = out.n;
  for (size_t i = 0; i < size; i++)
    lines += text[i] == '\n';
  assert_true(size + lines < TEXT);
  for (size_t i = size, to = size + lines; crlf && i-- > 0;) {
    text[--to] = text[i];
    if (text[i] == '\n')
      text[--to] = '\r';
  }
  return vcca_span_of(text, crlf ? size + lines : size);
}

static void check_order(const size_t *order, size_t n)
{
  vcca_span mids[6];
  for (size_t i = 0; i < n; i++)
    mids[i] = family[order[i]].der;
  check_outcome(judge(device.der, mids, n, family[0].der), NULL, "files");
  check_outcome(judge(device.der, NULL, 0, as_bundle(order, n, false)), NULL, "one bundle");
  assert_non_null(strstr(report.remark, "could not be read and were not needed"));
}

static void neither_order_nor_copies_nor_namesakes_decide(void **state)
{
  (void)state;
  size_t order[6] = {0, 1, 2, 3, 4, 5};
  struct plan old_root = root_plan, rollover = root_plan, forged = mid_plan, other = mid_plan, expired = mid_plan;
  rollover.key = 3; /* the new key, certified by the old one */
  forged.signer = 4;
  other.subject = "UCN=Elsewhere";
  expired.until = "210101000000Z";
  struct plan mid = mid_plan;
  mid.signer = 3;
  write_cert(&family[0], old_root);
  write_cert(&family[1], rollover);
  write_cert(&family[2], mid);
  write_cert(&family[3], forged);
  write_cert(&family[4], expired);
  write_cert(&family[5], mid); /* a copy */
  write_cert(&device, leaf_plan);
  every_order(order, 6, 5, check_order); /* the copy stays the last */
  check_outcome(judge(device.der, NULL, 0, as_bundle(order, 6, true)), NULL, "CRLF");
  write_cert(&family[2], forged); /* without the right one, none leads there */
  write_cert(&family[5], other);
  assert_int_equal(judge(device.der, NULL, 0, as_bundle(order, 6, false)), VCCA_CHAIN_BAD);
}

static void a_certificate_may_come_with_its_own_chain(void **state)
{
  (void)state;
  struct cert c[3];
  char pem[3 * ROOM];
  vcca_span root = write_cert(&c[0], root_plan);
  for (size_t first = 0; first < 2; first++) {
    vcca_sink out = VCCA_SINK(pem);
    for (size_t i = 0; i < 2; i++) {
      vcca_pem_put("CERTIFICATE", (i == first) ? write_cert(&c[1], leaf_plan) : write_cert(&c[2], mid_plan), &out);
      vcca_sink_str(&out, "\r\n");
    }
    check_outcome(judge(vcca_sink_span(&out), NULL, 0, root), NULL, "leaf and sub");
    assert_string_equal(report.leaf.subject, "O=Example, CN=Leaf");
  }
}

/* By its key, for a CA's certificate may be renewed; the same bytes beside an honest chain are a copy. */
static void a_ca_is_no_leaf_by_whatever_certificate(void **state)
{
  (void)state;
  struct cert c[4];
  struct plan renewed = mid_plan, leaf = leaf_plan;
  renewed.until = "480101000000Z";
  vcca_span root = write_cert(&c[0], root_plan), sub = write_cert(&c[1], mid_plan);
  check_outcome(judge(write_cert(&c[2], renewed), &sub, 1, root), "is itself one of the CA certificates", "renewed");
  leaf.key = 1; /* a device that has its CA's key */
  check_outcome(judge(write_cert(&c[2], leaf), &sub, 1, root), "has the key of one", "the CA's key");
  const vcca_span with_copy[] = {sub, write_cert(&c[2], leaf_plan)};
  check_outcome(judge(c[2].der, with_copy, 2, root), NULL, "a copy of the leaf");
}

static void an_old_root_without_extensions_is_a_root_and_nothing_else(void **state)
{
  (void)state;
  struct plan root = root_plan, mid = mid_plan;
  root.v1 = mid.v1 = true;
  check_three(&root, NULL, NULL, NULL, "a root of version 1");
  check_three(NULL, &mid, NULL, "is not a CA", "a sub of version 1");
}

/* As many certificates of one name as there may be, each certified by the key of all: the number of paths
 * is beyond counting. */
static void a_crowd_of_namesakes_is_given_up_in_time(void **state)
{
  (void)state;
  static struct cert crowd[60];
  vcca_span mids[60];
  struct cert c[2];
  for (size_t i = 0; i < 60; i++) {
    struct plan one = {"UCN=x", "UCN=x", 1, 1, CA, false, NULL};
    char until[16];
    snprintf(until, sizeof until, "4801010000%02uZ", (unsigned)i);
    one.until = until;
    mids[i] = write_cert(&crowd[i], one);
  }
  struct plan leaf = leaf_plan;
  leaf.issuer = "UCN=x";
  assert_int_equal(judge(write_cert(&c[0], leaf), mids, 60, write_cert(&c[1], root_plan)), VCCA_CHAIN_BAD);
  assert_non_null(strstr(report.reason, "too many paths"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_compared_without_regard_to_type_case_and_blanks),
      cmocka_unit_test(attributes_of_one_rdn_have_no_order_and_inner_blanks_count_once),
      cmocka_unit_test(characters_are_the_same_in_every_string_type),
      cmocka_unit_test(certificates_that_a_ca_issued_to_itself_do_not_lengthen_a_path),
      cmocka_unit_test(what_is_critical_and_not_understood_refuses_where_the_path_needs_it),
      cmocka_unit_test(identifiers_of_keys_must_agree_where_both_are_there),
      cmocka_unit_test(a_namesake_with_other_identifiers_does_not_stand_in_the_way),
      cmocka_unit_test(names_stay_within_the_constraints_of_every_ca_above),
      cmocka_unit_test(constraints_on_names_of_forms_that_are_not_compared_refuse_such_names),
      cmocka_unit_test(neither_order_nor_copies_nor_namesakes_decide),
      cmocka_unit_test(a_certificate_may_come_with_its_own_chain),
      cmocka_unit_test(a_ca_is_no_leaf_by_whatever_certificate),
      cmocka_unit_test(an_old_root_without_extensions_is_a_root_and_nothing_else),
      cmocka_unit_test(a_crowd_of_namesakes_is_given_up_in_time),
  };
  return check_run(tests, make_keys, free_keys);
}
