/* configfs-tsm without a file system: every errno value of Linux's report.c, arm-cca-guest.c and configfs,
 * generations, what is kept and what is asked anew. The values are those of Linux 7.0's sources, file by
 * file as the comments say.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/support.h"

#include <errno.h>

#include "guest/tsm_report.h"
#include "rooms/guest.h"

struct fixture {
  vcca_running *v;
  struct tsm *t;
  uint64_t id;
};

static void open_fixture(struct fixture *f)
{
  f->v = running_open("attest-arm-1.0.yaml");
  f->t = tsm_new(f->v, tsm_provider_of(f->v), 0, 0);
  assert_non_null(f->t);
  assert_int_equal(tsm_mkdir(f->t, "r", &f->id), 0);
}

static void close_fixture(struct fixture *f)
{
  tsm_free(f->t);
  vcca_running_stop(f->v);
}

static struct tsm_file *open_file(const struct fixture *f, enum tsm_attribute attribute, unsigned how)
{
  struct tsm_file *file = NULL;
  assert_int_equal(tsm_open(f->t, f->id, attribute, how, &file), 0);
  return file;
}

/* As a program that opens, writes and closes. */
static ssize_t put(const struct fixture *f, enum tsm_attribute attribute, const void *bytes, size_t n)
{
  struct tsm_file *file = open_file(f, attribute, TSM_WRITE);
  ssize_t rc = tsm_write(file, 0, vcca_span_of(bytes, n));
  tsm_flush(file);
  tsm_close(file);
  return rc;
}

/* As one that opens, reads and closes. */
static ssize_t get(const struct fixture *f, enum tsm_attribute attribute, vcca_sink *out)
{
  struct tsm_file *file = open_file(f, attribute, TSM_READ);
  ssize_t rc = tsm_read(file, 0, out);
  tsm_close(file);
  return rc;
}

static void expect_text(const struct fixture *f, enum tsm_attribute attribute, const char *want)
{
  char text[TSM_TEXT_MAX];
  vcca_sink out = VCCA_SINK(text);
  assert_int_equal(get(f, attribute, &out), strlen(want));
  assert_memory_equal(text, want, strlen(want));
}

static ssize_t get_token(const struct fixture *f, uint8_t token[VCCA_TOKEN_MAX])
{
  vcca_sink out = vcca_sink_of(token, VCCA_TOKEN_MAX);
  return get(f, TSM_OUTBLOB, &out);
}

static const uint8_t challenge[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* --- Writes to text attributes -------------------------------------------------------------------------- */

#define GUID "00112233-4455-6677-8899-aabbccddeeff"

static void each_text_attribute_takes_what_linux_takes(void **state)
{
  (void)state;
  static const struct {
    enum tsm_attribute attribute;
    const char *text;
    int error, counts; /* generations */
  } rows[] = {
      /* report.c tsm_report_privlevel_store, kstrtouint */
      {TSM_PRIVLEVEL, "0", 0, 1},
      {TSM_PRIVLEVEL, "3\n", 0, 1},
      {TSM_PRIVLEVEL, "+2", 0, 1},
      {TSM_PRIVLEVEL, "0x3", 0, 1},
      {TSM_PRIVLEVEL, "0X1", 0, 1},
      {TSM_PRIVLEVEL, "02", 0, 1},
      {TSM_PRIVLEVEL, "4", EINVAL, 0},
      {TSM_PRIVLEVEL, "4294967295", EINVAL, 0},
      {TSM_PRIVLEVEL, "4294967296", ERANGE, 0},
      {TSM_PRIVLEVEL, "18446744073709551616x", ERANGE, 0},
      {TSM_PRIVLEVEL, "4294967296x", EINVAL, 0},
      {TSM_PRIVLEVEL, "-1", EINVAL, 0},
      {TSM_PRIVLEVEL, "09", EINVAL, 0},
      {TSM_PRIVLEVEL, "0x", EINVAL, 0},
      {TSM_PRIVLEVEL, "1 ", EINVAL, 0},
      {TSM_PRIVLEVEL, "1\n\n", EINVAL, 0},
      {TSM_PRIVLEVEL, "\n", EINVAL, 0},
      {TSM_PRIVLEVEL, "", EFAULT, 0}, /* file.c fill_write_buffer */
      /* tsm_report_service_manifest_version_store */
      {TSM_SERVICE_MANIFEST_VERSION, "4294967295", 0, 1},
      {TSM_SERVICE_MANIFEST_VERSION, "4294967296", ERANGE, 0},
      {TSM_SERVICE_MANIFEST_VERSION, "one", EINVAL, 0},
      /* tsm_report_service_guid_store: counted before it is looked at */
      {TSM_SERVICE_GUID, GUID, 0, 1},
      {TSM_SERVICE_GUID, GUID "\n", 0, 1},
      {TSM_SERVICE_GUID, GUID "and more", 0, 1},
      {TSM_SERVICE_GUID, "0011223-34455-6677-8899-aabbccddeeff", EINVAL, 1},
      {TSM_SERVICE_GUID, "00112233-4455-6677-8899-aabbccddeef", EINVAL, 1},
      {TSM_SERVICE_GUID, "00112233-4455-6677-8899-aabbccddeefg", EINVAL, 1},
      /* tsm_report_service_provider_store */
      {TSM_SERVICE_PROVIDER, "anything\n", 0, 1},
      {TSM_SERVICE_PROVIDER, "\n", 0, 1},
      {TSM_SERVICE_PROVIDER, "", EFAULT, 0},
  };
  struct fixture f;
  uint64_t generation = 0;
  open_fixture(&f);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char want[32];
    ssize_t rc = put(&f, rows[i].attribute, rows[i].text, strlen(rows[i].text));
    if (rc != (rows[i].error ? -rows[i].error : (ssize_t)strlen(rows[i].text)))
      fail_msg("\"%s\" to %s: %zd, not %d", rows[i].text, tsm_attributes[rows[i].attribute].name, rc, -rows[i].error);
    generation += (uint64_t)rows[i].counts;
    snprintf(want, sizeof want, "%llu\n", (unsigned long long)generation);
    expect_text(&f, TSM_GENERATION, want);
  }
  expect_text(&f, TSM_PROVIDER, "arm_cca_guest\n");
  expect_text(&f, TSM_PRIVLEVEL_FLOOR, "0\n");
  char much[2 * TSM_TEXT_MAX];
  memset(much, 'x', sizeof much);
  assert_int_equal(put(&f, TSM_SERVICE_PROVIDER, much, sizeof much),
                   TSM_TEXT_MAX - 1); /* file.c: a page, and its NUL */
  close_fixture(&f);
}

/* --- inblob and outblob --------------------------------------------------------------------------------- */

static void inblob_takes_up_to_64_bytes_and_a_report_wants_32(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t token[VCCA_TOKEN_MAX], none[1];
  vcca_sink no = VCCA_SINK(none);
  open_fixture(&f);
  assert_int_equal(get_token(&f, token), -EINVAL); /* report.c: nothing was written */
  assert_int_equal(get(&f, TSM_AUXBLOB, &no), -EINVAL);
  expect_text(&f, TSM_GENERATION, "0\n");
  for (size_t n = 1; n <= 65; n++) {
    assert_int_equal(put(&f, TSM_INBLOB, challenge, n),
                     n <= 64 ? (ssize_t)n : -EFBIG); /* file.c configfs_bin_write_iter */
    ssize_t got = get_token(&f, token);
    if (n < 32 || n > 64) /* arm-cca-guest.c; a write that was too much leaves an empty one */
      assert_int_equal(got, -EINVAL);
    else
      assert_true(got > 1000);
  }
  expect_text(&f, TSM_GENERATION, "65\n");
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  assert_int_equal(get(&f, TSM_AUXBLOB, &no), 0);
  assert_int_equal(get(&f, TSM_MANIFESTBLOB, &no), 0);
  close_fixture(&f);
}

static void a_short_challenge_is_padded_with_zeros(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t one[VCCA_TOKEN_MAX], two[VCCA_TOKEN_MAX], padded[64] = {0};
  open_fixture(&f);
  memcpy(padded, challenge, 40);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 40), 40);
  ssize_t n = get_token(&f, one);
  assert_int_equal(put(&f, TSM_INBLOB, padded, 64), 64);
  assert_int_equal(get_token(&f, two), n);
  assert_memory_equal(one, two, (size_t)n);
  close_fixture(&f);
}

static void writes_are_collected_until_the_file_is_closed(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t whole[VCCA_TOKEN_MAX], parts[VCCA_TOKEN_MAX];
  open_fixture(&f);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  ssize_t n = get_token(&f, whole);
  for (unsigned how = TSM_WRITE; how <= (TSM_WRITE | TSM_APPEND); how += TSM_APPEND) {
    struct tsm_file *file = open_file(&f, TSM_INBLOB, how);
    for (size_t at = 0; at < 64; at += 16) {
      assert_int_equal(tsm_write(file, how & TSM_APPEND ? 0 : at, vcca_span_of(challenge + at, 16)), 16);
      assert_int_equal(get_token(&f, parts), n); /* still the one before */
    }
    tsm_flush(file);
    tsm_close(file);
    assert_int_equal(get_token(&f, parts), n);
    assert_memory_equal(whole, parts, (size_t)n);
  }
  expect_text(&f, TSM_GENERATION, "3\n");

  struct tsm_file *file = open_file(&f, TSM_INBLOB, TSM_WRITE); /* a hole is zeros */
  assert_int_equal(tsm_write(file, 40, vcca_span_of(challenge, 1)), 1);
  assert_int_equal(tsm_write(file, 64, vcca_span_of(challenge, 1)), -EFBIG);
  assert_int_equal(tsm_write(file, SIZE_MAX, vcca_span_of(challenge, 1)), -EFBIG);
  tsm_close(file);
  assert_int_equal(get_token(&f, parts), n);

  file = open_file(&f, TSM_INBLOB, TSM_WRITE); /* nothing is written: nothing counts */
  tsm_flush(file);
  tsm_close(file);
  expect_text(&f, TSM_GENERATION, "4\n");
  close_fixture(&f);
}

/* A descriptor that was handed on is closed before the writing goes on, as by a shell. */
static void closing_one_of_several_descriptors_counts_once(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t token[VCCA_TOKEN_MAX];
  open_fixture(&f);
  struct tsm_file *file = open_file(&f, TSM_INBLOB, TSM_WRITE);
  tsm_flush(file);
  expect_text(&f, TSM_GENERATION, "0\n");
  assert_int_equal(tsm_write(file, 0, vcca_span_of(challenge, 20)), 20);
  tsm_flush(file);
  expect_text(&f, TSM_GENERATION, "1\n");
  assert_int_equal(tsm_write(file, 20, vcca_span_of(challenge + 20, 20)), 20);
  tsm_flush(file);
  expect_text(&f, TSM_GENERATION, "1\n");
  assert_true(get_token(&f, token) > 0);
  tsm_close(file);
  expect_text(&f, TSM_GENERATION, "1\n");
  close_fixture(&f);
}

static void a_report_is_kept_until_something_is_written(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t first[VCCA_TOKEN_MAX], again[VCCA_TOKEN_MAX];
  struct vcca_error err = {0};
  uint64_t status;
  open_fixture(&f);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  ssize_t n = get_token(&f, first);
  uint64_t calls = vcca_running_trace_next(f.v);
  assert_int_equal(get_token(&f, again), n);
  assert_int_equal(vcca_running_trace_next(f.v), calls); /* the monitor was not asked */
  check_ok(vcca_running_extend(f.v, 1, VCCA_SPAN_LIT("more"), &status, &err), &err, "extend");
  assert_int_equal(get_token(&f, again), n);
  assert_memory_equal(first, again, (size_t)n);
  assert_int_equal(put(&f, TSM_PRIVLEVEL, "0", 1), 1);
  assert_int_equal(get_token(&f, again), n);
  assert_memory_not_equal(first, again, (size_t)n); /* the REM is another now */
  close_fixture(&f);
}

static void the_first_read_of_an_open_file_is_what_the_others_see(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t first[VCCA_TOKEN_MAX], rest[VCCA_TOKEN_MAX];
  open_fixture(&f);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  struct tsm_file *file = open_file(&f, TSM_OUTBLOB, TSM_READ), *late = open_file(&f, TSM_OUTBLOB, TSM_READ);
  vcca_sink begin = vcca_sink_of(first, 10), end = VCCA_SINK(rest), none = VCCA_SINK(rest);
  ssize_t n = get_token(&f, rest);
  assert_int_equal(tsm_read(file, 0, &begin), 10);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 32), 32);
  assert_int_equal(tsm_rmdir(f.t, "r"), 0);
  assert_int_equal(tsm_read(file, 10, &end), n - 10); /* the report that is gone */
  assert_int_equal(tsm_read(file, (size_t)n, &none), 0);
  assert_int_equal(tsm_read(file, SIZE_MAX, &none), 0);
  assert_int_equal(tsm_read(late, 0, &none), -ENOENT); /* file.c: frag_dead */
  tsm_close(file);
  tsm_close(late);
  close_fixture(&f);
}

/* --- Directories ---------------------------------------------------------------------------------------- */

static void directories_come_and_go_as_in_configfs(void **state)
{
  (void)state;
  struct fixture f;
  uint64_t id, other;
  char name[TSM_NAME_MAX + 2], found[TSM_NAME_MAX + 1];
  struct tsm_file *file;
  open_fixture(&f);
  assert_int_equal(tsm_mkdir(f.t, "r", &id), -EEXIST);
  memset(name, 'n', sizeof name);
  name[TSM_NAME_MAX + 1] = '\0';
  assert_int_equal(tsm_mkdir(f.t, name, &id), -ENAMETOOLONG);
  assert_int_equal(tsm_lookup(f.t, name, &id), -ENAMETOOLONG);
  name[TSM_NAME_MAX] = '\0';
  assert_int_equal(tsm_mkdir(f.t, name, &id), 0);
  assert_int_equal(tsm_lookup(f.t, name, &other), 0);
  assert_int_equal(id, other);
  id = 0;
  assert_true(tsm_next(f.t, &id, found) && strcmp(found, "r") == 0 && id == f.id);
  assert_true(tsm_next(f.t, &id, found) && strcmp(found, name) == 0 && !tsm_next(f.t, &id, found));
  assert_int_equal(tsm_rmdir(f.t, "r"), 0);
  assert_int_equal(tsm_rmdir(f.t, "r"), -ENOENT);
  assert_int_equal(tsm_lookup(f.t, "r", &id), -ENOENT);
  assert_int_equal(tsm_open(f.t, f.id, TSM_OUTBLOB, TSM_READ, &file), -ENOENT);
  assert_int_equal(tsm_mkdir(f.t, "r", &id), 0);
  assert_int_not_equal(id, f.id); /* another report of the same name */
  for (size_t n = tsm_count(f.t); n < TSM_REPORTS_MAX; n++) {
    snprintf(name, sizeof name, "%zu", n);
    assert_int_equal(tsm_mkdir(f.t, name, &id), 0);
  }
  assert_int_equal(tsm_mkdir(f.t, "one too many", &id), -ENOMEM);
  close_fixture(&f);
}

static void files_are_opened_for_what_their_attribute_can(void **state)
{
  (void)state;
  struct fixture f;
  struct tsm_file *file;
  struct tsm_owner owner;
  open_fixture(&f);
  for (unsigned a = 0; a < TSM_ATTRIBUTES; a++) {
    bool reads = tsm_attributes[a].mode & 0444;
    assert_int_equal(tsm_open(f.t, f.id, (enum tsm_attribute)a, TSM_READ | TSM_WRITE, &file),
                     -EACCES); /* none can both */
    assert_int_equal(tsm_open(f.t, f.id, (enum tsm_attribute)a, reads ? TSM_WRITE : TSM_READ, &file), -EACCES);
    assert_int_equal(tsm_open(f.t, f.id, (enum tsm_attribute)a, reads ? TSM_READ : TSM_WRITE, &file), 0);
    tsm_close(file);
    assert_int_equal(tsm_owner(f.t, f.id, a, &owner), 0);
    assert_int_equal(owner.mode, tsm_attributes[a].mode);
    owner.mode = 0666; /* chmod: what the attribute cannot do stays refused */
    assert_int_equal(tsm_set_owner(f.t, f.id, a, &owner), 0);
    assert_int_equal(tsm_open(f.t, f.id, (enum tsm_attribute)a, reads ? TSM_WRITE : TSM_READ, &file), -EACCES);
    owner.mode = 0;
    assert_int_equal(tsm_set_owner(f.t, f.id, a, &owner), 0);
    assert_int_equal(tsm_open(f.t, f.id, (enum tsm_attribute)a, reads ? TSM_READ : TSM_WRITE, &file), -EACCES);
  }
  close_fixture(&f);
}

static void what_is_written_to_a_report_that_is_gone_is_lost(void **state)
{
  (void)state;
  struct fixture f;
  open_fixture(&f);
  struct tsm_file *text = open_file(&f, TSM_PRIVLEVEL, TSM_WRITE), *binary = open_file(&f, TSM_INBLOB, TSM_WRITE);
  assert_int_equal(tsm_rmdir(f.t, "r"), 0);
  assert_int_equal(tsm_write(text, 0, vcca_span_of("0", 1)), -ENOENT);
  assert_int_equal(tsm_write(binary, 0, vcca_span_of(challenge, 64)), 64);
  tsm_close(text);
  tsm_close(binary);
  close_fixture(&f);
}

/* --- The monitor fails ---------------------------------------------------------------------------------- */

static void inject(const struct fixture *f, const char *command, uint64_t status)
{
  struct vcca_error err = {0};
  struct vcca_injection injection = {.kind = VCCA_INJECT_STATUS,
                                     .command = vcca_command_named(vcca_rsi(), vcca_span_str(command)),
                                     .status = status,
                                     .times = 1};
  check_ok(vcca_running_inject(f->v, &injection, &err), &err, command);
}

static void power_off(void *arg, vcca_guest *g)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0x84000008)};
  (void)arg;
  vcca_guest_call(g, x);
}

static void a_monitor_that_fails_gives_linux_errors(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t token[VCCA_TOKEN_MAX];
  struct vcca_error err = {0};
  open_fixture(&f);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  for (uint64_t status = 1; status <= 4; status++) {
    inject(&f, "ATTESTATION_TOKEN_INIT", status);
    assert_int_equal(get_token(&f, token), -EINVAL); /* rsi_attestation_token_init */
  }
  static const uint64_t continued[] = {1, 2, 4, 99};
  for (size_t i = 0; i < 4; i++) {
    inject(&f, "ATTESTATION_TOKEN_CONTINUE", continued[i]);
    assert_int_equal(get_token(&f, token), -ENXIO);
  }
  struct vcca_injection interrupts = {.kind = VCCA_INJECT_INCOMPLETE, .times = 20};
  check_ok(vcca_running_inject(f.v, &interrupts, &err), &err, "incomplete");
  assert_true(get_token(&f, token) > 0); /* without a further write */
  assert_int_equal(put(&f, TSM_PRIVLEVEL, "0", 1), 1);
  assert_false(vcca_running_do(f.v, power_off, NULL, &err));
  assert_int_equal(get_token(&f, token), -EIO); /* there is nobody left to read it */
  close_fixture(&f);
}

/* report.c try_advance_write_generation. 2^64 writes without a read. */
static void generations_do_not_meet_by_wrapping_around(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t token[VCCA_TOKEN_MAX];
  static const enum tsm_attribute writable[] = {TSM_PRIVLEVEL, TSM_SERVICE_PROVIDER, TSM_SERVICE_MANIFEST_VERSION,
                                                TSM_SERVICE_GUID};
  open_fixture(&f);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  f.t->first->write_generation = UINT64_MAX;
  expect_text(&f, TSM_GENERATION, "18446744073709551615\n");
  for (size_t i = 0; i < sizeof writable / sizeof *writable; i++)
    assert_int_equal(
        put(&f, writable[i], writable[i] == TSM_SERVICE_GUID ? GUID : "1", writable[i] == TSM_SERVICE_GUID ? 36 : 1),
        -EBUSY);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 32), 32); /* configfs ignores what comes of it */
  expect_text(&f, TSM_GENERATION, "18446744073709551615\n");
  assert_true(get_token(&f, token) > 0);
  assert_int_equal(put(&f, TSM_PRIVLEVEL, "1", 1), 1);
  expect_text(&f, TSM_GENERATION, "0\n");
  close_fixture(&f);
}

/* As when a program is killed, and the file system ends before it is told. */
static void files_that_are_open_at_the_end_are_freed(void **state)
{
  (void)state;
  struct fixture f;
  uint8_t room[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(room);
  open_fixture(&f);
  assert_int_equal(put(&f, TSM_INBLOB, challenge, 64), 64);
  struct tsm_file *read = open_file(&f, TSM_OUTBLOB, TSM_READ), *closed = open_file(&f, TSM_PROVIDER, TSM_READ);
  struct tsm_file *written = open_file(&f, TSM_INBLOB, TSM_WRITE);
  assert_true(tsm_read(read, 0, &out) > 0);
  assert_int_equal(tsm_write(written, 0, vcca_span_of(challenge, 64)), 64);
  tsm_close(closed);
  assert_int_equal(tsm_rmdir(f.t, "r"), 0);
  close_fixture(&f);
}

static void a_virtcca_guest_has_no_provider(void **state)
{
  (void)state;
  vcca_running *v = running_open("attest-virtcca-p521.yaml");
  struct tsm *t = tsm_new(v, tsm_provider_of(v), 0, 0);
  uint64_t id;
  assert_null(tsm_provider_of(v));
  assert_int_equal(tsm_mkdir(t, "r", &id), -ENXIO); /* report.c tsm_report_make_item */
  tsm_free(t);
  vcca_running_stop(v);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_text_attribute_takes_what_linux_takes),
      cmocka_unit_test(inblob_takes_up_to_64_bytes_and_a_report_wants_32),
      cmocka_unit_test(a_short_challenge_is_padded_with_zeros),
      cmocka_unit_test(writes_are_collected_until_the_file_is_closed),
      cmocka_unit_test(closing_one_of_several_descriptors_counts_once),
      cmocka_unit_test(a_report_is_kept_until_something_is_written),
      cmocka_unit_test(the_first_read_of_an_open_file_is_what_the_others_see),
      cmocka_unit_test(directories_come_and_go_as_in_configfs),
      cmocka_unit_test(files_are_opened_for_what_their_attribute_can),
      cmocka_unit_test(what_is_written_to_a_report_that_is_gone_is_lost),
      cmocka_unit_test(a_monitor_that_fails_gives_linux_errors),
      cmocka_unit_test(generations_do_not_meet_by_wrapping_around),
      cmocka_unit_test(files_that_are_open_at_the_end_are_freed),
      cmocka_unit_test(a_virtcca_guest_has_no_provider),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
