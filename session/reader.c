/* What the server reads: one message after the other, in the order that the protocol has them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/session.h"

enum { NUMBER = 4 };

static uint32_t number_of(const struct vcca_session_reader *r)
{
  return vcca_le32(r->held);
}

/* Bytes of the message that is coming, as far as they are known: its number, then what it carries. */
static size_t whole_size(const struct vcca_session_reader *r)
{
  if (r->held_size < NUMBER)
    return NUMBER;
  if (number_of(r) == VCCA_MESSAGE_TOKEN)
    return NUMBER + VCCA_SESSION_CHALLENGE;
  return number_of(r) == VCCA_MESSAGE_KEY ? sizeof r->held : NUMBER; /* a key: one byte more than it may have */
}

uint8_t *vcca_session_room(struct vcca_session_reader *r, size_t *n)
{
  *n = r->over ? 0 : whole_size(r) - r->held_size;
  return r->held + r->held_size;
}

static enum vcca_session_read over(struct vcca_session_reader *r, enum vcca_session_end why, enum vcca_session_end *end)
{
  r->over = true;
  *end = why;
  return VCCA_SESSION_OVER;
}

/* Whether a message may come now. Verdicts follow a token, a key or its absence follows an acceptance; then
 * nothing follows. */
static bool may_come(const struct vcca_session_reader *r, uint32_t number)
{
  switch ((enum vcca_message)number) {
  case VCCA_MESSAGE_CERTIFICATE:
  case VCCA_MESSAGE_TOKEN:
  case VCCA_MESSAGE_CCEL_TABLE:
  case VCCA_MESSAGE_EVENTLOG:
    return !r->accepted;
  case VCCA_MESSAGE_ACCEPTED:
  case VCCA_MESSAGE_REJECTED:
    return r->asked_token && !r->accepted;
  case VCCA_MESSAGE_NO_KEY:
  case VCCA_MESSAGE_KEY:
    return r->accepted;
  }
  return false;
}

static bool asks_evidence(uint32_t number)
{
  return number >= VCCA_MESSAGE_CERTIFICATE && number <= VCCA_MESSAGE_EVENTLOG;
}

/* The number of a message has come. */
static bool begin(struct vcca_session_reader *r, enum vcca_session_end *end)
{
  uint32_t number = number_of(r);
  *end = VCCA_END_UNKNOWN_MESSAGE;
  if (!vcca_message_numbered(number))
    return false;
  *end = VCCA_END_OUT_OF_ORDER;
  if (!may_come(r, number))
    return false;
  *end = VCCA_END_TOO_MANY;
  return !asks_evidence(number) || r->requests++ < VCCA_SESSION_REQUESTS_MAX;
}

static enum vcca_session_read finish(struct vcca_session_reader *r, enum vcca_message *message, vcca_span *payload)
{
  *message = (enum vcca_message)number_of(r);
  *payload = vcca_span_of(r->held + NUMBER, r->held_size - NUMBER);
  r->asked_token = r->asked_token || *message == VCCA_MESSAGE_TOKEN;
  r->accepted = r->accepted || *message == VCCA_MESSAGE_ACCEPTED;
  r->over = *message == VCCA_MESSAGE_REJECTED || *message == VCCA_MESSAGE_NO_KEY || *message == VCCA_MESSAGE_KEY;
  r->held_size = 0;
  return VCCA_SESSION_MESSAGE;
}

/* The peer sends no more: between messages this is its right, and a key ends so. */
static enum vcca_session_read closed(struct vcca_session_reader *r, enum vcca_message *message, vcca_span *payload,
                                     enum vcca_session_end *end)
{
  bool key = r->held_size >= NUMBER && number_of(r) == VCCA_MESSAGE_KEY;
  if (key && r->held_size > NUMBER)
    return finish(r, message, payload);
  return over(r,
              key                ? VCCA_END_KEY_EMPTY
              : r->held_size > 0 ? VCCA_END_CLOSED_EARLY
              : r->accepted      ? VCCA_END_ACCEPTED
                                 : VCCA_END_NO_VERDICT,
              end);
}

enum vcca_session_read vcca_session_took(struct vcca_session_reader *r, size_t n, enum vcca_message *message,
                                         vcca_span *payload, enum vcca_session_end *end)
{
  bool had_number = r->held_size >= NUMBER;
  if (n == 0)
    return closed(r, message, payload, end);
  r->held_size += n;
  if (!had_number && r->held_size >= NUMBER && !begin(r, end))
    return over(r, *end, end);
  if (r->held_size < whole_size(r))
    return VCCA_SESSION_MORE;
  return number_of(r) == VCCA_MESSAGE_KEY ? over(r, VCCA_END_KEY_TOO_LARGE, end) : finish(r, message, payload);
}
