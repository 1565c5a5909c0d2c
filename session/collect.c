/* The client: one session, from the connection to the verdict, within its limits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/world.h"
#include "rooms/session.h"

/* --- Waiting --------------------------------------------------------------------------------------------- */

/* Waits for a byte, or for room. False with *end when the time is over. what: "the token" */
static bool await(const struct vcca_session_client *c, short events, const char *what, enum vcca_session_end *end,
                  struct vcca_error *err)
{
  for (;;) {
    struct pollfd p = {.fd = c->socket, .events = events};
    uint64_t now = world_milliseconds(), left = c->deadline > now ? c->deadline - now : 0;
    bool idle = c->idle < left;
    int ready = poll(&p, 1, (int)(idle ? c->idle : left));
    if (ready > 0)
      return true;
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready < 0) {
      *end = VCCA_END_LOST;
      return vcca_fail(err, VCCA_FAULT_IO, "%s: %s", c->peer, strerror(errno));
    }
    *end = idle ? VCCA_END_IDLE : VCCA_END_TOO_LONG;
    return idle ? vcca_fail(err, VCCA_FAULT_IO, "%s: nothing of %s in %u ms", c->peer, what, c->idle)
                : vcca_fail(err, VCCA_FAULT_IO, "%s: the session took too long; it was at %s", c->peer, what);
  }
}

static bool lost(const struct vcca_session_client *c, const char *what, enum vcca_session_end *end,
                 struct vcca_error *err)
{
  *end = VCCA_END_LOST;
  return vcca_fail(err, VCCA_FAULT_IO, "%s: the connection failed at %s: %s", c->peer, what, strerror(errno));
}

/* --- Connecting ------------------------------------------------------------------------------------------ */

static bool connect_to(struct vcca_session_client *c, const struct addrinfo *a, enum vcca_session_end *end,
                       struct vcca_error *err)
{
  int yes = 1, why = 0;
  socklen_t size = sizeof why;
  c->socket = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
  *end = VCCA_END_UNREACHABLE;
  if (c->socket < 0 || !world_nonblocking(c->socket))
    return vcca_fail(err, VCCA_FAULT_IO, "%s: no socket: %s", c->peer, strerror(errno));
  (void)setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes,
                   sizeof yes); /* the samples read a message with one read */
  if (connect(c->socket, a->ai_addr, a->ai_addrlen) == 0)
    return true;
  if (errno == EINPROGRESS && !await(c, POLLOUT, "a connection", end, err)) {
    *end = VCCA_END_UNREACHABLE;
    return false;
  }
  if (errno != EINPROGRESS || getsockopt(c->socket, SOL_SOCKET, SO_ERROR, &why, &size) != 0)
    why = errno;
  return why == 0 || vcca_fail(err, VCCA_FAULT_IO, "%s: cannot connect: %s", c->peer, strerror(why));
}

bool vcca_session_connect(const char *address, unsigned port, unsigned idle, unsigned limit,
                          struct vcca_session_client *out, enum vcca_session_end *end, struct vcca_error *err)
{
  struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
  char service[8];
  *out = (struct vcca_session_client){.socket = -1, .idle = idle, .deadline = world_milliseconds() + limit};
  *end = VCCA_END_UNREACHABLE;
  snprintf(service, sizeof service, "%u", port & 0xffff);
  int why = getaddrinfo(address, service, &hints, &found);
  if (why != 0)
    return vcca_fail(err, VCCA_FAULT_IO, "%.200s: no such address: %s", address, gai_strerror(why));
  bool connected = false;
  for (const struct addrinfo *a = found; a && !connected; a = a->ai_next) {
    vcca_session_close(out);
    world_peer(a->ai_addr, a->ai_addrlen, out->peer, sizeof out->peer);
    connected = connect_to(out, a, end, err);
  }
  freeaddrinfo(found);
  if (!connected)
    vcca_session_close(out);
  return connected;
}

void vcca_session_close(struct vcca_session_client *c)
{
  if (c->socket >= 0)
    close(c->socket);
  c->socket = -1;
}

/* --- Messages -------------------------------------------------------------------------------------------- */

static bool send_all(struct vcca_session_client *c, vcca_span bytes, const char *what, enum vcca_session_end *end,
                     struct vcca_error *err)
{
  while (bytes.n > 0) {
    ssize_t n = send(c->socket, bytes.p, bytes.n, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
      return lost(c, what, end, err);
    if (n < 0 && !await(c, POLLOUT, what, end, err))
      return false;
    bytes = vcca_span_sub(bytes, n > 0 ? (size_t)n : 0, bytes.n);
  }
  return true;
}

static bool send_message(struct vcca_session_client *c, enum vcca_message message, vcca_span payload,
                         enum vcca_session_end *end, struct vcca_error *err)
{
  uint8_t room[4 + VCCA_SESSION_KEY_MAX];
  vcca_sink out = VCCA_SINK(room);
  vcca_session_put(message, payload, &out);
  return send_all(c, vcca_sink_span(&out), vcca_message_numbered((uint32_t)message)->name, end, err);
}

/* --- Answers --------------------------------------------------------------------------------------------- */

/* Reads more of an answer into room, of which *have bytes are used. */
static bool receive(struct vcca_session_client *c, const struct vcca_bytes *room, size_t *have, const char *what,
                    enum vcca_session_end *end, struct vcca_error *err)
{
  for (;;) {
    ssize_t n = recv(c->socket, room->p + *have, room->n - *have, 0);
    if (n > 0) {
      *have += (size_t)n;
      return true;
    }
    if (n == 0) {
      *end = VCCA_END_CLOSED_EARLY;
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "%s closed the connection after %zu bytes of %s", c->peer, *have,
                       what);
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      return lost(c, what, end, err);
    if (!await(c, POLLIN, what, end, err))
      return false;
  }
}

/* Room for all of an answer whose size is known by now. */
static bool make_room(struct vcca_bytes *room, size_t have, size_t whole, enum vcca_session_end *end,
                      struct vcca_error *err)
{
  struct vcca_bytes larger = {0};
  if (have < room->n || whole <= room->n)
    return true;
  *end = VCCA_END_NO_MEMORY;
  if (!vcca_bytes_alloc(&larger, whole, err))
    return false;
  memcpy(larger.p, room->p, have);
  vcca_bytes_free(room);
  *room = larger;
  return true;
}

static bool only_line_ends(vcca_span bytes)
{
  for (size_t i = 0; i < bytes.n; i++)
    if (bytes.p[i] != '\n' && bytes.p[i] != '\r')
      return false;
  return true;
}

/* Sends a message and reads the answer to it. */
static bool ask(struct vcca_session_client *c, enum vcca_message message, vcca_span payload, struct vcca_bytes *out,
                enum vcca_session_end *end, struct vcca_error *err)
{
  enum { FIRST_ROOM = VCCA_SESSION_ANSWER_MAX + 16 };
  const char *what = vcca_message_numbered((uint32_t)message)->name;
  size_t have = 0, skip = 0, size = 0;
  enum vcca_session_answer answer = VCCA_ANSWER_MORE;
  struct vcca_bytes room = {0};
  *end = VCCA_END_NO_MEMORY;
  bool ok = vcca_bytes_alloc(&room, FIRST_ROOM, err) && send_message(c, message, payload, end, err);
  while (ok && answer == VCCA_ANSWER_MORE) {
    ok = make_room(&room, have, skip + size, end, err) && receive(c, &room, &have, what, end, err);
    answer = ok ? vcca_session_answer(message, vcca_span_of(room.p, have), &skip, &size, end, err) : VCCA_ANSWER_BAD;
  }
  vcca_span rest = vcca_span_sub(vcca_span_of(room.p, have), skip + size, have);
  if (ok && answer == VCCA_ANSWER_WHOLE && !only_line_ends(rest)) {
    *end = VCCA_END_MALFORMED_ANSWER;
    ok = vcca_fail_at(err, skip + size, "%zu bytes come after the end of the answer", rest.n);
  }
  ok = ok && answer == VCCA_ANSWER_WHOLE;
  if (ok) {
    memmove(room.p, room.p + skip, size);
    room.n = size;
    *out = room;
    return true;
  }
  vcca_bytes_free(&room);
  return vcca_fail_in(err, what);
}

bool vcca_session_collect(struct vcca_session_client *c, vcca_span challenge, bool with_log,
                          struct vcca_session_evidence *out, enum vcca_session_end *end, struct vcca_error *err)
{
  const vcca_span none = {NULL, 0};
  return ask(c, VCCA_MESSAGE_CERTIFICATE, none, &out->certificate, end, err) &&
         ask(c, VCCA_MESSAGE_TOKEN, challenge, &out->token, end, err) &&
         (!with_log || (ask(c, VCCA_MESSAGE_CCEL_TABLE, none, &out->ccel_table, end, err) &&
                        ask(c, VCCA_MESSAGE_EVENTLOG, none, &out->eventlog, end, err)));
}

void vcca_session_evidence_free(struct vcca_session_evidence *e)
{
  vcca_bytes_free(&e->certificate);
  vcca_bytes_free(&e->token);
  vcca_bytes_free(&e->ccel_table);
  vcca_bytes_free(&e->eventlog);
}

/* --- The verdict ----------------------------------------------------------------------------------------- */

/* The server has taken all: it closes its side. Whoever could not take a key resets the connection. */
static bool await_close(struct vcca_session_client *c, const char *what, enum vcca_session_end *end,
                        struct vcca_error *err)
{
  uint8_t byte;
  for (;;) {
    ssize_t n = recv(c->socket, &byte, 1, 0);
    if (n == 0)
      return true;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      return lost(c, what, end, err);
    if (n < 0 && !await(c, POLLIN, what, end, err))
      return false;
  }
}

bool vcca_session_conclude(struct vcca_session_client *c, bool accepted, vcca_span key, enum vcca_session_end *end,
                           struct vcca_error *err)
{
  const vcca_span none = {NULL, 0};
  if (!accepted) {
    if (!send_message(c, VCCA_MESSAGE_REJECTED, none, end, err))
      return false;
    *end = VCCA_END_REJECTED;
    return true;
  }
  if (!send_message(c, VCCA_MESSAGE_ACCEPTED, none, end, err) ||
      !send_message(c, key.p ? VCCA_MESSAGE_KEY : VCCA_MESSAGE_NO_KEY, key, end, err))
    return false;
  if (key.p && (shutdown(c->socket, SHUT_WR) != 0 || !await_close(c, "the end of a session with a key", end, err)))
    return false;
  *end = key.p ? VCCA_END_KEY : VCCA_END_ACCEPTED;
  return true;
}
