/* A supervisor of a program: system calls that are about the drivers' files stop, and are answered from
 * outside (seccomp_unotify(2)). Programs need no library for it, and may be static.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_SUPERVISOR_H
#define GUEST_SUPERVISOR_H

#include "vcca/guest.h"

/* In the process that will be the program: from now on such calls of it, and of its children, stop.
 * Returns a descriptor for the supervisor, which is closed at exec; -1 with err, which says what to do. */
int supervisor_filter(struct vcca_error *err);

/* Answers by a descriptor from supervisor_filter, which it closes; NULL on failure. Free with
 * supervisor_stop, before the VM: calls that stop later fail with ENOSYS. */
struct supervisor;
struct supervisor *supervisor_start(vcca_running *v, int listener, struct vcca_error *err);
void supervisor_stop(struct supervisor *s);

#endif
