/* What the kind of a device's chain decides: keys, names, the family of its tokens.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_CHAIN_KIND_H
#define ROOMS_CHAIN_KIND_H

#include "vcca/hsm.h"
#include "rooms/crypto.h"

struct hsm_kind {
  const char *name; /* "p521" */
  enum vcca_key_type key;
  enum vcca_family family;
  const char *device_name; /* of the built-in device */
  const char *root_cn, *sub_cn;
  unsigned leaf_usage; /* key usage bits of the device certificate */
};
const struct hsm_kind *hsm_kind(enum vcca_chain_kind chain);

#endif
