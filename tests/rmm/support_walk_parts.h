/* The parts of a walk: the host that chooses calls, the realm that runs, the shadow that checks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_RMM_SUPPORT_WALK_PARTS_H
#define VCCA_TESTS_RMM_SUPPORT_WALK_PARTS_H

#include "support_walk.h"

#include "rmm/invariants.h"
#include "rmm/rec.h"
#include "rmm/rtt.h"
#include "rooms/error.h"
#include "rooms/text.h"

enum { HOST_PAGES = 8, POOL_PAGES = 248, PAGES = HOST_PAGES + POOL_PAGES, REALMS = 4, RECS = 84, WINDOW = 2048 };
#define DRAM UINT64_C(0x80000000)
#define POOL UINT64_C(0x90000000)
#define DEVICE UINT64_C(0x10000000)
#define HALF (UINT64_C(1) << 39) /* of 40 bits: where a realm's unprotected addresses begin */

struct shadow_realm {
  uint64_t rd; /* 0: a free slot */
  uint64_t roots, root_count;
  enum vcca_realm_state state;
  unsigned recs;
  struct vcca_rim rim;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
  uint8_t mapped[WINDOW]; /* TMI: the pages of the first 8 MiB that have memory */
};

struct shadow_rec {
  uint64_t pa; /* 0: a free slot */
  uint64_t rd; /* 0: the realm went first */
  uint64_t aux[16];
  uint64_t ripas_base, ripas_top; /* the change that waits, as the host was told */
};

struct walk {
  vcca_machine *m;
  const struct vcca_interface *api;
  bool tmi, bare, nested;
  walk_choice choice;
  void *ctx;
  const char *refused;
  const struct vcca_command *command;
  struct vcca_bytes fresh;
  uint64_t calls, accepted, next_end, taken[WALK_COMMANDS];
  uint8_t state[PAGES]; /* RMI: of every granule */
  int64_t count[VCCA_GRANULE_STATES];
  struct shadow_realm realms[REALMS];
  struct shadow_rec recs[RECS];
};

/* One call: its registers, and what was in the page it names for the monitor to read. */
struct attempt {
  uint64_t in[VCCA_SMC_REGS], x[VCCA_SMC_REGS];
  uint8_t page[GRANULE_SIZE];
};

/* Says what is wrong, and where, and aborts. */
_Noreturn void walk_wrong(const struct walk *w, const char *format, ...) VCCA_PRINTF(2, 3);

/* A number below bound; whether something happens that does in so many of 100 cases. */
unsigned walk_choose(struct walk *w, unsigned bound);
bool walk_chance(struct walk *w, unsigned percent);

uint64_t walk_page(const struct walk *w, unsigned i);
/* PAGES when it is none of them. */
unsigned walk_index(uint64_t pa);
/* By address; 0 finds a free slot. */
struct shadow_realm *walk_realm(struct walk *w, uint64_t rd);
struct shadow_rec *walk_rec(struct walk *w, uint64_t pa);

/* The host (support_walk_host.c): fills a call of w->command, and the buffer it names. */
void walk_prepare(struct walk *w, struct attempt *a);
const struct vcca_command *walk_command(struct walk *w);
uint64_t walk_ipa(struct walk *w);

/* The realm and its monitor (support_walk_realm.c). */
void walk_program(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event);
enum vcca_guest_action walk_guest(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu);

/* The shadow (support_walk_shadow.c): does what an accepted call did; compares after any call. edits and
 * the machine as bytes (may be empty) are from before it. */
void walk_mirror(struct walk *w, const struct attempt *a);
void walk_check(struct walk *w, uint64_t edits, const struct vcca_bytes *before);
void walk_check_census(const struct walk *w);
void walk_check_all(const struct walk *w);

#endif
