/* Guest programs: straight-line C that runs while its REC runs. A guest is a thread, but never runs at the
 * same time as its host: they take turns, so that a guest is as deterministic as a function that the host
 * calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/guest_program.h"

#include "rooms/guest_side.h"
#include "rooms/error.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* The guests of a machine; the context of its program. */
struct guests {
  vcca_guest *first;
  vcca_realm_program before; /* the program that was set before */
  void *before_ctx;
  vcca_guest_choice choose; /* NULL: the embedder names no guests for RECs without one */
  void *choose_ctx;
};

struct vcca_guest {
  vcca_guest *next;
  struct guests *all;
  vcca_machine *m;
  uint64_t rec;
  uint64_t identity; /* the REC's: another one made at the same address is not this guest's */
  bool chosen;       /* started by vcca_guest_attach's choice */
  uint64_t scratch;
  vcca_guest_main main;
  void *arg;

  pthread_t thread;
  pthread_mutex_t lock; /* held by the side that has the turn */
  pthread_cond_t turned;
  enum { HOST, GUEST } turn;
  bool done;
  bool ending;  /* vcca_guest_free asks: leave main, wherever it is */
  jmp_buf exit; /* the way out of main */

  /* While the guest has the turn. */
  struct vcca_cpu *cpu;
  struct vcca_realm_event *event;
  bool waits; /* main has returned: report WFI and IRQ by turns */
};

/* --- Whose turn it is --------------------------------------------------------------------------------- */

static void give_turn(vcca_guest *g, int to)
{
  g->turn = to == GUEST ? GUEST : HOST;
  pthread_cond_broadcast(&g->turned);
}

static void await_turn(vcca_guest *g, int mine)
{
  while ((int)g->turn != mine)
    pthread_cond_wait(&g->turned, &g->lock);
}

/* The host's side: runs the guest until it gives the turn back. */
static void resume(vcca_guest *g)
{
  pthread_mutex_lock(&g->lock);
  give_turn(g, GUEST);
  await_turn(g, HOST);
  pthread_mutex_unlock(&g->lock);
}

/* The guest's side: hands its event to the REC; returns when the REC goes on. */
static void yield(vcca_guest *g)
{
  give_turn(g, HOST);
  await_turn(g, GUEST);
  if (g->ending)
    longjmp(g->exit, 1);
}

static void *thread(void *arg)
{
  vcca_guest *g = arg;
  pthread_mutex_lock(&g->lock);
  await_turn(g, GUEST);
  if (!g->ending && setjmp(g->exit) == 0)
    g->main(g->arg, g);
  g->done = true;
  give_turn(g, HOST);
  pthread_mutex_unlock(&g->lock);
  return NULL;
}

/* --- Life --------------------------------------------------------------------------------------------- */

static bool start(vcca_guest *g)
{
  if (pthread_mutex_init(&g->lock, NULL) != 0)
    return false;
  if (pthread_cond_init(&g->turned, NULL) == 0) {
    if (pthread_create(&g->thread, NULL, thread, g) == 0)
      return true;
    pthread_cond_destroy(&g->turned);
  }
  pthread_mutex_destroy(&g->lock);
  return false;
}

/* Makes a guest like *given, starts it and puts it on the list. NULL: no memory or no thread. */
static vcca_guest *add(struct guests *all, const vcca_guest *given)
{
  vcca_guest *g = calloc(1, sizeof *g);
  if (!g)
    return NULL;
  *g = *given;
  if (!start(g)) {
    free(g);
    return NULL;
  }
  g->all = all;
  g->next = all->first;
  all->first = g;
  return g;
}

/* Takes a guest off the list and ends it. */
static void end(vcca_guest *g)
{
  vcca_guest **link = &g->all->first;
  while (*link != g)
    link = &(*link)->next;
  *link = g->next;

  g->ending = true;
  if (!g->done)
    resume(g);
  pthread_join(g->thread, NULL);
  pthread_cond_destroy(&g->turned);
  pthread_mutex_destroy(&g->lock);
  free(g);
}

/* Ends the chosen guests: all, or those whose REC is gone. */
static void end_chosen(struct guests *all, bool only_gone)
{
  struct vcca_rec_info info;
  for (vcca_guest *g = all->first, *next; g; g = next) {
    next = g->next;
    bool gone = !vcca_rec_info(g->m, g->rec, &info) || info.identity != g->identity;
    if (g->chosen && (gone || !only_gone))
      end(g);
  }
}

/* --- The machine's program ---------------------------------------------------------------------------- */

static vcca_guest *guest_on(const struct guests *all, uint64_t identity)
{
  vcca_guest *g = all->first;
  while (g && g->identity != identity)
    g = g->next;
  return g;
}

/* Starts the guest that the embedder chooses for a REC without one. False: it cannot be started. */
static bool start_chosen(struct guests *all, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info,
                         vcca_guest **g)
{
  void *arg = NULL;
  vcca_guest_main main = all->choose ? all->choose(all->choose_ctx, m, rec, info, &arg) : NULL;
  if (!main)
    return true;
  end_chosen(all, true);
  *g = add(all,
           &(vcca_guest){
               .m = m, .rec = rec, .identity = info->identity, .chosen = true, .main = main, .arg = arg, .turn = HOST});
  return *g != NULL;
}

static void play(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct guests *all = ctx;
  struct vcca_rec_info info = {.identity = 0};
  vcca_guest *g = vcca_rec_info(m, rec, &info) ? guest_on(all, info.identity) : NULL;
  if (!g && !start_chosen(all, m, rec, &info, &g)) {
    event->kind = VCCA_REALM_SERROR;
    return;
  }
  if (!g) {
    if (all->before)
      all->before(all->before_ctx, m, rec, cpu, event);
    return;
  }
  g->cpu = cpu;
  g->event = event;
  if (!g->done)
    resume(g);
  if (g->done) {
    event->kind = g->waits ? VCCA_REALM_IRQ : VCCA_REALM_WFI;
    g->waits = !g->waits;
  }
}

/* The machine's guests. If it has none, makes an empty list and sets the machine's program. */
static struct guests *guests_of(vcca_machine *m)
{
  const struct vcca_machine_config *config = vcca_machine_config(m);
  if (config->program == play)
    return config->program_ctx;
  struct guests *all = calloc(1, sizeof *all);
  if (!all)
    return NULL;
  all->before = config->program;
  all->before_ctx = config->program_ctx;
  vcca_machine_set_program(m, play, all);
  return all;
}

static void leave_guests(vcca_machine *m, struct guests *all)
{
  if (all->first || all->choose)
    return;
  vcca_machine_set_program(m, all->before, all->before_ctx);
  free(all);
}

/* --- What the embedder does ----------------------------------------------------------------------------- */

vcca_guest *vcca_guest_new(vcca_machine *m, uint64_t rec, vcca_guest_main main, void *arg, struct vcca_error *err)
{
  struct vcca_rec_info info;
  if (!vcca_rec_info(m, rec, &info) || !info.realm) {
    vcca_fail(err, VCCA_FAULT_USAGE, "0x%llx is not a REC; a guest runs on a REC", (unsigned long long)rec);
    return NULL;
  }
  struct guests *all = guests_of(m);
  if (all && guest_on(all, info.identity)) {
    vcca_fail(err, VCCA_FAULT_USAGE, "REC 0x%llx has a guest already; free it first", (unsigned long long)rec);
    return NULL;
  }
  vcca_guest *g =
      all ? add(all,
                &(vcca_guest){.m = m, .rec = rec, .identity = info.identity, .main = main, .arg = arg, .turn = HOST})
          : NULL;
  if (!g)
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory, or no thread, for a guest");
  if (!g && all)
    leave_guests(m, all);
  return g;
}

void vcca_guest_free(vcca_guest *g)
{
  if (!g)
    return;
  vcca_machine *m = g->m;
  struct guests *all = g->all;
  end(g);
  leave_guests(m, all);
}

bool vcca_guest_attach(vcca_machine *m, vcca_guest_choice choose, void *ctx, struct vcca_error *err)
{
  if (!choose && vcca_machine_config(m)->program != play)
    return true;
  struct guests *all = guests_of(m);
  if (!all)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for guests");
  all->choose = choose;
  all->choose_ctx = ctx;
  if (!choose) {
    end_chosen(all, false);
    leave_guests(m, all);
  }
  return true;
}

bool vcca_guest_done(const vcca_guest *g)
{
  return g->done;
}

/* --- What main does ----------------------------------------------------------------------------------- */

struct vcca_cpu *vcca_guest_cpu(vcca_guest *g)
{
  return g->cpu;
}

void vcca_guest_call(vcca_guest *g, uint64_t x[VCCA_SMC_REGS])
{
  memcpy(g->cpu->x, x, VCCA_SMC_REGS * sizeof *x);
  g->event->kind = VCCA_REALM_SMC;
  yield(g);
  memcpy(x, g->cpu->x, VCCA_SMC_REGS * sizeof *x);
}

void vcca_guest_event(vcca_guest *g, const struct vcca_realm_event *event)
{
  *g->event = *event;
  yield(g);
}

/* Reports an access that failed. tries is how often the same access failed before. */
static void take_fault(vcca_guest *g, struct vcca_access_fault fault, bool write, unsigned tries)
{
  bool leaves =
      fault.why == VCCA_ACCESS_UNASSIGNED || fault.why == VCCA_ACCESS_DESTROYED || fault.why == VCCA_ACCESS_PERMISSION;
  if (!leaves && fault.why != VCCA_ACCESS_PROTECTION)
    longjmp(g->exit, 1); /* an abort nobody handles, or the model itself has no memory */
  struct vcca_realm_event event = {.kind = VCCA_REALM_DATA_ABORT, .ipa = fault.ipa, .write = write};
  if (!leaves && tries % 2 == 1)
    event.kind = VCCA_REALM_IRQ; /* let the host see that it gets nowhere */
  vcca_guest_event(g, &event);
}

void vcca_guest_load(vcca_guest *g, uint64_t ipa, vcca_sink *out, size_t n)
{
  struct vcca_access_fault fault;
  for (unsigned tries = 0; !vcca_realm_read(g->m, g->rec, ipa, out, n, &fault); tries++)
    take_fault(g, fault, false, tries);
}

void vcca_guest_store(vcca_guest *g, uint64_t ipa, vcca_span bytes)
{
  struct vcca_access_fault fault;
  for (unsigned tries = 0; !vcca_realm_write(g->m, g->rec, ipa, bytes, &fault); tries++)
    take_fault(g, fault, true, tries);
}

void vcca_guest_scratch(vcca_guest *g, uint64_t ipa)
{
  g->scratch = ipa;
}

uint64_t guest_scratch(const vcca_guest *g)
{
  return g->scratch;
}

bool guest_speaks_tsi(const vcca_guest *g)
{
  return vcca_machine_config(g->m)->abi == VCCA_ABI_TMI;
}
