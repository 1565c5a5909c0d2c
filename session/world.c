/* The clock, chance and sockets.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "session/world.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "rooms/session.h"

uint64_t world_milliseconds(void)
{
  struct timespec now = {.tv_sec = 0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool vcca_session_challenge(uint8_t out[VCCA_SESSION_CHALLENGE], struct vcca_error *err)
{
  ssize_t n = getrandom(out, VCCA_SESSION_CHALLENGE, 0); /* so few bytes come whole */
  return n == VCCA_SESSION_CHALLENGE ||
         vcca_fail(err, VCCA_FAULT_IO, "the system gives no random bytes: %s", strerror(errno));
}

void world_peer(const struct sockaddr *address, unsigned size, char *out, unsigned cap)
{
  char host[48] = "?", port[8] = "?";
  (void)getnameinfo(address, (socklen_t)size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  bool v6 = strchr(host, ':') != NULL;
  snprintf(out, cap, "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

bool world_nonblocking(int fd)
{
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}
