/* How a REC runs: what the host's entry does, the events of the realm's program, and the exits to the host,
 * by DEN0137 1.0-rel0 A4.3 (entry) and A4.4 (exit). Every access that the program reports is looked up in the
 * translation tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/access.h"
#include "rmm/rec.h"

#include <string.h>

/* --- The host's virtual interrupts ---------------------------------------------------------------------- */

/* The ICH_HCR_EL2 bits that are the host's: UIE, LRENPIE, NPIE, VGrp0EIE, VGrp0DIE, VGrp1EIE, VGrp1DIE,
 * TDIR. */
#define HCR_HOST UINT64_C(0x40fe)
#define HCR_EOICOUNT (UINT64_C(0x1f) << 27)
#define LR_STATE (UINT64_C(3) << 62)
#define LR_HW (UINT64_C(1) << 61)
/* Bits that are reserved in a list register without HW: 59:56, the lower three of eight priority bits
 * (50:48), 47:45, and all of pINTID (44:32) but the EOI bit (41). */
#define LR_RESERVED \
  (UINT64_C(0xf) << 56 | UINT64_C(7) << 48 | UINT64_C(7) << 45 | (UINT64_C(0x1fff) << 32 & ~(UINT64_C(1) << 41)))

/* Whether such an interrupt can exist: SGIs, PPIs and SPIs, and LPIs of 16 bits. */
static bool intid_valid(uint32_t id)
{
  return id < 1020 || (id >= 8192 && id < 65536);
}

bool rec_gicv3_valid(const vcca_machine *m, const struct rec_entry *entry)
{
  unsigned count = machine_features(m).gicv3_num_lrs + 1;
  if (entry->gicv3_hcr & ~HCR_HOST)
    return false;
  for (unsigned i = 0; i < count && i < REC_LRS; i++) {
    uint64_t lr = entry->gicv3_lrs[i];
    if (lr & (LR_HW | LR_RESERVED))
      return false;
    if (!(lr & LR_STATE))
      continue;
    if (!intid_valid((uint32_t)lr))
      return false;
    for (unsigned j = 0; j < i; j++)
      if (entry->gicv3_lrs[j] & LR_STATE && (uint32_t)entry->gicv3_lrs[j] == (uint32_t)lr)
        return false;
  }
  return true;
}

bool rec_mmio_valid(const struct rec *rec, const struct rec_entry *entry)
{
  bool asked = entry->flags & REC_ENTRY_EMUL_MMIO && !(entry->flags & REC_ENTRY_INJECT_SEA);
  return !asked || rec->abort.emulatable;
}

/* --- Aborts ------------------------------------------------------------------------------------------- */

#define ESR_EC(class) ((uint64_t)(class) << 26)
enum { ESR_IL = 1 << 25, ESR_ISV = 1 << 24, ESR_SF = 1 << 15, ESR_EA = 1 << 9, ESR_WNR = 1 << 6 };
enum {
  FSC_ADDRESS_SIZE = 0,
  FSC_TRANSLATION = 4,
  FSC_PERMISSION = 12,
  FSC_EXTERNAL = 0x10,
  FSC_PROTECTION = 0x28,
  FSC_TRANSLATION_MINUS1 = 0x2b
};
enum {
  EC_UNKNOWN = 0,
  EC_WFX = 0x01,
  EC_FETCH = 0x20,
  EC_FETCH_SAME = 0x21,
  EC_DATA = 0x24,
  EC_DATA_SAME = 0x25,
  EC_SERROR = 0x2f
};

static uint64_t fault_status(unsigned kind, int level)
{
  return level < 0 ? FSC_TRANSLATION_MINUS1 : kind + (unsigned)level;
}

static uint64_t size_mask(unsigned size)
{
  return size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
}

static void exit_abort(struct rec *rec, uint64_t class_bits, uint64_t status, uint64_t ipa)
{
  rec->exit.reason = GUEST_EXIT_SYNC;
  rec->exit.esr = class_bits | status;
  rec->exit.hpfar = ipa >> 12 << 4;
}

/* The realm takes the exception itself (A5.2.7, A5.2.8). */
static void take_exception(struct vcca_cpu *cpu, bool fetch, bool write, unsigned status, uint64_t ipa)
{
  cpu->esr = (fetch ? ESR_EC(EC_FETCH_SAME) : ESR_EC(EC_DATA_SAME)) | ESR_IL | (write ? ESR_WNR : 0) | status;
  cpu->far = ipa;
}

/* Tells the host what the access was, so that it can play a device. */
static void expose(struct rec *rec, const struct vcca_realm_event *event)
{
  unsigned log2 = event->size >= 8 ? 3 : event->size >= 4 ? 2 : event->size >= 2 ? 1 : 0;
  rec->abort = (struct rec_abort){
      .unprotected = rec->abort.unprotected,
      .ipa = rec->abort.ipa,
      .emulatable = 1,
      .write = event->write,
      .size = (uint8_t)(1U << log2),
      .reg = (uint8_t)(event->reg < REC_GPRS ? event->reg : REC_GPRS), /* XZR */
      .sign_extend = event->sign_extend,
      .wide = event->wide,
  };
  rec->exit.esr |= ESR_ISV | (uint64_t)log2 << 22 | (event->wide ? ESR_SF : 0) | (event->write ? ESR_WNR : 0);
  rec->exit.far = event->ipa % GRANULE_SIZE;
  if (event->write && event->reg < REC_GPRS)
    rec->exit.gprs[0] = rec->cpu.x[event->reg] & size_mask(1U << log2);
}

/* Fills the exit record for an access that needs the host. */
static void exit_access(struct rec *rec, const struct realm *realm, const struct rtt_walk *walk,
                        const struct vcca_realm_event *event)
{
  bool fetch = event->kind == VCCA_REALM_INSTRUCTION_ABORT, inside = realm_protects(realm, event->ipa);
  bool emulatable = !fetch && event->syndrome && (!inside || !realm_has_ripas(realm));
  unsigned kind = walk->entry.hipas == RTT_ASSIGNED_NS ? FSC_PERMISSION : FSC_TRANSLATION;
  exit_abort(rec, fetch ? ESR_EC(EC_FETCH) : ESR_EC(EC_DATA), fault_status(kind, walk->level), event->ipa);
  rec->abort.unprotected = !inside;
  rec->abort.write = event->write;
  rec->abort.ipa = event->ipa;
  if (emulatable)
    expose(rec, event);
  else if (!inside)
    rec->exit.esr |= ESR_IL;
}

/* The realm accesses memory. True: the REC leaves to the host. False: the access went through, or the realm
 * took an exception. */
static bool take_access(const vcca_machine *m, struct rec *rec, const struct vcca_realm_event *event)
{
  const struct realm *realm = realm_at(m, rec->owner);
  bool fetch = event->kind == VCCA_REALM_INSTRUCTION_ABORT;
  enum vcca_access_kind kind = fetch ? VCCA_ACCESS_FETCH : event->write ? VCCA_ACCESS_WRITE : VCCA_ACCESS_READ;
  struct rtt_walk walk;
  uint64_t pa;
  switch (realm_access(m, realm, kind, event->ipa, &walk, &pa)) {
  case VCCA_ACCESS_EMPTY:
  case VCCA_ACCESS_NO_FETCH:
    take_exception(&rec->cpu, fetch, event->write, ESR_EA | FSC_EXTERNAL, event->ipa);
    return false;
  case VCCA_ACCESS_BOUND:
    take_exception(&rec->cpu, fetch, event->write, FSC_ADDRESS_SIZE, event->ipa);
    return false;
  case VCCA_ACCESS_PROTECTION:
    take_exception(&rec->cpu, fetch, event->write, FSC_PROTECTION, event->ipa);
    return false;
  case VCCA_ACCESS_UNASSIGNED:
  case VCCA_ACCESS_DESTROYED:
  case VCCA_ACCESS_PERMISSION:
    exit_access(rec, realm, &walk, event);
    return true;
  case VCCA_ACCESS_DONE:
  case VCCA_ACCESS_NO_REC:
  case VCCA_ACCESS_NO_MEMORY:
    return false;
  }
  return false;
}

void guest_exit_unmapped(vcca_machine *m, uint64_t rec_pa, uint64_t ipa)
{
  struct rec *rec = rec_edit(m, rec_pa);
  struct rtt_walk walk = rtt_walk(m, realm_at(m, rec->owner), ipa, RTT_PAGE_LEVEL);
  exit_abort(rec, ESR_EC(EC_DATA), fault_status(FSC_TRANSLATION, walk.level), ipa);
  rec->exit_unmapped = 1;
}

/* --- Entry -------------------------------------------------------------------------------------------- */

static void emulate_mmio(struct rec *rec, const struct rec_entry *entry)
{
  const struct rec_abort *abort = &rec->abort;
  rec->cpu.pc += 4;
  if (abort->write || abort->reg >= REC_GPRS)
    return;
  uint64_t mask = size_mask(abort->size);
  uint64_t value = entry->gprs[0] & mask;
  if (abort->sign_extend && value & ((mask >> 1) + 1))
    value |= ~mask;
  rec->cpu.x[abort->reg] = abort->wide ? value : value & UINT32_MAX;
}

/* Writes the host's answer to RSI_HOST_CALL into the realm's structure. False: that is not mapped any more,
 * and the REC leaves again. */
static bool answer_host_call(vcca_machine *m, uint64_t rec_pa, struct rec *rec, const struct rec_entry *entry)
{
  uint8_t answer[8 * REC_GPRS];
  for (size_t i = 0; i < REC_GPRS; i++)
    vcca_put_le64(answer + 8 * i, entry->gprs[i]);
  if (!vcca_realm_write(m, rec_pa, rec->pending.host_call + 8, VCCA_SPAN(answer), NULL)) {
    guest_exit_unmapped(m, rec_pa, rec->pending.host_call);
    return false;
  }
  rec->pending.host_call_pending = 0;
  rec->cpu.x[0] = 0;
  return true;
}

static void answer_ripas_change(struct rec *rec, const struct rec_entry *entry)
{
  struct guest_pending *p = &rec->pending;
  rec->ripas_response = (entry->flags & REC_ENTRY_RIPAS_REJECT) != 0;
  rec->cpu.x[0] = 0;
  rec->cpu.x[1] = p->ripas_addr;
  rec->cpu.x[2] = p->ripas_value == RTT_RAM && p->ripas_addr != p->ripas_top && rec->ripas_response;
  p->ripas_pending = 0;
  p->ripas_addr = 0;
  p->ripas_top = 0;
}

/* Does what the entry asks for. False: the REC leaves again at once. */
static bool enter(vcca_machine *m, uint64_t rec_pa, struct rec *rec, const struct rec_entry *entry)
{
  if (rec->pending.host_call_pending && !answer_host_call(m, rec_pa, rec, entry))
    return false;
  if (rec->pending.ripas_pending)
    answer_ripas_change(rec, entry);
  if (entry->flags & REC_ENTRY_INJECT_SEA) {
    if (rec->abort.unprotected)
      take_exception(&rec->cpu, false, rec->abort.write, ESR_EA | FSC_EXTERNAL, rec->abort.ipa);
  } else if (entry->flags & REC_ENTRY_EMUL_MMIO) {
    emulate_mmio(rec, entry);
  }
  rec->abort = (struct rec_abort){0};
  return true;
}

/* --- Running ------------------------------------------------------------------------------------------ */

/* Hands the realm's SMC to its handler. If that leaves because a buffer is not mapped, the SMC is not over:
 * rec_run issues it again at the next entry. */
static bool take_smc(vcca_machine *m, uint64_t rec_pa, struct rec *rec)
{
  enum vcca_guest_action action = VCCA_GUEST_RESUME;
  if (m->guest_smc)
    action = m->guest_smc(m->guest_ctx, m, rec_pa, &rec->cpu);
  else
    rec->cpu.x[0] = UINT64_MAX; /* SMCCC NOT_SUPPORTED */
  if (!rec->exit_unmapped)
    rec->cpu.pc += 4;
  return action == VCCA_GUEST_EXIT;
}

/* WFI and WFE leave only when the host set the trap flag. */
static bool take_wait(struct rec *rec, const struct rec_entry *entry, const struct vcca_realm_event *event)
{
  bool wfe = event->kind == VCCA_REALM_WFE;
  rec->cpu.pc += 4;
  if (!(entry->flags & (wfe ? REC_ENTRY_TRAP_WFE : REC_ENTRY_TRAP_WFI)))
    return false;
  rec->exit.reason = GUEST_EXIT_SYNC;
  rec->exit.esr = ESR_EC(EC_WFX) | (event->timed ? 2 : 0) | (wfe ? 1 : 0); /* TI */
  if (event->timed && event->reg < REC_GPRS)
    rec->exit.gprs[0] = rec->cpu.x[event->reg];
  return true;
}

/* True when the REC leaves to the host. */
static bool take_event(vcca_machine *m, uint64_t rec_pa, struct rec *rec, const struct rec_entry *entry,
                       const struct vcca_realm_event *event)
{
  switch (event->kind) {
  case VCCA_REALM_SMC:
    return take_smc(m, rec_pa, rec);
  case VCCA_REALM_DATA_ABORT:
  case VCCA_REALM_INSTRUCTION_ABORT:
    return take_access(m, rec, event);
  case VCCA_REALM_IRQ:
    rec->exit.reason = GUEST_EXIT_IRQ;
    return true;
  case VCCA_REALM_FIQ:
    rec->exit.reason = GUEST_EXIT_FIQ;
    return true;
  case VCCA_REALM_WFI:
  case VCCA_REALM_WFE:
    return take_wait(rec, entry, event);
  case VCCA_REALM_HVC: /* realms have no hypervisor to call: Undefined */
    rec->cpu.esr = ESR_EC(EC_UNKNOWN) | ESR_IL;
    return false;
  case VCCA_REALM_SERROR: /* uncategorized */
    rec->exit.reason = GUEST_EXIT_SERROR;
    rec->exit.esr = ESR_EC(EC_SERROR);
    return true;
  }
  return false;
}

static void run_program(vcca_machine *m, uint64_t rec_pa, struct rec *rec, const struct rec_entry *entry,
                        bool smc_again)
{
  unsigned n = 0;
  for (; (smc_again || m->config.program) && n < VCCA_EVENTS_MAX; n++) {
    struct vcca_realm_event event = {.kind = VCCA_REALM_IRQ};
    if (smc_again)
      event.kind = VCCA_REALM_SMC;
    else
      m->config.program(m->config.program_ctx, m, rec_pa, &rec->cpu, &event);
    smc_again = false;
    rec->cpu.esr = 0;
    rec->cpu.far = 0;
    if (take_event(m, rec_pa, rec, entry, &event))
      return;
    if (rec->irq_pending)
      break;
  }
  rec->stuck = n == VCCA_EVENTS_MAX;
  rec->exit.reason = GUEST_EXIT_IRQ;
}

uint64_t rec_exit_hcr(const struct rec *rec, const struct rec_entry *entry)
{
  return entry->gicv3_hcr | (rec->cpu.gic.hcr & HCR_EOICOUNT);
}

const char *rec_remark(const struct rec *rec)
{
  return rec->stuck
             ? "the realm's program reported VCCA_EVENTS_MAX events and none that leaves: the REC was interrupted"
             : NULL;
}

void rec_run(vcca_machine *m, uint64_t rec_pa, const struct rec_entry *entry)
{
  struct rec *rec = rec_edit(m, rec_pa);
  /* With a host call pending, the last exit was for the host's answer: the SMC itself is over. */
  bool smc_again = rec->exit_unmapped && !rec->pending.host_call_pending;
  rec->exit = (struct guest_exit){0};
  rec->exit_unmapped = 0;
  rec->stuck = 0;
  rec->running = 1;
  rec->cpu.gic.hcr = entry->gicv3_hcr;
  memcpy(rec->cpu.gic.lrs, entry->gicv3_lrs, sizeof rec->cpu.gic.lrs);
  rec->cpu.gic.misr = 0;
  if (enter(m, rec_pa, rec, entry))
    run_program(m, rec_pa, rec, entry, smc_again);
  rec->running = 0;
  if (rec->exit.reason == GUEST_EXIT_IRQ)
    rec->irq_pending = 0;
  rec->pending.ripas_pending = rec->exit.reason == GUEST_EXIT_RIPAS_CHANGE;
  if (!rec->pending.ripas_pending) {
    rec->pending.ripas_addr = 0;
    rec->pending.ripas_top = 0;
  }
}
