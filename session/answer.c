/* What the client sends, and where an answer ends. The protocol frames no answer but the log; every other
 * has a length of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rooms/session.h"

enum { DEPTH = 16, LOG_HEAD = 8 };

void vcca_session_put(enum vcca_message message, vcca_span payload, vcca_sink *out)
{
  uint8_t number[4];
  vcca_put_le32(number, (uint32_t)message);
  vcca_sink_put(out, VCCA_SPAN(number));
  vcca_sink_put(out, payload);
  if (message == VCCA_MESSAGE_TOKEN && payload.n < VCCA_SESSION_CHALLENGE)
    vcca_sink_fill(out, 0, VCCA_SESSION_CHALLENGE - payload.n);
}

/* A size that is known only when all of it is there: 0 is "not yet", anything beyond the limit is too much. */
struct extent {
  uint64_t size;
  bool bad;
  size_t at; /* where it is bad */
};

/* --- CBOR ------------------------------------------------------------------------------------------------ */

/* The head at `at`: its major type, argument and bytes. 0: not all of it is there yet; -1: it is none. */
static int cbor_head(vcca_span in, size_t at, unsigned *major, uint64_t *value)
{
  if (at >= in.n)
    return 0;
  unsigned info = in.p[at] & 31;
  *major = in.p[at] >> 5;
  *value = info;
  if (info < 24)
    return 1;
  if (info == 31)
    return *major >= 2 && *major != 6 ? 1 : -1;
  if (info > 27)
    return -1;
  size_t n = (size_t)1 << (info - 24);
  if (n > in.n - at - 1)
    return 0;
  *value = 0;
  for (size_t i = 0; i < n; i++)
    *value = *value << 8 | in.p[at + 1 + i];
  return (int)(1 + n);
}

/* Containers that are open, each with the items it still wants; one of indefinite length wants one until
 * its break. */
struct open_items {
  uint64_t left[DEPTH];
  bool endless[DEPTH];
  unsigned depth;
};

static bool is_endless(vcca_span in, size_t at, unsigned major)
{
  return (in.p[at] & 31) == 31 && major != 7;
}

/* An item has ended: so have those that it was the last of. */
static void item_done(struct open_items *o)
{
  while (o->depth > 0 && !o->endless[o->depth - 1] && --o->left[o->depth - 1] == 0)
    o->depth--;
}

static struct extent cbor_bad(size_t at)
{
  return (struct extent){.bad = true, .at = at};
}

/* Bytes of the first item of in, whatever form its heads have: how good it is, the verifier says. */
static struct extent cbor_extent(vcca_span in)
{
  struct open_items o = {.depth = 0};
  uint64_t at = 0;
  do {
    unsigned major = 0;
    uint64_t value = 0;
    if (at >= in.n)
      return (struct extent){.size = 0};
    int head = cbor_head(in, (size_t)at, &major, &value);
    if (head <= 0)
      return head < 0 ? cbor_bad((size_t)at) : (struct extent){.size = 0};
    bool endless = is_endless(in, (size_t)at, major), ends = in.p[at] == 0xff;
    bool holds = endless || major == 6 || ((major == 4 || major == 5) && value > 0);
    if (ends ? o.depth == 0 || !o.endless[o.depth - 1] : holds && o.depth == DEPTH)
      return cbor_bad((size_t)at);
    at += (uint64_t)head;
    if (ends) {
      o.depth--;
      item_done(&o);
    } else if (holds) {
      uint64_t items = major == 6 || endless ? 1 : major == 5 && value <= UINT64_MAX / 2 ? 2 * value : value;
      o.left[o.depth] = items;
      o.endless[o.depth++] = endless;
    } else {
      if (major == 2 || major == 3)
        at = value > VCCA_SESSION_LOG_MAX ? (uint64_t)VCCA_SESSION_LOG_MAX + 1 : at + value;
      item_done(&o);
    }
    if (at > VCCA_SESSION_LOG_MAX)
      return (struct extent){.size = at};
  } while (o.depth > 0);
  return (struct extent){.size = at};
}

/* --- Certificates ---------------------------------------------------------------------------------------- */

static struct extent der_extent(vcca_span in)
{
  size_t n = in.n > 1 ? in.p[1] & 0x7f : 0;
  uint64_t size = 0;
  if (in.n < 2)
    return (struct extent){.size = 0};
  if (in.p[1] < 0x80)
    return (struct extent){.size = 2 + n};
  if (n == 0 || n > 4)
    return (struct extent){.bad = true, .at = 1};
  if (in.n < 2 + n)
    return (struct extent){.size = 0};
  for (size_t i = 0; i < n; i++)
    size = size << 8 | in.p[2 + i];
  return (struct extent){.size = 2 + n + size};
}

static bool begins(vcca_span in, const char *text)
{
  size_t n = strlen(text);
  return memcmp(in.p, text, in.n < n ? in.n : n) == 0;
}

/* To the end of the first block; more blocks are no part of a device certificate. */
static struct extent pem_extent(vcca_span in)
{
  static const char end[] = "-----END CERTIFICATE-----";
  enum { N = sizeof end - 1 };
  for (size_t i = 0; i + N <= in.n; i++)
    if (memcmp(in.p + i, end, N) == 0)
      return (struct extent){.size = i + N};
  return (struct extent){.size = 0};
}

static struct extent certificate_extent(vcca_span in)
{
  static const char begin[] = "-----BEGIN CERTIFICATE-----";
  if (in.n == 0)
    return (struct extent){.size = 0};
  if (in.p[0] == 0x30)
    return der_extent(in);
  return begins(in, begin) ? pem_extent(in) : (struct extent){.bad = true, .at = 0};
}

/* --- ACPI ------------------------------------------------------------------------------------------------ */

static struct extent table_extent(vcca_span in)
{
  enum { HEADER = 36 };
  if (!begins(in, "CCEL"))
    return (struct extent){.bad = true, .at = 0};
  if (in.n < 8)
    return (struct extent){.size = 0};
  uint32_t size = vcca_le32(in.p + 4);
  return size < HEADER ? (struct extent){.bad = true, .at = 4} : (struct extent){.size = size};
}

/* --- Any answer ------------------------------------------------------------------------------------------ */

static const char *what_is(enum vcca_message to)
{
  return to == VCCA_MESSAGE_CERTIFICATE  ? "a certificate begins with DER's 0x30 or with -----BEGIN CERTIFICATE-----"
         : to == VCCA_MESSAGE_CCEL_TABLE ? "a CCEL table begins with CCEL and a length of 36 bytes or more"
                                         : "a token is one item of CBOR";
}

static enum vcca_session_answer bad(enum vcca_message to, const struct extent *e, enum vcca_session_end *end,
                                    struct vcca_error *err)
{
  *end = VCCA_END_MALFORMED_ANSWER;
  vcca_fail_at(err, e->at, "%s", what_is(to));
  return VCCA_ANSWER_BAD;
}

static enum vcca_session_answer measured(enum vcca_message to, vcca_span bytes, size_t skip, const struct extent *e,
                                         size_t *size, enum vcca_session_end *end, struct vcca_error *err)
{
  size_t most = to == VCCA_MESSAGE_EVENTLOG ? VCCA_SESSION_LOG_MAX : VCCA_SESSION_ANSWER_MAX, there = bytes.n - skip;
  if (e->size > most || (e->size == 0 && there > most)) {
    *end = VCCA_END_ANSWER_TOO_LARGE;
    vcca_fail(err, VCCA_FAULT_MALFORMED, "%s has more than the %zu bytes that the protocol has room for",
              vcca_message_numbered((uint32_t)to)->name, most);
    return VCCA_ANSWER_BAD;
  }
  *size = (size_t)e->size;
  return e->size == 0 || there < e->size ? VCCA_ANSWER_MORE : VCCA_ANSWER_WHOLE;
}

enum vcca_session_answer vcca_session_answer(enum vcca_message to, vcca_span bytes, size_t *skip, size_t *size,
                                             enum vcca_session_end *end, struct vcca_error *err)
{
  *skip = 0;
  if (to == VCCA_MESSAGE_EVENTLOG) {
    *skip = bytes.n < LOG_HEAD ? bytes.n : LOG_HEAD;
    struct extent log = {.size = bytes.n < LOG_HEAD ? 0 : vcca_le64(bytes.p)};
    if (bytes.n >= LOG_HEAD && log.size == 0) {
      *end = VCCA_END_MALFORMED_ANSWER;
      vcca_fail_at(err, 0, "an event log of 0 bytes: the peer has none");
      return VCCA_ANSWER_BAD;
    }
    return measured(to, bytes, *skip, &log, size, end, err);
  }
  while (*skip < bytes.n && (bytes.p[*skip] == '\n' || bytes.p[*skip] == '\r') &&
         *skip < 2) /* PEM's last line end may come late */
    ++*skip;
  vcca_span rest = vcca_span_sub(bytes, *skip, bytes.n);
  struct extent e = {.size = 0};
  if (rest.n > 0)
    e = to == VCCA_MESSAGE_CERTIFICATE  ? certificate_extent(rest)
        : to == VCCA_MESSAGE_CCEL_TABLE ? table_extent(rest)
                                        : cbor_extent(rest);
  e.at += *skip;
  return e.bad ? bad(to, &e, end, err) : measured(to, bytes, *skip, &e, size, end, err);
}
