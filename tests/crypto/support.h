/* What the tests of the crypto room share: bytes from hex, a fixed secret, and small certificate families.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_CRYPTO_SUPPORT_H
#define VCCA_TESTS_CRYPTO_SUPPORT_H

#include "vcca/crypto.h"

/* The bytes of hexadecimal text in a buffer of its own; at most 16 such spans live at a time, of 1100 bytes. */
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
