/* The shape of a stage-2 translation table with 4 KiB granules, as KVM chooses it for an IPA width.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_STAGE2_H
#define ROOMS_STAGE2_H

#include <stdint.h>

enum { STAGE2_LAST_LEVEL = 3, STAGE2_ROOTS_MAX = 16 };

/* The level of the root: the fewest levels that 16 concatenated roots allow (KVM, stage2_pgtable_levels). */
static inline int stage2_start_level(unsigned ipa_bits)
{
  return 4 - (int)((ipa_bits - 8) / 9);
}

/* The number of tables that form the root, one after the other. */
static inline unsigned stage2_roots(unsigned ipa_bits)
{
  unsigned one_root_bits = 9 * (unsigned)(STAGE2_LAST_LEVEL - stage2_start_level(ipa_bits)) + 21;
  return ipa_bits <= one_root_bits ? 1 : 1u << (ipa_bits - one_root_bits);
}

/* Bytes under one entry: 4 KiB at level 3, 2 MiB, 1 GiB, 512 GiB at level 0. */
static inline uint64_t stage2_entry_size(int level)
{
  return (uint64_t)1 << (12 + 9 * (STAGE2_LAST_LEVEL - level));
}

/* The level of the largest entry that starts at base and ends by top (both multiples of 4 KiB, base <
 * top). */
static inline int stage2_block_level(unsigned ipa_bits, uint64_t base, uint64_t top)
{
  int level = stage2_start_level(ipa_bits);
  while (level < STAGE2_LAST_LEVEL && (base % stage2_entry_size(level) != 0 || top - base < stage2_entry_size(level)))
    level++;
  return level;
}

#endif
