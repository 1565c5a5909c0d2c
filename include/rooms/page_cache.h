/* Digests of a file's pages, kept in a folder: another configuration of the same image needs only the
 * chain.
 *
 * An entry counts when the file is the one it was made of, by device, inode, size, modification and change
 * time, when its own checksum is right, and when a few pages hash to what it says. Nothing is kept of a
 * file that changed within two seconds before: its times could not tell a further change
 * (docs/adr/0013-page-cache.md).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_PAGE_CACHE_H
#define ROOMS_PAGE_CACHE_H

#include "vcca/hash.h"
#include "vcca/file.h"

/* Digests of all pages of an image, zeros behind its end. Zero-initialise before use, unmap file after it. */
struct vcca_page_digests {
  struct vcca_mapping file;
  const uint8_t *at;
  bool found; /* they were there; else they were computed and kept */
};
/* Makes the folder when it is not there. It must belong to the user, and nobody else may write to it: its
 * entries are believed. */
VCCA_MUST_USE bool vcca_page_cache_open(const char *folder, struct vcca_error *err);
/* Looks the image up or hashes and keeps it. False, with the reason, when neither is possible: then hash
 * the image itself. */
VCCA_MUST_USE bool vcca_page_cache_get(const char *folder, struct vcca_mapping *image, enum vcca_hash_alg alg,
                                       struct vcca_page_digests *out, struct vcca_error *err);

#endif
