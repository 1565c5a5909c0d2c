/* What the server reads of a client: every course of a session and every fault that its reader can tell,
 * whole, byte by byte, and in pieces of each size; and where answers end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <string.h>

#include "rooms/session.h"

enum { STREAM = 8192 };

/* A client's bytes. */
struct stream {
  uint8_t bytes[STREAM];
  vcca_sink out;
};

static void say(struct stream *s, uint32_t number, size_t payload)
{
  uint8_t head[4];
  vcca_put_le32(head, number);
  vcca_sink_put(&s->out, VCCA_SPAN(head));
  vcca_sink_fill(&s->out, 'x', payload);
}

/* Feeds the stream in pieces; returns the end, or -1 when the reader waits for more. *messages: how many
 * were whole. */
static int feed(const struct stream *s, size_t piece, bool close, unsigned *messages)
{
  struct vcca_session_reader r = {.held_size = 0};
  enum vcca_message message;
  enum vcca_session_end end = VCCA_SESSION_ENDS;
  vcca_span payload;
  size_t at = 0;
  *messages = 0;
  for (;;) {
    size_t n, left = s->out.n - at;
    uint8_t *room = vcca_session_room(&r, &n);
    if (n == 0)
      return -1;
    n = n < piece ? n : piece;
    n = n < left ? n : left;
    if (n == 0 && !close)
      return -1;
    memcpy(room, s->bytes + at, n);
    at += n;
    switch (vcca_session_took(&r, n, &message, &payload, &end)) {
    case VCCA_SESSION_OVER:
      return (int)end;
    case VCCA_SESSION_MESSAGE:
      ++*messages;
      if (n == 0)
        return -1;
      break;
    case VCCA_SESSION_MORE:
      break;
    }
  }
}

static void each_course_ends_as_the_table_says(void **state)
{
  (void)state;
  static const struct {
    const char *what;
    struct {
      uint32_t number;
      size_t payload;
    } says[4];
    unsigned times; /* of the first */
    unsigned messages;
    int end;
  } rows[] = {
      {"nothing", {{0, 0}}, 0, 0, VCCA_END_NO_VERDICT},
      {"a certificate alone", {{0x1001, 0}}, 1, 1, VCCA_END_NO_VERDICT},
      {"all evidence", {{0x1001, 0}, {0x1002, 64}, {0x1003, 0}, {0x1004, 0}}, 1, 4, VCCA_END_NO_VERDICT},
      {"accepted, and closed", {{0x1002, 64}, {0x1005, 0}}, 1, 2, VCCA_END_ACCEPTED},
      {"an unknown number", {{0x1009, 0}}, 1, 0, VCCA_END_UNKNOWN_MESSAGE},
      {"another byte order", {{0x01100000, 0}}, 1, 0, VCCA_END_UNKNOWN_MESSAGE},
      {"a verdict before a token", {{0x1005, 0}}, 1, 0, VCCA_END_OUT_OF_ORDER},
      {"a rejection before a token", {{0x1001, 0}, {0x1006, 0}}, 1, 1, VCCA_END_OUT_OF_ORDER},
      {"a key before acceptance", {{0x1002, 64}, {0x1008, 32}}, 1, 1, VCCA_END_OUT_OF_ORDER},
      {"no key before acceptance", {{0x1002, 64}, {0x1007, 0}}, 1, 1, VCCA_END_OUT_OF_ORDER},
      {"a question after acceptance", {{0x1002, 64}, {0x1005, 0}, {0x1001, 0}}, 1, 2, VCCA_END_OUT_OF_ORDER},
      {"accepted twice", {{0x1002, 64}, {0x1005, 0}, {0x1005, 0}}, 1, 2, VCCA_END_OUT_OF_ORDER},
      {"a number cut short", {{0x1002, 64}}, 1, 1, VCCA_END_CLOSED_EARLY}, /* and three bytes more */
      {"a challenge cut short", {{0x1002, 63}}, 1, 0, VCCA_END_CLOSED_EARLY},
      {"32 questions", {{0x1001, 0}}, 32, 32, VCCA_END_NO_VERDICT},
      {"33 questions", {{0x1001, 0}}, 33, 32, VCCA_END_TOO_MANY},
      {"an empty key", {{0x1002, 64}, {0x1005, 0}, {0x1008, 0}}, 1, 2, VCCA_END_KEY_EMPTY},
      {"a key of 4097 bytes", {{0x1002, 64}, {0x1005, 0}, {0x1008, 4097}}, 1, 2, VCCA_END_KEY_TOO_LARGE},
      {"a key of 4096 bytes", {{0x1002, 64}, {0x1005, 0}, {0x1008, 4096}}, 1, 3, -1},
      {"a key of a byte", {{0x1002, 64}, {0x1005, 0}, {0x1008, 1}}, 1, 3, -1},
      {"rejected", {{0x1002, 64}, {0x1006, 0}}, 1, 2, -1},
      {"no key", {{0x1002, 64}, {0x1005, 0}, {0x1007, 0}}, 1, 3, -1},
  };
  static const size_t pieces[] = {1, 2, 3, 5, 64, 68, 4096, STREAM};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    static struct stream s;
    s.out = VCCA_SINK(s.bytes);
    for (unsigned t = 0; t < rows[i].times; t++)
      say(&s, rows[i].says[0].number, rows[i].says[0].payload);
    for (size_t k = 1; k < 4 && rows[i].says[k].number; k++)
      say(&s, rows[i].says[k].number, rows[i].says[k].payload);
    if (strcmp(rows[i].what, "a number cut short") == 0)
      vcca_sink_fill(&s.out, 1, 3);
    assert_true(vcca_sink_ok(&s.out));
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
      unsigned messages;
      int end = feed(&s, pieces[k], true, &messages);
      if (end != rows[i].end || messages != rows[i].messages)
        fail_msg("%s, in pieces of %zu: %u messages, end %d", rows[i].what, pieces[k], messages, end);
    }
  }
}

/* The reader never asks for bytes of the next message, so that a server may read as much as it is told. */
static void room_is_what_belongs_to_the_message(void **state)
{
  (void)state;
  struct vcca_session_reader r = {.held_size = 0};
  enum vcca_message message;
  enum vcca_session_end end;
  vcca_span payload;
  size_t n;
  uint8_t *room = vcca_session_room(&r, &n);
  assert_int_equal(n, 4);
  vcca_put_le32(room, 0x1002);
  assert_int_equal(vcca_session_took(&r, 4, &message, &payload, &end), VCCA_SESSION_MORE);
  room = vcca_session_room(&r, &n);
  assert_int_equal(n, 64);
  memset(room, 7, 64);
  assert_int_equal(vcca_session_took(&r, 64, &message, &payload, &end), VCCA_SESSION_MESSAGE);
  assert_int_equal(message, VCCA_MESSAGE_TOKEN);
  assert_int_equal(payload.n, 64);
  assert_int_equal(payload.p[63], 7);
  (void)vcca_session_room(&r, &n);
  assert_int_equal(n, 4);
}

/* What a client puts is what a server reads. */
static void what_is_put_is_read(void **state)
{
  (void)state;
  static struct stream s;
  unsigned messages;
  s.out = VCCA_SINK(s.bytes);
  vcca_session_put(VCCA_MESSAGE_CERTIFICATE, vcca_span_of(NULL, 0), &s.out);
  vcca_session_put(VCCA_MESSAGE_TOKEN, VCCA_SPAN_LIT("short"), &s.out); /* padded to 64 */
  vcca_session_put(VCCA_MESSAGE_ACCEPTED, vcca_span_of(NULL, 0), &s.out);
  vcca_session_put(VCCA_MESSAGE_NO_KEY, vcca_span_of(NULL, 0), &s.out);
  assert_int_equal(s.out.n, 4 + 68 + 4 + 4);
  assert_int_equal(feed(&s, 7, true, &messages), -1);
  assert_int_equal(messages, 4);
}

static enum vcca_session_answer answer(enum vcca_message to, const void *bytes, size_t n, size_t *size,
                                       enum vcca_session_end *end)
{
  size_t skip = 0;
  struct vcca_error err;
  return vcca_session_answer(to, vcca_span_of(bytes, n), &skip, size, end, &err);
}

/* Every prefix of an answer is "more", the whole is whole, and what is none is told at once. */
static void answers_end_where_their_own_format_says(void **state)
{
  (void)state;
  static const uint8_t der[] = {0x30, 0x82, 0x00, 0x03, 1, 2, 3}, token[] = {0xd9, 0x01, 0x8f, 0xa1, 0x01, 0x42, 1, 2},
                       log[] = {3, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'}, table[56] = {'C', 'C', 'E', 'L', 56};
  static const char pem[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  const struct {
    enum vcca_message to;
    const void *bytes;
    size_t n, size;
  } rows[] = {{VCCA_MESSAGE_CERTIFICATE, der, sizeof der, sizeof der},
              {VCCA_MESSAGE_CERTIFICATE, pem, sizeof pem - 1, sizeof pem - 1},
              {VCCA_MESSAGE_TOKEN, token, sizeof token, sizeof token},
              {VCCA_MESSAGE_EVENTLOG, log, sizeof log, 3},
              {VCCA_MESSAGE_CCEL_TABLE, table, sizeof table, sizeof table}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (size_t n = 0; n <= rows[i].n; n++) {
      size_t size = 0;
      enum vcca_session_end end;
      enum vcca_session_answer got = answer(rows[i].to, rows[i].bytes, n, &size, &end);
      if (got != (n == rows[i].n ? VCCA_ANSWER_WHOLE : VCCA_ANSWER_MORE))
        fail_msg("answer %zu, %zu bytes: %d", i, n, (int)got);
      if (got == VCCA_ANSWER_WHOLE)
        assert_int_equal(size, rows[i].size);
    }
  static const uint8_t huge_log[] = {1, 0, 0x20, 0, 0, 0, 0, 0}, huge_der[] = {0x30, 0x84, 1, 0, 0, 0};
  size_t size;
  enum vcca_session_end end;
  assert_int_equal(answer(VCCA_MESSAGE_EVENTLOG, huge_log, sizeof huge_log, &size, &end), VCCA_ANSWER_BAD);
  assert_int_equal(end, VCCA_END_ANSWER_TOO_LARGE);
  assert_int_equal(answer(VCCA_MESSAGE_CERTIFICATE, huge_der, sizeof huge_der, &size, &end), VCCA_ANSWER_BAD);
  assert_int_equal(answer(VCCA_MESSAGE_CERTIFICATE, "HTTP/1.1 400", 12, &size, &end), VCCA_ANSWER_BAD);
  assert_int_equal(end, VCCA_END_MALFORMED_ANSWER);
  assert_int_equal(answer(VCCA_MESSAGE_CCEL_TABLE, "HTTP/1.1 400", 12, &size, &end), VCCA_ANSWER_BAD);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_course_ends_as_the_table_says),
      cmocka_unit_test(room_is_what_belongs_to_the_message),
      cmocka_unit_test(what_is_put_is_read),
      cmocka_unit_test(answers_end_where_their_own_format_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
