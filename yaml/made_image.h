/* Images made on the spot, for scenarios that need no real kernel.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef YAML_MADE_IMAGE_H
#define YAML_MADE_IMAGE_H

#include "vcca/error.h"
#include "vcca/span.h"

/* Bytes that look like nothing, the same for the same seed everywhere; a kernel begins with an arm64 Image
 * header. what: "kernel", "initrd", "firmware". */
VCCA_MUST_USE bool make_image(const char *what, uint64_t seed, uint8_t *out, size_t n);

#endif
