/* RMI: translation tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rec.h"
#include "rmm/rmi.h"
#include "rmm/rtt.h"

static bool aligned_to(uint64_t address, int64_t level)
{
  return address % rtt_entry_size((int)level) == 0;
}

uint64_t rmi_rtt_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], rtt = call->in[2], ipa = call->in[3];
  int64_t level = (int64_t)call->in[4];
  REQUIRE(rtt_align, granule_aligned(rtt), RMI_ERROR_INPUT);
  REQUIRE(rtt_bound, granule_delegable(m, rtt), RMI_ERROR_INPUT);
  REQUIRE(rtt_state, granule_state(m, rtt) == VCCA_GRANULE_DELEGATED, RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, rtt_level_valid(level, realm->rtt_level_start + 1), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, aligned_to(ipa, level - 1), RMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), RMI_ERROR_INPUT);
  REQUIRE(rtt_bound2, realm_reaches(realm, rtt), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level - 1);
  REQUIRE(rtt_walk, walk.level == level - 1, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas != RTT_TABLE, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  rtt_split(m, &walk, rtt);
  return RMI_SUCCESS;
}

uint64_t rmi_rtt_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2];
  int64_t level = (int64_t)call->in[3];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, rtt_level_valid(level, realm->rtt_level_start + 1), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, aligned_to(ipa, level - 1), RMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level - 1);
  call->out[1] = rtt_walk_top(m, &walk, ipa);
  REQUIRE(rtt_walk, walk.level == level - 1, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_TABLE, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtt_live, rtt_live(m, walk.entry.pa) == 0, rmi_indexed(RMI_ERROR_RTT, (int)level));
  COMMIT();

  rtt_unlink(m, realm, &walk, ipa);
  call->out[0] = walk.entry.pa;
  call->out[1] = rtt_walk_top(m, &walk, ipa);
  return RMI_SUCCESS;
}

uint64_t rmi_rtt_fold(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2];
  int64_t level = (int64_t)call->in[3];
  struct rtt_entry folded;
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, rtt_level_valid(level, realm->rtt_level_start + 1), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, aligned_to(ipa, level - 1), RMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level - 1);
  REQUIRE(rtt_walk, walk.level == level - 1, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_TABLE, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtt_homo, rtt_homogeneous(m, walk.entry.pa, (int)level, &folded), rmi_indexed(RMI_ERROR_RTT, (int)level));
  COMMIT();

  rtt_put(m, walk.table, walk.index, folded);
  granule_release(m, walk.entry.pa);
  call->out[0] = walk.entry.pa;
  return RMI_SUCCESS;
}

/* RmiRttEntryState; the host sees no difference between protected and unprotected entries here. */
static uint64_t entry_state(enum rtt_hipas hipas)
{
  enum { UNASSIGNED = 0, ASSIGNED = 1, TABLE = 2 };
  bool assigned = hipas == RTT_ASSIGNED || hipas == RTT_ASSIGNED_NS;
  return hipas == RTT_TABLE ? TABLE : assigned ? ASSIGNED : UNASSIGNED;
}

uint64_t rmi_rtt_read_entry(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2];
  int64_t level = (int64_t)call->in[3];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, rtt_level_valid(level, realm->rtt_level_start), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, aligned_to(ipa, level), RMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), RMI_ERROR_INPUT);
  COMMIT();

  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level);
  call->out[0] = (uint64_t)walk.level;
  call->out[1] = entry_state(walk.entry.hipas);
  call->out[2] = rtt_descriptor(walk.entry, realm->lpa2);
  call->out[3] = walk.entry.ripas;
  return RMI_SUCCESS;
}

/* --- Unprotected memory ------------------------------------------------------------------------------- */

enum { FIRST_BLOCK_LEVEL = 1 };

static int64_t first_mappable(const struct realm *realm)
{
  return realm->rtt_level_start > FIRST_BLOCK_LEVEL ? realm->rtt_level_start : FIRST_BLOCK_LEVEL;
}

static bool unprotected(const struct realm *realm, uint64_t ipa)
{
  return realm_in_space(realm, ipa) && !realm_protects(realm, ipa);
}

uint64_t rmi_rtt_map_unprotected(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2], desc = call->in[4];
  int64_t level = (int64_t)call->in[3];
  struct rtt_entry mapping;
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(attr_valid, rtt_parse(desc, realm->lpa2, &mapping), RMI_ERROR_INPUT);
  REQUIRE(level_bound, rtt_level_valid(level, first_mappable(realm)), RMI_ERROR_INPUT);
  REQUIRE(addr_align, aligned_to(mapping.pa, level), RMI_ERROR_INPUT);
  REQUIRE(addr_bound, realm_reaches(realm, mapping.pa), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, aligned_to(ipa, level), RMI_ERROR_INPUT);
  REQUIRE(ipa_bound, unprotected(realm, ipa), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level);
  REQUIRE(rtt_walk, walk.level == level, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_UNASSIGNED_NS, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  rtt_put(m, walk.table, walk.index, mapping);
  return RMI_SUCCESS;
}

uint64_t rmi_rtt_unmap_unprotected(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2];
  int64_t level = (int64_t)call->in[3];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, rtt_level_valid(level, first_mappable(realm)), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, aligned_to(ipa, level), RMI_ERROR_INPUT);
  REQUIRE(ipa_bound, unprotected(realm, ipa), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level);
  call->out[0] = rtt_walk_top(m, &walk, ipa);
  REQUIRE(rtt_walk, walk.level == level, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_ASSIGNED_NS, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  rtt_put(m, walk.table, walk.index, (struct rtt_entry){.hipas = RTT_UNASSIGNED_NS});
  call->out[0] = rtt_walk_top(m, &walk, ipa);
  return RMI_SUCCESS;
}
