/* The --device option: a built-in device by kind, or a device image.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DEVICE_OPTION_H
#define CLI_DEVICE_OPTION_H

#include "cli/cli.h"
#include "vcca/hsm.h"

#define OPTION_DEVICE                                                                                               \
  {                                                                                                                 \
    "device", 'd', "rsa|p521|p384|FILE", false, "a built-in TEST device, or a device image (YAML, docs/devices.md)" \
  }

/* That of --device; without, the built-in device of the fallback kind. */
VCCA_MUST_USE bool device_load(const struct args *a, enum vcca_chain_kind fallback, struct vcca_device *out,
                               struct vcca_error *err);
vcca_hsm *device_open(const struct args *a, enum vcca_chain_kind fallback, struct vcca_error *err);

#endif
