/* intel-ipsec-mb's multi-buffer jobs: many pages side by side in the lanes of a vector register. The
 * library finds out what the CPU has. Its manager serves one thread, so each thread has one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"

#ifdef VCCA_HAVE_IPSEC_MB

#include <pthread.h>

#define NO_COMPAT_IMB_API_053 /* its short old names */
#include <intel-ipsec-mb.h>

static pthread_key_t manager_of_thread;

static void free_manager(void *m)
{
  free_mb_mgr(m);
}

static IMB_MGR *new_manager(void)
{
  IMB_MGR *m = alloc_mb_mgr(0);
  if (!m)
    return NULL;
  init_mb_mgr_auto(m, NULL);
  if (imb_get_errno(m) == 0)
    return m;
  free_mb_mgr(m);
  return NULL;
}

static IMB_MGR *manager(void)
{
  IMB_MGR *m = pthread_getspecific(manager_of_thread);
  if (m || !(m = new_manager()))
    return m;
  if (pthread_setspecific(manager_of_thread, m) != 0) {
    free_mb_mgr(m);
    return NULL;
  }
  return m;
}

static bool start(const char **why)
{
  *why = "no memory for libIPSec_MB";
  if (pthread_key_create(&manager_of_thread, free_manager) != 0)
    return false;
  *why = "libIPSec_MB cannot run on this CPU";
  return manager() != NULL;
}

static void submit_details(IMB_JOB *job, enum vcca_hash_alg alg, const struct vcca_hash_job *hash, size_t size)
{
  static const IMB_HASH_ALG algs[VCCA_HASH_ALGS] = {
      [VCCA_SHA256] = IMB_AUTH_SHA_256, [VCCA_SHA512] = IMB_AUTH_SHA_512, [VCCA_SHA384] = IMB_AUTH_SHA_384};
  job->cipher_mode = IMB_CIPHER_NULL;
  job->cipher_direction = IMB_DIR_ENCRYPT;
  job->chain_order = IMB_ORDER_HASH_CIPHER;
  job->hash_alg = algs[alg];
  job->src = hash->message;
  job->hash_start_src_offset_in_bytes = 0;
  job->msg_len_to_hash_in_bytes = size;
  job->auth_tag_output = hash->digest;
  job->auth_tag_output_len_in_bytes = vcca_hash_size(alg);
}

/* A job comes back when its lane is done; what a lane could not do PSA does. */
static size_t collect(IMB_MGR *m, IMB_JOB *job, enum vcca_hash_alg alg, size_t size)
{
  size_t done = 0;
  for (; job; job = IMB_GET_COMPLETED_JOB(m), done++)
    if (job->status != IMB_STATUS_COMPLETED) {
      const vcca_span message = vcca_span_of(job->src, size);
      vcca_psa_stream(alg, &message, 1, job->auth_tag_output);
    }
  return done;
}

static void batch(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  IMB_MGR *m = manager();
  if (!m) {
    vcca_engine_psa.batch(alg, jobs, n, size);
    return;
  }
  size_t done = 0;
  for (size_t i = 0; i < n; i++) {
    submit_details(IMB_GET_NEXT_JOB(m), alg, &jobs[i], size);
    done += collect(m, IMB_SUBMIT_JOB(m), alg, size);
  }
  while (done < n)
    done += collect(m, IMB_FLUSH_JOB(m), alg, size);
}

#define HAVE(x) x
#else
#define HAVE(x) NULL
#endif

const struct vcca_engine vcca_engine_ipsec_mb = {
    .name = "ipsec-mb",
    .what = "intel-ipsec-mb, many pages side by side",
    .start = HAVE(start),
    .batch = HAVE(batch),
    .least = 8, /* 16 lanes take as long as 6 single pages, however many are in use */
};
