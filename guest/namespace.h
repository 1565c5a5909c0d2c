/* A mount namespace of a process's own, in which the real path of configfs-tsm is ours.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_NAMESPACE_H
#define GUEST_NAMESPACE_H

#include "vcca/error.h"

#define TSM_CONFIG "/sys/kernel/config"
#define TSM_PATH TSM_CONFIG "/tsm/report"

/* Leaves the mount namespace; without root's rights also the user namespace, in which the user is root
 * then. For a process of one thread. */
VCCA_MUST_USE bool namespace_enter(struct vcca_error *err);
/* Mounts a FUSE file system, not served yet, on TSM_PATH; what was there is out of sight. *fuse is the
 * descriptor to serve. */
VCCA_MUST_USE bool namespace_mount_tsm(int *fuse, struct vcca_error *err);
/* What to do when there is no FUSE; false with err. */
VCCA_MUST_USE bool namespace_has_fuse(struct vcca_error *err);

#endif
