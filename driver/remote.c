/* Requests to the VM's control socket. Each has a connection of its own, so that threads, forks and
 * signals need no care.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE = 64 << 10, FILE_MAX = 4 << 20 };

/* --- A line there, a line back -------------------------------------------------------------------------- */

static int dial(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!path || strlen(path) >= sizeof address.sun_path)
    return -1;
  memcpy(address.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), result;
  do
    result = fd >= 0 ? connect(fd, (const struct sockaddr *)&address, sizeof address) : -1;
  while (result != 0 && errno == EINTR);
  if (result != 0 && fd >= 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static bool send_all(int fd, const char *text, size_t n)
{
  while (n > 0) {
    ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR)
      return false;
    text += sent > 0 ? sent : 0;
    n -= sent > 0 ? (size_t)sent : 0;
  }
  return true;
}

/* Writes the answer's line into room, NUL-terminated. */
static bool receive_line(int fd, char *room)
{
  size_t n = 0;
  while (n < LINE - 1) {
    ssize_t got = recv(fd, room + n, LINE - 1 - n, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    char *end = memchr(room + n, '\n', (size_t)got);
    n += (size_t)got;
    if (end) {
      *end = '\0';
      return true;
    }
  }
  return false;
}

/* The answer, which the caller frees; NULL: none, or the VM refused. */
static char *ask(const char *path, const char *request, size_t n)
{
  char *room = malloc(LINE);
  int fd = room ? dial(path) : -1;
  bool ok = fd >= 0 && send_all(fd, request, n) && receive_line(fd, room) && strncmp(room, "{\"ok\":true", 10) == 0;
  if (fd >= 0)
    close(fd);
  if (ok)
    return room;
  free(room);
  return NULL;
}

/* --- Members of an answer, which the VM writes without spaces ------------------------------------------- */

/* What stands after "name": from a place on; NULL: no such member. */
static const char *member(const char *from, const char *name)
{
  char key[24];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(from, key);
  return at ? at + strlen(key) : NULL;
}

static int digit(char c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a member that is a string of hexadecimal digits. */
static bool read_hex(const char *text, uint8_t *out, size_t max, size_t *n)
{
  *n = 0;
  if (!text || *text++ != '"')
    return false;
  for (; *text != '"'; text += 2, ++*n) {
    int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
    if (low < 0 || *n == max)
      return false;
    out[*n] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool read_integer(const char *text, long long *out)
{
  *out = text ? strtoll(text, NULL, 10) : 0;
  return text != NULL;
}

/* --- Files ---------------------------------------------------------------------------------------------- */

bool driver_remote_file(const char *path, enum driver_node node, uint8_t **bytes, size_t *n)
{
  char request[160];
  long long size = 1;
  *bytes = NULL;
  *n = 0;
  for (size_t got = 1; got > 0 && (long long)*n < size; *n += got) {
    int length = snprintf(request, sizeof request, "{\"op\":\"file\",\"path\":\"%s\",\"from\":%zu}\n",
                          driver_node_path(node), *n);
    char *answer = ask(path, request, (size_t)length);
    bool ok = answer && read_integer(member(answer, "size"), &size) && size >= 0 && size <= FILE_MAX;
    if (ok && !*bytes)
      *bytes = malloc((size_t)size + 1);
    ok = ok && *bytes && read_hex(member(answer, "bytes"), *bytes + *n, (size_t)size - *n, &got);
    free(answer);
    if (!ok) {
      free(*bytes);
      errno = ENOENT;
      return false;
    }
  }
  return true;
}

/* --- Ioctls --------------------------------------------------------------------------------------------- */

/* Where a sandbox forbids the calls, memory is used without protection. */
static bool is_forbidden(ssize_t result)
{
  return result < 0 && (errno == ENOSYS || errno == EPERM);
}

static size_t read_memory(void *ctx, uint64_t address, void *out, size_t n)
{
  (void)ctx;
  ssize_t got = driver_read_memory(getpid(), address, out, n);
  if (!is_forbidden(got))
    return got > 0 ? (size_t)got : 0;
  memcpy(out, (const void *)(uintptr_t)address, n);
  return n;
}

static size_t write_memory(void *ctx, uint64_t address, const void *bytes, size_t n)
{
  (void)ctx;
  ssize_t put = driver_write_memory(getpid(), address, bytes, n);
  if (!is_forbidden(put))
    return put > 0 ? (size_t)put : 0;
  memcpy((void *)(uintptr_t)address, bytes, n);
  return n;
}

static bool read_answer(const char *text, struct driver_answer *out)
{
  long long value, size;
  if (!read_integer(member(text, "result"), &value) || value < INT32_MIN || value > INT32_MAX)
    return false;
  out->result = (int32_t)value;
  const char *touch = member(text, "touch"), *write = member(text, "writes");
  if (touch && *touch == '"' && read_integer(member(text, "touch_size"), &size)) {
    out->touch.address = strtoull(touch + 1, NULL, 16);
    out->touch.size = (uint64_t)size;
  }
  while (write && (write = member(write, "at")) != NULL) {
    size_t n;
    if (out->writes == DRIVER_WRITES || !read_integer(write, &value) || value < 0 || value > UINT32_MAX ||
        !read_hex(member(write, "bytes"), out->bytes + out->used, sizeof out->bytes - out->used, &n))
      return false;
    out->write[out->writes].at = (uint32_t)value;
    out->write[out->writes++].size = (uint32_t)n;
    out->used += n;
  }
  return true;
}

static bool ask_ioctl(void *ctx, enum driver_node node, uint32_t number, const uint8_t *in, size_t n,
                      struct driver_answer *out)
{
  char request[160 + 2 * DRIVER_IN_MAX];
  const char *const *path = ctx;
  int length = snprintf(request, sizeof request, "{\"op\":\"ioctl\",\"path\":\"%s\",\"number\":%lu,\"in\":\"",
                        driver_node_path(node), (unsigned long)number);
  for (size_t i = 0; i < n; i++)
    length += snprintf(request + length, sizeof request - (size_t)length, "%02x", in[i]);
  length += snprintf(request + length, sizeof request - (size_t)length, "\"}\n");
  char *answer = ask(*path, request, (size_t)length);
  bool ok = answer && read_answer(answer, out);
  free(answer);
  return ok;
}

int64_t driver_remote_ioctl(const char *path, enum driver_node node, uint32_t number, uint64_t argument)
{
  const struct driver_program self = {.read = read_memory, .write = write_memory, .ask = ask_ioctl, .ctx = &path};
  return driver_ioctl(&self, node, number, argument);
}
