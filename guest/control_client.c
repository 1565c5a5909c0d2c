/* The control socket's other end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/control.h"
#include "rooms/yaml_tree.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/guest.h"

enum { ANSWER_MAX = 4 * VCCA_CONTROL_LINE };

struct vcca_client {
  int fd;
  size_t n, used; /* bytes in the buffer; of them, those of the line that was given last */
  uint8_t buffer[ANSWER_MAX];
};

vcca_client *vcca_client_open(const char *path, struct vcca_error *err)
{
  struct sockaddr_un address;
  vcca_client *c = calloc(1, sizeof *c);
  if (!c) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a connection");
    return NULL;
  }
  c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (control_address(path, &address, err)) {
    if (c->fd >= 0 && connect(c->fd, (const struct sockaddr *)&address, sizeof address) == 0)
      return c;
    vcca_fail(err, VCCA_FAULT_IO,
              "no VM is served at %s (%s); start one with `vcca vm start SCENARIO.yaml`, or name its socket with --vm",
              path, strerror(errno));
  }
  vcca_client_close(c);
  return NULL;
}

void vcca_client_close(vcca_client *c)
{
  if (!c)
    return;
  if (c->fd >= 0)
    close(c->fd);
  free(c);
}

bool vcca_client_line(vcca_client *c, vcca_span *line, bool *end, struct vcca_error *err)
{
  memmove(c->buffer, c->buffer + c->used, c->n - c->used);
  c->n -= c->used;
  c->used = 0;
  *end = false;
  for (;;) {
    const uint8_t *newline = memchr(c->buffer, '\n', c->n);
    if (newline) {
      *line = vcca_span_of(c->buffer, (size_t)(newline - c->buffer));
      c->used = line->n + 1;
      return true;
    }
    if (c->n == sizeof c->buffer)
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "an answer of more than %d bytes", ANSWER_MAX);
    ssize_t got = recv(c->fd, c->buffer + c->n, sizeof c->buffer - c->n, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return vcca_fail(err, VCCA_FAULT_IO, "the VM's socket: %s", strerror(errno));
    *end = got == 0;
    if (got == 0)
      return true;
    c->n += (size_t)got;
  }
}

static bool send_line(vcca_client *c, vcca_span request, struct vcca_error *err)
{
  bool whole = request.n > 0 && request.p[request.n - 1] == '\n';
  vcca_span parts[] = {request, whole ? vcca_span_of("", 0) : VCCA_SPAN_LIT("\n")};
  for (size_t i = 0; i < 2; i++)
    while (parts[i].n > 0) {
      ssize_t n = send(c->fd, parts[i].p, parts[i].n, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return vcca_fail(err, VCCA_FAULT_IO, "the VM's socket: %s", strerror(errno));
      parts[i] = vcca_span_sub(parts[i], (size_t)n, parts[i].n);
    }
  return true;
}

bool vcca_client_ask(vcca_client *c, vcca_span request, vcca_span *answer, struct vcca_error *err)
{
  bool end;
  char ok[8], why[400];
  if (!send_line(c, request, err) || !vcca_client_line(c, answer, &end, err))
    return false;
  if (end)
    return vcca_fail(err, VCCA_FAULT_IO, "the VM ended before it answered");
  if (!vcca_client_member(*answer, "ok", ok, sizeof ok) || strcmp(ok, "false") != 0)
    return true;
  bool told = vcca_client_member(*answer, "error", why, sizeof why);
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s", told ? why : "the VM refused, without a reason");
}

bool vcca_client_member(vcca_span answer, const char *name, char *buf, size_t cap)
{
  struct tree_doc doc = {0};
  struct vcca_error ignored;
  bool read = tree_read(answer, &doc, &ignored);
  const struct tree_node *node = read ? tree_get(doc.root, name) : NULL;
  bool found = node && node->kind == TREE_SCALAR;
  if (found)
    snprintf(buf, cap, "%.*s", (int)node->text.n, (const char *)node->text.p);
  tree_free(&doc);
  return found;
}

static void put_text(const struct tree_node *node, unsigned depth, vcca_sink *out)
{
  enum { COLUMN = 14 };
  for (const struct tree_node *n = node->first; n; n = n->next) {
    vcca_span name = n->key.n > 0 ? n->key : VCCA_SPAN_LIT("-"); /* of a list */
    size_t width = name.n + 2 * (size_t)depth;
    bool inner = n->kind != TREE_SCALAR && n->first;
    vcca_sink_fill(out, ' ', 2 * (size_t)depth);
    vcca_sink_put(out, name);
    if (!inner) {
      vcca_sink_fill(out, ' ', width < COLUMN ? COLUMN - width : 1);
      vcca_sink_put(out, n->kind == TREE_SCALAR ? n->text : VCCA_SPAN_LIT("none"));
    }
    vcca_sink_str(out, "\n");
    put_text(n, depth + 1, out);
  }
}

void vcca_client_text(vcca_span answer, vcca_sink *out)
{
  struct tree_doc doc = {0};
  struct vcca_error ignored;
  if (tree_read(answer, &doc, &ignored))
    put_text(doc.root, 0, out);
  tree_free(&doc);
}
