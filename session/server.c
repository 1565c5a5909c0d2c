/* The server: one loop over all sessions. Each holds a message that is coming and an answer that is going,
 * never both; so memory is bounded by the number of connections, and a peer that does not read is not read
 * from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/world.h"
#include "rooms/session.h"

enum { TICK = 200, BACKLOG = 1024, LOG_HEAD = 8 };

struct connection {
  int socket;
  struct vcca_session_reader reader;
  uint64_t started, active; /* milliseconds */
  /* The answer that is going: its head, its body, and what of both is gone. */
  uint8_t head[LOG_HEAD];
  size_t head_size, sent;
  vcca_span body;
  uint8_t *owned; /* body, when it was made for this session */
  struct vcca_session_report report;
};

struct loop {
  const struct vcca_session_server *server;
  int listener;
  struct connection *open; /* the first `count` are in use */
  struct pollfd *polls;    /* the listener's, then theirs */
  unsigned count, number;
  bool paused; /* no connection can be taken now: the process has no more files */
  bool ended;  /* once, and it was */
  enum vcca_session_end last;
};

/* --- Listening ------------------------------------------------------------------------------------------- */

static int listen_on(const struct addrinfo *a, unsigned *bound)
{
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  char port[8] = "0";
  int yes = 1, fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
      bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 && world_nonblocking(fd) &&
      getsockname(fd, (struct sockaddr *)&name, &size) == 0 &&
      getnameinfo((struct sockaddr *)&name, size, NULL, 0, port, sizeof port, NI_NUMERICSERV) == 0) {
    uint64_t number = 0;
    for (const char *p = port; *p; p++)
      number = 10 * number + (uint64_t)(*p - '0');
    *bound = (unsigned)number;
    return fd;
  }
  int why = errno;
  if (fd >= 0)
    close(fd);
  errno = why;
  return -1;
}

int vcca_session_listen(const char *address, unsigned port, unsigned *bound, struct vcca_error *err)
{
  struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
  char service[8];
  snprintf(service, sizeof service, "%u", port & 0xffff);
  int why = getaddrinfo(address, service, &hints, &found);
  if (why != 0) {
    vcca_fail(err, VCCA_FAULT_USAGE, "%s is no address to listen on: %s", address, gai_strerror(why));
    return -1;
  }
  int fd = listen_on(found, bound);
  freeaddrinfo(found);
  if (fd < 0)
    vcca_fail(err, VCCA_FAULT_IO, "cannot listen on %s port %u: %s", address, port, strerror(errno));
  return fd;
}

/* --- A session's end ------------------------------------------------------------------------------------- */

static void forget_answer(struct connection *c)
{
  free(c->owned);
  c->owned = NULL;
  c->head_size = c->sent = 0;
  c->body = vcca_span_of(NULL, 0);
}

static void end_session(struct loop *l, unsigned i, enum vcca_session_end end)
{
  struct connection *c = &l->open[i];
  bool verdict = end == VCCA_END_ACCEPTED || end == VCCA_END_REJECTED || end == VCCA_END_KEY;
  bool key_lost = end == VCCA_END_KEY_TOO_LARGE || end == VCCA_END_KEY_EMPTY || end == VCCA_END_KEY_REFUSED ||
                  end == VCCA_END_KEY_UNWRITTEN;
  if (key_lost) { /* a reset: the protocol has no other way to tell the client */
    struct linger at_once = {.l_onoff = 1};
    (void)setsockopt(c->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(c->socket);
  forget_answer(c);
  c->report.end = end;
  if (verdict)
    l->last = end;
  l->ended = l->ended || (verdict && l->server->once);
  l->paused = false;
  if (l->server->report)
    l->server->report(l->server->report_ctx, &c->report);
  if (i != --l->count) {
    l->open[i] = l->open[l->count];
    l->polls[1 + i] = l->polls[1 + l->count];
  }
}

/* --- Answers --------------------------------------------------------------------------------------------- */

static bool answer_with(struct connection *c, vcca_span body)
{
  c->body = body;
  return true;
}

/* An answer that is made now. False with *end. */
static bool make_answer(const struct loop *l, struct connection *c, enum vcca_message to, vcca_span challenge,
                        enum vcca_session_end *end)
{
  const struct vcca_session_source *s = l->server->source;
  struct vcca_bytes room = {0};
  *end = VCCA_END_NO_MEMORY;
  if (!vcca_bytes_alloc(&room, VCCA_SESSION_ANSWER_MAX, &c->report.why))
    return false;
  vcca_sink out = vcca_sink_of(room.p, room.n);
  c->owned = room.p;
  bool made = to == VCCA_MESSAGE_TOKEN ? s->token(s->ctx, challenge, &out, &c->report.why)
                                       : s->certificate(s->ctx, &out, &c->report.why);
  *end = made ? VCCA_END_ANSWER_TOO_LARGE : VCCA_END_NO_EVIDENCE;
  if (made && !vcca_sink_ok(&out))
    vcca_fail(&c->report.why, VCCA_FAULT_UNSUPPORTED, "the %s has %zu bytes", vcca_message_numbered((uint32_t)to)->name,
              out.n);
  return made && vcca_sink_ok(&out) && answer_with(c, vcca_sink_span(&out));
}

static bool answer_kept(struct connection *c, enum vcca_message to, vcca_span kept, enum vcca_session_end *end)
{
  size_t most = to == VCCA_MESSAGE_EVENTLOG ? VCCA_SESSION_LOG_MAX : VCCA_SESSION_ANSWER_MAX;
  *end = kept.n == 0 ? VCCA_END_NO_EVIDENCE : VCCA_END_ANSWER_TOO_LARGE;
  if (kept.n == 0)
    return vcca_fail(&c->report.why, VCCA_FAULT_UNSUPPORTED, "there is no %s",
                     vcca_message_numbered((uint32_t)to)->name);
  if (to == VCCA_MESSAGE_EVENTLOG) {
    vcca_put_le64(c->head, kept.n);
    c->head_size = sizeof c->head;
  }
  return kept.n <= most && answer_with(c, kept);
}

static bool take_key(const struct loop *l, struct connection *c, vcca_span key, enum vcca_session_end *end)
{
  const struct vcca_session_source *s = l->server->source;
  bool refused = false;
  *end = VCCA_END_KEY_REFUSED;
  if (!s->key)
    return false;
  *end = VCCA_END_KEY;
  if (!s->key(s->ctx, key, &refused, &c->report.why))
    *end = refused ? VCCA_END_KEY_REFUSED : VCCA_END_KEY_UNWRITTEN;
  return false; /* the session is over either way */
}

/* A whole message. False with *end when it ends the session. */
static bool respond(const struct loop *l, struct connection *c, enum vcca_message message, vcca_span payload,
                    enum vcca_session_end *end)
{
  const struct vcca_session_source *s = l->server->source;
  c->report.requests++;
  switch (message) {
  case VCCA_MESSAGE_CERTIFICATE:
  case VCCA_MESSAGE_TOKEN:
    return make_answer(l, c, message, payload, end);
  case VCCA_MESSAGE_CCEL_TABLE:
    return answer_kept(c, message, s->ccel_table, end);
  case VCCA_MESSAGE_EVENTLOG:
    return answer_kept(c, message, s->eventlog, end);
  case VCCA_MESSAGE_ACCEPTED:
    return true;
  case VCCA_MESSAGE_REJECTED:
    *end = VCCA_END_REJECTED;
    return false;
  case VCCA_MESSAGE_NO_KEY:
    *end = VCCA_END_ACCEPTED;
    return false;
  case VCCA_MESSAGE_KEY:
    return take_key(l, c, payload, end);
  }
  return false;
}

/* --- Bytes ----------------------------------------------------------------------------------------------- */

static bool answering(const struct connection *c)
{
  return c->sent < c->head_size + c->body.n;
}

/* Sends what goes. False with *end when the connection failed. */
static bool send_some(struct connection *c, uint64_t now, enum vcca_session_end *end)
{
  while (answering(c)) {
    vcca_span part = c->sent < c->head_size ? vcca_span_of(c->head + c->sent, c->head_size - c->sent)
                                            : vcca_span_sub(c->body, c->sent - c->head_size, c->body.n);
    ssize_t n = send(c->socket, part.p, part.n, MSG_NOSIGNAL | (c->sent < c->head_size ? MSG_MORE : 0));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      *end = VCCA_END_LOST;
      return errno == EAGAIN || errno == EWOULDBLOCK || vcca_fail(&c->report.why, VCCA_FAULT_IO, "%s", strerror(errno));
    }
    c->sent += (size_t)n;
    c->report.sent += (uint64_t)n;
    c->active = now;
  }
  forget_answer(c);
  return true;
}

/* Reads until a message is whole, and answers it. False with *end when the session is over. */
static bool receive_some(const struct loop *l, struct connection *c, uint64_t now, enum vcca_session_end *end)
{
  size_t room;
  uint8_t *p = vcca_session_room(&c->reader, &room);
  ssize_t n = recv(c->socket, p, room, 0);
  enum vcca_message message;
  vcca_span payload;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return true;
  if (n < 0) {
    *end = VCCA_END_LOST;
    return vcca_fail(&c->report.why, VCCA_FAULT_IO, "%s", strerror(errno));
  }
  c->report.received += (uint64_t)n;
  c->active = now;
  switch (vcca_session_took(&c->reader, (size_t)n, &message, &payload, end)) {
  case VCCA_SESSION_MORE:
    return true;
  case VCCA_SESSION_OVER:
    return false;
  case VCCA_SESSION_MESSAGE:
    break;
  }
  return respond(l, c, message, payload, end) && send_some(c, now, end);
}

static bool in_time(const struct loop *l, const struct connection *c, uint64_t now, enum vcca_session_end *end)
{
  *end = now - c->started >= l->server->limit ? VCCA_END_TOO_LONG : VCCA_END_IDLE;
  return now - c->started < l->server->limit && now - c->active < l->server->idle;
}

/* --- The loop -------------------------------------------------------------------------------------------- */

/* Takes the connections that wait, as many as there is room for. */
static bool take_connections(struct loop *l, uint64_t now, struct vcca_error *err)
{
  while (l->count < l->server->connections && !l->paused) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int fd = accept(l->listener, (struct sockaddr *)&peer, &size);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
      continue;
    if (fd < 0) { /* for want of files or memory others wait; else there is none */
      l->paused = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      return l->paused || errno == EAGAIN || errno == EWOULDBLOCK ||
             vcca_fail(err, VCCA_FAULT_IO, "cannot take a connection: %s", strerror(errno));
    }
    if (!world_nonblocking(fd)) {
      close(fd);
      continue;
    }
    struct connection *c = &l->open[l->count];
    memset(c, 0, sizeof *c);
    c->socket = fd;
    c->started = c->active = now;
    c->report.number = ++l->number;
    world_peer((struct sockaddr *)&peer, size, c->report.peer, sizeof c->report.peer);
    l->polls[1 + l->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
  return true;
}

static void serve_connections(struct loop *l, uint64_t now)
{
  for (unsigned i = l->count; i-- > 0 && !l->ended;) {
    struct connection *c = &l->open[i];
    enum vcca_session_end end = VCCA_END_LOST;
    bool alive = true;
    if (l->polls[1 + i].revents)
      alive = answering(c) ? send_some(c, now, &end) : receive_some(l, c, now, &end);
    if (!alive || !in_time(l, c, now, &end))
      end_session(l, i, end);
    else
      l->polls[1 + i].events = answering(c) ? POLLOUT : POLLIN;
  }
}

static bool run(struct loop *l, struct vcca_error *err)
{
  while (!l->ended && !*l->server->stop) {
    bool full = l->count == l->server->connections || l->paused;
    l->polls[0] = (struct pollfd){.fd = full ? -1 : l->listener, .events = POLLIN};
    l->paused = false;
    int ready = poll(l->polls, 1 + l->count, TICK);
    if (ready < 0 && errno != EINTR)
      return vcca_fail(err, VCCA_FAULT_IO, "cannot wait for connections: %s", strerror(errno));
    uint64_t now = world_milliseconds();
    if (ready < 0)
      continue;
    bool waiting = l->polls[0].revents != 0;
    serve_connections(l, now);
    if (waiting && !l->ended && !take_connections(l, now, err))
      return false;
  }
  return true;
}

bool vcca_session_serve(int listener, const struct vcca_session_server *server, enum vcca_session_end *last,
                        struct vcca_error *err)
{
  struct loop l = {.server = server, .listener = listener, .last = VCCA_END_NO_VERDICT};
  l.open = calloc(server->connections, sizeof *l.open);
  l.polls = calloc((size_t)server->connections + 1, sizeof *l.polls);
  bool ok = l.open && l.polls ? run(&l, err)
                              : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %u connections", server->connections);
  while (l.count > 0)
    end_session(&l, l.count - 1, VCCA_END_STOPPED);
  free(l.open);
  free(l.polls);
  *last = l.last;
  return ok;
}
