/* A bench of your own on both sides: your host makes RMI calls, your realm is straight-line C that runs as a coroutine. It needs the
 * monitor only, no attestation: the realm finds no RSI.
 *
 *   cc own_bench.c $(pkg-config --cflags --libs vcca-rmm)
 *
 * The realm stores to a page that the host maps when it is asked to, waits for a virtual interrupt, programs its timer, reads from a device
 * that the host plays, and touches an address where it has no memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* ucontext.h */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <vcca/rmm.h>

#define RAM UINT64_C(0x80000000)
enum { SIZE = 1 << 20, PAGE = 4096, AUX = 16, IPA_BITS = 40 };
#define AT(page) (RAM + (uint64_t)(page)*PAGE)
enum { PARAMS, RUN, RD = 16, ROOT, TABLES, DATA = 24, REC = 32 }; /* host memory, by page */

/* The realm's addresses: RAM that is not mapped yet, no memory at all, a device. */
#define LATE_PAGE UINT64_C(0x1000)
#define NO_MEMORY UINT64_C(0x8000)
#define DEVICE (UINT64_C(1) << (IPA_BITS - 1))
enum { VIRTUAL_TIMER = 27 };

static vcca_machine *machine;

static void expect(const char *what, uint64_t value, uint64_t wanted)
{
  if (value == wanted)
    return;
  fprintf(stderr, "own_bench: %s: 0x%llx, not 0x%llx\n", what, (unsigned long long)value, (unsigned long long)wanted);
  exit(1);
}

/* --- A coroutine for each REC: here there is one ------------------------------------------------------- */

static struct {
  uint64_t rec, identity, starts; /* whom it plays */
  ucontext_t realm, host;
  struct vcca_cpu *cpu; /* good while the realm has the turn */
  struct vcca_realm_event *event;
  char stack[256 * 1024];
} co;

static void realm_main(void);

/* The machine asks what the realm does next: the realm runs up to its next event. */
static void program(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct vcca_rec_info info;
  (void)ctx;
  if (!vcca_rec_info(m, rec, &info))
    return;
  if (info.identity != co.identity ||
      info.starts != co.starts) { /* a new REC, or CPU_ON: the realm begins anew at cpu->pc */
    co.rec = rec;
    co.identity = info.identity;
    co.starts = info.starts;
    getcontext(&co.realm);
    co.realm.uc_stack.ss_sp = co.stack;
    co.realm.uc_stack.ss_size = sizeof co.stack;
    co.realm.uc_link = NULL;
    makecontext(&co.realm, realm_main, 0);
  }
  co.cpu = cpu;
  co.event = event;
  swapcontext(&co.host, &co.realm);
}

/* The realm does something that the monitor decides on; comes back when that is over. */
static void happens(struct vcca_realm_event event)
{
  *co.event = event;
  swapcontext(&co.realm, &co.host);
}

/* A load or store of the realm. False: the realm took an exception instead (cpu->esr). */
static bool realm_store(uint64_t ipa, uint64_t value)
{
  uint8_t bytes[8];
  struct vcca_access_fault fault;
  vcca_put_le64(bytes, value);
  while (!vcca_realm_write(machine, co.rec, ipa, VCCA_SPAN(bytes), &fault)) {
    happens((struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT, .ipa = fault.ipa, .write = true});
    if (co.cpu->esr) {
      printf("realm: 0x%llx: %s (esr 0x%llx)\n", (unsigned long long)ipa, vcca_access_text(fault.why),
             (unsigned long long)co.cpu->esr);
      return false;
    }
  }
  return true;
}

static void realm_main(void)
{
  enum { PENDING = 1, STATE = 62 };
  expect("the store", realm_store(LATE_PAGE, 42), true);

  while (co.cpu->gic.lrs[0] >> STATE != PENDING)
    happens((struct vcca_realm_event){.kind = VCCA_REALM_WFI});
  printf("realm: virtual interrupt %u\n", (unsigned)co.cpu->gic.lrs[0]);
  co.cpu->gic.lrs[0] &= ~(UINT64_C(3) << STATE); /* handled; the host finds the register like this */
  co.cpu->timer.cntv_ctl = 1;                    /* the next one is wanted at 1000 */
  co.cpu->timer.cntv_cval = 1000;

  /* A load that the host can emulate; its value comes in x5, and the pc is 4 further. */
  happens(
      (struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT, .ipa = DEVICE, .syndrome = true, .size = 4, .reg = 5});
  printf("realm: the device says 0x%llx\n", (unsigned long long)co.cpu->x[5]);

  expect("a store where no memory is", realm_store(NO_MEMORY, 1), false);
  co.cpu->x[0] = UINT64_C(0xC4000190); /* RSI_VERSION */
  happens((struct vcca_realm_event){.kind = VCCA_REALM_SMC});
  expect("RSI_VERSION without RSI", co.cpu->x[0], UINT64_MAX);
  for (;;)
    happens((struct vcca_realm_event){.kind = VCCA_REALM_FIQ}); /* the end of the story */
}

/* --- The host ------------------------------------------------------------------------------------------- */

enum {
  GRANULE_DELEGATE = 0x151,
  DATA_CREATE_UNKNOWN = 0x154,
  REALM_ACTIVATE = 0x157,
  REALM_CREATE = 0x158,
  REC_CREATE = 0x15A,
  REC_ENTER = 0x15C,
  RTT_CREATE = 0x15D,
  RTT_INIT_RIPAS = 0x168
};

static void rmi(const char *what, unsigned number, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000000) | number, x1, x2, x3, x4};
  vcca_smc(machine, x);
  expect(what, x[0], 0);
}

static void write_page(unsigned page, const uint8_t bytes[PAGE])
{
  expect("host memory", vcca_host_write(machine, AT(page), vcca_span_of(bytes, PAGE)), true);
}

static void build(void)
{
  uint8_t realm[PAGE] = {[0x08] = IPA_BITS, [0x18] = 1, [0x20] = 1, [0x800] = 1, [0x818] = 1}; /* RmiRealmParams */
  uint8_t rec[PAGE] = {[0] = 1}; /* RmiRecParams: runnable */
  for (unsigned page = RD; page <= REC + AUX; page++)
    rmi("GRANULE_DELEGATE", GRANULE_DELEGATE, AT(page), 0, 0, 0);
  vcca_put_le64(realm + 0x808, AT(ROOT));
  write_page(PARAMS, realm);
  rmi("REALM_CREATE", REALM_CREATE, AT(RD), AT(PARAMS), 0, 0);
  for (unsigned level = 1; level <= 3; level++)
    rmi("RTT_CREATE", RTT_CREATE, AT(RD), AT(TABLES + level - 1), 0, level);
  rmi("RTT_INIT_RIPAS", RTT_INIT_RIPAS, AT(RD), LATE_PAGE, LATE_PAGE + PAGE, 0);
  vcca_put_le64(rec + 0x800, AUX);
  for (unsigned i = 0; i < AUX; i++)
    vcca_put_le64(rec + 0x808 + 8 * i, AT(REC + 1 + i));
  write_page(PARAMS, rec);
  rmi("REC_CREATE", REC_CREATE, AT(RD), AT(REC), AT(PARAMS), 0);
  rmi("REALM_ACTIVATE", REALM_ACTIVATE, AT(RD), 0, 0, 0);
}

/* Enters the REC; run is the run page, before and after. */
static void enter(uint8_t run[PAGE])
{
  vcca_sink out = vcca_sink_of(run, PAGE);
  write_page(RUN, run);
  rmi("REC_ENTER", REC_ENTER, AT(REC), AT(RUN), 0, 0);
  expect("the run page", vcca_host_read(machine, AT(RUN), &out, PAGE), true);
}

/* What the realm wants of the host, by the exit record. False: nothing any more. */
static bool serve(uint8_t run[PAGE])
{
  enum { SYNC = 0, EMUL_MMIO = 1, TRAP_WFI = 4, EC_WFX = 0x01, EC_DATA_ABORT = 0x24 };
  uint64_t esr = vcca_le64(run + 0x900), ipa = vcca_le64(run + 0x910) << 8;
  run[0] = TRAP_WFI;
  if (run[0x800] != SYNC)
    return false;
  if (esr >> 26 == EC_WFX) {
    vcca_put_le64(run + 0x308, UINT64_C(1) << 62 | VIRTUAL_TIMER); /* the first list register: pending */
  } else if (ipa == DEVICE) {
    printf("host: timer %llu at %llu; list register 0x%llx\n", (unsigned long long)vcca_le64(run + 0xc10),
           (unsigned long long)vcca_le64(run + 0xc18), (unsigned long long)vcca_le64(run + 0xb08));
    vcca_put_le64(run + 0x308, 0);
    run[0] = EMUL_MMIO;
    vcca_put_le64(run + 0x200, 0x1234);
  } else {
    expect("the exit", esr >> 26, EC_DATA_ABORT);
    printf("host: maps 0x%llx\n", (unsigned long long)ipa);
    rmi("DATA_CREATE_UNKNOWN", DATA_CREATE_UNKNOWN, AT(RD), AT(DATA), ipa, 0);
  }
  return true;
}

int main(void)
{
  const struct vcca_machine_config config = {.abi = VCCA_ABI_RMI,
                                             .regions = {{.base = RAM, .size = SIZE, .delegable = true}},
                                             .region_count = 1,
                                             .program = program};
  struct vcca_error err = {0};
  char text[600];
  static uint8_t run[PAGE];
  machine = vcca_machine_new(&config, &err);
  if (!machine) {
    fprintf(stderr, "own_bench: %s\n", vcca_error_text(&err, text, sizeof text));
    return 1;
  }
  build();
  do
    enter(run);
  while (serve(run));
  vcca_machine_free(machine);
  return 0;
}
