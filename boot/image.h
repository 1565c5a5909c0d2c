/* EFI zboot images: an EFI application that unpacks the kernel which it carries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include <string.h>

#include "vcca/boot.h"

/* The header's fields, not checked against the file. */
struct image_zboot {
  uint32_t at, n; /* of the payload */
  char type[16];  /* "gzip", "zstd", ...; "" when it is not a name */
};
/* Whether the file is an EFI zboot image; then fills *out. */
bool image_zboot(vcca_span kernel, struct image_zboot *out);

#endif
