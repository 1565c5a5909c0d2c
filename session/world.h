/* What the session takes from the world: a clock for its limits, and chance for challenges. Neither is in
 * what is printed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SESSION_WORLD_H
#define SESSION_WORLD_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since some moment; they only grow. */
uint64_t world_milliseconds(void);
/* Addresses as text; numeric ones, so that nothing is looked up. */
struct sockaddr;
void world_peer(const struct sockaddr *address, unsigned size, char *out, unsigned cap);
bool world_nonblocking(int fd);

#endif
