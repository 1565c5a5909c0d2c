/* Which library signs and verifies: a table, fastest first, a known-answer check before first use, and the
 * caller's choice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signatures.h"
#include "rooms/crypto.h"
#include "rooms/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* The last one always works: the others are judged beside it. */
static const struct vcca_signatures *const rows[] = {
#ifdef VCCA_HAVE_OPENSSL
    &vcca_signatures_openssl,
#endif
    &vcca_signatures_psa,
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* RFC 6979, A.2.5: P-256, SHA-256 of "sample". */
bool vcca_signatures_reproduce(const struct vcca_signatures *row)
{
  static const uint8_t point[] = {0x04, 0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74,
                                  0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6,
                                  0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6, 0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8,
                                  0xbc, 0x99, 0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1, 0xb2,
                                  0x0c, 0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99};
  static const uint8_t signature[] = {0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8, 0xfd, 0x11, 0x40, 0xdd, 0x9c, 0xd4,
                                      0x5e, 0x81, 0xd6, 0x9d, 0x2c, 0x87, 0x7b, 0x56, 0xaa, 0xf9, 0x91, 0xc3, 0x4d,
                                      0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16, 0xf7, 0xcb, 0x1c, 0x94, 0x2d, 0x65, 0x7c,
                                      0x41, 0xd4, 0x36, 0xc7, 0xa1, 0xb6, 0xe2, 0x9f, 0x65, 0xf3, 0xe9, 0x00, 0xdb,
                                      0xb9, 0xaf, 0xf4, 0x06, 0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8};
  static const uint8_t digest[] = {0xaf, 0x2b, 0xdb, 0xe1, 0xaa, 0x9b, 0x6e, 0xc1, 0xe2, 0xad, 0xe1,
                                   0xd6, 0x94, 0xf4, 0x1f, 0xc7, 0x1a, 0x83, 0x1d, 0x02, 0x68, 0xe9,
                                   0x89, 0x15, 0x62, 0x11, 0x3d, 0x8a, 0x62, 0xad, 0xd1, 0xbf};
  struct vcca_key key = {.type = VCCA_KEY_P256,
                         .bits = 256,
                         .pair = true,
                         .public_size = sizeof point,
                         .scalar = {0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21,
                                    0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8,
                                    0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21}};
  uint8_t out[sizeof signature], other[sizeof digest];
  bool in_range = false;
  if (!row->point_of(&key, key.public_key, &in_range) || !in_range ||
      memcmp(key.public_key, point, sizeof point) != 0 || !row->sign_ec(&key, VCCA_SHA256, VCCA_SPAN(digest), out) ||
      memcmp(out, signature, sizeof signature) != 0)
    return false;
  memcpy(other, digest, sizeof digest);
  other[0] ^= 0x80;
  return row->verify(&key, VCCA_SHA256, VCCA_SPAN(digest), VCCA_SPAN(signature)) == VCCA_GOOD_SIGNATURE &&
         row->verify(&key, VCCA_SHA256, VCCA_SPAN(other), VCCA_SPAN(signature)) == VCCA_BAD_SIGNATURE;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  bool known, usable;
} verdicts[ROWS];                                      /* the lock guards them */
static _Atomic(const struct vcca_signatures *) in_use; /* NULL: not chosen yet */

/* With the lock held. It is tried once, when somebody asks. */
static bool usable(size_t i)
{
  if (!verdicts[i].known) {
    verdicts[i].usable = i + 1 == ROWS || vcca_signatures_reproduce(rows[i]);
    verdicts[i].known = true;
  }
  return verdicts[i].usable;
}

static const struct vcca_signatures *fastest(void)
{
  for (size_t i = 0; i + 1 < ROWS; i++)
    if (usable(i))
      return rows[i];
  return rows[ROWS - 1];
}

bool vcca_signature_engine_at(size_t i, struct vcca_engine_info *out)
{
  if (i >= ROWS)
    return false;
  pthread_mutex_lock(&lock);
  bool ok = usable(i);
  pthread_mutex_unlock(&lock);
  *out = (struct vcca_engine_info){.name = rows[i]->name,
                                   .what = rows[i]->what,
                                   .available = ok,
                                   .why_not = ok ? NULL : "it does not reproduce a known signature"};
  return true;
}

bool vcca_signature_engine_use(const char *name, struct vcca_error *err)
{
  size_t i = 0;
  while (name && i < ROWS && strcmp(rows[i]->name, name) != 0)
    i++;
  if (i == ROWS)
    return vcca_fail(err, VCCA_FAULT_USAGE, "no signature engine '%s' in this build: there %s psa", name,
                     ROWS > 1 ? "are openssl and" : "is only");
  pthread_mutex_lock(&lock);
  const struct vcca_signatures *row = !name ? fastest() : usable(i) ? rows[i] : NULL;
  if (row)
    atomic_store(&in_use, row);
  pthread_mutex_unlock(&lock);
  return row ? true
             : vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the signature engine '%s' does not reproduce a known signature",
                         name);
}

const struct vcca_signatures *vcca_signatures_in_use(void)
{
  const struct vcca_signatures *row = atomic_load_explicit(&in_use, memory_order_acquire);
  if (row)
    return row;
  pthread_mutex_lock(&lock);
  row = fastest();
  atomic_store(&in_use, row);
  pthread_mutex_unlock(&lock);
  return row;
}
