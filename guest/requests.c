/* What guests ask of their monitor, as programs of the guest.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "guest/running.h"
#include "rooms/error.h"
#include "rooms/guest.h"

/* Room for what a program takes and gives. */
struct job {
  vcca_span bytes;
  unsigned index;
  uint8_t *value;
  vcca_sink *out;
  uint64_t status, bound;
  unsigned ipa_width, hash;
  bool tsi;
  uint64_t page; /* IPA */
};

/* --- A token, as Linux's arm-cca-guest and virtCCA's driver have it made -------------------------------- */

#define TOKEN_INIT UINT64_C(0xC4000194)
#define TOKEN_CONTINUE UINT64_C(0xC4000195)
enum { SUCCESS = 0, INCOMPLETE = 3 };

static uint64_t token_init(const struct job *job, vcca_guest *g, uint64_t *bound)
{
  uint64_t x[VCCA_SMC_REGS] = {TOKEN_INIT};
  uint8_t challenge[VCCA_CHALLENGE_SIZE] = {0};
  if (job->bytes.n > 0)
    memcpy(challenge, job->bytes.p, job->bytes.n);
  if (job->tsi) {
    vcca_guest_store(g, job->page, VCCA_SPAN(challenge));
    x[1] = job->page;
  } else {
    for (size_t i = 0; i < sizeof challenge / 8; i++)
      x[1 + i] = vcca_le64(challenge + 8 * i);
  }
  vcca_guest_call(g, x);
  *bound = x[0] == SUCCESS ? x[1] : 0;
  return x[0];
}

/* Fills the page, from its beginning, until it or the token is full. */
static uint64_t token_page(const struct job *job, vcca_guest *g, size_t *filled)
{
  uint64_t status;
  size_t offset = 0;
  do {
    uint64_t x[VCCA_SMC_REGS] = {TOKEN_CONTINUE, job->page, offset, VCCA_PAGE - offset};
    vcca_guest_call(g, x);
    status = x[0];
    offset += (size_t)x[1];
  } while (status == INCOMPLETE && offset < VCCA_PAGE);
  *filled = offset;
  return status;
}

static void token(void *arg, vcca_guest *g)
{
  struct job *job = arg;
  job->status = token_init(job, g, &job->bound);
  if (job->status != SUCCESS)
    return;
  do {
    size_t filled = 0;
    job->status = token_page(job, g, &filled);
    if ((job->status != SUCCESS && job->status != INCOMPLETE) || job->out->n + filled > job->bound)
      return;
    vcca_guest_load(g, job->page, job->out, filled);
  } while (job->status == INCOMPLETE);
}

bool vcca_running_token(vcca_running *v, vcca_span challenge, vcca_sink *out, uint64_t *bound, uint64_t *status,
                        struct vcca_error *err)
{
  struct job job = {
      .bytes = challenge, .out = out, .tsi = vcca_running_abi(v) == VCCA_ABI_TMI, .page = v->platform.scratch};
  if (challenge.n > VCCA_CHALLENGE_SIZE)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%zu bytes, a challenge has at most %d", challenge.n, VCCA_CHALLENGE_SIZE);
  if (!vcca_running_do(v, token, &job, err))
    return false;
  *status = job.status;
  if (bound)
    *bound = job.bound;
  return true;
}

static void measurement(void *arg, vcca_guest *g)
{
  struct job *job = arg;
  job->status = vcca_guest_measurement_read(g, job->index, job->value);
  if (job->status == 0)
    job->status = vcca_guest_realm_config(g, &job->ipa_width, &job->hash);
}

bool vcca_running_measurement(vcca_running *v, unsigned index, uint8_t value[VCCA_MEASUREMENT_SIZE], size_t *size,
                              uint64_t *status, struct vcca_error *err)
{
  struct job job = {.index = index, .value = value};
  memset(value, 0, VCCA_MEASUREMENT_SIZE);
  if (!vcca_running_do(v, measurement, &job, err))
    return false;
  *status = job.status;
  *size = vcca_hash_size((enum vcca_hash_alg)job.hash);
  return true;
}

static void extend(void *arg, vcca_guest *g)
{
  struct job *job = arg;
  job->status = vcca_guest_measurement_extend(g, job->index, job->bytes);
}

bool vcca_running_extend(vcca_running *v, unsigned index, vcca_span value, uint64_t *status, struct vcca_error *err)
{
  struct job job = {.index = index, .bytes = value};
  if (value.n > VCCA_MEASUREMENT_SIZE)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%zu bytes, a guest extends by at most %d at a time: give their hash",
                     value.n, VCCA_MEASUREMENT_SIZE);
  if (!vcca_running_do(v, extend, &job, err))
    return false;
  *status = job.status;
  return true;
}

static void certificate(void *arg, vcca_guest *g)
{
  struct job *job = arg;
  job->status = vcca_guest_device_cert(g, job->out);
}

bool vcca_running_certificate(vcca_running *v, vcca_sink *cert, uint64_t *status, struct vcca_error *err)
{
  struct job job = {.out = cert};
  if (vcca_running_abi(v) != VCCA_ABI_TMI)
    return vcca_fail(err, VCCA_FAULT_USAGE, "only virtCCA has a call for the device certificate");
  if (!vcca_running_do(v, certificate, &job, err))
    return false;
  *status = job.status;
  return true;
}
