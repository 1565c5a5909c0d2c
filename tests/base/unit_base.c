/* Spans, sinks, hex, numbers, errors, files, JSON: the facts the rest of the house leans on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rooms/json.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/hex.h"
#include "rooms/span.h"

static void a_sink_counts_what_it_could_not_hold(void **state)
{
  (void)state;
  uint8_t room[4];
  vcca_sink s = VCCA_SINK(room);
  vcca_sink_str(&s, "abc");
  assert_true(vcca_sink_ok(&s));
  assert_true(vcca_span_is(vcca_sink_span(&s), "abc"));
  vcca_sink_str(&s, "de");
  vcca_sink_u8(&s, 'f');
  assert_false(vcca_sink_ok(&s));
  assert_int_equal(s.n, 6);
  assert_null(vcca_sink_span(&s).p);
}

static void a_sink_without_room_measures(void **state)
{
  (void)state;
  vcca_sink s = {0};
  vcca_sink_fill(&s, 0, 1000);
  vcca_sink_fill(&s, 0, SIZE_MAX);
  assert_int_equal(s.n, SIZE_MAX);
}

static void a_sub_span_never_leaves_its_span(void **state)
{
  (void)state;
  vcca_span s = VCCA_SPAN_LIT("abcdef");
  assert_true(vcca_span_is(vcca_span_sub(s, 2, 2), "cd"));
  assert_true(vcca_span_is(vcca_span_sub(s, 4, SIZE_MAX), "ef"));
  assert_int_equal(vcca_span_sub(s, 7, 1).n, 0);
}

static void hex_names_its_bad_digit(void **state)
{
  (void)state;
  struct vcca_error err;
  uint8_t room[2];
  vcca_sink s = VCCA_SINK(room);
  assert_true(vcca_hex_read(vcca_span_str("aB0f"), &s, &err));
  assert_int_equal(room[0] << 8 | room[1], 0xab0f);
  assert_false(vcca_hex_read(vcca_span_str("12g4"), &s, &err));
  assert_int_equal(err.offset, 2);
  assert_false(vcca_hex_read(vcca_span_str("123"), &s, &err));
  assert_false(vcca_hex_read(vcca_span_str("112233"), &s, &err));
}

static void numbers_have_bounds(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool ok;
    uint64_t value;
  } rows[] = {
      {"0", true, 0},
      {"0x40000000", true, 0x40000000},
      {"2M", true, 2 << 20},
      {"18446744073709551615", true, UINT64_MAX},
      {"18446744073709551616", false, 0},
      {"0xffffffffffffffff", true, UINT64_MAX},
      {"", false, 0},
      {"0x", false, 0},
      {"12a", false, 0},
      {"-1", false, 0},
      {"17179869183G", true, UINT64_C(17179869183) << 30},
      {"17179869184G", false, 0},
      {"K", false, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint64_t v = 1;
    bool ok = vcca_u64_read(vcca_span_str(rows[i].text), &v, NULL);
    if (ok != rows[i].ok || (ok && v != rows[i].value))
      fail_msg("'%s' read wrongly", rows[i].text);
  }
}

static void an_error_tells_its_place(void **state)
{
  (void)state;
  struct vcca_error err;
  char text[600];
  assert_false(vcca_fail_at(&err, 291, "not a map"));
  vcca_fail_in(&err, "token.cbor");
  assert_string_equal(vcca_error_text(&err, text, sizeof text), "token.cbor: byte 291 (0x123): not a map");
  vcca_fail_line(&err, 3, 7, "no such key");
  vcca_fail_in(&err, "a.yaml");
  assert_string_equal(vcca_error_text(&err, text, sizeof text), "a.yaml:3:7: no such key");
}

static void a_file_is_written_whole_or_not_at_all(void **state)
{
  (void)state;
  char path[] = "/tmp/vcca-base-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  struct vcca_error err;
  struct vcca_bytes b = {0};
  check_ok(vcca_file_write(path, vcca_span_str("hello"), &err), &err, "write");
  check_ok(vcca_file_read(path, 5, &b, &err), &err, "read");
  assert_true(vcca_span_is(vcca_bytes_span(&b), "hello"));
  vcca_bytes_free(&b);
  assert_false(vcca_file_read(path, 4, &b, &err));
  remove(path);
  assert_false(vcca_file_read(path, 4, &b, &err));
  assert_int_equal(err.fault, VCCA_FAULT_IO);
  assert_false(vcca_file_write("/nonexistent/folder/x", vcca_span_str("a"), &err));
}

static void what_is_written_in_pieces_takes_its_place_at_the_end(void **state)
{
  (void)state;
  char path[] = "/tmp/vcca-base-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "before", 6), 6);
  close(fd);
  struct vcca_error err;
  struct vcca_bytes b = {0};
  struct vcca_output out = {.stream = NULL};
  assert_true(vcca_output_close(&out, true, &err));
  assert_false(vcca_output_close(&out, false, &err));
  for (int whole = 0; whole <= 1; whole++) {
    check_ok(vcca_output_open(&out, path, false, &err), &err, "open");
    assert_int_equal(fprintf(out.stream, "be%s", "hind"), 6);
    check_ok(vcca_file_read(path, 6, &b, &err), &err, "read while it is written");
    assert_true(vcca_span_is(vcca_bytes_span(&b), "before"));
    vcca_bytes_free(&b);
    assert_int_equal(vcca_output_close(&out, whole, &err), whole);
    assert_int_equal(access(out.temp, F_OK), -1);
  }
  check_ok(vcca_file_read(path, 6, &b, &err), &err, "read");
  assert_true(vcca_span_is(vcca_bytes_span(&b), "behind"));
  vcca_bytes_free(&b);
  remove(path);
  check_ok(vcca_output_open(&out, "/dev/full", false, &err), &err, "a full disk opens");
  fputs("behind", out.stream);
  assert_false(vcca_output_close(&out, true, &err));
  assert_int_equal(err.fault, VCCA_FAULT_IO);
}

static void a_mapped_file_stays_readable_after_it_was_forgotten(void **state)
{
  (void)state;
  enum { SIZE = (9 << 20) + 5 };
  char path[] = "/tmp/vcca-base-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, "begin", 5, 0), 5);
  assert_int_equal(pwrite(fd, "ended", 5, SIZE - 5), 5);
  close(fd);
  struct vcca_error err;
  struct vcca_mapping m = {.forgotten = 0};
  check_ok(vcca_file_map(path, SIZE, &m, &err), &err, "map");
  assert_int_equal(m.bytes.n, SIZE);
  for (size_t end = 0; end < SIZE + 3000000; end += 1000000) {
    vcca_file_forget(&m, end);
    assert_true(vcca_span_is(vcca_span_sub(m.bytes, 0, 5), "begin"));
    assert_true(vcca_span_is(vcca_span_sub(m.bytes, SIZE - 5, 5), "ended"));
  }
  vcca_file_unmap(&m);
  assert_null(m.bytes.p);
  assert_false(vcca_file_map(path, SIZE - 1, &m, &err));
  assert_int_equal(err.fault, VCCA_FAULT_MALFORMED);
  check_ok(vcca_file_write(path, vcca_span_of(NULL, 0), &err), &err, "empty");
  check_ok(vcca_file_map(path, SIZE, &m, &err), &err, "map what is empty");
  assert_int_equal(m.bytes.n, 0);
  vcca_file_forget(&m, SIZE);
  vcca_file_unmap(&m);
  remove(path);
  assert_false(vcca_file_map(path, SIZE, &m, &err));
  assert_int_equal(err.fault, VCCA_FAULT_IO);
  assert_false(vcca_file_map("/tmp", SIZE, &m, &err));
}

static void a_pipe_is_read_through_and_its_writer_is_not_cut_off(void **state)
{
  (void)state;
  enum { SIZE = 300000 };
  static const uint8_t bytes[SIZE];
  char folder[] = "/tmp/vcca-base-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/pipe", folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(check_seconds(60)); /* what would wait for ever fails */
  pid_t writer = fork();
  if (writer == 0) {
    int fd = open(path, O_WRONLY);
    for (size_t done = 0; fd >= 0 && done < SIZE; done += 100000)
      if (write(fd, bytes, 100000) != 100000)
        _exit(1);
    _exit(fd < 0);
  }
  struct vcca_error err = {0};
  struct vcca_mapping m = {.forgotten = 0};
  int status = -1;
  check_ok(vcca_file_map(path, SIZE, &m, &err), &err, "map a pipe");
  assert_int_equal(m.bytes.n, SIZE);
  assert_int_equal(waitpid(writer, &status, 0), writer);
  assert_int_equal(status, 0);
  alarm(0);
  vcca_file_unmap(&m);
  remove(path);
  remove(folder);
}

static void what_never_ends_is_refused_at_the_limit(void **state)
{
  (void)state;
  static const size_t limits[] = {0, 1, 4095, 4096, 100000};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    struct vcca_error err = {0};
    struct vcca_bytes b = {0};
    assert_false(vcca_file_read("/dev/zero", limits[i], &b, &err));
    assert_int_equal(err.fault, VCCA_FAULT_MALFORMED);
    assert_null(b.p);
  }
}

enum { PIECE = 4 << 20 };

/* Spools n bytes, each the low byte of its place / 251, in pieces; false when there were max. */
static bool spool(size_t n, size_t max, struct vcca_spool *s)
{
  struct vcca_error err;
  for (size_t done = 0, room; done < n; done += room) {
    uint8_t *p;
    check_ok(vcca_spool_room(s, max, &p, &room, &err), &err, "room");
    if (room == 0)
      return false;
    room = room < PIECE ? room : PIECE;
    room = room < n - done ? room : n - done;
    for (size_t i = 0; i < room; i++)
      p[i] = (uint8_t)((done + i) / 251);
    vcca_spool_add(s, room);
  }
  return true;
}

static void what_was_spooled_is_mapped_whether_it_is_little_or_much(void **state)
{
  (void)state;
  static const size_t sizes[] = {0, 1, 65536, 65537, 8 << 20, (8 << 20) + 1, (21 << 20) + 5};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct vcca_spool s = {.used = 0};
    struct vcca_mapping m = {.forgotten = 0};
    struct vcca_error err;
    size_t n = sizes[i], wrong = 0;
    assert_true(spool(n, SIZE_MAX, &s));
    check_ok(vcca_spool_end(&s, &m, &err), &err, "end");
    assert_int_equal(m.bytes.n, n);
    for (size_t k = 0; k < n; k++)
      wrong += m.bytes.p[k] != (uint8_t)(k / 251);
    assert_int_equal(wrong, 0);
    vcca_file_forget(&m, n);
    assert_true(n == 0 || m.bytes.p[n - 1] == (uint8_t)((n - 1) / 251));
    vcca_file_unmap(&m);
    vcca_file_unmap(&m);
  }
}

static void a_spool_takes_no_more_than_it_may(void **state)
{
  (void)state;
  static const size_t limits[] = {0, 1, 70000, (9 << 20) + 1};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    struct vcca_spool s = {.used = 0};
    assert_true(spool(limits[i], limits[i], &s));
    assert_false(spool(1, limits[i], &s));
    assert_int_equal(s.written + s.used, limits[i]);
    vcca_spool_free(&s);
    vcca_spool_free(&s);
  }
}

static void a_view_is_neither_forgotten_nor_freed(void **state)
{
  (void)state;
  static uint8_t bytes[9 << 20];
  memset(bytes, 7, sizeof bytes);
  struct vcca_mapping view = {.bytes = VCCA_SPAN(bytes)};
  vcca_file_forget(&view, sizeof bytes);
  assert_int_equal(bytes[0], 7);
  assert_int_equal(bytes[sizeof bytes - 1], 7);
  vcca_file_unmap(&view);
}

static void json_is_escaped_and_ordered(void **state)
{
  (void)state;
  char room[512];
  vcca_sink s = vcca_sink_of(room, sizeof room);
  struct vcca_json j = vcca_json_into(&s, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "t", "a\"b\\\n\xc3\xa9\xff\xf3\xa0\x81\xa0");
  vcca_json_addr(&j, "ipa", 0xffffffffffffffff);
  vcca_json_open(&j, "list", '[');
  vcca_json_int(&j, NULL, -5);
  vcca_json_hex(&j, NULL, VCCA_SPAN_LIT("\x01\xff"));
  vcca_json_close(&j);
  vcca_json_open(&j, "none", '{');
  vcca_json_close(&j);
  vcca_json_close(&j);
  vcca_sink_u8(&s, 0);
  assert_string_equal(room, "{\"t\":\"a\\\"b\\\\\\u000a\xc3\xa9\\ufffd\\udb40\\udc60\",\"ipa\":\"0xffffffffffffffff\","
                            "\"list\":[-5,\"01ff\"],\"none\":{}}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sink_counts_what_it_could_not_hold),
      cmocka_unit_test(a_sink_without_room_measures),
      cmocka_unit_test(a_sub_span_never_leaves_its_span),
      cmocka_unit_test(hex_names_its_bad_digit),
      cmocka_unit_test(numbers_have_bounds),
      cmocka_unit_test(an_error_tells_its_place),
      cmocka_unit_test(a_file_is_written_whole_or_not_at_all),
      cmocka_unit_test(what_is_written_in_pieces_takes_its_place_at_the_end),
      cmocka_unit_test(a_mapped_file_stays_readable_after_it_was_forgotten),
      cmocka_unit_test(a_pipe_is_read_through_and_its_writer_is_not_cut_off),
      cmocka_unit_test(what_never_ends_is_refused_at_the_limit),
      cmocka_unit_test(what_was_spooled_is_mapped_whether_it_is_little_or_much),
      cmocka_unit_test(a_spool_takes_no_more_than_it_may),
      cmocka_unit_test(a_view_is_neither_forgotten_nor_freed),
      cmocka_unit_test(json_is_escaped_and_ordered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
