/* Device images out of nodes: a whole file, or a mapping inside a scenario.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_DEVICE_READ_H
#define ROOMS_DEVICE_READ_H

#include "vcca/hsm.h"
#include "rooms/yaml_value.h"

/* docs/devices.md describes the keys. */
VCCA_MUST_USE bool device_read(const struct reading *r, const struct tree_node *node, struct vcca_device *out,
                               struct vcca_error *err);

#endif
