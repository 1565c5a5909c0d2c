/* RMI: RIPAS, the state of a realm's addresses as the realm sees it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rec.h"
#include "rmm/rmi.h"
#include "rmm/rtt.h"

static bool aligned_to_entry(const struct rtt_walk *walk, uint64_t address)
{
  return address % rtt_entry_size(walk->level) == 0;
}

/* The end of the UNASSIGNED entries of the walked table that are completely in [base, top). */
static uint64_t init_end(const vcca_machine *m, const struct rtt_walk *walk, uint64_t base, uint64_t top)
{
  uint64_t size = rtt_entry_size(walk->level), end = base;
  const uint64_t *words = rtt_words(m, walk->table);
  for (unsigned i = walk->index; i < RTT_ENTRIES && top - end >= size && rtt_entry_of(words[i]).hipas == RTT_UNASSIGNED;
       i++)
    end += size;
  return end;
}

uint64_t rmi_rtt_init_ripas(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], base = call->in[2], top = call->in[3];
  REQUIRE(size_valid, top > base, RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(top_bound, realm_protects(realm, top - GRANULE_SIZE), RMI_ERROR_INPUT);
  REQUIRE(top_gran_align, granule_aligned(top), RMI_ERROR_INPUT);
  REQUIRE(realm_state, realm->state == VCCA_REALM_NEW, RMI_ERROR_REALM);
  struct rtt_walk walk = rtt_walk(m, realm, base, RTT_PAGE_LEVEL);
  uint64_t end = init_end(m, &walk, base, top);
  REQUIRE(base_align, aligned_to_entry(&walk, base), rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_UNASSIGNED, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(no_progress, end != base, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  uint64_t size = rtt_entry_size(walk.level);
  rtt_put_ripas(m, walk.table, walk.index, (end - base) / size, RTT_RAM);
  for (; base < end; base += size)
    realm_measure_ripas(m, rd, base, base + size);
  call->out[0] = end;
  return RMI_SUCCESS;
}

/* The end of the complete entries that take the RIPAS which the realm asked for (RttSkipEntriesWithRipas). It
 * stops at a table, and at destroyed memory that the realm did not ask to change. Within an entry that has
 * this RIPAS already, the end is top: the specification rounds down to base or below, and a host that goes on
 * from there makes no progress. */
static uint64_t set_end(const vcca_machine *m, const struct rtt_walk *walk, const struct guest_pending *asked,
                        uint64_t base, uint64_t top)
{
  uint64_t size = rtt_entry_size(walk->level), end = base & ~(size - 1);
  const uint64_t *words = rtt_words(m, walk->table);
  for (unsigned i = walk->index; i < RTT_ENTRIES && top - end >= size; i++) {
    struct rtt_entry e = rtt_entry_of(words[i]);
    if (e.hipas == RTT_TABLE || (e.ripas == RTT_DESTROYED && !asked->ripas_destroyed))
      break;
    end += size;
  }
  if (end > base)
    return end;
  return walk->entry.ripas == asked->ripas_value ? top : base;
}

uint64_t rmi_rtt_set_ripas(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], rec_pa = call->in[2], base = call->in[3], top = call->in[4];
  REQUIRE(size_valid, top > base, RMI_ERROR_INPUT);
  REQUIRE(top_gran_align, granule_aligned(top), RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  REQUIRE(rec_align, granule_aligned(rec_pa), RMI_ERROR_INPUT);
  REQUIRE(rec_bound, granule_delegable(m, rec_pa), RMI_ERROR_INPUT);
  REQUIRE(rec_gran_state, granule_state(m, rec_pa) == VCCA_GRANULE_REC, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  const struct rec *rec = rec_at(m, rec_pa);
  const struct guest_pending *asked = &rec->pending;
  call->realm = rd;
  REQUIRE(rec_state, !rec->running, RMI_ERROR_REC);
  REQUIRE(rec_owner, rec->owner == rd, RMI_ERROR_REC);
  REQUIRE(base_bound, base == asked->ripas_addr, RMI_ERROR_INPUT);
  REQUIRE(top_bound, top <= asked->ripas_top, RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, base, RTT_PAGE_LEVEL);
  uint64_t end = set_end(m, &walk, asked, base, top);
  bool same = walk.entry.ripas == asked->ripas_value;
  REQUIRE(base_align, aligned_to_entry(&walk, base) || same, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(no_progress, end > base, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  uint64_t size = rtt_entry_size(walk.level);
  uint64_t first = base & ~(size - 1);
  rtt_put_ripas(m, walk.table, walk.index, (end - first + size - 1) / size, (enum rtt_ripas)asked->ripas_value);
  rec_edit(m, rec_pa)->pending.ripas_addr = end;
  call->out[0] = end;
  return RMI_SUCCESS;
}
