/* RSI: the table and its handlers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/attestation.h"

#define ROWS "tsi/rsi.def"
#define HANDLER guest_handler
#include "rooms/command_rows.h"

static const struct vcca_status_name statuses[] = {
    {GUEST_SUCCESS, "RSI_SUCCESS"},
    {GUEST_ERROR_INPUT, "RSI_ERROR_INPUT"},
    {GUEST_ERROR_STATE, "RSI_ERROR_STATE"},
    {GUEST_INCOMPLETE, "RSI_INCOMPLETE"},
    {GUEST_ERROR_UNKNOWN, "RSI_ERROR_UNKNOWN"},
};
const struct guest_abi rsi_abi = {
    .interface =
        {
            .name = "rsi",
            .source = "Realm Management Monitor specification, Arm DEN0137 1.0-rel0",
            TABLE(commands, statuses),
            .status_register = 0,
        },
    .handlers = handlers,
};

/* --- What the conditions ask ---------------------------------------------------------------------------- */

static bool aligned(uint64_t ipa)
{
  return ipa % VCCA_PAGE == 0;
}

static bool is_protected(const struct guest_call *call, uint64_t ipa)
{
  return guest_protected(call->m, call->rec, ipa);
}

/* AddrRangeIsProtected; the range must not be empty. */
static bool range_protected(const struct guest_call *call, uint64_t base, uint64_t top)
{
  return is_protected(call, base) && is_protected(call, top - 1);
}

static bool has_memory(const struct guest_call *call, uint64_t ipa)
{
  return vcca_realm_access(call->m, call->rec, VCCA_ACCESS_READ, ipa) != VCCA_ACCESS_EMPTY;
}

/* Eight registers as 64 bytes, little-endian. */
static void registers_to_bytes(const uint64_t *x, uint8_t bytes[64])
{
  for (size_t i = 0; i < 8; i++)
    vcca_put_le64(bytes + 8 * i, x[i]);
}

/* --- VERSION and FEATURES ------------------------------------------------------------------------------- */

#define RSI_REVISION UINT64_C(0x10000)

uint64_t rsi_version(struct guest_call *call)
{
  call->out[0] = RSI_REVISION; /* the only revision, so both the highest below and the lowest above */
  call->out[1] = RSI_REVISION;
  REQUIRE(req_supported, call->in[1] == RSI_REVISION, GUEST_ERROR_INPUT);
  COMMIT();
  return GUEST_SUCCESS;
}

uint64_t rsi_features(struct guest_call *call)
{
  call->out[0] = 0;
  return GUEST_SUCCESS;
}

/* --- Measurements --------------------------------------------------------------------------------------- */

uint64_t rsi_measurement_read(struct guest_call *call)
{
  uint64_t index = call->in[1];
  REQUIRE(index_bound, index <= VCCA_REMS, GUEST_ERROR_INPUT);
  COMMIT();

  const uint8_t *value = index == 0 ? call->realm.rim : call->realm.rem[index - 1];
  for (size_t i = 0; i < GUEST_OUTPUTS; i++)
    call->out[i] = vcca_le64(value + 8 * i);
  call->wide = true;
  return GUEST_SUCCESS;
}

uint64_t rsi_measurement_extend(struct guest_call *call)
{
  uint64_t index = call->in[1], size = call->in[2];
  REQUIRE(index_bound, index >= 1 && index <= VCCA_REMS, GUEST_ERROR_INPUT);
  REQUIRE(size_bound, size <= VCCA_MEASUREMENT_SIZE, GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t value[VCCA_MEASUREMENT_SIZE];
  registers_to_bytes(call->in + 3, value);
  guest_rem_extend(call->m, call->rec, (unsigned)index - 1, vcca_span_of(value, (size_t)size));
  return GUEST_SUCCESS;
}

/* --- Tokens --------------------------------------------------------------------------------------------- */

uint64_t rsi_attestation_token_init(struct guest_call *call)
{
  uint8_t challenge[VCCA_CHALLENGE_SIZE];
  registers_to_bytes(call->in + 1, challenge);
  return attestation_init(call, VCCA_SPAN(challenge));
}

uint64_t rsi_attestation_token_continue(struct guest_call *call)
{
  uint64_t addr = call->in[1], offset = call->in[2], size = call->in[3];
  REQUIRE(addr_align, aligned(addr), GUEST_ERROR_INPUT);
  REQUIRE(offset_bound, offset < VCCA_PAGE, GUEST_ERROR_INPUT);
  REQUIRE(size_overflow, offset + size >= offset, GUEST_ERROR_INPUT);
  REQUIRE(size_bound, offset + size <= VCCA_PAGE, GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, is_protected(call, addr), GUEST_ERROR_INPUT);
  REQUIRE(state, attestation_in_progress(call), GUEST_ERROR_STATE);
  REQUIRE(addr_ripas, has_memory(call, addr), GUEST_ERROR_INPUT);
  COMMIT();

  return attestation_continue(call, addr + offset, size);
}

/* --- REALM_CONFIG --------------------------------------------------------------------------------------- */

uint64_t rsi_realm_config(struct guest_call *call)
{
  uint64_t addr = call->in[1], status;
  REQUIRE(addr_align, aligned(addr), GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, is_protected(call, addr), GUEST_ERROR_INPUT);
  REQUIRE(addr_ripas, has_memory(call, addr), GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t page[VCCA_PAGE] = {0}; /* RsiRealmConfig, B5.4.5 */
  vcca_sink rpv = vcca_sink_of(page + 0x200, sizeof call->realm.rpv);
  vcca_put_le64(page, call->realm.ipa_width);
  page[8] = (uint8_t)call->realm.hash_alg;
  vcca_sink_put(&rpv, VCCA_SPAN(call->realm.rpv));
  return store(call, addr, VCCA_SPAN(page), &status) ? GUEST_SUCCESS : status;
}

/* --- RIPAS and the host ----------------------------------------------------------------------------------- */

enum { RIPAS_EMPTY = 0, RIPAS_RAM = 1, CHANGE_DESTROYED = 1 };

uint64_t rsi_ipa_state_set(struct guest_call *call)
{
  uint64_t base = call->in[1], top = call->in[2];
  uint8_t ripas = (uint8_t)call->in[3]; /* the other bits should be zero */
  REQUIRE(base_align, aligned(base), GUEST_ERROR_INPUT);
  REQUIRE(top_align, aligned(top), GUEST_ERROR_INPUT);
  REQUIRE(size_valid, top > base, GUEST_ERROR_INPUT);
  REQUIRE(rgn_bound, range_protected(call, base, top), GUEST_ERROR_INPUT);
  REQUIRE(ripas_valid, ripas == RIPAS_EMPTY || ripas == RIPAS_RAM, GUEST_ERROR_INPUT);
  COMMIT();

  struct guest_pending *pending = guest_pending(call->m, call->rec);
  pending->ripas_addr = base;
  pending->ripas_top = top;
  pending->ripas_value = ripas;
  pending->ripas_destroyed = (call->in[4] & CHANGE_DESTROYED) != 0;
  struct guest_exit *exit = guest_exit(call->m, call->rec);
  exit->ripas_base = base;
  exit->ripas_top = top;
  exit->ripas_value = ripas;
  return leave(call, GUEST_EXIT_RIPAS_CHANGE, GUEST_SUCCESS); /* the next entry writes x0 to x2 (A5.4) */
}

uint64_t rsi_ipa_state_get(struct guest_call *call)
{
  uint64_t base = call->in[1], top = call->in[2];
  REQUIRE(base_align, aligned(base), GUEST_ERROR_INPUT);
  REQUIRE(end_align, aligned(top), GUEST_ERROR_INPUT);
  REQUIRE(size_valid, top > base, GUEST_ERROR_INPUT);
  REQUIRE(rgn_bound, range_protected(call, base, top), GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t ripas;
  call->out[0] = guest_ripas_end(call->m, call->rec, base, top, &ripas);
  call->out[1] = ripas;
  return GUEST_SUCCESS;
}

/* RsiHostCall (B5.4.3): imm, then gprs from offset 8. */
enum { HOST_CALL_SIZE = 256, HOST_CALL_GPRS = 31 };

uint64_t rsi_host_call(struct guest_call *call)
{
  uint64_t addr = call->in[1], status;
  REQUIRE(addr_align, addr % HOST_CALL_SIZE == 0, GUEST_ERROR_INPUT);
  REQUIRE(addr_bound, is_protected(call, addr), GUEST_ERROR_INPUT);
  REQUIRE(addr_ripas, has_memory(call, addr), GUEST_ERROR_INPUT);
  COMMIT();

  uint8_t data[HOST_CALL_SIZE];
  vcca_sink s = VCCA_SINK(data);
  if (!fetch(call, addr, &s, sizeof data, &status))
    return status;
  struct guest_pending *pending = guest_pending(call->m, call->rec);
  pending->host_call = addr;
  pending->host_call_pending = 1;
  struct guest_exit *exit = guest_exit(call->m, call->rec);
  exit->imm = vcca_le16(data);
  for (size_t i = 0; i < HOST_CALL_GPRS; i++)
    exit->gprs[i] = vcca_le64(data + 8 + 8 * i);
  return leave(call, GUEST_EXIT_HOST_CALL,
               GUEST_SUCCESS); /* the next entry writes the answer into the structure (A4.5) */
}
