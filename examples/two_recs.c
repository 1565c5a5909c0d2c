/* A realm of two virtual CPUs, from its first granule to its power-off, with nothing but the library's public headers: the host is
 * main, the realm's virtual CPUs are the functions first and second. They wake each other (PSCI), call the host, give memory away and
 * take it back (RIPAS), extend a measurement, and fetch a token by chunks.
 *
 *   cc two_recs.c $(pkg-config --cflags --libs vcca)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vcca/tsi.h>

#define RAM UINT64_C(0x80000000)
enum { SIZE = 16 << 20, PAGE = 4096, IPA_BITS = 40, AUX = 16 };

/* Host memory, by page: what stays the host's, then what the realm is made of. */
enum { PARAMS, RUN, RD = 16, ROOT, TABLES, DATA = 24, RECS = 32 };
#define AT(page) (RAM + (uint64_t)(page)*PAGE)
#define REC(i) AT(RECS + (i) * (1 + AUX))

/* The realm's addresses: a page for each virtual CPU, and one to give away. */
enum { FIRST_PAGE = 0x1000, SECOND_PAGE = 0x2000, SPARE_PAGE = 0x3000 };

static vcca_machine *machine;

static void give_up(const char *what, uint64_t status)
{
  fprintf(stderr, "two_recs: %s: 0x%llx\n", what, (unsigned long long)status);
  exit(1);
}

/* --- The realm ---------------------------------------------------------------------------------------- */

#define CPU_OFF UINT64_C(0x84000002)
#define SYSTEM_OFF UINT64_C(0x84000008)
#define ALREADY_ON ((uint64_t)-4)
#define CPU_ON UINT64_C(0xC4000003)
#define AFFINITY_INFO UINT64_C(0xC4000004)
#define IPA_STATE_SET UINT64_C(0xC4000197)
#define IPA_STATE_GET UINT64_C(0xC4000198)
#define HOST_CALL UINT64_C(0xC4000199)

static uint64_t call(vcca_guest *g, uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t *out1)
{
  uint64_t x[VCCA_SMC_REGS] = {fid, x1, x2, x3};
  vcca_guest_call(g, x);
  if (out1)
    *out1 = x[1];
  return x[0];
}

static void expect(const char *what, uint64_t status, uint64_t wanted)
{
  if (status != wanted)
    give_up(what, status);
}

/* Asks the host for twice a number: RsiHostCall is an immediate, then registers from offset 8. */
static uint64_t doubled_by_host(vcca_guest *g, uint64_t page, uint64_t number)
{
  uint8_t arguments[256] = {0}, answer[8];
  vcca_sink sink = VCCA_SINK(answer);
  vcca_put_le64(arguments + 8, number);
  vcca_guest_store(g, page, VCCA_SPAN(arguments));
  expect("HOST_CALL", call(g, HOST_CALL, page, 0, 0, NULL), 0);
  vcca_guest_load(g, page + 8, &sink, sizeof answer);
  return vcca_le64(answer);
}

/* Makes the spare page RAM (1) or EMPTY (0), in as many steps as the host likes. */
static void change_ripas(vcca_guest *g, uint64_t ripas)
{
  uint64_t base = SPARE_PAGE, now = 0;
  while (base < SPARE_PAGE + PAGE)
    expect("IPA_STATE_SET", call(g, IPA_STATE_SET, base, SPARE_PAGE + PAGE, ripas, &base), 0);
  uint64_t x[VCCA_SMC_REGS] = {IPA_STATE_GET, SPARE_PAGE, SPARE_PAGE + PAGE};
  vcca_guest_call(g, x);
  now = x[2];
  expect("RIPAS", now, ripas);
}

static void first(void *arg, vcca_guest *g)
{
  (void)arg;
  expect("AFFINITY_INFO", call(g, AFFINITY_INFO, 1, 0, 0, NULL), 1); /* off */
  expect("CPU_ON", call(g, CPU_ON, 1, SECOND_PAGE, 0x77, NULL), 0);
  expect("CPU_ON again", call(g, CPU_ON, 1, SECOND_PAGE, 0x77, NULL), ALREADY_ON);
  expect("the host's answer", doubled_by_host(g, FIRST_PAGE, 21), 42);
  change_ripas(g, 0);
  change_ripas(g, 1);
  while (call(g, AFFINITY_INFO, 1, 0, 0, NULL) == 0) /* until the second is off */
    vcca_guest_event(g, &(struct vcca_realm_event){.kind = VCCA_REALM_WFI});
  call(g, SYSTEM_OFF, 0, 0, 0, NULL);
}

struct evidence {
  uint8_t bytes[8192];
  vcca_sink token;
};

static void second(void *arg, vcca_guest *g)
{
  struct evidence *e = arg;
  expect("context", vcca_guest_cpu(g)->x[0], 0x77);
  vcca_guest_scratch(g, SECOND_PAGE);
  expect("the host's answer", doubled_by_host(g, SECOND_PAGE, 4), 8);
  expect("MEASUREMENT_EXTEND", vcca_guest_measurement_extend(g, 1, VCCA_SPAN_LIT("the second was here")), 0);
  expect("token", vcca_guest_token(g, VCCA_SPAN_LIT("a nonce"), 256, &e->token), 0);
  call(g, CPU_OFF, 0, 0, 0, NULL);
}

/* --- The host ----------------------------------------------------------------------------------------- */

enum {
  GRANULE_DELEGATE = 0x151,
  DATA_CREATE = 0x153,
  REALM_ACTIVATE = 0x157,
  REALM_CREATE = 0x158,
  REC_CREATE = 0x15A,
  REC_ENTER = 0x15C,
  RTT_CREATE = 0x15D,
  PSCI_COMPLETE = 0x164,
  RTT_SET_RIPAS = 0x169
};

static uint64_t rmi(unsigned number, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000000) | number, x1, x2, x3, x4, x5};
  vcca_smc(machine, x);
  return x[0];
}

static void must(const char *what, uint64_t status)
{
  expect(what, status, 0);
}

static void write_page(unsigned page, const uint8_t bytes[PAGE])
{
  if (!vcca_host_write(machine, AT(page), vcca_span_of(bytes, PAGE)))
    give_up("host memory", page);
}

/* A new page for the realm at ipa, measured, of zeros. */
static void add_page(unsigned page, uint64_t ipa)
{
  static const uint8_t zeros[PAGE];
  write_page(PARAMS, zeros);
  must("GRANULE_DELEGATE", rmi(GRANULE_DELEGATE, AT(page), 0, 0, 0, 0));
  must("DATA_CREATE", rmi(DATA_CREATE, AT(RD), AT(page), ipa, AT(PARAMS), 1));
}

static void add_rec(unsigned i, bool runnable)
{
  uint8_t params[PAGE] = {0}; /* RmiRecParams */
  vcca_put_le64(params, runnable);
  vcca_put_le64(params + 0x100, i);
  vcca_put_le64(params + 0x200, FIRST_PAGE);
  vcca_put_le64(params + 0x800, AUX);
  for (unsigned j = 0; j <= AUX; j++)
    must("GRANULE_DELEGATE", rmi(GRANULE_DELEGATE, REC(i) + (uint64_t)j * PAGE, 0, 0, 0, 0));
  for (unsigned j = 0; j < AUX; j++)
    vcca_put_le64(params + 0x808 + 8 * j, REC(i) + (uint64_t)(j + 1) * PAGE);
  write_page(PARAMS, params);
  must("REC_CREATE", rmi(REC_CREATE, AT(RD), REC(i), AT(PARAMS), 0, 0));
}

static void build(void)
{
  uint8_t params[PAGE] = {[0x08] = IPA_BITS, [0x18] = 1, [0x20] = 1, [0x800] = 1, [0x818] = 1}; /* RmiRealmParams */
  vcca_put_le64(params + 0x808, AT(ROOT));
  for (unsigned page = RD; page < TABLES + 3; page++)
    must("GRANULE_DELEGATE", rmi(GRANULE_DELEGATE, AT(page), 0, 0, 0, 0));
  write_page(PARAMS, params);
  must("REALM_CREATE", rmi(REALM_CREATE, AT(RD), AT(PARAMS), 0, 0, 0));
  for (unsigned level = 1; level <= 3; level++)
    must("RTT_CREATE", rmi(RTT_CREATE, AT(RD), AT(TABLES + level - 1), 0, level, 0));
  for (unsigned i = 0; i < 3; i++)
    add_page(DATA + i, FIRST_PAGE + i * PAGE);
  add_rec(0, true);
  add_rec(1, false);
  must("REALM_ACTIVATE", rmi(REALM_ACTIVATE, AT(RD), 0, 0, 0, 0));
}

static uint64_t exit_word(const uint8_t *run, size_t at)
{
  return vcca_le64(run + 0x800 + at);
}

/* What a realm that left asks for. The answer to a host call goes into run, for the next entry. */
static void serve(unsigned rec, uint8_t *run)
{
  enum { EXIT_PSCI = 3, EXIT_RIPAS_CHANGE = 4, EXIT_HOST_CALL = 5 };
  uint64_t function = exit_word(run, 0x200);
  switch (run[0x800]) {
  case EXIT_PSCI: /* the other REC is the one they mean */
    if (function == CPU_ON || function == AFFINITY_INFO)
      must("PSCI_COMPLETE", rmi(PSCI_COMPLETE, REC(rec), REC(1 - rec), 0, 0, 0));
    break;
  case EXIT_RIPAS_CHANGE:
    must("RTT_SET_RIPAS", rmi(RTT_SET_RIPAS, AT(RD), REC(rec), exit_word(run, 0x500), exit_word(run, 0x508), 0));
    break;
  case EXIT_HOST_CALL:
    vcca_put_le64(run + 0x200, 2 * function);
    break;
  default:
    break;
  }
}

/* Lets both run in turn until the realm is off. Returns how often they were entered. */
static unsigned run_all(void)
{
  enum { REALM_OFF = 0x102, REC_NOT_RUNNABLE = 3 };
  static uint8_t run[2][PAGE];
  for (unsigned entries = 0; entries < 10000; entries++) {
    unsigned rec = entries % 2;
    vcca_sink out = VCCA_SINK(run[rec]);
    write_page(RUN, run[rec]);
    uint64_t status = rmi(REC_ENTER, REC(rec), AT(RUN), 0, 0, 0);
    if (status == REALM_OFF)
      return entries;
    if (status == REC_NOT_RUNNABLE)
      continue;
    must("REC_ENTER", status);
    if (!vcca_host_read(machine, AT(RUN), &out, PAGE))
      give_up("run page", rec);
    serve(rec, run[rec]);
  }
  give_up("the realm does not end", 0);
  return 0;
}

/* --- Both --------------------------------------------------------------------------------------------- */

static void report(const struct evidence *e, unsigned entries)
{
  struct vcca_error err = {0};
  struct vcca_token token;
  struct vcca_realm_info info;
  if (!vcca_token_decode(vcca_sink_span(&e->token), &token, &err) || !vcca_realm_info(machine, AT(RD), &info))
    give_up("token", e->token.n);
  if (memcmp(token.realm.rim.p, info.rim, token.realm.rim.n) != 0 ||
      memcmp(token.realm.rem[0].p, info.rem[0], token.realm.rem[0].n) != 0)
    give_up("the token says something else than the realm", 0);
  printf("%u entries; realm %s; a token of %zu bytes, challenge \"%.7s\", REM[0] %02x%02x...\n", entries,
         vcca_realm_state_name(info.state), e->token.n, (const char *)token.realm.challenge.p, info.rem[0][0],
         info.rem[0][1]);
}

int main(void)
{
  const struct vcca_machine_config config = {
      .abi = VCCA_ABI_RMI, .regions = {{.base = RAM, .size = SIZE, .delegable = true}}, .region_count = 1};
  struct vcca_error err = {0};
  struct vcca_device device;
  static struct evidence e;
  char text[600];
  e.token = VCCA_SINK(e.bytes);

  vcca_device_default(VCCA_CHAIN_P384, &device);
  machine = vcca_machine_new(&config, &err);
  vcca_hsm *hsm = vcca_hsm_open(&device, &err);
  vcca_guest_interface *monitor = machine && hsm ? vcca_tsi_attach(machine, hsm, VCCA_FAMILY_ARM_1_0, &err) : NULL;
  if (monitor)
    build();
  vcca_guest *one = monitor ? vcca_guest_new(machine, REC(0), first, NULL, &err) : NULL;
  vcca_guest *two = one ? vcca_guest_new(machine, REC(1), second, &e, &err) : NULL;
  if (two)
    report(&e, run_all());
  else
    fprintf(stderr, "two_recs: %s\n", vcca_error_text(&err, text, sizeof text));
  vcca_guest_free(two);
  vcca_guest_free(one);
  vcca_guest_interface_free(monitor);
  vcca_machine_free(machine);
  vcca_hsm_close(hsm);
  return two ? 0 : 1;
}
