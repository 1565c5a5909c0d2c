/* OpenSSL's EVP with digests fetched once and a context per thread: the fastest single stream, since it
 * knows each CPU's instructions. A library context of its own keeps it apart from what else in the process
 * uses OpenSSL.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"

#ifdef VCCA_HAVE_OPENSSL

#include <pthread.h>

#include "crypto/openssl.h"

/* --- What is shared with signatures ------------------------------------------------------------------------ */

static OSSL_LIB_CTX *library;
static EVP_MD *fetched[VCCA_HASH_ALGS];
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void open_library(void)
{
  static const char *const names[VCCA_HASH_ALGS] = {
      [VCCA_SHA256] = "SHA2-256", [VCCA_SHA512] = "SHA2-512", [VCCA_SHA384] = "SHA2-384"};
  library = OSSL_LIB_CTX_new();
  for (unsigned i = 0; library && i < VCCA_HASH_ALGS; i++)
    fetched[i] = EVP_MD_fetch(library, names[i], NULL);
}

OSSL_LIB_CTX *vcca_openssl_library(void)
{
  pthread_once(&library_once, open_library);
  return library;
}

const EVP_MD *vcca_openssl_digest(enum vcca_hash_alg alg)
{
  pthread_once(&library_once, open_library);
  return fetched[alg];
}

/* --- Hashing -------------------------------------------------------------------------------------------- */

static pthread_key_t context_of_thread;

static void free_context(void *context)
{
  EVP_MD_CTX_free(context);
}

static bool start(const char **why)
{
  *why = "libcrypto does not start";
  if (!vcca_openssl_library())
    return false;
  for (unsigned i = 0; i < VCCA_HASH_ALGS; i++)
    if (!fetched[i]) {
      *why = "libcrypto has no SHA-2";
      return false;
    }
  return pthread_key_create(&context_of_thread, free_context) == 0;
}

static EVP_MD_CTX *context(void)
{
  EVP_MD_CTX *c = pthread_getspecific(context_of_thread);
  if (c)
    return c;
  c = EVP_MD_CTX_new();
  if (c && pthread_setspecific(context_of_thread, c) != 0) {
    EVP_MD_CTX_free(c);
    return NULL;
  }
  return c;
}

static void stream(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out)
{
  EVP_MD_CTX *c = context();
  bool ok = c && EVP_DigestInit_ex2(c, fetched[alg], NULL) == 1;
  for (size_t i = 0; i < n && ok; i++)
    ok = parts[i].n == 0 || EVP_DigestUpdate(c, parts[i].p, parts[i].n) == 1;
  if (!ok || EVP_DigestFinal_ex(c, out, NULL) != 1)
    vcca_psa_stream(alg, parts, n, out);
}

static void batch(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  for (size_t i = 0; i < n; i++) {
    const vcca_span message = vcca_span_of(jobs[i].message, size);
    stream(alg, &message, 1, jobs[i].digest);
  }
}

#define HAVE(x) x
#else
#define HAVE(x) NULL
#endif

const struct vcca_engine vcca_engine_openssl = {
    .name = "openssl",
    .what = "OpenSSL's libcrypto, one page after the other",
    .start = HAVE(start),
    .stream = HAVE(stream),
    .batch = HAVE(batch),
};
