/* A process that goes on in the background.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "rooms/guest.h"

bool vcca_leave_terminal(void)
{
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  bool ok = null >= 0;
  for (int stream = 0; ok && stream <= 2; stream++)
    ok = dup2(null, stream) == stream;
  if (null > 2)
    close(null);
  return ok;
}
