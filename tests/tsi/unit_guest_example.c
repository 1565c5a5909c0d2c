/* A CVM measures what it is about to start, asks for a token over a relying party's nonce, and checks what
 * it says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "vcca/tsi.h"

#define RAM UINT64_C(0x80000000)  /* of the host */
#define POOL UINT64_C(0x90000000) /* the TMM's */
enum { SIZE = 16 << 20, PAGE = 4096, PARAMS = PAGE, IPA_BITS = 40 };

/* What the guest brings home. */
struct evidence {
  uint64_t status;
  uint8_t bytes[8192];
  vcca_sink token;
};

/* The guest: straight-line C. It runs while the host is in TEC_ENTER. */
static void attest(void *arg, vcca_guest *g)
{
  struct evidence *e = arg;
  vcca_guest_scratch(g, 0); /* a page of its memory for buffers */
  e->status = vcca_guest_measurement_extend(g, 1, VCCA_SPAN_LIT("my workload, version 7"));
  if (e->status == 0)
    e->status = vcca_guest_token(g, VCCA_SPAN_LIT("a nonce"), PAGE, &e->token);
}

/* The host: one TMI call; the result is in x1. */
static uint64_t tmi(vcca_machine *m, uint64_t number, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000000) | number, x1, x2, x3, x4, x5};
  vcca_smc(m, x);
  return x[1];
}

/* A CVM with one page of memory and one TEC; returns the TEC. */
static uint64_t build(vcca_machine *m)
{
  uint8_t cvm[PAGE] = {[0x08] = IPA_BITS, [0x60] = 1}; /* tmi_cvm_params: s2sz, ttt_num_start */
  uint8_t tec[PAGE] = {[0x48] = 1};                    /* tmi_tec_params: runnable */
  if (!vcca_host_write(m, RAM + PARAMS, VCCA_SPAN(cvm)))
    return 0;
  uint64_t rd = tmi(m, 0x265, RAM + PARAMS, 0, 0, 0, 0); /* CVM_CREATE */
  for (uint64_t level = 1; level <= 3; level++)
    tmi(m, 0x26A, 0, rd, 0, level, 0); /* TTT_CREATE */
  tmi(m, 0x262, 0, rd, 0, RAM, 3);     /* DATA_CREATE */
  if (!vcca_host_write(m, RAM + PARAMS, VCCA_SPAN(tec)))
    return 0;
  uint64_t handle = tmi(m, 0x267, 0, rd, 0, RAM + PARAMS, 0); /* TEC_CREATE */
  return tmi(m, 0x264, rd, 0, 0, 0, 0) == 0 ? handle : 0;     /* CVM_ACTIVATE */
}

static bool run(vcca_machine *m, uint64_t tec, struct evidence *e, struct vcca_error *err)
{
  vcca_guest *g = vcca_guest_new(m, tec, attest, e, err);
  if (!g)
    return false;
  while (!vcca_guest_done(g) && tmi(m, 0x269, tec, RAM + PARAMS, 0, 0, 0) == 0) /* TEC_ENTER */
    ;
  bool done = vcca_guest_done(g);
  vcca_guest_free(g);
  return done;
}

int main(void)
{
  struct vcca_machine_config config = {
      .abi = VCCA_ABI_TMI,
      .rules = VCCA_RULES_VIRTCCA,
      .regions = {{.base = RAM, .size = SIZE}, {.base = POOL, .size = SIZE, .secure = true}},
      .region_count = 2,
  };
  struct vcca_error err = {0};
  struct vcca_device device;
  struct evidence e = {.token = {0}};
  struct vcca_token token;
  char text[600];
  e.token = VCCA_SINK(e.bytes);

  vcca_device_default(VCCA_CHAIN_P521, &device);
  vcca_machine *m = vcca_machine_new(&config, &err);
  vcca_hsm *hsm = vcca_hsm_open(&device, &err);
  vcca_guest_interface *gi = m && hsm ? vcca_tsi_attach(m, hsm, VCCA_FAMILY_VIRTCCA_P521, &err) : NULL;
  bool good =
      gi && run(m, build(m), &e, &err) && e.status == 0 && vcca_token_decode(vcca_sink_span(&e.token), &token, &err);
  if (good)
    printf("a token of %zu bytes, challenge \"%.7s\", REM[0] %02x%02x...\n", e.token.n,
           (const char *)token.realm.challenge.p, token.realm.rem[0].p[0], token.realm.rem[0].p[1]);
  else
    fprintf(stderr, "no token: status %u, %s\n", (unsigned)e.status, vcca_error_text(&err, text, sizeof text));
  vcca_guest_interface_free(gi);
  vcca_machine_free(m);
  vcca_hsm_close(hsm);
  return good ? 0 : 1;
}
