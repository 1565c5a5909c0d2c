/* How many host calls a machine handles in a second: random walks over both ABIs, bare and with every call checked
 * (tests/rmm/support_walk.h). A walk's mix is mostly refusals; what is accepted makes, measures and destroys realms.
 *
 *   bench_calls [CALLS]     of each walk; default 1,000,000
 *
 * Then whole lives: a realm is built page by page, entered, and taken down. Unlike the walk's, all of these calls are accepted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"
#include "tests/rmm/support_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(const char *name, const struct vcca_machine_config *config, uint64_t calls, bool bare)
{
  uint64_t random = 1;
  struct walk *w = walk_new(config, walk_random, &random);
  walk_bare(w, bare);
  double start = now_of_process();
  while (walk_calls(w) < calls)
    walk_step(w);
  double seconds = now_of_process() - start;
  printf("%-24s %-8s %10" PRIu64 " calls, %2.0f%% accepted, %9.0f a second\n", name, bare ? "bare" : "checked",
         walk_calls(w), 100 * (double)walk_accepted(w) / (double)walk_calls(w), (double)walk_calls(w) / seconds);
  walk_end(w);
}

/* --- A realm's whole life ------------------------------------------------------------------------------- */

#define DRAM UINT64_C(0x80000000)
#define POOL UINT64_C(0x1000000000)
#define PAGE UINT64_C(4096)
#define BLOCK (512 * PAGE)
enum { PAGES = 8192, SOURCES = 16, RUNS = 64 };

static void give_up(const char *what, uint64_t status)
{
  fprintf(stderr, "bench_calls: %s: status 0x%" PRIx64 "\n", what, status);
  exit(1);
}

/* The status of a call; *calls counts. */
static uint64_t smc(vcca_machine *m, uint64_t *calls, uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4,
                    uint64_t x5, uint64_t *x)
{
  uint64_t in[VCCA_SMC_REGS] = {fid, x1, x2, x3, x4, x5};
  vcca_smc(m, in);
  ++*calls;
  memcpy(x, in, 4 * sizeof *x);
  return vcca_machine_config(m)->abi == VCCA_ABI_TMI ? in[1] : in[0];
}

/* The same, and it must succeed. */
static void ok(vcca_machine *m, uint64_t *calls, const char *what, uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3,
               uint64_t x4, uint64_t x5)
{
  uint64_t x[4], status = smc(m, calls, fid, x1, x2, x3, x4, x5, x);
  if (status != 0)
    give_up(what, status);
}

static void poke(vcca_machine *m, uint64_t pa, uint64_t value)
{
  uint8_t b[8];
  vcca_put_le64(b, value);
  if (!vcca_host_write(m, pa, VCCA_SPAN(b)))
    give_up("store", pa);
}

static const uint64_t table_size[] = {0, UINT64_C(1) << 39, UINT64_C(1) << 30, UINT64_C(1) << 21};

/* Delegates, makes a realm of PAGES pages and a REC, enters it, and takes all of it away again: from the
 * first page on, what top says is where the host looks next; or backwards, from the last, when every call
 * looks for what is live behind. */
static void life_rmi(vcca_machine *m, bool backwards, uint64_t *calls)
{
  const uint64_t params = DRAM, rec_params = DRAM + 3 * PAGE, run = DRAM + PAGE, rd = DRAM + 64 * PAGE,
                 root = rd + PAGE, rec = rd + 2 * PAGE, aux = rd + 3 * PAGE, tables = rd + 32 * PAGE,
                 data = DRAM + 2 * BLOCK, source = DRAM + 16 * PAGE;
  uint64_t count = 2 + PAGES / 512, x[4];
  for (uint64_t pa = rd; pa < tables + count * PAGE; pa += PAGE)
    ok(m, calls, "delegate", 0xC4000151, pa, 0, 0, 0, 0);
  for (uint64_t i = 0; i < PAGES; i++)
    ok(m, calls, "delegate", 0xC4000151, data + i * PAGE, 0, 0, 0, 0);
  const uint64_t realm[][2] = {{0x08, 40}, {0x18, 1}, {0x20, 1}, {0x800, 1}, {0x808, root}, {0x818, 1}};
  for (size_t i = 0; i < sizeof realm / sizeof *realm; i++)
    poke(m, params + realm[i][0], realm[i][1]);
  ok(m, calls, "REALM_CREATE", 0xC4000158, rd, params, 0, 0, 0);
  for (uint64_t level = 1, at = 0; level <= 3; level++)
    for (uint64_t ipa = 0; ipa < PAGES * PAGE && (level == 3 || ipa == 0); ipa += BLOCK, at++)
      ok(m, calls, "RTT_CREATE", 0xC400015D, rd, tables + at * PAGE, ipa, level, 0);
  ok(m, calls, "RTT_INIT_RIPAS", 0xC4000168, rd, 0, BLOCK, 0, 0);
  for (uint64_t i = 0; i < PAGES; i++)
    ok(m, calls, "DATA_CREATE", 0xC4000153, rd, data + i * PAGE, i * PAGE, source + i % SOURCES * PAGE, 0);
  poke(m, rec_params, 1);
  poke(m, rec_params + 0x800, 16);
  for (uint64_t i = 0; i < 16; i++)
    poke(m, rec_params + 0x808 + 8 * i, aux + i * PAGE);
  ok(m, calls, "REC_CREATE", 0xC400015A, rd, rec, rec_params, 0, 0);
  ok(m, calls, "REALM_ACTIVATE", 0xC4000157, rd, 0, 0, 0, 0);
  for (unsigned i = 0; i < RUNS; i++)
    ok(m, calls, "REC_ENTER", 0xC400015C, rec, run, 0, 0, 0);

  ok(m, calls, "REC_DESTROY", 0xC400015B, rec, 0, 0, 0, 0);
  for (uint64_t i = PAGES; backwards && i-- > 0;)
    ok(m, calls, "DATA_DESTROY", 0xC4000155, rd, i * PAGE, 0, 0, 0);
  for (uint64_t ipa = 0; ipa < PAGES * PAGE; ipa = x[2])
    if (smc(m, calls, 0xC4000155, rd, ipa, 0, 0, 0, x) != 0 && x[2] <= ipa)
      give_up("DATA_DESTROY", x[0]);
  for (uint64_t level = 3; level >= 1; level--)
    for (uint64_t ipa = 0; ipa < PAGES * PAGE; ipa += table_size[level])
      ok(m, calls, "RTT_DESTROY", 0xC400015E, rd, ipa, level, 0, 0);
  ok(m, calls, "REALM_DESTROY", 0xC4000159, rd, 0, 0, 0, 0);
  for (uint64_t pa = rd; pa < tables + count * PAGE; pa += PAGE)
    ok(m, calls, "undelegate", 0xC4000152, pa, 0, 0, 0, 0);
  for (uint64_t i = 0; i < PAGES; i++)
    ok(m, calls, "undelegate", 0xC4000152, data + i * PAGE, 0, 0, 0, 0);
}

static void life_tmi(vcca_machine *m, bool backwards, uint64_t *calls)
{
  const uint64_t params = DRAM, tec_params = DRAM + 2 * PAGE, run = DRAM + PAGE, source = DRAM + 16 * PAGE;
  uint64_t x[4];
  poke(m, params + 0x08, 40);
  poke(m, params + 0x38, 1);
  poke(m, params + 0x60, 1);
  uint64_t rd = smc(m, calls, 0xC4000265, params, 0, 0, 0, 0, x);
  for (uint64_t level = 1; level <= 3; level++)
    for (uint64_t ipa = 0; ipa < PAGES * PAGE && (level == 3 || ipa == 0); ipa += BLOCK)
      ok(m, calls, "TTT_CREATE", 0xC400026A, 0, rd, ipa, level, 0);
  for (uint64_t i = 0; i < PAGES; i++)
    ok(m, calls, "DATA_CREATE", 0xC4000262, 0, rd, i * PAGE, i % 2 ? source + i % SOURCES * PAGE : 0, 3);
  ok(m, calls, "TTT_MAP_RANGE", 0xC400026D, rd, (uint64_t)PAGES * 2 * PAGE, 8 * BLOCK, 0, 0);
  poke(m, tec_params + 0x48, 1);
  uint64_t tec = smc(m, calls, 0xC4000267, 0, rd, 0, tec_params, 0, x);
  ok(m, calls, "CVM_ACTIVATE", 0xC4000264, rd, 0, 0, 0, 0);
  for (unsigned i = 0; i < RUNS; i++)
    ok(m, calls, "TEC_ENTER", 0xC4000269, tec, run, 0, 0, 0);

  for (uint64_t i = PAGES; backwards && i-- > 0;)
    ok(m, calls, "DATA_DESTROY", 0xC4000263, rd, i * PAGE, 3, 0, 0);
  while (smc(m, calls, 0xC400026F, rd, 0, 0, 0, 0, x) != 0)
    if (x[1] != 14) /* AGAIN */
      give_up("TTT_DESTROY", x[1]);
  ok(m, calls, "CVM_DESTROY", 0xC4000266, rd, 0, 0, 0, 0);
  ok(m, calls, "TEC_DESTROY", 0xC4000268, tec, 0, 0, 0, 0);
}

static void live(const char *name, const struct vcca_machine_config *like, bool backwards,
                 void (*life)(vcca_machine *m, bool backwards, uint64_t *calls))
{
  struct vcca_machine_config config = *like;
  bool tmi = config.abi == VCCA_ABI_TMI;
  config.regions[0] = (struct vcca_region){.base = DRAM, .size = 4 * BLOCK + PAGES * PAGE, .delegable = !tmi};
  config.regions[1] =
      (struct vcca_region){.base = POOL, .size = 16 * BLOCK + (uint64_t)PAGES * 2 * PAGE, .secure = true};
  config.region_count = tmi ? 2 : 1;
  vcca_machine *m = vcca_machine_new(&config, NULL);
  double best = 1e9;
  uint64_t calls = 0;
  for (unsigned i = 0; m && i < 15; i++) { /* the best: the machine may have other work */
    calls = 0;
    double start = now_of_process();
    life(m, backwards, &calls);
    double seconds = now_of_process() - start;
    best = seconds < best ? seconds : best;
  }
  vcca_machine_free(m);
  printf("%-24s %-10s %8" PRIu64 " calls, of %d pages, %9.0f a second\n", name, backwards ? "life, back" : "life",
         calls, (int)PAGES, (double)calls / best);
}

int main(int argc, char **argv)
{
  const struct vcca_machine_config rmi = {.abi = VCCA_ABI_RMI},
                                   tmi = {.abi = VCCA_ABI_TMI, .rules = VCCA_RULES_VIRTCCA};
  uint64_t calls = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
  for (int bare = 1; bare >= 0; bare--) {
    run("RMI", &rmi, calls, bare);
    run("TMI", &tmi, calls, bare);
  }
  for (int backwards = 0; backwards <= 1; backwards++) {
    live("RMI", &rmi, backwards, life_rmi);
    live("TMI", &tmi, backwards, life_tmi);
  }
  return 0;
}
