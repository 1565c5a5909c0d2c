/* The control socket's server: a thread for each client, which reads lines and writes lines. Slow and
 * silent clients keep their own thread waiting and nobody else.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/control.h"
#include "rooms/error.h"
#include "rooms/guest.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { STACK = 512 << 10, SEND_SECONDS = 10, BACKLOG = 128 };

struct client_slot {
  struct vcca_control *server;
  pthread_t thread;
  int fd;
  bool used, done; /* done: the thread is about to return */
};

struct vcca_control {
  vcca_running *v;
  char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
  int listener;
  int wake[2];
  pthread_t acceptor;
  bool accepting;
  void (*stop)(void *ctx);
  void *stop_ctx;
  pthread_mutex_t lock; /* of the slots */
  struct client_slot slots[VCCA_CONTROL_CLIENTS];
};

/* --- One client --------------------------------------------------------------------------------------------- */

static bool send_all(int fd, vcca_span bytes)
{
  while (bytes.n > 0) {
    ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes = vcca_span_sub(bytes, (size_t)n, bytes.n);
  }
  return true;
}

static bool gone(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLIN};
  char byte;
  return poll(&p, 1, 0) > 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Lines of the trace from the one asked for on, until there are no more, or for ever. */
static bool send_trace(const struct client_slot *slot, const struct control_request *request)
{
  uint64_t number = request->from;
  char text[TRACE_LINE_MAX];
  for (;;) {
    vcca_sink line = VCCA_SINK(text);
    bool found = vcca_running_trace(slot->server->v, &number, request->follow, &line);
    if (!found && (!request->follow || slot->server->v->trace.ended))
      return true;
    if (found && (gone(slot->fd) || !send_all(slot->fd, vcca_sink_span(&line))))
      return false;
  }
}

static bool answer_line(struct client_slot *slot, vcca_span line, uint8_t *room)
{
  struct vcca_control *c = slot->server;
  struct control_request request;
  vcca_sink answer = vcca_sink_of(room, VCCA_CONTROL_LINE);
  control_answer(c->v, line, &request, &answer);
  if (request.trace && !send_trace(slot, &request))
    return false;
  if (!send_all(slot->fd, vcca_sink_span(&answer)))
    return false;
  if (request.stop)
    c->stop(c->stop_ctx);
  return true;
}

/* Answers the whole lines in the buffer and keeps the rest. False: the client is done with. */
static bool answer_lines(struct client_slot *slot, uint8_t *buffer, size_t *n, uint8_t *room)
{
  size_t at = 0;
  for (;;) {
    const uint8_t *end = memchr(buffer + at, '\n', *n - at);
    if (!end)
      break;
    size_t length = (size_t)(end - (buffer + at));
    if (!answer_line(slot, vcca_span_of(buffer + at, length), room))
      return false;
    at += length + 1;
  }
  memmove(buffer, buffer + at, *n - at);
  *n -= at;
  if (*n < VCCA_CONTROL_LINE)
    return true;
  vcca_sink answer = vcca_sink_of(room, VCCA_CONTROL_LINE);
  control_refuse(&answer, "a request has at most %d bytes", VCCA_CONTROL_LINE - 1);
  (void)send_all(slot->fd, vcca_sink_span(&answer));
  return false;
}

static void *serve(void *arg)
{
  struct client_slot *slot = arg;
  uint8_t *buffer = malloc(2 * (size_t)VCCA_CONTROL_LINE);
  size_t n = 0;
  while (buffer) {
    ssize_t got = recv(slot->fd, buffer + n, VCCA_CONTROL_LINE - n, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    n += (size_t)got;
    if (!answer_lines(slot, buffer, &n, buffer + VCCA_CONTROL_LINE))
      break;
  }
  free(buffer);
  pthread_mutex_lock(&slot->server->lock);
  close(slot->fd);
  slot->fd = -1;
  slot->done = true;
  pthread_mutex_unlock(&slot->server->lock);
  return NULL;
}

/* --- All clients -------------------------------------------------------------------------------------------- */

/* A slot that is free, after the threads that ended have been joined; NULL when there is none. With the
 * lock. */
static struct client_slot *free_slot(struct vcca_control *c)
{
  struct client_slot *found = NULL;
  for (size_t i = 0; i < VCCA_CONTROL_CLIENTS; i++) {
    struct client_slot *slot = &c->slots[i];
    if (slot->used && slot->done) {
      pthread_t thread = slot->thread;
      pthread_mutex_unlock(&c->lock);
      pthread_join(thread, NULL);
      pthread_mutex_lock(&c->lock);
      slot->used = false;
    }
    if (!slot->used && !found)
      found = slot;
  }
  return found;
}

static bool same_user(int fd)
{
  struct ucred peer;
  socklen_t n = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static bool start_client(struct vcca_control *c, int fd)
{
  pthread_attr_t attributes;
  struct timeval limit = {.tv_sec = SEND_SECONDS};
  if (!same_user(fd) || pthread_attr_init(&attributes) != 0)
    return false;
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  (void)pthread_attr_setstacksize(&attributes, STACK);
  pthread_mutex_lock(&c->lock);
  struct client_slot *slot = free_slot(c);
  bool started = false;
  if (slot) {
    *slot = (struct client_slot){.server = c, .fd = fd, .used = true};
    started = pthread_create(&slot->thread, &attributes, serve, slot) == 0;
    slot->used = started;
  }
  pthread_mutex_unlock(&c->lock);
  pthread_attr_destroy(&attributes);
  return started;
}

static void *accept_clients(void *arg)
{
  struct vcca_control *c = arg;
  for (;;) {
    struct pollfd wait[2] = {{.fd = c->listener, .events = POLLIN}, {.fd = c->wake[0], .events = POLLIN}};
    if (poll(wait, 2, -1) < 0 && errno != EINTR)
      return NULL;
    if (wait[1].revents)
      return NULL;
    int fd = wait[0].revents ? accept4(c->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
    if (fd >= 0 && !start_client(c, fd)) {
      char text[200];
      vcca_sink answer = VCCA_SINK(text);
      control_refuse(&answer, "not served: of another user, or %d clients are connected", VCCA_CONTROL_CLIENTS);
      (void)send_all(fd, vcca_sink_span(&answer));
      close(fd);
    }
    if (fd < 0 && wait[0].revents && errno != EINTR && errno != ECONNABORTED)
      (void)poll(&wait[1], 1, 100); /* too many open files: some will be closed */
  }
}

/* --- Life ----------------------------------------------------------------------------------------------- */

/* A socket that nobody serves is what a killed server left. */
static bool remove_stale(const struct sockaddr_un *address, struct vcca_error *err)
{
  struct stat st;
  if (lstat(address->sun_path, &st) != 0)
    return true;
  if (!S_ISSOCK(st.st_mode))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s is there and no socket; name another", address->sun_path);
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool served = probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof *address) == 0;
  if (probe >= 0)
    close(probe);
  if (served)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a VM is served at %s already; stop it, or name another socket",
                     address->sun_path);
  return unlink(address->sun_path) == 0 ||
         vcca_fail(err, VCCA_FAULT_IO, "%s cannot be removed: %s", address->sun_path, strerror(errno));
}

bool control_address(const char *path, struct sockaddr_un *out, struct vcca_error *err)
{
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof out->sun_path)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "the socket's path has %zu bytes, a Unix socket takes at most %zu: use a relative one",
                     strlen(path), sizeof out->sun_path - 1);
  memcpy(out->sun_path, path, strlen(path) + 1);
  return true;
}

static bool listen_at(struct vcca_control *c, const char *path, struct vcca_error *err)
{
  struct sockaddr_un address;
  if (!control_address(path, &address, err) || !remove_stale(&address, err))
    return false;
  c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  mode_t before = umask(0177);
  bool bound = c->listener >= 0 && bind(c->listener, (const struct sockaddr *)&address, sizeof address) == 0;
  int why = errno;
  umask(before);
  if (bound)
    memcpy(c->path, address.sun_path, sizeof c->path);
  return (bound && listen(c->listener, BACKLOG) == 0) ||
         vcca_fail(err, VCCA_FAULT_IO, "no socket at %s: %s", path, strerror(why));
}

vcca_control *vcca_control_start(vcca_running *v, const char *path, void (*stop)(void *ctx), void *ctx,
                                 struct vcca_error *err)
{
  struct vcca_control *c = calloc(1, sizeof *c);
  if (!c) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the control socket");
    return NULL;
  }
  c->v = v;
  c->stop = stop;
  c->stop_ctx = ctx;
  c->listener = c->wake[0] = c->wake[1] = -1;
  bool ok = pthread_mutex_init(&c->lock, NULL) == 0 && listen_at(c, path, err);
  if (ok && (pipe(c->wake) != 0 || pthread_create(&c->acceptor, NULL, accept_clients, c) != 0))
    ok = vcca_fail(err, VCCA_FAULT_IO, "no pipe or no thread for the control socket");
  c->accepting = ok;
  if (ok)
    return c;
  vcca_control_stop(c);
  return NULL;
}

void vcca_control_stop(vcca_control *c)
{
  if (!c)
    return;
  if (c->accepting) {
    ssize_t written = write(c->wake[1], "", 1);
    (void)written;
    pthread_join(c->acceptor, NULL);
  }
  vcca_running_end(c->v); /* so that nobody waits any more */
  pthread_mutex_lock(&c->lock);
  for (size_t i = 0; i < VCCA_CONTROL_CLIENTS; i++)
    if (c->slots[i].used && c->slots[i].fd >= 0)
      shutdown(c->slots[i].fd, SHUT_RDWR);
  pthread_mutex_unlock(&c->lock);
  for (size_t i = 0; i < VCCA_CONTROL_CLIENTS; i++)
    if (c->slots[i].used)
      pthread_join(c->slots[i].thread, NULL);
  for (size_t i = 0; i < 2; i++)
    if (c->wake[i] >= 0)
      close(c->wake[i]);
  if (c->listener >= 0)
    close(c->listener);
  if (c->path[0])
    unlink(c->path);
  pthread_mutex_destroy(&c->lock);
  free(c);
}
