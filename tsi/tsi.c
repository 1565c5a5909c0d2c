/* TSI: the table and its handlers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/attestation.h"

#define ROWS "tsi/tsi.def"
#define HANDLER guest_handler
#include "rooms/command_rows.h"

static const struct vcca_status_name statuses[] = {
    {GUEST_SUCCESS, "TSI_SUCCESS"},
    {GUEST_ERROR_INPUT, "TSI_ERROR_INPUT"},
    {GUEST_ERROR_STATE, "TSI_ERROR_STATE"},
    {GUEST_INCOMPLETE, "TSI_INCOMPLETE"},
    {GUEST_ERROR_UNKNOWN, "TSI_ERROR_UNKNOWN"},
    {SMC_NOT_SUPPORTED, "TSI_ERROR_NOT_SUPPORTED"}, /* SMCCC's answer to a call that is not there */
};
const struct guest_abi tsi_abi = {
    .interface =
        {
            .name = "tsi",
            .source = "openEuler kernel OLK-6.6 (virtcca_cvm_tsi.h) and virtCCA SDK, TSI 1.0",
            TABLE(commands, statuses),
            .status_register = 0,
        },
    .handlers = handlers,
};

/* Whether n bytes at ipa are in the CVM's address space. */
static bool in_space(const struct guest_call *call, uint64_t ipa, uint64_t n)
{
  uint64_t last = n == 0 ? ipa : ipa + n - 1;
  return last >= ipa && vcca_realm_access(call->m, call->rec, VCCA_ACCESS_READ, last) != VCCA_ACCESS_BOUND;
}

#define TSI_REVISION UINT64_C(0x10000)

uint64_t tsi_abi_version(struct guest_call *call)
{
  (void)call;
  return TSI_REVISION; /* x0, where RSI has its status: so a guest can tell the two interfaces apart */
}

uint64_t tsi_cvm_config(struct guest_call *call)
{
  call->out[0] = call->realm.ipa_width;
  call->out[1] = call->realm.hash_alg;
  return GUEST_SUCCESS;
}

/* --- Measurements --------------------------------------------------------------------------------------- */

uint64_t tsi_measurement_read(struct guest_call *call)
{
  uint64_t index = call->in[1], addr = call->in[2], status;
  REQUIRE(index_bound, index <= VCCA_REMS, GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, in_space(call, addr, VCCA_MEASUREMENT_SIZE), GUEST_ERROR_INPUT);
  COMMIT();

  const uint8_t *value = index == 0 ? call->realm.rim : call->realm.rem[index - 1];
  return store(call, addr, vcca_span_of(value, VCCA_MEASUREMENT_SIZE), &status) ? GUEST_SUCCESS : status;
}

uint64_t tsi_measurement_extend(struct guest_call *call)
{
  uint64_t index = call->in[1], size = call->in[2], addr = call->in[3], status;
  REQUIRE(index_bound, index >= 1 && index <= VCCA_REMS, GUEST_ERROR_INPUT);
  REQUIRE(size_bound, size <= VCCA_MEASUREMENT_SIZE, GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, in_space(call, addr, size), GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t value[VCCA_MEASUREMENT_SIZE];
  vcca_sink s = VCCA_SINK(value);
  if (!fetch(call, addr, &s, (size_t)size, &status))
    return status;
  guest_rem_extend(call->m, call->rec, (unsigned)index - 1, vcca_sink_span(&s));
  return GUEST_SUCCESS;
}

/* --- Tokens --------------------------------------------------------------------------------------------- */

uint64_t tsi_attestation_token_init(struct guest_call *call)
{
  uint64_t addr = call->in[1], status;
  REQUIRE(addr_bound, in_space(call, addr, VCCA_CHALLENGE_SIZE), GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t challenge[VCCA_CHALLENGE_SIZE];
  vcca_sink s = VCCA_SINK(challenge);
  if (!fetch(call, addr, &s, sizeof challenge, &status))
    return status;
  return attestation_init(call, VCCA_SPAN(challenge));
}

uint64_t tsi_attestation_token_continue(struct guest_call *call)
{
  uint64_t addr = call->in[1], offset = call->in[2], size = call->in[3];
  REQUIRE(offset_bound, offset < VCCA_PAGE, GUEST_ERROR_INPUT);
  REQUIRE(size_overflow, offset + size >= offset, GUEST_ERROR_INPUT);
  REQUIRE(size_bound, offset + size <= VCCA_PAGE, GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, in_space(call, addr, offset + size), GUEST_ERROR_INPUT);
  REQUIRE(state, attestation_in_progress(call), GUEST_ERROR_STATE);
  COMMIT();

  return attestation_continue(call, addr + offset, size);
}

uint64_t tsi_device_cert(struct guest_call *call)
{
  uint64_t addr = call->in[1], size = call->in[2], status;
  vcca_span cert = vcca_span_of(call->monitor->cert, call->monitor->cert_size);
  REQUIRE(size_bound, size >= cert.n, GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, in_space(call, addr, cert.n), GUEST_ERROR_INPUT);
  COMMIT();

  if (!store(call, addr, cert, &status))
    return status;
  call->out[0] = cert.n;
  return GUEST_SUCCESS;
}

/* --- Keys ------------------------------------------------------------------------------------------------- */

/* HMAC-SHA-256 of the RIM and the parameter, under a secret of the device. So the key is the same after
 * each start of the same VM on the same machine, and another for another image or another machine. What a
 * real TMM binds it to is not public. */
uint64_t tsi_sealing_key(struct guest_call *call)
{
  enum { HMAC_SHA_256 = 0, KEY = 32, PARAM = 64 };
  uint64_t alg = call->in[1], param = call->in[2], len = call->in[3], addr = call->in[4], status;
  REQUIRE(alg_supp, alg == HMAC_SHA_256, GUEST_ERROR_INPUT);
  REQUIRE(len_valid, len == 0 || len == PARAM, GUEST_ERROR_INPUT);
  REQUIRE(param_bound, in_space(call, param, len), GUEST_ERROR_INPUT);
  REQUIRE(key_bound, in_space(call, addr, KEY), GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t message[VCCA_MEASUREMENT_SIZE + PARAM], key[KEY];
  vcca_sink s = VCCA_SINK(message);
  vcca_sink_put(&s, VCCA_SPAN(call->realm.rim));
  if (!fetch(call, param, &s, (size_t)len, &status))
    return status;
  vcca_hmac(VCCA_SHA256, VCCA_SPAN(call->monitor->sealing), vcca_sink_span(&s), key);
  return store(call, addr, VCCA_SPAN(key), &status) ? GUEST_SUCCESS : status;
}

uint64_t tsi_not_supported(struct guest_call *call)
{
  REQUIRE(supported, false, SMC_NOT_SUPPORTED);
  COMMIT();
  return SMC_NOT_SUPPORTED;
}
