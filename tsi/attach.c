/* The monitor takes its keys from the HSM. It answers the realm's SMCs: finds the command's row, runs its
 * handler, writes the registers, and calls the trace hook.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/attestation.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"
#include "rooms/rmm.h"
#include "rooms/tsi.h"

#include <stdlib.h>
#include <string.h>

/* Writes x0 to x3, as TF-RMM does: callers by SMCCC 1.1 rely on x4 and up where these have no result. */
enum { USUAL_OUTPUTS = 3 };

const struct vcca_interface *vcca_rsi(void)
{
  return &rsi_abi.interface;
}

const struct vcca_interface *vcca_tsi(void)
{
  return &tsi_abi.interface;
}

const struct vcca_interface *vcca_psci(void)
{
  return &psci_abi.interface;
}

/* --- The SMC ------------------------------------------------------------------------------------------ */

static const struct vcca_command *find(const struct guest_abi *const *abis, size_t n, uint64_t fid,
                                       const struct guest_abi **abi)
{
  for (size_t i = 0; i < n; i++) {
    *abi = abis[i];
    const struct vcca_command *command = vcca_command_with_fid(&abis[i]->interface, fid);
    if (command)
      return command;
  }
  *abi = abis[0];
  return NULL;
}

static void answer(struct guest_call *call, const struct guest_abi *abi, const struct vcca_command *command,
                   uint64_t *x)
{
  uint64_t status = abi->handlers[command - abi->interface.commands](call);
  if (call->untouched || call->again)
    return;
  x[0] = status;
  memcpy(x + 1, call->out, (call->wide ? GUEST_OUTPUTS : USUAL_OUTPUTS) * sizeof *x);
}

/* Whether the embedder's intercept answered the call. */
static bool intercepted(const struct guest_call *call, const struct guest_abi *abi, const struct vcca_command *command,
                        uint64_t *x)
{
  const vcca_guest_interface *gi = call->monitor;
  uint64_t status;
  if (!gi->intercept || !gi->intercept(gi->intercept_ctx, &abi->interface, command, call->rec, &status))
    return false;
  x[0] = status;
  memset(x + 1, 0, USUAL_OUTPUTS * sizeof *x);
  return true;
}

static enum vcca_guest_action guest_smc(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  const struct vcca_machine_config *config = vcca_machine_config(m);
  const struct guest_abi *abis[] = {config->abi == VCCA_ABI_TMI ? &tsi_abi : &rsi_abi, &psci_abi, &smccc_abi}, *abi;
  uint64_t fid = cpu->x[0] & SMC_FID_MASK, row = psci_row(fid);
  const struct vcca_command *command = find(abis, 3, row, &abi);
  uint64_t in[VCCA_SMC_REGS];
  for (size_t i = 1; row != fid && i <= 3; i++) /* an SMC32 call: ignore the upper halves */
    cpu->x[i] = (uint32_t)cpu->x[i];
  memcpy(in, cpu->x, sizeof in);
  struct guest_call call = {.monitor = ctx, .m = m, .rec = rec, .in = in, .action = VCCA_GUEST_RESUME};
  if (!command || !vcca_realm_info(m, vcca_rec_owner(m, rec), &call.realm))
    cpu->x[0] = SMC_NOT_SUPPORTED;
  else if (intercepted(&call, abi, command, cpu->x))
    ;
  else
    answer(&call, abi, command, cpu->x);

  struct held held = {.count = 0};
  if (command && call.refused && config->trace) {
    struct guest_call retry = {.monitor = ctx, .m = m, .rec = rec, .in = in, .realm = call.realm, .held = &held};
    abi->handlers[command - abi->interface.commands](&retry);
  }
  uint64_t out[VCCA_SMC_REGS];
  memcpy(out, cpu->x, sizeof out);
  struct vcca_trace trace = {
      .interface = &abi->interface,
      .command = command,
      .in = in,
      .out = out,
      .refused = call.refused,
      .realm = vcca_rec_owner(m, rec),
      .held = held.list,
      .held_count = held.count,
  };
  if (config->trace && !call.again)
    config->trace(config->trace_ctx, &trace);
  return call.action;
}

/* --- Attach ------------------------------------------------------------------------------------------- */

static bool take_cert(vcca_guest_interface *gi, const vcca_hsm *hsm, struct vcca_error *err)
{
  vcca_span der = vcca_hsm_cert(hsm, VCCA_CERT_DEVICE);
  vcca_sink out = VCCA_SINK(gi->cert);
  if (vcca_family(gi->family)->key == VCCA_KEY_RSA)
    vcca_sink_put(&out, der);
  else
    vcca_pem_put("CERTIFICATE", der, &out);
  if (!vcca_sink_ok(&out))
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device certificate has %zu bytes, the monitor can keep %zu",
                     out.n, out.cap);
  gi->cert_size = out.n;
  while (gi->cert_size > 0 &&
         gi->cert[gi->cert_size - 1] ==
             '\n') /* verifiers expect PEM without a newline at its end, as real machines give it */
    gi->cert_size--;
  return true;
}

static bool take_keys(vcca_guest_interface *gi, vcca_hsm *hsm, struct vcca_error *err)
{
  const struct vcca_family_spec *spec = vcca_family(gi->family);
  gi->rak = vcca_hsm_rak(hsm);
  if (vcca_key_type(gi->rak) != spec->key)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "tokens of family %s need a RAK of type %s; device %s has %s: choose a device with keys of the family's type",
        spec->name, vcca_key_type_name(spec->key), vcca_hsm_device(hsm)->name,
        vcca_key_type_name(vcca_key_type(gi->rak)));
  vcca_span platform;
  vcca_sink claim = VCCA_SINK(gi->rak_claim), kept = VCCA_SINK(gi->platform);
  if (!vcca_rak_encode(gi->family, gi->rak, &claim, err) || !vcca_hsm_platform_token(hsm, gi->family, &platform, err))
    return false;
  vcca_sink_put(&kept, platform);
  gi->rak_claim_size = claim.n;
  gi->platform_size = platform.n;
  return vcca_sink_ok(&kept) ||
         vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the platform token has %zu bytes, the monitor can keep %zu", kept.n,
                   kept.cap);
}

/* The bound that TOKEN_INIT returns: one granule, as real monitors say; more only when the longest token of
 * this device needs more. */
static bool bound_token(vcca_guest_interface *gi, struct vcca_error *err)
{
  static const uint8_t challenge[VCCA_CHALLENGE_SIZE];
  struct vcca_realm_info longest = {.hash_alg = VCCA_SHA512};
  uint8_t bytes[VCCA_TOKEN_MAX];
  vcca_sink token = VCCA_SINK(bytes);
  if (!attestation_mint(gi, &longest, VCCA_SPAN(challenge), &token, err))
    return false;
  if (token.n > GUEST_TOKEN_MAX)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                     "tokens may have %zu bytes, a REC has room for %d: give the device fewer components", token.n,
                     (int)GUEST_TOKEN_MAX);
  gi->token_bound = (token.n + VCCA_PAGE - 1) / VCCA_PAGE * VCCA_PAGE;
  return true;
}

static bool take_all(vcca_guest_interface *gi, vcca_hsm *hsm, struct vcca_error *err)
{
  return take_keys(gi, hsm, err) && take_cert(gi, hsm, err) && vcca_hsm_sealing_secret(hsm, gi->sealing, err) &&
         bound_token(gi, err);
}

vcca_guest_interface *vcca_tsi_attach(vcca_machine *m, vcca_hsm *hsm, enum vcca_family family, struct vcca_error *err)
{
  vcca_guest_interface *gi = calloc(1, sizeof *gi);
  if (!gi) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the guest interface");
    return NULL;
  }
  gi->m = m;
  gi->family = family;
  if (!take_all(gi, hsm, err)) {
    free(gi);
    return NULL;
  }
  vcca_machine_set_guest_smc(m, guest_smc, gi);
  return gi;
}

void vcca_guest_interface_free(vcca_guest_interface *gi)
{
  if (!gi)
    return;
  vcca_machine_set_guest_smc(gi->m, NULL, NULL);
  free(gi);
}

bool vcca_guest_interface_rekey(vcca_guest_interface *gi, vcca_hsm *hsm, struct vcca_error *err)
{
  vcca_guest_interface *other = calloc(1, sizeof *other);
  if (!other)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the guest interface");
  other->m = gi->m;
  other->family = gi->family;
  other->intercept = gi->intercept;
  other->intercept_ctx = gi->intercept_ctx;
  bool ok = take_all(other, hsm, err);
  if (ok)
    *gi = *other;
  free(other);
  return ok;
}

void vcca_guest_interface_intercept(vcca_guest_interface *gi, vcca_guest_intercept intercept, void *ctx)
{
  gi->intercept = intercept;
  gi->intercept_ctx = ctx;
}
