/* A bench around a host that is not yours: a test suite written for real machines, which knows how to make an SMC and how to read and write
 * its memory, and nothing of vcca. It builds, runs and destroys realms where it likes; the realm's side is yours.
 *
 *   cc foreign_host.c $(pkg-config --cflags --libs vcca)
 *
 * The suite's memory is an array of this program, and its SMC is vcca_smc. Its RECs come and go, always at the same address, within one
 * call of the suite: vcca_guest_attach finds each when it first runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <vcca/tsi.h>

#define RAM UINT64_C(0x80000000)
enum { SIZE = 1 << 20, PAGE = 4096 };

/* --- Not yours: the suite ------------------------------------------------------------------------------- */

void platform_smc(uint64_t x[8]);   /* what the suite asks of a platform */
void *platform_memory(uint64_t pa); /* the bytes at a physical address */
int suite_test(unsigned number);    /* 0: passed; otherwise the line that failed */
enum {
  SUITE_TESTS = 3,
  SUITE_PASSED = 1
}; /* a realm ends with a host call; its first register is 1 when all was well */

static uint64_t rmi(unsigned number, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5)
{
  uint64_t x[8] = {0xC4000000 | number, x1, x2, x3, x4, x5};
  platform_smc(x);
  return x[0];
}

static void *clean_page(uint64_t pa)
{
  return memset(platform_memory(pa), 0, PAGE);
}

#define CHECK(condition) \
  do {                   \
    if (!(condition))    \
      return __LINE__;   \
  } while (0)

/* Everything has its fixed place: parameters and run page, RD and root table, tables, a page, a REC with 16
 * auxiliary granules. */
enum { SUITE_RD = 16, SUITE_TABLE = 18, SUITE_DATA = 21, SUITE_REC = 22, SUITE_END = 39 };
#define AT(page) (RAM + (uint64_t)(page)*PAGE)

static int suite_build(unsigned number)
{
  uint64_t *params = clean_page(AT(0));
  for (unsigned page = SUITE_RD; page < SUITE_END; page++)
    CHECK(rmi(0x151, AT(page), 0, 0, 0, 0) == 0); /* GRANULE_DELEGATE */
  params[1] = 40;
  params[3] = params[4] = 1;
  params[0x800 / 8] = 1;
  params[0x808 / 8] = AT(SUITE_RD + 1);
  params[0x818 / 8] = 1;
  CHECK(rmi(0x158, AT(SUITE_RD), AT(0), 0, 0, 0) == 0); /* REALM_CREATE */
  for (unsigned level = 1; level <= 3; level++)
    CHECK(rmi(0x15D, AT(SUITE_RD), AT(SUITE_TABLE + level - 1), 0, level, 0) == 0); /* RTT_CREATE */
  clean_page(AT(1));
  CHECK(rmi(0x153, AT(SUITE_RD), AT(SUITE_DATA), 0x1000, AT(1), 1) == 0); /* DATA_CREATE */
  params = clean_page(AT(0));
  params[0] = 1;
  params[0x200 / 8] = 0x1000;
  params[0x300 / 8] = number; /* x0 */
  params[0x800 / 8] = 16;
  for (unsigned i = 0; i < 16; i++)
    params[0x808 / 8 + i] = AT(SUITE_REC + 1 + i);
  CHECK(rmi(0x15A, AT(SUITE_RD), AT(SUITE_REC), AT(0), 0, 0) == 0); /* REC_CREATE */
  CHECK(rmi(0x157, AT(SUITE_RD), 0, 0, 0, 0) == 0);                 /* REALM_ACTIVATE */
  return 0;
}

static int suite_run(void)
{
  const uint64_t *run = clean_page(AT(2));
  for (unsigned entries = 0; entries < 100; entries++) {
    CHECK(rmi(0x15C, AT(SUITE_REC), AT(2), 0, 0, 0) == 0); /* REC_ENTER */
    if (run[0x800 / 8] == 5)                               /* HOST_CALL */
      return run[0xa00 / 8] == SUITE_PASSED ? 0 : __LINE__;
  }
  return __LINE__;
}

static int suite_destroy(void)
{
  CHECK(rmi(0x15B, AT(SUITE_REC), 0, 0, 0, 0) == 0);     /* REC_DESTROY */
  CHECK(rmi(0x155, AT(SUITE_RD), 0x1000, 0, 0, 0) == 0); /* DATA_DESTROY */
  for (unsigned level = 3; level >= 1; level--)
    CHECK(rmi(0x15E, AT(SUITE_RD), 0, level, 0, 0) == 0); /* RTT_DESTROY */
  CHECK(rmi(0x159, AT(SUITE_RD), 0, 0, 0, 0) == 0);       /* REALM_DESTROY */
  for (unsigned page = SUITE_RD; page < SUITE_END; page++)
    CHECK(rmi(0x152, AT(page), 0, 0, 0, 0) == 0); /* GRANULE_UNDELEGATE */
  return 0;
}

int suite_test(unsigned number)
{
  int line = suite_build(number);
  line = line ? line : suite_run();
  return line ? line : suite_destroy();
}

/* --- Yours: the platform --------------------------------------------------------------------------------- */

static vcca_machine *machine;
static uint64_t memory[SIZE / 8]; /* the suite's, while it is not delegated */

void platform_smc(uint64_t x[8])
{
  uint64_t all[VCCA_SMC_REGS] = {0};
  memcpy(all, x, 8 * sizeof *x);
  vcca_smc(machine, all);
  memcpy(x, all, 8 * sizeof *x);
}

void *platform_memory(uint64_t pa)
{
  return (uint8_t *)memory + (pa - RAM);
}

/* --- Yours: the realms ------------------------------------------------------------------------------------ */

enum { REALM_PAGE = 0x1000 };

/* Ends a test: RsiHostCall in the realm's page, an immediate and then registers from offset 8. */
static void report(vcca_guest *g, bool passed)
{
  uint64_t x[VCCA_SMC_REGS] = {0xC4000199, REALM_PAGE};
  uint8_t call[256] = {[8] = passed};
  vcca_guest_store(g, REALM_PAGE, VCCA_SPAN(call));
  vcca_guest_call(g, x);
}

static bool rem_changes(vcca_guest *g)
{
  uint8_t before[VCCA_MEASUREMENT_SIZE], after[VCCA_MEASUREMENT_SIZE];
  return vcca_guest_measurement_read(g, 1, before) == 0 &&
         vcca_guest_measurement_extend(g, 1, VCCA_SPAN_LIT("an event")) == 0 &&
         vcca_guest_measurement_read(g, 1, after) == 0 && memcmp(before, after, sizeof before) != 0;
}

static bool token_comes(vcca_guest *g)
{
  static uint8_t bytes[VCCA_TOKEN_MAX];
  vcca_sink token = VCCA_SINK(bytes);
  vcca_guest_scratch(g, REALM_PAGE);
  return vcca_guest_token(g, VCCA_SPAN_LIT("a nonce"), PAGE, &token) == 0 && token.n > 0;
}

static bool width_is_told(vcca_guest *g)
{
  unsigned width = 0, alg = 0;
  vcca_guest_scratch(g, REALM_PAGE);
  return vcca_guest_realm_config(g, &width, &alg) == 0 && width == 40;
}

/* The suite says by x0 which test it is. */
static void realm_main(void *arg, vcca_guest *g)
{
  static bool (*const tests[SUITE_TESTS])(vcca_guest *) = {rem_changes, token_comes, width_is_told};
  uint64_t number = vcca_guest_cpu(g)->x[0];
  (void)arg;
  report(g, number < SUITE_TESTS && tests[number](g));
}

static vcca_guest_main choose(void *ctx, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info, void **arg)
{
  (void)ctx;
  (void)m;
  (void)arg;
  printf("a REC at 0x%llx, MPIDR 0x%llx, identity %llu\n", (unsigned long long)rec, (unsigned long long)info->mpidr,
         (unsigned long long)info->identity);
  return realm_main;
}

/* --- Both --------------------------------------------------------------------------------------------------- */

static int run_suite(void)
{
  int failed = 0;
  for (unsigned i = 0; i < SUITE_TESTS; i++) {
    int line = suite_test(i);
    printf("test %u: %s", i, line ? "failed" : "passed\n");
    if (line)
      printf(" in line %d\n", line);
    failed += line != 0;
  }
  return failed;
}

int main(void)
{
  const struct vcca_machine_config config = {
      .abi = VCCA_ABI_RMI,
      .regions = {{.base = RAM, .size = SIZE, .delegable = true, .bytes = (uint8_t *)memory}},
      .region_count = 1};
  struct vcca_error err = {0};
  struct vcca_device device;
  char text[600];
  vcca_device_default(VCCA_CHAIN_P384, &device);
  machine = vcca_machine_new(&config, &err);
  vcca_hsm *hsm = vcca_hsm_open(&device, &err);
  vcca_guest_interface *monitor = machine && hsm ? vcca_tsi_attach(machine, hsm, VCCA_FAMILY_ARM_1_0, &err) : NULL;
  int failed = 1;
  if (monitor && vcca_guest_attach(machine, choose, NULL, &err)) {
    failed = run_suite();
    if (!vcca_guest_attach(machine, NULL, NULL, &err)) /* ends the realms' programs */
      failed = 1;
  } else {
    fprintf(stderr, "foreign_host: %s\n", vcca_error_text(&err, text, sizeof text));
  }
  vcca_guest_interface_free(monitor);
  vcca_machine_free(machine);
  vcca_hsm_close(hsm);
  return failed != 0;
}
