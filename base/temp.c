/* Names of files that shall not be left: unpredictable ones, and a list of those that exist, for whoever is
 * interrupted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/file.h"
#include "rooms/error.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Files that are there now. A signal handler reads the list, so that its entries change in one step each. */
enum { LEFTOVERS = 64 };
static _Atomic(const char *) leftovers[LEFTOVERS];

void vcca_leftover_add(const char *path)
{
  for (size_t i = 0; i < LEFTOVERS; i++) {
    const char *none = NULL;
    if (atomic_compare_exchange_strong(&leftovers[i], &none, path))
      return;
  }
}

void vcca_leftover_gone(const char *path)
{
  for (size_t i = 0; i < LEFTOVERS; i++) {
    const char *mine = path;
    if (atomic_compare_exchange_strong(&leftovers[i], &mine, NULL))
      return;
  }
}

void vcca_leftovers_remove(void)
{
  for (size_t i = 0; i < LEFTOVERS; i++) {
    const char *path = atomic_load(&leftovers[i]);
    if (path)
      (void)unlink(path);
  }
}

const char *vcca_temp_folder(void)
{
  const char *folder = getenv("TMPDIR");
  return folder && folder[0] ? folder : NULL;
}

bool vcca_temp_name(const char *folder, char *out, size_t cap, struct vcca_error *err)
{
  uint8_t random[12];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
    return vcca_fail(err, VCCA_FAULT_IO, "the system gives no random bytes: %s", strerror(errno));
  int n = snprintf(out, cap, "%s/.vcca-", folder);
  if (n < 0 || (size_t)n + 2 * sizeof random >= cap)
    return vcca_fail(err, VCCA_FAULT_IO, "cannot create: %s", strerror(ENAMETOOLONG));
  for (size_t i = 0; i < sizeof random; i++)
    snprintf(out + n + 2 * i, 3, "%02x", random[i]);
  return true;
}
