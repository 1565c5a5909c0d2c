/* Any bytes as what a client sends, in pieces of any size, and as each answer of a server. The reader asks
 * for no more than belongs to a message, ends for good when a session is over, and takes the same messages
 * however they are cut; an answer that is whole stays so when more follows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "rooms/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
  if (!holds)
    abort();
}

/* How many messages came, and how it ended. */
static unsigned read_all(vcca_span in, size_t piece, enum vcca_session_end *end)
{
  static struct vcca_session_reader r;
  enum vcca_message message;
  vcca_span payload;
  unsigned messages = 0;
  memset(&r, 0, sizeof r);
  *end = VCCA_SESSION_ENDS;
  for (;;) {
    size_t n;
    uint8_t *room = vcca_session_room(&r, &n);
    must(n <= sizeof r.held && room >= r.held && room + n <= r.held + sizeof r.held);
    if (n == 0)
      return messages;
    n = n < piece ? n : piece;
    n = n < in.n ? n : in.n;
    if (n > 0)
      memcpy(room, in.p, n);
    in = vcca_span_sub(in, n, in.n);
    enum vcca_session_read got = vcca_session_took(&r, n, &message, &payload, end);
    messages += got == VCCA_SESSION_MESSAGE;
    must(got != VCCA_SESSION_MESSAGE ||
         (vcca_message_numbered((uint32_t)message) && payload.n <= VCCA_SESSION_KEY_MAX));
    if (got == VCCA_SESSION_OVER)
      must(*end < VCCA_SESSION_ENDS);
    if (got == VCCA_SESSION_OVER || n == 0)
      return messages;
  }
}

static void as_answer(enum vcca_message to, vcca_span bytes)
{
  size_t skip, whole, again;
  enum vcca_session_end end;
  struct vcca_error err = {0};
  enum vcca_session_answer got = vcca_session_answer(to, bytes, &skip, &whole, &end, &err);
  if (got == VCCA_ANSWER_BAD)
    must(err.text[0] != '\0' && (end == VCCA_END_MALFORMED_ANSWER || end == VCCA_END_ANSWER_TOO_LARGE));
  if (got != VCCA_ANSWER_WHOLE)
    return;
  must(skip <= bytes.n && whole <= bytes.n - skip);
  got = vcca_session_answer(to, vcca_span_sub(bytes, 0, skip + whole), &skip, &again, &end, &err);
  must(got == VCCA_ANSWER_WHOLE && again == whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  enum vcca_session_end one, another;
  if (size == 0)
    return 0;
  vcca_span in = vcca_span_of(data + 1, size - 1);
  unsigned messages = read_all(in, SIZE_MAX, &one);
  must(read_all(in, 1 + data[0], &another) == messages && one == another);
  for (uint32_t to = VCCA_MESSAGE_CERTIFICATE; to <= VCCA_MESSAGE_EVENTLOG; to++)
    as_answer((enum vcca_message)to, in);
  return 0;
}
