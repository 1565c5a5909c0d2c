/* Hashing engines: each gives the digests PSA gives, whatever the count, the place of zero pages and the
 * number of threads; wrong ones are found out; the choice can be made and refused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/engine.h"
#include "crypto/support.h"
#include "rooms/hash.h"

enum { MOST = 70, MANY = 3000, THREADS = 4 };

static uint8_t pages[MANY * VCCA_PAGE];
static uint8_t want[VCCA_HASH_ALGS][MANY * VCCA_HASH_MAX]; /* by PSA, page by page */

/* xorshift64 (Marsaglia 2003); every fifth page is zeros, every seventh but for its last byte. */
static int fill(void **state)
{
  (void)state;
  uint64_t x = 0x76636361;
  for (size_t i = 0; i < sizeof pages; i += 8) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    size_t page = i / VCCA_PAGE;
    vcca_put_le64(pages + i, page % 5 != 3 && page % 7 != 2 ? x : 0);
  }
  for (size_t page = 2; page < MANY; page += 7)
    pages[page * VCCA_PAGE + VCCA_PAGE - 1] = 1;
  for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++)
    for (size_t i = 0; i < MANY; i++) {
      const vcca_span page = vcca_span_of(pages + i * VCCA_PAGE, VCCA_PAGE);
      vcca_psa_stream((enum vcca_hash_alg)alg, &page, 1, want[alg] + i * vcca_hash_size((enum vcca_hash_alg)alg));
    }
  return 0;
}

static int reset(void **state)
{
  (void)state;
  vcca_engine_threads(0);
  return vcca_engine_use(NULL, NULL) ? 0 : 1;
}

/* Chooses engine i; false, with a word to the reader of the test's output, when it is not available. */
static bool choose(size_t i)
{
  struct vcca_engine_info info;
  struct vcca_error err;
  assert_true(vcca_engine_at(i, &info));
  if (info.available) {
    check_ok(vcca_engine_use(info.name, &err), &err, info.name);
    return true;
  }
  printf("SKIPPED: the engine %s is not available: %s\n", info.name, info.why_not);
  return false;
}

static void check_count(enum vcca_hash_alg alg, size_t n)
{
  enum { GUARD = 0xa5 };
  static uint8_t out[MANY * VCCA_HASH_MAX + 1];
  size_t end = n * vcca_hash_size(alg);
  memset(out, GUARD, end + 1);
  vcca_hash_pages(alg, pages, n, out);
  assert_memory_equal(out, want[alg], end);
  assert_int_equal(out[end], GUARD);
}

static void every_engine_gives_the_same_digests_for_every_count(void **state)
{
  (void)state;
  for (size_t i = 0; i < vcca_engine_count(); i++)
    for (unsigned alg = 0; choose(i) && alg < VCCA_HASH_ALGS; alg++)
      for (size_t n = 0; n <= MOST; n++)
        check_count((enum vcca_hash_alg)alg, n);
}

static void every_engine_gives_the_same_digests_on_every_number_of_threads(void **state)
{
  (void)state;
  for (size_t i = 0; i < vcca_engine_count(); i++)
    for (unsigned alg = 0; choose(i) && alg < VCCA_HASH_ALGS; alg++)
      for (unsigned threads = 1; threads <= THREADS; threads++) {
        vcca_engine_threads(threads);
        check_count((enum vcca_hash_alg)alg, 1031); /* the last window is not full */
        if (i == 0)
          check_count((enum vcca_hash_alg)alg, MANY); /* more than the belt holds */
      }
}

static void every_engine_gives_the_same_digest_of_a_single_message(void **state)
{
  (void)state;
  for (size_t i = 0; i < vcca_engine_count(); i++)
    for (unsigned alg = 0; choose(i) && alg < VCCA_HASH_ALGS; alg++)
      for (size_t n = 0; n < 600; n++) {
        uint8_t a[VCCA_HASH_MAX], b[VCCA_HASH_MAX];
        const vcca_span parts[] = {vcca_span_of(pages, n / 3), {NULL, 0}, vcca_span_of(pages + n / 3, n - n / 3)};
        const vcca_span whole = vcca_span_of(pages, n);
        vcca_hash_parts((enum vcca_hash_alg)alg, parts, 3, a);
        vcca_psa_stream((enum vcca_hash_alg)alg, &whole, 1, b);
        assert_memory_equal(a, b, vcca_hash_size((enum vcca_hash_alg)alg));
      }
}

/* What `each` must see: runs that follow each other, the digests that are known, then those of zeros. */
struct seen {
  enum vcca_hash_alg alg;
  size_t next;
  const uint8_t *want;
  size_t known; /* pages */
  bool wrong;
};

/* Messages that differ in their first 64 bytes, of each count and of sizes that are whole blocks. */
static void every_engine_gives_the_same_digests_of_messages_that_are_alike(void **state)
{
  (void)state;
  for (size_t e = 0; e < vcca_engine_count(); e++) {
    if (!choose(e))
      continue;
    for (unsigned a = 0; a < VCCA_HASH_ALGS; a++)
      for (size_t n = 1; n <= VCCA_HASH_LANES; n++)
        for (size_t tail = 0; tail <= 512; tail += 64) {
          uint8_t got[VCCA_HASH_LANES][VCCA_HASH_MAX] = {{0}}, one[64 + 512], digest[VCCA_HASH_MAX] = {0};
          struct vcca_hash_job jobs[VCCA_HASH_LANES];
          for (size_t i = 0; i < n; i++)
            jobs[i] = (struct vcca_hash_job){pages + (7 * i + n) * 64, got[i]};
          vcca_hash_alike((enum vcca_hash_alg)a, jobs, n, vcca_span_of(pages + 5000, tail));
          for (size_t i = 0; i < n; i++) {
            memcpy(one, jobs[i].message, 64);
            memcpy(one + 64, pages + 5000, tail);
            vcca_hash((enum vcca_hash_alg)a, vcca_span_of(one, 64 + tail), digest);
            assert_memory_equal(got[i], digest, sizeof digest);
          }
        }
  }
}

static void see(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  struct seen *seen = ctx;
  size_t size = vcca_hash_size(seen->alg);
  seen->wrong |= first != seen->next || n == 0;
  for (size_t i = first; i < first + n; i++, digests += size)
    seen->wrong |= memcmp(digests, i < seen->known ? seen->want + i * size : vcca_hash_zero_page(seen->alg), size) != 0;
  seen->next = first + n;
}

static void check_each(vcca_span content, size_t n, struct seen seen)
{
  for (unsigned threads = 1; threads <= THREADS; threads++) {
    vcca_engine_threads(threads);
    struct seen now = seen;
    vcca_hash_pages_each(seen.alg, content, n, see, &now);
    assert_int_equal(now.next, n);
    assert_false(now.wrong);
  }
}

static void digests_are_handed_over_in_order(void **state)
{
  (void)state;
  check_each(VCCA_SPAN(pages), MANY, (struct seen){.alg = VCCA_SHA512, .want = want[VCCA_SHA512], .known = MANY});
  check_each(VCCA_SPAN(pages), 700, (struct seen){.alg = VCCA_SHA384, .want = want[VCCA_SHA384], .known = MANY});
}

static void beyond_its_content_memory_is_zeros(void **state)
{
  (void)state;
  enum { PAGES = 1000, LENGTH = (PAGES - 1) * VCCA_PAGE + 100 };
  static uint8_t digests[PAGES * 32];
  uint8_t last[VCCA_PAGE] = {0};
  memcpy(last, pages + LENGTH / VCCA_PAGE * VCCA_PAGE, LENGTH % VCCA_PAGE);
  memcpy(digests, want[VCCA_SHA256], sizeof digests);
  const vcca_span page = VCCA_SPAN(last);
  vcca_psa_stream(VCCA_SHA256, &page, 1, digests + sizeof digests - 32);

  const struct seen seen = {.alg = VCCA_SHA256, .want = digests, .known = PAGES};
  check_each(vcca_span_of(pages, LENGTH), PAGES, seen);
  check_each(vcca_span_of(pages, LENGTH), 32 * PAGES, seen);
  check_each((vcca_span){NULL, 0}, 32 * PAGES, (struct seen){.alg = VCCA_SHA256});
  check_each(VCCA_SPAN(pages), 0, (struct seen){.alg = VCCA_SHA256});
  uint8_t out[1];
  vcca_hash_pages(VCCA_SHA256, NULL, 0, out);
}

/* --- Engines that are wrong ----------------------------------------------------------------------------- */

static void copy_first(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  vcca_engine_psa.batch(alg, jobs, n, size);
  memcpy(jobs[n - 1].digest, jobs[0].digest, vcca_hash_size(alg));
}

static void wrong_beyond_sixteen(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  vcca_engine_psa.batch(alg, jobs, n < 16 ? n : 16, size);
}

static void wrong_when_alone(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  if (n > 1)
    vcca_engine_psa.batch(alg, jobs, n, size);
}

static void writes_too_far(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  vcca_engine_psa.batch(alg, jobs, n, size);
  jobs[n - 1].digest[vcca_hash_size(alg)] = 0;
}

static void wrong_for_sha384(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  vcca_engine_psa.batch(alg == VCCA_SHA384 ? VCCA_SHA512 : alg, jobs, alg == VCCA_SHA384 && n > 1 ? n - 1 : n, size);
}

static void forgets_the_last_part(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out)
{
  vcca_psa_stream(alg, parts, n - 1, out);
}

static void leaves_the_tail_out(const struct vcca_hash_job *heads, size_t n, vcca_span tail)
{
  for (size_t i = 0; i < n; i++) {
    const vcca_span head = {heads[i].message, VCCA_HASH_HEAD};
    (void)tail;
    vcca_psa_stream(VCCA_SHA256, &head, 1, heads[i].digest);
  }
}

static void an_engine_that_does_not_reproduce_known_digests_is_found_out(void **state)
{
  (void)state;
  static const struct vcca_engine wrong[] = {
      {.name = "copies the first", .batch = copy_first},
      {.name = "wrong beyond sixteen", .batch = wrong_beyond_sixteen},
      {.name = "wrong when alone", .batch = wrong_when_alone},
      {.name = "writes too far", .batch = writes_too_far},
      {.name = "wrong for sha-384", .batch = wrong_for_sha384},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (vcca_engine_reproduces(&wrong[i]))
      fail_msg("the engine that %s passed", wrong[i].name);
  struct vcca_engine right = vcca_engine_psa;
  assert_true(vcca_engine_reproduces(&right));
  right.stream = forgets_the_last_part;
  assert_false(vcca_engine_reproduces(&right));
  right = vcca_engine_psa;
  right.alike = leaves_the_tail_out;
  assert_false(vcca_engine_reproduces(&right));
}

/* --- The choice ----------------------------------------------------------------------------------------- */

static void psa_is_always_there_and_the_last(void **state)
{
  (void)state;
  struct vcca_engine_info info;
  assert_true(vcca_engine_at(vcca_engine_count() - 1, &info));
  assert_string_equal(info.name, "psa");
  assert_true(info.available);
  assert_null(info.why_not);
  assert_false(vcca_engine_at(vcca_engine_count(), &info));
}

static void an_unknown_engine_is_refused_with_the_list(void **state)
{
  (void)state;
  struct vcca_error err;
  char text[800];
  const struct vcca_engine *before = vcca_engine_for_batches(VCCA_SHA512);
  assert_false(vcca_engine_use("nothing", &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_string_equal(vcca_error_text(&err, text, sizeof text),
                      "no hashing engine 'nothing': there are sha-ni, ipsec-mb, openssl, psa");
  assert_ptr_equal(vcca_engine_for_batches(VCCA_SHA512), before);
}

static void an_engine_that_is_not_available_is_refused_with_the_reason(void **state)
{
  (void)state;
  bool all = true;
  for (size_t i = 0; i < vcca_engine_count(); i++) {
    struct vcca_engine_info info;
    struct vcca_error err;
    assert_true(vcca_engine_at(i, &info));
    all &= info.available;
    if (info.available)
      continue;
    assert_false(vcca_engine_use(info.name, &err));
    assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
    assert_non_null(strstr(err.text, info.why_not));
  }
  if (all)
    printf("every engine is available: none has a reason to give\n");
}

static void the_choice_is_for_single_messages_too(void **state)
{
  (void)state;
  for (size_t i = 0; i < vcca_engine_count(); i++) {
    if (!choose(i))
      continue;
    const struct vcca_engine *batch = vcca_engine_for_batches(VCCA_SHA256),
                             *stream = vcca_engine_for_streams(VCCA_SHA256);
    struct vcca_engine_info info;
    assert_true(vcca_engine_at(i, &info));
    assert_string_equal(batch->name, info.name);
    assert_true(batch->stream ? stream == batch : stream->stream != NULL);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(every_engine_gives_the_same_digests_for_every_count, reset),
      cmocka_unit_test_teardown(every_engine_gives_the_same_digests_on_every_number_of_threads, reset),
      cmocka_unit_test_teardown(every_engine_gives_the_same_digest_of_a_single_message, reset),
      cmocka_unit_test_teardown(every_engine_gives_the_same_digests_of_messages_that_are_alike, reset),
      cmocka_unit_test_teardown(digests_are_handed_over_in_order, reset),
      cmocka_unit_test_teardown(beyond_its_content_memory_is_zeros, reset),
      cmocka_unit_test_teardown(an_engine_that_does_not_reproduce_known_digests_is_found_out, reset),
      cmocka_unit_test_teardown(psa_is_always_there_and_the_last, reset),
      cmocka_unit_test_teardown(an_unknown_engine_is_refused_with_the_list, reset),
      cmocka_unit_test_teardown(an_engine_that_is_not_available_is_refused_with_the_reason, reset),
      cmocka_unit_test_teardown(the_choice_is_for_single_messages_too, reset),
  };
  return cmocka_run_group_tests(tests, fill, NULL);
}
