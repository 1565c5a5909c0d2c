/* The event log reader against handmade logs, most of them hostile: each gives its events, a clean end, or
 * an error that says at which byte. Long because all its tests share one writer of small logs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "rooms/eventlog.h"
#include "rooms/hash.h"
#include "rooms/span.h"

static void put_u16(vcca_sink *s, uint16_t v)
{
  uint8_t b[2];
  vcca_put_le16(b, v);
  vcca_sink_put(s, VCCA_SPAN(b));
}

static void put_u32(vcca_sink *s, uint32_t v)
{
  uint8_t b[4];
  vcca_put_le32(b, v);
  vcca_sink_put(s, VCCA_SPAN(b));
}

/* --- A small log: the header, then one separator and one event with two digests ------------------------- */

enum {
  HEADER_SIZE_AT = 28,
  SIGNATURE_AT = 32,
  VERSION_AT = 52,
  ALG_COUNT_AT = 56,
  ALGS_AT = 60,
  VENDOR_AT = 68,
  FIRST_AT = 71,             /* register, type, count, alg, 32 bytes, size, 4 bytes */
  SECOND_AT = FIRST_AT + 54, /* register, type, count, alg, 32 bytes, alg, 64 bytes, size, 5 bytes */
  LOG_SIZE = SECOND_AT + 121
};

struct small_log {
  uint8_t bytes[LOG_SIZE + 64];
  vcca_sink sink;
};

static void put_header(vcca_sink *s)
{
  put_u32(s, 1);
  put_u32(s, VCCA_EV_NO_ACTION);
  vcca_sink_fill(s, 0, 20);
  put_u32(s, FIRST_AT - SIGNATURE_AT);
  vcca_sink_put(s, vcca_span_of("Spec ID Event03", 16));
  put_u32(s, 0);
  vcca_sink_put(s, vcca_span_of("\x00\x02\x00\x02", 4));
  put_u32(s, 2);
  put_u16(s, 0x000b);
  put_u16(s, 32);
  put_u16(s, 0x000d);
  put_u16(s, 64);
  vcca_sink_u8(s, 2);
  vcca_sink_str(s, "VB");
}

static void put_digest(vcca_sink *s, enum vcca_hash_alg alg, vcca_span data)
{
  uint8_t digest[VCCA_HASH_MAX];
  vcca_hash(alg, data, digest);
  put_u16(s, vcca_tcg_alg(alg));
  vcca_sink_put(s, vcca_span_of(digest, vcca_hash_size(alg)));
}

static void make_log(struct small_log *log)
{
  log->sink = vcca_sink_of(log->bytes, sizeof log->bytes);
  vcca_sink *s = &log->sink;
  put_header(s);
  put_u32(s, 1);
  put_u32(s, 4);
  put_u32(s, 1);
  put_digest(s, VCCA_SHA256, vcca_span_of("\0\0\0\0", 4));
  put_u32(s, 4);
  vcca_sink_fill(s, 0, 4);

  put_u32(s, 2);
  put_u32(s, 5);
  put_u32(s, 2);
  put_digest(s, VCCA_SHA256, VCCA_SPAN_LIT("hello"));
  put_digest(s, VCCA_SHA512, VCCA_SPAN_LIT("hello"));
  put_u32(s, 5);
  vcca_sink_str(s, "hello");
  assert_int_equal(s->n, LOG_SIZE);
}

/* Reads to the end; the number of events, or -1 with the error. */
static int read_all(vcca_span bytes, struct vcca_error *err)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  int got, n = 0;
  *err = (struct vcca_error){0};
  if (!vcca_eventlog_open(&log, bytes, err))
    return -1;
  while ((got = vcca_eventlog_next(&log, &event, err)) > 0)
    n++;
  return got < 0 ? -1 : n;
}

static void check_refused(vcca_span bytes, size_t offset, const char *about)
{
  struct vcca_error err;
  struct vcca_replay replay;
  if (read_all(bytes, &err) >= 0)
    fail_msg("accepted, though: %s", about);
  assert_true(err.has_offset);
  if (err.offset != offset || strstr(err.text, about) == NULL)
    fail_msg("at byte %zu: %s\n want byte %zu: ... %s ...", err.offset, err.text, offset, about);
  assert_false(vcca_eventlog_replay(bytes, VCCA_SHA256, &replay, NULL));
}

/* --- What is well-formed -------------------------------------------------------------------------------- */

static void a_small_log_reads_as_it_was_written(void **state)
{
  (void)state;
  struct small_log small;
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_error err = {0};
  make_log(&small);
  check_ok(vcca_eventlog_open(&log, vcca_sink_span(&small.sink), &err), &err, "open");
  assert_int_equal(log.header_register, 1);
  assert_int_equal(log.alg_count, 2);
  assert_int_equal(log.algs[1].id, 0x000d);
  assert_int_equal(log.algs[1].size, 64);
  assert_int_equal(log.at, FIRST_AT);

  assert_int_equal(vcca_eventlog_next(&log, &event, &err), 1);
  assert_int_equal(event.offset, FIRST_AT);
  assert_int_equal(event.reg, 1);
  assert_int_equal(event.type, 4);
  assert_string_equal(vcca_event_type_name(event.type), "EV_SEPARATOR");
  assert_null(vcca_event_digest(&event, 0x000d).p);
  assert_int_equal(vcca_event_self_check(&event, VCCA_SHA256), 1);
  assert_int_equal(vcca_event_self_check(&event, VCCA_SHA512), -1);

  assert_int_equal(vcca_eventlog_next(&log, &event, &err), 1);
  assert_int_equal(event.offset, SECOND_AT);
  assert_int_equal(event.digest_count, 2);
  assert_true(vcca_span_is(event.data, "hello"));
  assert_int_equal(vcca_event_self_check(&event, VCCA_SHA512), 1);
  assert_int_equal(vcca_eventlog_next(&log, &event, &err), 0);
  assert_int_equal(vcca_eventlog_next(&log, &event, &err), 0);
}

/* Registers computed with Python: sha256(0^32 || sha256(00000000)) and sha512(0^64 || sha512("hello")). */
static void registers_start_at_zero_and_are_extended_by_their_own_events(void **state)
{
  (void)state;
  struct small_log small;
  struct vcca_replay replay;
  struct vcca_error err = {0};
  make_log(&small);
  check_ok(vcca_eventlog_replay(vcca_sink_span(&small.sink), VCCA_SHA256, &replay, &err), &err, "sha-256");
  check_hex(vcca_span_of(replay.value[1], 32), "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
            "register 1");
  assert_int_equal(replay.total, 2);
  assert_int_equal(replay.events[1], 1);
  assert_int_equal(replay.events[2], 1);

  check_ok(vcca_eventlog_replay(vcca_sink_span(&small.sink), VCCA_SHA512, &replay, &err), &err, "sha-512");
  check_hex(vcca_span_of(replay.value[2], 64),
            "466f96ddb8e07a60e18cc18c39e2dc3613b660a31ec18a1a54c631558ca9bfa31deca3c5046733f9cd8139e3b2ba365d419b157ab1"
            "5c2c81bbfe2090e0f1ae50",
            "register 2");
  assert_int_equal(replay.events[1], 0);
  assert_true(vcca_span_zero(VCCA_SPAN(replay.value[1])));

  assert_false(vcca_eventlog_replay(vcca_sink_span(&small.sink), VCCA_SHA384, &replay, &err));
  assert_non_null(strstr(err.text, "sha-384"));
}

static void events_that_extend_nothing_are_counted_only(void **state)
{
  (void)state;
  static const struct {
    uint32_t reg, type;
    bool digest;
    unsigned others;
  } rows[] = {
      {3, VCCA_EV_NO_ACTION, true, 0},  {3, 5, false, 0}, {32, 5, true, 1}, {0xffffffff, 5, true, 1},
      {32, VCCA_EV_NO_ACTION, true, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bytes[256];
    vcca_sink s = VCCA_SINK(bytes);
    struct vcca_replay replay;
    struct vcca_error err = {0};
    put_header(&s);
    put_u32(&s, rows[i].reg);
    put_u32(&s, rows[i].type);
    put_u32(&s, rows[i].digest);
    if (rows[i].digest)
      put_digest(&s, VCCA_SHA256, VCCA_SPAN_LIT("x"));
    put_u32(&s, 1);
    vcca_sink_str(&s, "x");
    check_ok(vcca_eventlog_replay(vcca_sink_span(&s), VCCA_SHA256, &replay, &err), &err, "replay");
    assert_int_equal(replay.total, 1);
    assert_int_equal(replay.others, rows[i].others);
    assert_true(vcca_span_zero(vcca_span_of(replay.value, sizeof replay.value)));
  }
}

static void an_unused_area_of_ones_or_zeros_ends_the_log(void **state)
{
  (void)state;
  for (int fill = 0; fill <= 0xff; fill += 0xff)
    for (size_t n = 1; n <= 40; n++) {
      struct small_log small;
      struct vcca_error err;
      make_log(&small);
      vcca_sink_fill(&small.sink, (uint8_t)fill, n);
      assert_int_equal(read_all(vcca_sink_span(&small.sink), &err), 2);
    }
}

/* --- Where PCR 0 starts from ------------------------------------------------------------------------------ */

#define LOCALITY(n) "StartupLocality\0" n

/* An event with digests of the header's two algorithms: zeros for one that extends nothing. */
static void put_event(vcca_sink *s, uint32_t reg, uint32_t type, const char *data, size_t n)
{
  bool extends = type != VCCA_EV_NO_ACTION;
  put_u32(s, reg);
  put_u32(s, type);
  put_u32(s, 2);
  for (int i = 0; i < 2; i++) {
    enum vcca_hash_alg alg = i == 0 ? VCCA_SHA256 : VCCA_SHA512;
    if (extends) {
      put_digest(s, alg, vcca_span_of(data, n));
    } else {
      put_u16(s, vcca_tcg_alg(alg));
      vcca_sink_fill(s, 0, vcca_hash_size(alg));
    }
  }
  put_u32(s, (uint32_t)n);
  vcca_sink_put(s, vcca_span_of(data, n));
}

static void put_tpm_header(vcca_sink *s)
{
  size_t at = s->n;
  put_header(s);
  vcca_put_le32(s->p + at, 0);
}

/* H(00..00 locality || H("v1")), in both banks, wherever in the log the locality is said. */
static void pcr_0_of_a_tpm_starts_from_its_startup_locality(void **state)
{
  (void)state;
  for (unsigned locality = 0; locality <= 4; locality++)
    for (unsigned late = 0; late <= 1; late++)
      for (int a = 0; a < 2; a++) {
        enum vcca_hash_alg alg = a == 0 ? VCCA_SHA256 : VCCA_SHA512;
        uint8_t bytes[1024], want[VCCA_HASH_MAX] = {0}, digest[VCCA_HASH_MAX], zero[VCCA_HASH_MAX] = {0};
        size_t size = vcca_hash_size(alg);
        vcca_sink s = VCCA_SINK(bytes);
        struct vcca_replay replay;
        struct vcca_error err = {0};
        char data[17] = LOCALITY("");
        data[16] = (char)locality;
        put_tpm_header(&s);
        if (!late)
          put_event(&s, 0, VCCA_EV_NO_ACTION, data, sizeof data);
        put_event(&s, 0, 8, "v1", 2);
        put_event(&s, 7, 8, "v1", 2);
        if (late)
          put_event(&s, 0, VCCA_EV_NO_ACTION, data, sizeof data);
        want[size - 1] = (uint8_t)locality;
        vcca_hash(alg, VCCA_SPAN_LIT("v1"), digest);
        const vcca_span from_locality[] = {vcca_span_of(want, size), vcca_span_of(digest, size)};
        const vcca_span from_zero[] = {vcca_span_of(zero, size), vcca_span_of(digest, size)};
        vcca_hash_parts(alg, from_locality, 2, want);
        vcca_hash_parts(alg, from_zero, 2, zero);
        check_ok(vcca_eventlog_replay(vcca_sink_span(&s), alg, &replay, &err), &err, "replay");
        assert_false(replay.cc);
        assert_true(replay.has_locality);
        assert_int_equal(replay.locality, locality);
        assert_memory_equal(replay.value[0], want, size);
        assert_memory_equal(replay.value[7], zero, size);
      }
}

/* A TPM starts up once, with an event of one size; a realm's log knows no locality, and other registers
 * start from zero. */
static void only_pcr_0_of_a_tpm_has_a_startup_locality(void **state)
{
  (void)state;
  static const struct {
    const char *about; /* the error; NULL: PCR 0 or the register starts from zero */
    bool cc;
    uint32_t reg;
    const char *data[2];
    size_t n[2];
  } rows[] = {
      {"17 bytes of data, this one has 16", false, 0, {LOCALITY("")}, {16}},
      {"17 bytes of data, this one has 18", false, 0, {LOCALITY("\3\0")}, {18}},
      {"is 4 here and was 3 before", false, 0, {LOCALITY("\3"), LOCALITY("\4")}, {17, 17}},
      {NULL, false, 1, {LOCALITY("\3")}, {17}},
      {NULL, true, 0, {LOCALITY("\3")}, {17}},
      {NULL, true, 1, {LOCALITY("\3")}, {17}},
      {NULL, false, 0, {"StartupLocalitz\0\3"}, {17}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bytes[1024], zero[32] = {0}, digest[32];
    vcca_sink s = VCCA_SINK(bytes);
    struct vcca_replay replay;
    struct vcca_error err = {0};
    if (rows[i].cc)
      put_header(&s);
    else
      put_tpm_header(&s);
    for (size_t k = 0; k < 2 && rows[i].data[k]; k++)
      put_event(&s, rows[i].reg, VCCA_EV_NO_ACTION, rows[i].data[k], rows[i].n[k]);
    put_event(&s, rows[i].reg, 8, "v1", 2);
    put_event(&s, 9, 8, "v1", 2);
    bool replayed = vcca_eventlog_replay(vcca_sink_span(&s), VCCA_SHA256, &replay, &err);
    if (rows[i].about) {
      assert_false(replayed);
      assert_true(err.has_offset);
      assert_non_null(strstr(err.text, rows[i].about));
      continue;
    }
    check_ok(replayed, &err, "replay");
    vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("v1"), digest);
    const vcca_span parts[] = {VCCA_SPAN(zero), VCCA_SPAN(digest)};
    vcca_hash_parts(VCCA_SHA256, parts, 2, zero);
    assert_memory_equal(replay.value[rows[i].reg], zero, 32);
    assert_false(replay.has_locality);
  }
}

/* Part 1 of the TPM library, 34.3: PCR 0 is 00..04 before the H-CRTM's digest, whatever locality started
 * the TPM afterwards. */
static void an_h_crtm_starts_pcr_0_from_locality_4(void **state)
{
  (void)state;
  for (int with_locality = 0; with_locality <= 1; with_locality++) {
    uint8_t bytes[1024], want[32] = {[31] = 4}, digest[32];
    vcca_sink s = VCCA_SINK(bytes);
    struct vcca_replay replay;
    struct vcca_error err = {0};
    put_tpm_header(&s);
    put_event(&s, 0, VCCA_EV_EFI_HCRTM_EVENT, "HCRTM", 5);
    if (with_locality)
      put_event(&s, 0, VCCA_EV_NO_ACTION, LOCALITY("\3"), 17);
    vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("HCRTM"), digest);
    const vcca_span parts[] = {VCCA_SPAN(want), VCCA_SPAN(digest)};
    vcca_hash_parts(VCCA_SHA256, parts, 2, want);
    check_ok(vcca_eventlog_replay(vcca_sink_span(&s), VCCA_SHA256, &replay, &err), &err, "replay");
    assert_memory_equal(replay.value[0], want, 32);
    assert_int_equal(replay.locality, 4);
  }
}

/* A header event that says it is shorter, with another event behind it: what it misses is not taken from
 * there. */
static void a_header_event_of_any_lesser_size_is_refused(void **state)
{
  (void)state;
  for (uint32_t size = 0; size < FIRST_AT - SIGNATURE_AT; size++) {
    uint8_t bytes[512];
    vcca_sink s = VCCA_SINK(bytes);
    struct vcca_eventlog log;
    struct vcca_error err = {0};
    put_header(&s);
    s.n = SIGNATURE_AT + size;
    vcca_put_le32(bytes + HEADER_SIZE_AT, size);
    put_event(&s, 1, 8, "v1", 2);
    if (vcca_eventlog_open(&log, vcca_sink_span(&s), &err))
      fail_msg("a header of %u bytes is taken", (unsigned)size);
    assert_true(err.has_offset && err.offset >= SIGNATURE_AT && err.offset <= SIGNATURE_AT + size);
  }
}

/* --- Whose log it is -------------------------------------------------------------------------------------- */

static void registers_are_named_for_the_machine_that_has_them(void **state)
{
  (void)state;
  static const struct {
    uint32_t header, reg;
    const char *name;
  } rows[] = {{1, 1, "REM0"}, {1, 4, "REM3"}, {1, 0, "RIM"}, {1, 5, "-"},
              {0, 2, "REM1"}, {0, 0, "PCR0"}, {0, 7, "PCR7"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bytes[512];
    char name[16];
    vcca_sink s = VCCA_SINK(bytes);
    put_header(&s);
    vcca_put_le32(bytes, rows[i].header);
    put_event(&s, rows[i].reg, 8, "v1", 2);
    assert_string_equal(vcca_register_name(vcca_eventlog_is_cc(vcca_sink_span(&s)), rows[i].reg, name, sizeof name),
                        rows[i].name);
    s.n = 0;
    put_header(&s);
    vcca_put_le32(bytes, rows[i].header);
    put_event(&s, rows[i].reg, VCCA_EV_NO_ACTION, "v1",
              2); /* extends nothing: says nothing about whose registers these are */
    assert_int_equal(vcca_eventlog_is_cc(vcca_sink_span(&s)), rows[i].header != 0);
  }
}

/* Twelve zero bytes are a register, a type and no digest, and may still have data; the first byte of 0xFF
 * may be a register. */
static void what_only_begins_like_an_unused_area_is_an_event(void **state)
{
  (void)state;
  static const uint8_t fields[][12] = {{0}, {255, 255, 255, 255, 5}, {1, 0, 0, 0, 255, 255, 255, 255}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    uint8_t bytes[128];
    vcca_sink s = VCCA_SINK(bytes);
    struct vcca_error err;
    put_header(&s);
    vcca_sink_put(&s, VCCA_SPAN(fields[i]));
    put_u32(&s, 1);
    vcca_sink_str(&s, "x");
    assert_int_equal(read_all(vcca_sink_span(&s), &err), 1);
  }
}

/* --- What is not ---------------------------------------------------------------------------------------- */

static void a_log_cut_anywhere_but_between_events_is_refused(void **state)
{
  (void)state;
  struct small_log small;
  make_log(&small);
  for (size_t n = 0; n <= LOG_SIZE; n++) {
    struct vcca_error err;
    uint8_t *copy = malloc(n + 1); /* so that a sanitizer sees a read past the cut */
    assert_non_null(copy);
    memcpy(copy + 1, small.bytes, n);
    int got = read_all(vcca_span_of(copy + 1, n), &err);
    int want = n == FIRST_AT ? 0 : n == SECOND_AT ? 1 : n == LOG_SIZE ? 2 : -1;
    assert_int_equal(got, want);
    assert_true(want >= 0 || (err.has_offset && err.offset <= n && err.text[0] != '\0'));
    free(copy);
  }
  struct vcca_error err;
  assert_int_equal(read_all(vcca_span_of(NULL, 0), &err), -1);
  assert_true(err.has_offset);
}

static void each_wrong_field_is_refused_where_it_stands(void **state)
{
  (void)state;
  static const struct {
    const char *about;
    size_t at, n; /* n little-endian bytes of value are written at `at` */
    uint32_t value;
    size_t offset;
  } rows[] = {
      {"event type", 4, 4, 4, 4},
      {"digest is not zero", 27, 1, 1, 8},
      {"header event needs", HEADER_SIZE_AT, 4, 0xffffffff, SIGNATURE_AT},
      {"header event needs", HEADER_SIZE_AT, 4, LOG_SIZE, SIGNATURE_AT},
      {"signature needs", HEADER_SIZE_AT, 4, 0, SIGNATURE_AT},
      {"vendor bytes needs", HEADER_SIZE_AT, 4, FIRST_AT - SIGNATURE_AT - 1, VENDOR_AT + 1},
      {"1 bytes follow", HEADER_SIZE_AT, 4, FIRST_AT - SIGNATURE_AT + 1, FIRST_AT},
      {"not a \"Spec ID Event03\"", SIGNATURE_AT + 14, 1, '0', SIGNATURE_AT},
      {"not a \"Spec ID Event03\"", SIGNATURE_AT + 15, 1, ' ', SIGNATURE_AT},
      {"version 3.0", VERSION_AT + 1, 1, 3, VERSION_AT},
      {"version 2.9", VERSION_AT, 1, 9, VERSION_AT},
      {"UINTN", VERSION_AT + 3, 1, 0, VERSION_AT + 3},
      {"UINTN", VERSION_AT + 3, 1, 3, VERSION_AT + 3},
      {"declares 0 algorithms", ALG_COUNT_AT, 4, 0, ALG_COUNT_AT},
      {"declares 9 algorithms", ALG_COUNT_AT, 4, 9, ALG_COUNT_AT},
      {"declares 4294967295 algorithms", ALG_COUNT_AT, 4, 0xffffffff, ALG_COUNT_AT},
      {"0x000b twice", ALGS_AT + 4, 4, 0x0020000b, ALGS_AT + 4},
      {"digests of 0 bytes", ALGS_AT + 6, 2, 0, ALGS_AT + 4},
      {"digests of 20 bytes; they have 64", ALGS_AT + 6, 2, 20, ALGS_AT + 4},
      {"vendor bytes needs 255", VENDOR_AT, 1, 255, VENDOR_AT + 1},
      {"2 bytes follow", VENDOR_AT, 1, 0, VENDOR_AT + 1},
      {"claims 3 digests", FIRST_AT + 8, 4, 3, FIRST_AT + 8},
      {"claims 4294967295 digests", FIRST_AT + 8, 4, 0xffffffff, FIRST_AT + 8},
      {"0x000c is not declared", FIRST_AT + 12, 2, 0x000c, FIRST_AT + 12},
      {"0xffff is not declared", SECOND_AT + 46, 2, 0xffff, SECOND_AT + 46},
      {"two digests of algorithm 0x000b", SECOND_AT + 46, 2, 0x000b, SECOND_AT + 46},
      {"data needs 6 bytes", LOG_SIZE - 9, 4, 6, LOG_SIZE - 5},
      {"data needs 4294967295 bytes", LOG_SIZE - 9, 4, 0xffffffff, LOG_SIZE - 5},
      {"data needs 4294967295 bytes", SECOND_AT - 8, 4, 0xffffffff, SECOND_AT - 4},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct small_log small;
    make_log(&small);
    for (size_t b = 0; b < rows[i].n; b++)
      small.bytes[rows[i].at + b] = (uint8_t)(rows[i].value >> 8 * b);
    check_refused(vcca_sink_span(&small.sink), rows[i].offset, rows[i].about);
  }
}

static void bytes_after_the_last_event_are_refused(void **state)
{
  (void)state;
  static const struct {
    const char *about;
    uint8_t tail[24];
    size_t n, offset;
  } rows[] = {
      {"register index needs 4 bytes", {1}, 1, 0},
      {"register index needs 4 bytes", {0, 0, 1}, 3, 0},
      {"type needs 4 bytes", {1, 0, 0, 0, 4, 0}, 6, 4},
      {"data size needs 4 bytes", {1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0}, 13, 12},
      {"byte 0x01 in the unused area", {255, 255, 255, 255, 255, 255, 255, 255, 1}, 9, 8},
      {"byte 0x00 in the unused area", {255, 255, 255, 255, 255, 255, 255, 255, 255, 0}, 10, 9},
      {"byte 0x07 in the unused area", {[20] = 7}, 21, 20},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct small_log small;
    make_log(&small);
    vcca_sink_put(&small.sink, vcca_span_of(rows[i].tail, rows[i].n));
    check_refused(vcca_sink_span(&small.sink), LOG_SIZE + rows[i].offset, rows[i].about);
  }
}

static void a_log_of_one_repeated_byte_is_refused(void **state)
{
  (void)state;
  for (int fill = 0; fill <= 0xff; fill++) {
    uint8_t bytes[300];
    struct vcca_error err;
    memset(bytes, fill, sizeof bytes);
    assert_int_equal(read_all(VCCA_SPAN(bytes), &err), -1);
    assert_int_equal(err.offset, 4);
  }
}

/* --- Self-check: the rules that the small log does not show --------------------------------------------- */

static struct vcca_event made_event(uint32_t type, vcca_span data, vcca_span hashed, uint8_t digest[VCCA_HASH_MAX])
{
  struct vcca_event event = {.type = type, .digest_count = 1, .data = data};
  vcca_hash(VCCA_SHA256, hashed, digest);
  event.digests[0].alg = 0x000b;
  event.digests[0].bytes = vcca_span_of(digest, 32);
  return event;
}

static void a_digest_is_checked_by_the_rule_of_its_type(void **state)
{
  (void)state;
#define ROW(type, data, hashed, verdict)                                                                        \
  {                                                                                                             \
    type, {(const uint8_t *)(data), sizeof(data) - 1}, {(const uint8_t *)(hashed), sizeof(hashed) - 1}, verdict \
  }
#define GUID "0123456789abcdef"
#define NAME_1 "\1\0\0\0\0\0\0\0"
#define VALUE_3 "\3\0\0\0\0\0\0\0"
  static const struct {
    uint32_t type;
    vcca_span data, hashed;
    int verdict;
  } rows[] = {
      ROW(0x80000007, "Exit", "Exit", 1),
      ROW(0x80000007, "Exit", "Exit\0", 0),
      ROW(0x80000002, GUID NAME_1 VALUE_3 "n\0abc", "abc", 1),
      ROW(0x80000002, GUID NAME_1 VALUE_3 "n\0abc", GUID NAME_1 VALUE_3 "n\0abc", 1),
      ROW(0x80000002, GUID NAME_1 VALUE_3 "n\0abc", "abd", 0),
      ROW(0x80000002, GUID NAME_1 VALUE_3 "n\0abcd", "abc", 0),
      ROW(0x800000e0, GUID NAME_1 VALUE_3 "n\0abc\0", GUID NAME_1 VALUE_3 "n\0abc", 1),
      ROW(0x800000e0, GUID NAME_1 VALUE_3 "n\0abc\0\0", GUID NAME_1 VALUE_3 "n\0abc", 0),
      ROW(0x800000e0, GUID NAME_1 VALUE_3 "n\0abc1234567\0", GUID NAME_1 VALUE_3 "n\0abc1234567", 1),
      ROW(0x800000e0, GUID NAME_1 VALUE_3 "n\0abc12345678\0", GUID NAME_1 VALUE_3 "n\0abc12345678", 0),
      ROW(0x800000e0, GUID NAME_1 VALUE_3 "n\0abc\0", GUID NAME_1 VALUE_3 "n\0abd", 0),
      ROW(0x80000002, GUID NAME_1 VALUE_3 "n\0", "", 0),
      ROW(0x80000002, GUID NAME_1 "\377\377\377\377\377\377\377\377n\0abc", "abc", 0),
      ROW(0x80000002, GUID "\377\377\377\377\377\377\377\377" VALUE_3 "n\0abc", "abc", 0),
      ROW(0x80000002, GUID "\0\0\0\0\0\0\0\200" VALUE_3 "abc", "abc", 0),
      ROW(0x80000002,
          GUID NAME_1 "\0\0\0\0\0\0\0\0"
                      "n\0",
          "", 1),
      ROW(0x80000002, GUID "\0\0\0\0\0\0\0\0" VALUE_3 "abc", "abc", 1),
      ROW(0x80000002,
          GUID VALUE_3 "\375\377\377\377\377\377\377\377"
                       "abc",
          "", 0), /* 3 - 2 * 3 */
      ROW(0x80000002, "short", "", 0),
      ROW(0x80000001, GUID NAME_1 VALUE_3 "n\0abc", "abc", 0),
      ROW(0x0000000d, "grub_cmd: ls /\0", "ls /", 1),
      ROW(0x0000000d, "grub_cmd: ls /", "ls /", 1),
      ROW(0x0000000d, "grub_cmd: ls /\0", "ls /\0", 1),
      ROW(0x0000000d, "grub_cmd: ls /", "ls /\0", 0),
      ROW(0x0000000d, "grub_cmd: ls /\0\0", "ls /", 0),
      ROW(0x0000000d, "grub_cmd ls /\0", "ls /\0", 1),
      ROW(0x0000000d, "grub_cmd ls /\0", "ls /", 1),
      ROW(0x0000000d, "grub_cmd ls /\0", "ls /x", 0),
      ROW(0x0000000d, "grub_kernel_cmdline /vmlinuz a=b\0", "/vmlinuz a=b\0", 1),
      ROW(0x0000000d, "grub_kernel_cmdline /vmlinuz a=b\0", "/vmlinuz a=c\0", 0),
      ROW(0x0000000d, "module_cmdline: /initrd\0", "/initrd", 1),
      ROW(0x0000000d, "grub_linuxefi Kernel\0", "the kernel", -1),
      ROW(0x0000000d, ".\0l\0i\0n\0u\0x\0\0\0", ".linux\0", 1),
      ROW(0x0000000d, ".\0l\0i\0n\0u\0x\0\0\0", "the kernel", -1),
      ROW(0x0000000d, "MokList\0", "its value", -1),
      ROW(0x0000000d, "grub_cmd: ", "", 1),
      ROW(0x0000000d, "kernel_cmdline: a=b\0", "a=b", 1),
      ROW(0x0000000d, "/vmlinuz\0", "the kernel", -1),
      ROW(0x0000000d, "", "", 1),
      ROW(0x00000005, "text", "text", 1),
      ROW(0x00000005, "text", "other", 0),
      ROW(0x00000008, "v1", "v2", 0),
      ROW(0x80000006, GUID NAME_1 VALUE_3 "n\0abc", "abc", 0),
      ROW(0x8000000c, GUID NAME_1 VALUE_3 "n\0abc", "abc", 0),
      ROW(0x800000e0, GUID NAME_1 VALUE_3 "n\0abc", "abc", 1),
      ROW(0x80000003, "image", "the image", -1),
      ROW(0x12345678, "?", "??", -1),
      ROW(VCCA_EV_NO_ACTION, "x", "x", -1),
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t digest[VCCA_HASH_MAX];
    struct vcca_event event = made_event(rows[i].type, rows[i].data, rows[i].hashed, digest);
    int verdict = vcca_event_self_check(&event, VCCA_SHA256);
    if (verdict != rows[i].verdict)
      fail_msg("row %zu: %d, want %d", i, verdict, rows[i].verdict);
    assert_int_equal(vcca_event_self_check(&event, VCCA_SHA384), -1);
  }
}

static void event_types_have_their_profile_names(void **state)
{
  (void)state;
  assert_string_equal(vcca_event_type_name(0x0000000d), "EV_IPL");
  assert_string_equal(vcca_event_type_name(0x80000002), "EV_EFI_VARIABLE_BOOT");
  assert_string_equal(vcca_event_type_name(0x800000e0), "EV_EFI_VARIABLE_AUTHORITY");
  assert_null(vcca_event_type_name(0xffffffff));
  assert_int_equal(vcca_tcg_alg(VCCA_SHA256), 0x000b);
  assert_int_equal(vcca_tcg_alg(VCCA_SHA384), 0x000c);
  assert_int_equal(vcca_tcg_alg(VCCA_SHA512), 0x000d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_log_reads_as_it_was_written),
      cmocka_unit_test(registers_start_at_zero_and_are_extended_by_their_own_events),
      cmocka_unit_test(events_that_extend_nothing_are_counted_only),
      cmocka_unit_test(pcr_0_of_a_tpm_starts_from_its_startup_locality),
      cmocka_unit_test(only_pcr_0_of_a_tpm_has_a_startup_locality),
      cmocka_unit_test(an_h_crtm_starts_pcr_0_from_locality_4),
      cmocka_unit_test(a_header_event_of_any_lesser_size_is_refused),
      cmocka_unit_test(registers_are_named_for_the_machine_that_has_them),
      cmocka_unit_test(an_unused_area_of_ones_or_zeros_ends_the_log),
      cmocka_unit_test(what_only_begins_like_an_unused_area_is_an_event),
      cmocka_unit_test(a_log_cut_anywhere_but_between_events_is_refused),
      cmocka_unit_test(each_wrong_field_is_refused_where_it_stands),
      cmocka_unit_test(bytes_after_the_last_event_are_refused),
      cmocka_unit_test(a_log_of_one_repeated_byte_is_refused),
      cmocka_unit_test(a_digest_is_checked_by_the_rule_of_its_type),
      cmocka_unit_test(event_types_have_their_profile_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
