/* Page hashing engines. An engine is any way to hash many pages; which one ran never shows in a result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_PAGES_H
#define VCCA_CRYPTO_PAGES_H

#include "vcca/crypto.h"

struct vcca_page_engine {
  const char *name;
  void (*hash)(enum vcca_hash_alg alg, const uint8_t *pages, size_t n, uint8_t *out);
};

/* The first of n engines that reproduces the known pages with every algorithm; NULL when none does. */
const struct vcca_page_engine *vcca_page_engine_pick(const struct vcca_page_engine *engines, size_t n);
/* The engine vcca_hash_pages uses. */
const struct vcca_page_engine *vcca_page_engine(void);

#endif
