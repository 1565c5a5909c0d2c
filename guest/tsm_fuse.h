/* configfs-tsm as a file system that FUSE serves.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_TSM_FUSE_H
#define GUEST_TSM_FUSE_H

#include <pthread.h>
#include <sys/types.h>

#include "vcca/guest.h"

struct tsm_mount;
/* Mounts the directory of reports at a folder, or serves the mount that has the descriptor /dev/fd/N (which
 * is then the mount's). everybody: other users than the one who mounts may use it. All belongs to uid and
 * gid at first. */
struct tsm_mount *tsm_fuse_serve(vcca_running *v, const char *where, bool everybody, uid_t uid, gid_t gid,
                                 struct vcca_error *err);
/* Unmounts and ends; requests under way are finished first. */
void tsm_fuse_stop(struct tsm_mount *m);

#endif
