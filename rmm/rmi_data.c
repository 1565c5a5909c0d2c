/* RMI: a realm's memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rmi.h"
#include "rmm/rtt.h"

static void assign(vcca_machine *m, const struct rtt_walk *walk, uint64_t data, enum rtt_ripas ripas)
{
  granule_set_state(m, data, VCCA_GRANULE_DATA);
  rtt_put(m, walk->table, walk->index, (struct rtt_entry){.hipas = RTT_ASSIGNED, .ripas = ripas, .pa = data});
}

uint64_t rmi_data_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], data = call->in[2], ipa = call->in[3], src = call->in[4], flags = call->in[5];
  REQUIRE(flags_valid, flags <= 1, RMI_ERROR_INPUT);
  REQUIRE(src_align, granule_aligned(src), RMI_ERROR_INPUT);
  REQUIRE(src_bound, granule_delegable(m, src), RMI_ERROR_INPUT);
  REQUIRE(src_pas, granule_nonsecure(m, src), RMI_ERROR_INPUT);
  REQUIRE(data_align, granule_aligned(data), RMI_ERROR_INPUT);
  REQUIRE(data_bound, granule_delegable(m, data), RMI_ERROR_INPUT);
  REQUIRE(data_state, granule_state(m, data) == VCCA_GRANULE_DELEGATED, RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(realm_state, realm->state == VCCA_REALM_NEW, RMI_ERROR_REALM);
  REQUIRE(ipa_bound, realm_protects(realm, ipa), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, granule_aligned(ipa), RMI_ERROR_INPUT);
  REQUIRE(data_bound2, realm_reaches(realm, data), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk_page(m, realm, ipa);
  REQUIRE(rtt_walk, walk.level == RTT_PAGE_LEVEL, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_UNASSIGNED, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  granule_copy(m, data, src);
  assign(m, &walk, data, RTT_RAM);
  realm_measure_data(m, rd, ipa, flags == 1, src);
  return RMI_SUCCESS;
}

uint64_t rmi_data_create_unknown(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], data = call->in[2], ipa = call->in[3];
  REQUIRE(data_align, granule_aligned(data), RMI_ERROR_INPUT);
  REQUIRE(data_bound, granule_delegable(m, data), RMI_ERROR_INPUT);
  REQUIRE(data_state, granule_state(m, data) == VCCA_GRANULE_DELEGATED, RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(ipa_bound, realm_protects(realm, ipa), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, granule_aligned(ipa), RMI_ERROR_INPUT);
  REQUIRE(data_bound2, realm_reaches(realm, data), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk_page(m, realm, ipa);
  REQUIRE(rtt_walk, walk.level == RTT_PAGE_LEVEL, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_UNASSIGNED, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  assign(m, &walk, data, walk.entry.ripas);
  return RMI_SUCCESS;
}

uint64_t rmi_data_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(ipa_bound, realm_protects(realm, ipa), RMI_ERROR_INPUT);
  REQUIRE(ipa_align, granule_aligned(ipa), RMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk_page(m, realm, ipa);
  call->out[1] = rtt_walk_top(m, &walk, ipa);
  REQUIRE(rtt_walk, walk.level == RTT_PAGE_LEVEL, rmi_indexed(RMI_ERROR_RTT, walk.level));
  REQUIRE(rtte_state, walk.entry.hipas == RTT_ASSIGNED, rmi_indexed(RMI_ERROR_RTT, walk.level));
  COMMIT();

  granule_release(m, walk.entry.pa);
  rtt_unassign(m, &walk);
  call->out[0] = walk.entry.pa;
  call->out[1] = rtt_walk_top(m, &walk, ipa);
  return RMI_SUCCESS;
}
