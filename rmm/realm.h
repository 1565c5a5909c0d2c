/* Realms: the descriptor, which is in the RD granule, and what both ABIs do with a realm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_REALM_H
#define RMM_REALM_H

#include "rmm/granule.h"

struct realm {
  uint64_t next;      /* RD of the next older realm, 0: none */
  uint64_t first_rec; /* its newest REC, 0: none */
  uint64_t rtt_base;
  uint32_t rtt_num_start;
  int32_t rtt_level_start;
  uint32_t state; /* enum vcca_realm_state */
  uint32_t ipa_width;
  uint32_t protected_width; /* addresses below 2^this are protected: RMI ipa_width - 1, TMI ipa_width */
  uint32_t vmid;
  uint32_t rec_index; /* the next REC's */
  uint32_t num_recs;
  uint32_t lpa2;
  uint32_t reserved;
  struct vcca_rim rim;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
  uint8_t rpv[64];
};
_Static_assert(sizeof(struct realm) <= GRANULE_SIZE, "a realm descriptor is one granule");

/* The descriptor in an RD granule. */
const struct realm *realm_at(const vcca_machine *m, uint64_t rd);
struct realm *realm_edit(vcca_machine *m, uint64_t rd);

static inline bool realm_in_space(const struct realm *realm, uint64_t ipa)
{
  return ipa >> realm->ipa_width == 0;
}
/* AddrIsProtected. */
static inline bool realm_protects(const struct realm *realm, uint64_t ipa)
{
  return ipa >> realm->protected_width == 0;
}
/* Arm realms have a RIPAS for each address. CVMs have none: all of their address space is RAM. */
static inline bool realm_has_ripas(const struct realm *realm)
{
  return realm->rim.rules != VCCA_RULES_VIRTCCA;
}
/* Whether the realm's tables can hold this physical address. */
static inline bool realm_reaches(const struct realm *realm, uint64_t pa)
{
  return realm->lpa2 || pa >> 48 == 0;
}

/* The parameters of a realm, already checked. */
struct realm_spec {
  struct vcca_realm_params params;
  uint64_t rtt_base;
  int64_t rtt_level_start;
  uint64_t rtt_num_start;
  uint64_t vmid;
  uint8_t rpv[64];
};
/* Whether the machine has what the parameters ask for; realm_hash_valid checks the hash algorithm.
 * least_breakpoints is 1 where 0 is a reserved encoding. */
bool realm_supported(const vcca_machine *m, const struct vcca_realm_params *params, unsigned least_breakpoints,
                     unsigned max_sve_vl);
/* The first parameter that the machine does not have: its name in the parameters page, its value, and the
 * values allowed. */
struct realm_limit {
  const char *field;
  uint64_t value, least, most;
};
enum { REALM_LIMITS = 9 };
bool realm_exceeds(const vcca_machine *m, const struct vcca_realm_params *params, unsigned least_breakpoints,
                   unsigned max_sve_vl, struct realm_limit *out);
/* Whether the number names a hash algorithm under the machine's rules. */
bool realm_hash_valid(const vcca_machine *m, uint64_t alg);
bool realm_vmid_free(const vcca_machine *m, uint64_t vmid);

void realm_create(vcca_machine *m, uint64_t rd, const struct realm_spec *spec);
void realm_set_state(vcca_machine *m, uint64_t rd, enum vcca_realm_state state);
/* Whether the realm's root tables have live entries. */
bool realm_rtt_live(const vcca_machine *m, const struct realm *realm);
/* Releases RD and root tables. RECs that are left have no owner then. */
void realm_destroy(vcca_machine *m, uint64_t rd);

/* Extend the RIM, and tell the machine's hook. source is the PA of the granule that is measured. */
void realm_measure_data(vcca_machine *m, uint64_t rd, uint64_t ipa, bool measured, uint64_t source);
void realm_measure_rec(vcca_machine *m, uint64_t rd, const struct vcca_rec_params *params);
void realm_measure_ripas(vcca_machine *m, uint64_t rd, uint64_t base, uint64_t top);

#endif
