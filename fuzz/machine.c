/* A saved machine, changed by the tape, is loaded: what is refused names the place; what is taken back is
 * sound, and stays so whatever calls follow. The tape: which machine (1 byte), how many changes (1), each
 * {granule's record, offset in it (2), value (2)}; then calls, each {command (1), registers by kind (1
 * each)}, as long as there are bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/rmm/support_walk.h"

#include "rmm/invariants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned take(vcca_span *tape, unsigned bytes)
{
  unsigned value = 0;
  for (; bytes > 0 && tape->n > 0; bytes--) {
    value = value * 256 + *tape->p;
    *tape = vcca_span_sub(*tape, 1, tape->n);
  }
  return value;
}

enum { MACHINES = 2, HEAD = 8 + 8 + 8, REGION = 16, RECORD = 16 };

/* A machine of each interface that has been walked for a while, as bytes: with realms in every state. Made
 * once. */
struct world {
  vcca_machine *m;
  struct vcca_bytes saved;
};

static struct world *worlds(void)
{
  static struct world made[MACHINES];
  static const struct vcca_machine_config machines[MACHINES] = {{.abi = VCCA_ABI_RMI},
                                                                {.abi = VCCA_ABI_TMI, .rules = VCCA_RULES_VIRTCCA}};
  for (unsigned i = 0; i < MACHINES && !made[i].m; i++) {
    uint64_t random = 7;
    struct walk *w = walk_new(&machines[i], walk_random, &random);
    while (walk_calls(w) < 3000)
      walk_step(w);
    struct vcca_machine_config config = *vcca_machine_config(walk_machine(w));
    config.program = NULL;
    config.trace = NULL;
    made[i].m = vcca_machine_new(&config, NULL);
    if (!made[i].m || !vcca_machine_save(walk_machine(w), &made[i].saved, NULL))
      abort();
    walk_end(w);
  }
  return made;
}

static void must_be_sound(const vcca_machine *m, const char *when)
{
  struct breach breach;
  if (machine_sound(m, &breach) || breach.no_memory)
    return;
  fprintf(stderr, "%s: granule 0x%llx: %s\n", when, (unsigned long long)breach.pa, breach.what);
  abort();
}

/* Where the bytes of the nth record begin, and how many there are; wraps around. */
static size_t record(vcca_span saved, unsigned n, size_t *length)
{
  size_t first = HEAD + REGION * (saved.p[8 + 2]), at = first;
  for (unsigned i = 0;; i++) {
    *length = RECORD + (vcca_le64(saved.p + at + 8) >> 8 ? VCCA_PAGE : 0);
    if (i == n)
      return at;
    at = at + *length < saved.n ? at + *length : first;
  }
}

/* A register: a granule of the machine, a small number, or an address of a realm's. */
static uint64_t argument(vcca_span *tape, vcca_span saved)
{
  unsigned v = take(tape, 1);
  size_t length;
  if (v < 160)
    return vcca_le64(saved.p + record(saved, v, &length));
  if (v < 192)
    return v - 160;
  return v < 224 ? (uint64_t)(v - 192) * VCCA_PAGE : (UINT64_C(1) << 39) + (uint64_t)(v - 224) * VCCA_PAGE;
}

static void call(vcca_machine *m, vcca_span *tape, vcca_span saved)
{
  const struct vcca_interface *api = vcca_machine_config(m)->abi == VCCA_ABI_TMI ? vcca_tmi() : vcca_rmi();
  uint64_t x[VCCA_SMC_REGS] = {api->commands[take(tape, 1) % api->command_count].fid};
  for (unsigned i = 1; i <= 5; i++)
    x[i] = argument(tape, saved);
  vcca_smc(m, x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vcca_span tape = vcca_span_of(data, size);
  struct world *world = &worlds()[take(&tape, 1) % MACHINES];
  vcca_span saved = vcca_bytes_span(&world->saved);
  uint8_t *changed = malloc(saved.n);
  struct vcca_error err = {0};
  if (!changed)
    return 0;
  memcpy(changed, saved.p, saved.n);
  for (unsigned n = take(&tape, 1) % 8; n > 0; n--) {
    size_t length, at = record(saved, take(&tape, 1), &length);
    changed[at + take(&tape, 2) % length] = (uint8_t)take(&tape, 1);
  }
  if (vcca_machine_load(world->m, vcca_span_of(changed, saved.n), &err)) {
    must_be_sound(world->m, "loaded");
    if (!vcca_machine_same(world->m, vcca_span_of(changed, saved.n)))
      abort();
    while (tape.n > 0) {
      call(world->m, &tape, saved);
      must_be_sound(world->m, "after a call");
    }
  } else if (!err.text[0] || (!err.has_offset && err.fault != VCCA_FAULT_MEMORY)) {
    abort();
  }
  free(changed);
  return 0;
}
