/* RSA's arithmetic by mbedtls_rsa_* and mbedtls_mpi_*, which 2.28 and 3.x offer and 4.x hides.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa.h"

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER < 0x04000000

#include <mbedtls/bignum.h>
#include <mbedtls/rsa.h>

#include "crypto/hmac.h"

enum { ROUNDS = 20 };

/* What mbedTLS takes for its random source: bytes of a derived stream. */
static int draw(void *stream, unsigned char *out, size_t n)
{
  vcca_stream_read(stream, out, n);
  return 0;
}

static void context_init(mbedtls_rsa_context *rsa)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  mbedtls_rsa_init(rsa);
#else
  mbedtls_rsa_init(rsa, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE);
#endif
}

static bool context_load(mbedtls_rsa_context *rsa, vcca_span p, vcca_span q)
{
  static const uint8_t e[] = {0x01, 0x00, 0x01};
  return mbedtls_rsa_import_raw(rsa, NULL, 0, p.p, p.n, q.p, q.n, NULL, 0, e, sizeof e) == 0 &&
         mbedtls_rsa_complete(rsa) == 0 && mbedtls_rsa_check_privkey(rsa) == 0 && mbedtls_rsa_get_len(rsa) == 2 * p.n;
}

static bool is_prime(vcca_span number)
{
  struct vcca_stream bases;
  vcca_stream_start(&bases, VCCA_SHA256, number, vcca_span_of(NULL, 0), VCCA_SPAN_LIT("vcca Miller-Rabin"));
  mbedtls_mpi x;
  mbedtls_mpi_init(&x);
  bool prime =
      mbedtls_mpi_read_binary(&x, number.p, number.n) == 0 && mbedtls_mpi_is_prime_ext(&x, ROUNDS, draw, &bases) == 0;
  mbedtls_mpi_free(&x);
  return prime;
}

static bool modulus(vcca_span p, vcca_span q, uint8_t *n)
{
  mbedtls_rsa_context rsa;
  context_init(&rsa);
  bool ok =
      context_load(&rsa, p, q) && mbedtls_rsa_export_raw(&rsa, n, 2 * p.n, NULL, 0, NULL, 0, NULL, 0, NULL, 0) == 0;
  mbedtls_rsa_free(&rsa);
  return ok;
}

/* The blinding does not show in the result. */
static bool to_private(vcca_span p, vcca_span q, const uint8_t *in, uint8_t *out)
{
  struct vcca_stream blinding;
  vcca_stream_start(&blinding, VCCA_SHA256, p, vcca_span_of(NULL, 0), VCCA_SPAN_LIT("vcca RSA blinding"));
  mbedtls_rsa_context rsa;
  context_init(&rsa);
  bool ok = context_load(&rsa, p, q) && mbedtls_rsa_private(&rsa, draw, &blinding, in, out) == 0;
  mbedtls_rsa_free(&rsa);
  return ok;
}

const struct vcca_rsa_numbers vcca_rsa_mbedtls = {is_prime, modulus, to_private};

#endif
