/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/guest_side.h"

#include "rmm/rec.h"
#include "rmm/rtt.h"

#include <string.h>

static const struct realm *realm_of(const vcca_machine *m, uint64_t rec)
{
  return realm_at(m, rec_at(m, rec)->owner);
}

/* --- Realm -------------------------------------------------------------------------------------------- */

void guest_rem_extend(vcca_machine *m, uint64_t rec, unsigned index, vcca_span value)
{
  struct realm *realm = realm_edit(m, rec_at(m, rec)->owner);
  const struct vcca_rim_rules *rules = vcca_rim_rules(m->config.rules);
  vcca_rem_extend(realm->rim.hash_alg, m->config.rem_zero_padded ? rules->rem_zero_padded : rules->rem,
                  realm->rem[index % VCCA_REMS], value);
}

void guest_system_off(vcca_machine *m, uint64_t rec)
{
  realm_set_state(m, rec_at(m, rec)->owner, VCCA_REALM_SYSTEM_OFF);
}

bool guest_protected(const vcca_machine *m, uint64_t rec, uint64_t ipa)
{
  return realm_protects(realm_of(m, rec), ipa);
}

bool guest_mpidr_known(const vcca_machine *m, uint64_t rec, uint64_t mpidr)
{
  uint64_t index;
  return rec_mpidr_index(mpidr, &index) && index < realm_of(m, rec)->rec_index;
}

/* --- REC ---------------------------------------------------------------------------------------------- */

unsigned guest_rec_index(const vcca_machine *m, uint64_t rec)
{
  return rec_at(m, rec)->index;
}

void guest_set_runnable(vcca_machine *m, uint64_t rec, bool runnable)
{
  rec_edit(m, rec)->runnable = runnable;
}

bool guest_irq_pending(const vcca_machine *m, uint64_t rec)
{
  return rec_at(m, rec)->irq_pending;
}

struct guest_attestation *guest_attestation(vcca_machine *m, uint64_t rec)
{
  return &rec_edit(m, rec)->attestation;
}

struct guest_pending *guest_pending(vcca_machine *m, uint64_t rec)
{
  return &rec_edit(m, rec)->pending;
}

struct guest_exit *guest_exit(vcca_machine *m, uint64_t rec)
{
  return &rec_edit(m, rec)->exit;
}

void guest_exit_irq(vcca_machine *m, uint64_t rec)
{
  rec_edit(m, rec)->exit.reason = GUEST_EXIT_IRQ;
}

enum { TOKEN_GRANULES = GUEST_TOKEN_MAX / (int)VCCA_PAGE };

bool guest_token_put(vcca_machine *m, uint64_t rec, vcca_span token)
{
  const struct rec *r = rec_at(m, rec);
  if (token.n > GUEST_TOKEN_MAX || r->aux_count < TOKEN_GRANULES ||
      !memory_reserve(&m->memory, MACHINE_RESERVE, MACHINE_RESERVE))
    return false;
  for (unsigned i = 0; i < TOKEN_GRANULES; i++) {
    vcca_span part = vcca_span_sub(token, i * GRANULE_SIZE, GRANULE_SIZE);
    granule_wipe(m, r->aux[i]);
    if (part.n > 0)
      memcpy(granule_edit(m, r->aux[i]), part.p, part.n);
  }
  return true;
}

void guest_token_get(const vcca_machine *m, uint64_t rec, size_t offset, size_t n, vcca_sink *out)
{
  const struct rec *r = rec_at(m, rec);
  for (unsigned i = 0; i < TOKEN_GRANULES && i < r->aux_count; i++) {
    size_t base = i * GRANULE_SIZE;
    if (offset >= base + GRANULE_SIZE || n == 0)
      continue;
    vcca_span part = vcca_span_sub(vcca_span_of(granule_read(m, r->aux[i]), GRANULE_SIZE), offset - base, n);
    vcca_sink_put(out, part);
    offset += part.n;
    n -= part.n;
  }
}

/* --- Memory ------------------------------------------------------------------------------------------- */

uint64_t guest_ripas_end(const vcca_machine *m, uint64_t rec, uint64_t base, uint64_t top, uint8_t *ripas)
{
  struct rtt_walk walk = rtt_walk(m, realm_of(m, rec), base, RTT_PAGE_LEVEL);
  uint64_t size = rtt_entry_size(walk.level), end = base & ~(size - 1);
  *ripas = (uint8_t)walk.entry.ripas;
  const uint64_t *words = rtt_words(m, walk.table);
  for (unsigned i = walk.index; i < RTT_ENTRIES && end < top; i++, end += size) {
    struct rtt_entry e = rtt_entry_of(words[i]);
    if (e.hipas == RTT_TABLE || e.ripas != walk.entry.ripas)
      break;
  }
  return end < top ? end : top;
}
