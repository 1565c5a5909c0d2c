/* A guest program runs on a REC: the host enters it until the program has returned.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "scenario/runner.h"

const struct vcca_interface *guest_interface(const struct run *r)
{
  return r->abi == VCCA_ABI_TMI ? vcca_tsi() : vcca_rsi();
}

/* "rec" is a number below the VM's count of RECs, or the address or handle of one made by hand. */
bool need_rec(struct run *r, const struct tree_node *map, uint64_t *rec, uint64_t *scratch)
{
  const struct tree_node *node = tree_get(map, "rec");
  struct vm *vm = NULL;
  uint64_t which = 0;
  if (node && !value_number(&r->reading, node, &which, r->err))
    return false;
  if (node && which >= VCCA_VCPUS_MAX) {
    *rec = which;
    *scratch = 0;
    return true;
  }
  if (!need_vm(r, map, &vm))
    return false;
  if (which >= vm->booted.recs)
    return tree_fail(node ? node : map, r->err, "the VM has %u RECs", vm->booted.recs);
  *rec = vm->booted.rec[which];
  *scratch = vm->scratch;
  return true;
}

/* Affinities count sixteens, then 256s (RMM specification, RecIndex). */
uint64_t rec_with_mpidr(struct run *r, const struct tree_node *map, uint64_t mpidr)
{
  struct vm *vm = NULL;
  uint64_t index = (mpidr & 15) + 16 * (mpidr >> 8 & 0xff) + 4096 * (mpidr >> 16 & 0xff);
  return need_vm(r, map, &vm) && index < vm->booted.recs ? vm->booted.rec[index] : 0;
}

static const struct vcca_interface *host_interface(const struct run *r)
{
  return r->abi == VCCA_ABI_TMI ? vcca_tmi() : vcca_rmi();
}

static uint64_t complete_psci(struct run *r, const struct guest_run *g)
{
  const struct vcca_interface *host = host_interface(r);
  const struct vcca_command *complete = vcca_command_named(host, VCCA_SPAN_LIT("PSCI_COMPLETE"));
  uint64_t x[VCCA_SMC_REGS] = {complete->fid, g->rec, g->psci_target};
  vcca_smc(r->machine, x);
  return x[host->status_register];
}

/* One entry; true when there is reason for another. */
static bool enter(struct run *r, struct guest_run *run, const vcca_guest *g, uint64_t *status, bool *ended)
{
  enum { EXIT_PSCI = 3 };
  unsigned reason = 0;
  vcca_rec_set_irq(r->machine, run->rec, run->entries < run->interrupts);
  *status = vcca_host_run(r->host, run->rec, 0, &reason);
  run->entries++;
  bool psci = *status == 0 && reason == EXIT_PSCI && !vcca_guest_done(g);
  *ended = vcca_guest_done(g) || (psci && run->psci == PSCI_EXIT_ENDS);
  if (psci && run->psci == PSCI_EXIT_COMPLETES)
    *status = complete_psci(r, run);
  return !*ended && *status == 0;
}

bool run_guest(struct run *r, struct step *s, struct guest_run *run)
{
  struct vcca_error why = {0};
  vcca_guest *g = vcca_guest_new(r->machine, run->rec, run->main, run->arg, &why);
  if (!g)
    return step_failed_error(s, &why);
  if (run->scratch)
    vcca_guest_scratch(g, run->scratch);
  uint64_t status = 0;
  bool ended = false;
  for (run->entries = 0; run->entries < GUEST_ENTRIES_MAX && enter(r, run, g, &status, &ended);)
    ;
  vcca_rec_set_irq(r->machine, run->rec, false);
  vcca_guest_free(g);
  if (ended)
    return true;
  if (status != 0)
    return step_failed(s, "the REC could not be run: %s (0x%" PRIx64 ")", status_text(host_interface(r), status),
                       status);
  return step_failed(s, "the guest did not finish in %d entries", GUEST_ENTRIES_MAX);
}
