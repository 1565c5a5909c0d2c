/* What the tests of the crypto room share: bytes from hex, a fixed secret, and small certificate families.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_CRYPTO_SUPPORT_H
#define VCCA_TESTS_CRYPTO_SUPPORT_H

#include "rooms/crypto.h"

/* Chooses the next engine that signs, from *i on, which starts at 0; after the last one the fastest, and
 * returns false. */
bool next_signing_engine(size_t *i, struct vcca_engine_info *info);
/* Runs the tests once with each of them. What main returns. */
#define RUN_WITH_EACH_SIGNING_ENGINE(tests)                                \
  int failed = 0;                                                          \
  struct vcca_engine_info engine;                                          \
  for (size_t i = 0; next_signing_engine(&i, &engine);)                    \
    failed += cmocka_run_group_tests_name(engine.name, tests, NULL, NULL); \
  return failed

/* The bytes of hexadecimal text in a buffer of its own; at most 16 such spans live at a time, of 1100
 * bytes. */
vcca_span unhex(const char *text);

/* 00 01 .. 1f */
extern const uint8_t secret_bytes[32];
#define SECRET VCCA_SPAN(secret_bytes)

/* A key from SECRET and the info text; fails the test when there is none. */
vcca_key *seeded(enum vcca_key_type type, const char *info);

/* The fixed RSA-2048 pair whose primes were found by the stated rule (see unit_rsa.c). */
extern const char *const rsa_p;
extern const char *const rsa_q;

#endif
