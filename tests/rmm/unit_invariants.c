/* The invariants of a machine (rmm/invariants.h): each is broken in a machine that is otherwise whole,
 * which is saved, and which no machine then takes back: the reason names the granule, and where in the
 * saved bytes its record is. Long because every fact has a row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "support_tmi.h"

#include "rmm/invariants.h"
#include "rmm/rec.h"
#include "rmm/rtt.h"

#include <inttypes.h>
#include <stddef.h>

/* One field, or a granule's state, is not what it was. */
struct corruption {
  bool tmi;
  uint64_t pa;
  unsigned at, width; /* width 0: the state */
  uint64_t value;
  uint64_t blamed;
  const char *said;
};

#define AT(type, field) .at = offsetof(struct type, field), .width = sizeof((struct type *)0)->field
#define FIELD(granule, type, field, v, text)                                            \
  {                                                                                     \
    .pa = (granule), AT(type, field), .value = (v), .blamed = (granule), .said = (text) \
  }
#define BYTE(granule, type, field, plus, v, text)                                                                \
  {                                                                                                              \
    .pa = (granule), .at = offsetof(struct type, field) + (plus), .width = 1, .value = (v), .blamed = (granule), \
    .said = (text)                                                                                               \
  }
#define WORD(granule, offset, v, text)                                                             \
  {                                                                                                \
    .pa = (granule), .at = (offset), .width = 8, .value = (v), .blamed = (granule), .said = (text) \
  }
#define ENTRY(table, index, v, text) WORD(table, 8 * (index), v, text)
#define STATE(granule, s, who, text)                                            \
  {                                                                             \
    .pa = (granule), .value = VCCA_GRANULE_##s, .blamed = (who), .said = (text) \
  }
#define TMI_FIELD(granule, type, field, v, text)                                                     \
  {                                                                                                  \
    .tmi = true, .pa = (granule), AT(type, field), .value = (v), .blamed = (granule), .said = (text) \
  }
#define TMI_WORD(granule, offset, v, text)                                                                      \
  {                                                                                                             \
    .tmi = true, .pa = (granule), .at = (offset), .width = 8, .value = (v), .blamed = (granule), .said = (text) \
  }
#define TMI_STATE(granule, s, who, text)                                                     \
  {                                                                                          \
    .tmi = true, .pa = (granule), .value = VCCA_GRANULE_##s, .blamed = (who), .said = (text) \
  }

/* Entries as rmm/rtt.c encodes them: 2:0 HIPAS, 4:3 RIPAS, 7:5 MemAttr, 9:8 S2AP, 51:12 address. */
#define E_ASSIGNED UINT64_C(1)
#define E_UNASSIGNED_NS UINT64_C(2)
#define E_ASSIGNED_NS UINT64_C(3)
#define E_TABLE UINT64_C(4)
#define E_RAM UINT64_C(8)
/* More of the worlds' granules (support.c, support_tmi.c). */
#define A_ROOT P(17)
#define A_L1 P(18)
#define A_L2 P(19)
#define A_AUX P(32)
#define B_L3 P(68)
#define B_NS_L2 P(73)
#define B_NS_L3 P(74)
#define CVM_A_L1 S(2)
#define CVM_A_L2 S(3)
#define CVM_A_L3 S(4)
#define SPARE S(60) /* free */

static const struct corruption corruptions[] = {
    /* Granules */
    STATE(DEVICE, DELEGATED, DEVICE, "cannot be delegated"),
    STATE(SECURE, DELEGATED, SECURE, "cannot be delegated"),
    TMI_STATE(DRAM + MIB, DATA, DRAM + MIB, "outside the TMM's pool"),
    TMI_STATE(SPARE, DELEGATED, SPARE, "not possible for memory of the TMM's pool"),
    WORD(FREE, 0, 1, "DELEGATED, but not zero"),
    WORD(FREE, 4088, 1, "DELEGATED, but not zero"),
    TMI_WORD(SPARE, 8, 1, "free, but not zero"),
    STATE(FREE, DATA, FREE, "no granule owns this DATA"),
    STATE(FREE, REC_AUX, FREE, "no granule owns this REC_AUX"),
    STATE(FREE, REC, FREE, "no granule owns this REC"),
    STATE(FREE, RTT, FREE, "no granule owns this RTT"),
    STATE(FREE, RD, FREE, "no granule owns this RD"),
    TMI_STATE(SPARE, DATA, SPARE, "no granule owns this DATA"),
    STATE(A_DATA, DELEGATED, A_L3, "which is not DATA"),
    STATE(A_AUX, DELEGATED, A_REC, "which is not REC_AUX"),
    STATE(A_AUX + 15 * PAGE, DATA, A_REC, "which is not REC_AUX"),
    STATE(A_L3_EMPTY, DELEGATED, A_L2, "which is not RTT"),
    STATE(P(129), DELEGATED, P(129), "DELEGATED, but not zero"),
    /* Realms */
    FIELD(C, realm, next, C, "owns already"),
    FIELD(A, realm, next, C, "owns already"),
    FIELD(C, realm, next, FREE, "which is not RD"),
    FIELD(C, realm, next, B + 8, "which is not RD"),
    FIELD(C, realm, next, NOWHERE, "which is not RD"),
    {.pa = B,
     .at = offsetof(struct realm, next),
     .width = 8,
     .value = 0,
     .blamed = A,
     .said = "no granule owns this RD"},
    FIELD(C, realm, state, 3, "its state 3"),
    FIELD(C, realm, lpa2, 1, "lpa2"),
    FIELD(C, realm, ipa_width, 31, "31 bits"),
    FIELD(C, realm, ipa_width, 49, "49 bits"),
    FIELD(C, realm, ipa_width, UINT32_MAX, "bits"),
    FIELD(C, realm, protected_width, 40, "protected"),
    FIELD(C, realm, protected_width, 38, "protected"),
    TMI_FIELD(CVM_C, realm, protected_width, 39, "protected"),
    FIELD(C, realm, rtt_level_start, 2, "root tables of level 2"),
    FIELD(C, realm, rtt_level_start, UINT32_MAX, "root tables"),
    FIELD(C, realm, rtt_num_start, 2, "2 root tables"),
    FIELD(C, realm, rtt_num_start, 0, "0 root tables"),
    FIELD(C, realm, rtt_base, P(129) + 8, "not aligned"),
    {.pa = C, .at = offsetof(struct realm, rtt_base), .width = 8, .value = A_ROOT, .blamed = A, .said = "owns already"},
    FIELD(C, realm, rtt_base, NOWHERE, "which is not RTT"),
    FIELD(C, realm, vmid, 65536, "VMID 65536"),
    FIELD(C, realm, vmid, UINT32_MAX, "VMID"),
    {.pa = C, .at = offsetof(struct realm, vmid), .width = 4, .value = 2, .blamed = B, .said = "VMID 2 is also that"},
    FIELD(C, realm, reserved, 1, "after its descriptor"),
    WORD(C, 4088, 1, "after its descriptor"),
    FIELD(B, realm, num_recs, 2, "it has 3 RECs, but its count is 2"),
    FIELD(B, realm, num_recs, 4, "it has 3 RECs, but its count is 4"),
    FIELD(C, realm, num_recs, 1, "it has 0 RECs, but its count is 1"),
    FIELD(B, realm, first_rec, 0, "it has 0 RECs, but its count is 3"),
    FIELD(B, realm, first_rec, B, "which is not REC"),
    {.pa = C,
     .at = offsetof(struct realm, first_rec),
     .width = 8,
     .value = A_REC,
     .blamed = A_REC,
     .said = "its owner is"},
    {.pa = B, .at = offsetof(struct realm, rec_index), .width = 4, .value = 2, .blamed = B_ASKS, .said = "its index 2"},
    /* RIM and REM */
    FIELD(C, realm, rim.rules, VCCA_RULES_ARM_2_0, "measurement rules"),
    FIELD(C, realm, rim.rules, 77, "measurement rules"),
    FIELD(C, realm, rim.hash_alg, VCCA_SHA384, "hash algorithm is 2"),
    FIELD(C, realm, rim.hash_alg, 77, "hash algorithm is 77"),
    BYTE(C, realm, rim.value, 32, 1, "RIM is longer than 32"),
    BYTE(C, realm, rim.value, 63, 1, "RIM is longer than 32"),
    BYTE(B, realm, rem, 64 + 32, 1, "REM 1 is longer than 32"),
    BYTE(B, realm, rem, 255, 1, "REM 3 is longer than 32"),
    BYTE(A, realm, rem, 128, 1, "REM 2 is extended"),
    /* RECs */
    FIELD(A_REC, rec, owner, B, "its owner is"),
    FIELD(A_REC, rec, owner, 0, "its owner is"),
    FIELD(A_REC, rec, next, A_REC, "owns already"),
    FIELD(A_REC, rec, next, B_REC, "owns already"),
    FIELD(A_REC, rec, next, FREE, "which is not REC"),
    FIELD(A_REC, rec, index, 1, "its index 1"),
    FIELD(B_ASKS, rec, index, 1, "MPIDR"),
    FIELD(A_REC, rec, mpidr, 1, "MPIDR 0x1"),
    FIELD(A_REC, rec, mpidr, 0x10, "MPIDR 0x10"),
    FIELD(A_REC, rec, aux_count, 15, "15 auxiliary granules"),
    FIELD(A_REC, rec, aux_count, 17, "17 auxiliary granules"),
    FIELD(A_REC, rec, aux_count, UINT32_MAX, "auxiliary granules"),
    FIELD(A_REC, rec, aux[3], B, "aux leads to 0x80040000, which is not REC_AUX"),
    FIELD(A_REC, rec, aux[3], A_DATA, "which is not REC_AUX"),
    FIELD(A_REC, rec, aux[3], A_AUX, "owns already"),
    FIELD(A_REC, rec, aux[15], P(80), "owns already"), /* B_REC's */
    FIELD(A_REC, rec, aux[0], A_AUX + 8, "which is not REC_AUX"),
    FIELD(A_REC, rec, aux[0], 0, "which is not REC_AUX"),
    TMI_FIELD(TEC_A, rec, aux[2], S(7), "after the last auxiliary granule"),
    TMI_FIELD(TEC_A, rec, aux_count, 16, "16 auxiliary granules"),
    FIELD(A_REC, rec, runnable, 2, "neither 0 nor 1"),
    FIELD(A_REC, rec, running, 2, "it runs in a realm that is NEW"),
    FIELD(B_REC, rec, running, 2, "neither 0 nor 1"),
    FIELD(B_REC, rec, running, 1, "it is running, but the call that entered it was not saved"),
    FIELD(A_REC, rec, irq_pending, 2, "neither 0 nor 1"),
    FIELD(A_REC, rec, ripas_response, 2, "neither 0 nor 1"),
    FIELD(A_REC, rec, exit_unmapped, 255, "neither 0 nor 1"),
    FIELD(A_REC, rec, stuck, 2, "neither 0 nor 1"),
    FIELD(A_REC, rec, cpu.pmu_overflow, 2, "neither 0 nor 1"),
    BYTE(A_REC, rec, reserved, 1, 1, "neither 0 nor 1"),
    FIELD(A_REC, rec, identity, 0, "identity 0 is not one"),
    FIELD(A_REC, rec, identity, UINT64_MAX, "identity 18446744073709551615 is not one"),
    FIELD(A_REC, rec, exit.reason, 7, "reason 7"),
    FIELD(A_REC, rec, attestation.length, 1, "it keeps a token"),
    FIELD(A_REC, rec, attestation.offset, 1, "1 bytes of a token of 0"),
    FIELD(A_REC, rec, attestation.length, GUEST_TOKEN_MAX + 1, "token of 8193"),
    FIELD(A_REC, rec, attestation.reserved, 1, "token"),
    BYTE(A_REC, rec, attestation.challenge, 63, 1, "it keeps a token"),
    WORD(A_REC, sizeof(struct rec), 1, "after its descriptor"),
    FIELD(A_REC, rec, pending.ripas_destroyed, 2, "a flag of its pending requests"),
    FIELD(A_REC, rec, pending.psci_pending, 2, "a flag of its pending requests"),
    FIELD(A_REC, rec, pending.host_call_pending, 2, "a flag of its pending requests"),
    FIELD(A_REC, rec, pending.ripas_pending, 2, "a flag of its pending requests"),
    BYTE(A_REC, rec, pending.reserved, 0, 1, "a flag of its pending requests"),
    FIELD(A_REC, rec, pending.ripas_pending, 1, "its last exit contradicts"),
    FIELD(B_ASKS, rec, pending.ripas_pending, 0, "its last exit contradicts"),
    FIELD(A_REC, rec, pending.ripas_top, 0x1000, "it has a RIPAS range"),
    FIELD(A_REC, rec, pending.ripas_addr, 0x1000, "it has a RIPAS range"),
    FIELD(B_ASKS, rec, pending.ripas_addr, 0x5000, "not a range of protected pages"),
    FIELD(B_ASKS, rec, pending.ripas_addr, 0x2008, "not a range of protected pages"),
    FIELD(B_ASKS, rec, pending.ripas_top, 0x4008, "not a range of protected pages"),
    FIELD(B_ASKS, rec, pending.ripas_top, UNPROTECTED + PAGE, "not a range of protected pages"),
    FIELD(B_ASKS, rec, pending.ripas_top, ~(PAGE - 1), "not a range of protected pages"),
    FIELD(B_ASKS, rec, pending.ripas_value, RTT_DESTROYED, "RIPAS 2"),
    FIELD(A_REC, rec, abort.unprotected, 2, "a flag of its last abort"),
    FIELD(A_REC, rec, abort.emulatable, 2, "a flag of its last abort"),
    FIELD(A_REC, rec, abort.write, 2, "a flag of its last abort"),
    FIELD(A_REC, rec, abort.sign_extend, 2, "a flag of its last abort"),
    FIELD(A_REC, rec, abort.wide, 2, "a flag of its last abort"),
    FIELD(A_REC, rec, abort.reserved, 1, "a flag of its last abort"),
    FIELD(A_REC, rec, abort.size, 8, "8 bytes"),
    FIELD(A_REC, rec, abort.emulatable, 1, "0 bytes"),
    FIELD(A_REC, rec, abort.reg, 32, "register 32"),
    FIELD(A_REC, rec, abort.unprotected, 1, "which is protected"),
    TMI_FIELD(TEC_ORPHAN, rec, owner, CVM_A, "whose list does not have it"),
    TMI_FIELD(TEC_ORPHAN, rec, next, TEC_A, "whose list does not have it"),
    TMI_FIELD(TEC_ORPHAN, rec, running, 1, "runs without a realm"),
    TMI_FIELD(TEC_ORPHAN, rec, aux[0], S(7), "owns already"),
    TMI_FIELD(TEC_A, rec, owner, 0, "its owner is 0x0"),
    /* Tables */
    ENTRY(A_L3, 2, 5, "entry 2 is 0x5, "),
    ENTRY(A_L3, 2, 7, ""),
    ENTRY(A_L3, 2, 0x18, ""),
    ENTRY(A_L3, 2, 0x400, ""),
    ENTRY(A_L3, 2, 0x800, ""),
    ENTRY(A_L3, 511, UINT64_C(1) << 63, "entry 511"),
    ENTRY(A_L3, 2, UINT64_C(1) << 52, ""),
    ENTRY(A_L3, 2, FREE, ""),
    ENTRY(A_L3, 2, 0x20, ""),
    ENTRY(A_L3, 1, A_DATA | E_ASSIGNED | E_RAM | 0x20, ""),
    ENTRY(A_L2, 0, A_L3 | E_TABLE | E_RAM, ""),
    ENTRY(B_NS_L3, 2, E_UNASSIGNED_NS | E_RAM, ""),
    ENTRY(B_NS_L3, 2, E_ASSIGNED_NS | E_RAM | P(8), ""),
    ENTRY(A_L3, 2, A_DATA | E_ASSIGNED | E_RAM, "owns already"),
    ENTRY(A_L3, 2, A | E_ASSIGNED | E_RAM, "which is not DATA"),
    ENTRY(A_L3, 2, FREE | E_ASSIGNED | E_RAM, "which is not DATA"),
    ENTRY(A_L3, 2, NOWHERE | E_ASSIGNED | E_RAM, "which is not DATA"),
    ENTRY(A_L3, 1, B_DATA | E_ASSIGNED | E_RAM, "owns already"),
    {.pa = A_L3, .at = 8, .width = 8, .value = 0, .blamed = A_DATA, .said = "no granule owns this DATA"},
    ENTRY(A_L3, 2, A_L3_EMPTY | E_TABLE, "TABLE, which level 3 cannot have"),
    ENTRY(A_L2, 1, A_L1 | E_TABLE, "owns already"),
    ENTRY(A_L2, 1, A_ROOT | E_TABLE, "owns already"),
    ENTRY(A_L2, 1, A_L2 | E_TABLE, "owns already"),
    ENTRY(A_L2, 1, A_L3 | E_TABLE, "owns already"),
    ENTRY(A_L2, 1, B_L3 | E_TABLE, "owns already"),
    ENTRY(A_L2, 1, FREE | E_TABLE, "which is not RTT"),
    ENTRY(A_L2, 1, NOWHERE | E_TABLE, "which is not RTT"),
    ENTRY(A_L2, 1, (UINT64_C(1) << 48) | E_TABLE, "beyond the addresses that a table can hold"),
    ENTRY(A_L3, 2, HIGH | E_ASSIGNED, "beyond the addresses that a table can hold"),
    {.pa = A_L2, .at = 16, .width = 8, .value = 0, .blamed = A_L3_EMPTY, .said = "no granule owns this RTT"},
    ENTRY(A_L3, 2, E_UNASSIGNED_NS, "is for unprotected memory"),
    ENTRY(A_L3, 2, P(8) | E_ASSIGNED_NS | 0x300, "is for unprotected memory"),
    ENTRY(B_NS_L3, 5, 0, "is for protected memory"),
    ENTRY(B_NS_L3, 5, B_DATA | E_ASSIGNED, "is for protected memory"),
    ENTRY(A_ROOT, 1, 0, "is for protected memory"),
    ENTRY(A_ROOT, 2, E_UNASSIGNED_NS, "entry 2 is beyond the address space"),
    ENTRY(A_ROOT, 511, FREE | E_TABLE, "entry 511 is beyond the address space"),
    ENTRY(A_ROOT, 0, E_ASSIGNED, "block at level 0"),
    ENTRY(A_L2, 5, FREE | E_ASSIGNED, "not aligned to its size"),
    ENTRY(A_L2, 5, (DRAM + 8 * MIB) | E_ASSIGNED, "which is not DATA"),
    ENTRY(B_NS_L2, 5, P(8) | E_ASSIGNED_NS, "not aligned to its size"),
    ENTRY(B_NS_L3, 5, (UINT64_C(1) << 48) | E_ASSIGNED_NS, "beyond the addresses that a table can hold"),
    ENTRY(B_NS_L3, 5, P(8) | E_ASSIGNED_NS | 0x80, "attributes that a host cannot set"), /* MemAttr 0b100 */
    TMI_WORD(CVM_A_L3, 16, 0, "not RAM"),
    TMI_WORD(CVM_A_L3, 16, 16, "not RAM"),
    TMI_WORD(CVM_A_L3, 16, E_UNASSIGNED_NS, "is for unprotected memory"),
    TMI_WORD(CVM_A_L1, 24, E_ASSIGNED | E_RAM, "block at level 1"),
    TMI_WORD(CVM_A_L2, 24, SECURE | E_ASSIGNED | E_RAM, "which is not DATA"),
};

/* Changes it behind everybody's back, past all checks. */
static void corrupt(vcca_machine *m, const struct corruption *c)
{
  uint8_t bytes[8];
  if (!memory_reserve(&m->memory, 2, 2))
    fail_msg("no memory");
  if (c->width == 0) {
    granule_restore_state(m, c->pa, (enum vcca_granule_state)c->value);
    return;
  }
  vcca_put_le64(bytes, c->value);
  memcpy((uint8_t *)granule_edit(m, c->pa) + c->at, bytes, c->width);
}

static struct rig *world_of(bool tmi)
{
  return tmi ? tmi_world() : rmi_world();
}

/* Where the record of the granule begins in the bytes of a machine with four regions. */
static size_t record_at(vcca_span saved, uint64_t pa)
{
  size_t at = 8 + 8 + 4 * 16 + 8;
  while (at < saved.n && vcca_le64(saved.p + at) != pa)
    at += 16 + (vcca_le64(saved.p + at + 8) >> 8 ? PAGE : 0);
  return at;
}

static void a_machine_that_is_whole_is_taken_back(void **state)
{
  (void)state;
  for (int tmi = 0; tmi < 2; tmi++) {
    struct rig *rig = world_of(tmi);
    struct breach breach;
    struct vcca_bytes saved = {0};
    struct vcca_error err = {0};
    if (!machine_sound(rig->m, &breach))
      fail_msg("0x%" PRIx64 ": %s", breach.pa, breach.what);
    assert_true(vcca_machine_save(rig->m, &saved, NULL));
    check_ok(vcca_machine_load(rig->m, vcca_bytes_span(&saved), &err), &err, "load");
    assert_true(machine_sound(rig->m, &breach));
    vcca_bytes_free(&saved);
    rig_free(rig);
  }
}

static void check_refused(const struct corruption *c, size_t row)
{
  struct rig *rig = world_of(c->tmi), *other = world_of(c->tmi);
  struct vcca_bytes saved = {0}, before = {0};
  struct vcca_error err = {0};
  struct breach breach;
  char granule[40];
  assert_true(vcca_machine_save(other->m, &before, NULL));
  corrupt(rig->m, c);
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  vcca_span bytes = vcca_bytes_span(&saved);
  bool runs = c->said && strstr(c->said, "the call that entered it");
  if (!runs && machine_sound(rig->m, &breach))
    fail_msg("row %zu: still sound (%s)", row, c->said);
  if (vcca_machine_load(other->m, bytes, &err))
    fail_msg("row %zu: loaded (%s)", row, c->said);
  snprintf(granule, sizeof granule, "granule 0x%" PRIx64, c->blamed);
  if (!strstr(err.text, granule) || !strstr(err.text, c->said))
    fail_msg("row %zu: \"%s\" does not say \"%s\" of %s", row, err.text, c->said, granule);
  if (err.offset != record_at(bytes, c->blamed) && record_at(bytes, c->blamed) < bytes.n)
    fail_msg("row %zu: at %zu, not %zu", row, err.offset, record_at(bytes, c->blamed));
  assert_true(vcca_machine_same(other->m, vcca_bytes_span(&before)));
  vcca_bytes_free(&saved);
  vcca_bytes_free(&before);
  rig_free(rig);
  rig_free(other);
}

static void a_machine_that_contradicts_itself_is_refused_with_the_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof corruptions / sizeof *corruptions; i++)
    check_refused(&corruptions[i], i);
}

/* --- What no field of one granule says ------------------------------------------------------------------ */

/* Loads what `from` is into `into`; it must be refused, and say so. */
static void refused(struct rig *from, struct rig *into, const char *said)
{
  struct vcca_bytes saved = {0};
  struct vcca_error err = {0};
  assert_true(vcca_machine_save(from->m, &saved, NULL));
  assert_false(vcca_machine_load(into->m, vcca_bytes_span(&saved), &err));
  if (!strstr(err.text, said))
    fail_msg("\"%s\" does not say \"%s\"", err.text, said);
  vcca_bytes_free(&saved);
}

static void what_the_machine_has_not_is_refused(void **state)
{
  static const struct {
    struct vcca_features features;
    const char *said;
  } cases[] = {
      {{.max_recs_order = 1}, "it has 3 RECs, the machine allows 1"},
      {{.s2sz = 39}, "its addresses have 40 bits"},
  };
  (void)state;
  struct rig *world = rmi_world();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
    config.features = cases[i].features;
    struct rig *other = rig_new(&config);
    refused(world, other, cases[i].said);
    rig_free(other);
  }
  rig_free(world);

  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *sha512 = rig_new(&config);
  rmi_realm(sha512, A, 1, VCCA_SHA512);
  config.features.no_sha512 = true;
  struct rig *without = rig_new(&config);
  refused(sha512, without, "hash algorithm is 1");
  rig_free(sha512);
  rig_free(without);
}

static void contents_that_are_the_embedders_are_not_in_the_saved_bytes(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  static uint8_t ram[16 * PAGE];
  config.regions[1].bytes = ram;
  struct rig *rig = rig_new(&config);
  memcpy(memory_make(&rig->m->memory,
                     memory_reserve(&rig->m->memory, 2, 1) ? memory_touch(&rig->m->memory, DEVICE) : NULL),
         "x", 1);
  refused(rig, rig, "its contents are in the embedder's memory");
  rig_free(rig);
}

/* A REC with every kind of request, as the guest's side leaves them, is taken back; one that asks for what
 * it could not, is not. */
static void what_a_rec_asks_for_is_where_it_may_be(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_bytes saved = {0};
  struct vcca_error err = {0};
  struct guest_pending *p = guest_pending(rig->m, B_REC);
  p->host_call = 0x1100;
  p->host_call_pending = 1;
  struct rec_abort *abort = &rec_edit(rig->m, B_OFF)->abort;
  *abort = (struct rec_abort){.unprotected = 1, .emulatable = 1, .size = 4, .reg = 31, .ipa = UNPROTECTED + 0x2000};
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  check_ok(vcca_machine_load(rig->m, vcca_bytes_span(&saved), &err), &err, "load");
  guest_pending(rig->m, B_REC)->host_call = 0x1180;
  refused(rig, rig, "its host call is at 0x1180");
  guest_pending(rig->m, B_REC)->host_call = UNPROTECTED;
  refused(rig, rig, "its host call is at 0x8000000000");
  guest_pending(rig->m, B_REC)->host_call = 0x1100;
  rec_edit(rig->m, B_OFF)->abort.size = 3;
  refused(rig, rig, "3 bytes");
  rec_edit(rig->m, B_OFF)->abort.size = 4;
  rec_edit(rig->m, B_OFF)->abort.ipa = UINT64_C(1) << 40;
  refused(rig, rig, "its last abort was at 0x10000000000");
  vcca_bytes_free(&saved);
  rig_free(rig);
}

/* What follows from the rest is not saved: it is right after loading, and the invariants see when it is
 * not. */
static void what_is_derived_is_checked_too(void **state)
{
  (void)state;
  struct breach breach;
  struct rig *rig = rmi_world();
  memory_touch(&rig->m->memory, A_L3)->live++;
  assert_false(machine_sound(rig->m, &breach));
  assert_string_equal(breach.what, "2 entries are counted as live, not 1");
  assert_true(breach.pa == A_L3);
  memory_touch(&rig->m->memory, A_L3)->live--;
  OK(rig, "DATA_CREATE_UNKNOWN", A, FREE, 0x2000);
  assert_true(machine_sound(rig->m, &breach));
  assert_true(rig->m->walked.table == A_L3);
  rig->m->walked.table = A_L3_EMPTY;
  assert_false(machine_sound(rig->m, &breach));
  assert_non_null(strstr(breach.what, "the last walk"));
  rig_free(rig);

  rig = tmi_world();
  rig->m->pool_free++;
  assert_false(machine_sound(rig->m, &breach));
  assert_non_null(strstr(breach.what, "are free, not"));
  rig->m->pool_free--;
  uint64_t next = rig->m->pool_next, block = rig->m->pool_next_block;
  rig->m->pool_next = SECURE + 16 * MIB;
  assert_false(machine_sound(rig->m, &breach));
  assert_non_null(strstr(breach.what, "it is free, but the search"));
  rig->m->pool_next = next;
  rig->m->pool_next_block = SECURE + 16 * MIB;
  assert_false(machine_sound(rig->m, &breach));
  assert_non_null(strstr(breach.what, "its block is free, but the search"));
  rig->m->pool_next_block = block;
  assert_true(machine_sound(rig->m, &breach));
  rig_free(rig);
}

/* --- As bytes ------------------------------------------------------------------------------------------- */

static void zeros_are_saved_in_one_way_only(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  struct vcca_bytes saved = {0};
  struct vcca_error err = {0};
  uint8_t bytes[88 + 2 * (16 + PAGE)] = {0};
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  assert_int_equal(saved.n, 88);
  memcpy(bytes, saved.p, 88);
  vcca_put_le64(bytes + 88, DRAM);
  assert_false(vcca_machine_load(rig->m, vcca_span_of(bytes, 88 + 16), &err)); /* as after reset */
  assert_int_equal(err.offset, 88);
  vcca_put_le64(bytes + 96, 0x100 | VCCA_GRANULE_DELEGATED);
  assert_false(vcca_machine_load(rig->m, vcca_span_of(bytes, 88 + 16 + PAGE), &err)); /* zeros as contents */
  assert_int_equal(err.offset, 88);
  vcca_put_le64(bytes + 96, VCCA_GRANULE_DELEGATED);
  check_ok(vcca_machine_load(rig->m, vcca_span_of(bytes, 88 + 16), &err), &err, "load");
  assert_true(vcca_machine_same(rig->m, vcca_span_of(bytes, 88 + 16)));
  vcca_put_le64(bytes + 80, DRAM);
  assert_false(vcca_machine_load(rig->m, vcca_span_of(bytes, 88 + 16), &err));
  assert_non_null(strstr(err.text, "the list of realms leads to 0x80000000, which is not RD"));
  vcca_bytes_free(&saved);
  rig_free(rig);
}

/* Restores the machine, and saves it, from within a call. */
struct meddling {
  vcca_span saved;
  struct vcca_bytes within;
  struct vcca_error err;
  bool loaded;
};

static void meddle(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct meddling *w = ctx;
  (void)rec;
  (void)cpu;
  (void)event;
  w->loaded = vcca_machine_load(m, w->saved, &w->err);
  assert_true(vcca_machine_save(m, &w->within, NULL));
}

static void a_call_under_way_is_neither_undone_nor_taken_back(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_bytes saved = {0};
  struct vcca_error err = {0};
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  struct meddling w = {.saved = vcca_bytes_span(&saved)};
  vcca_machine_set_program(rig->m, meddle, &w);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_false(w.loaded);
  assert_non_null(strstr(w.err.text, "while a call is under way"));
  assert_false(vcca_machine_load(rig->m, vcca_bytes_span(&w.within), &err));
  assert_non_null(strstr(err.text, "granule 0x80046000 (REC): it is running"));
  vcca_bytes_free(&w.within);
  vcca_bytes_free(&saved);
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_machine_that_is_whole_is_taken_back),
      cmocka_unit_test(a_machine_that_contradicts_itself_is_refused_with_the_place),
      cmocka_unit_test(what_the_machine_has_not_is_refused),
      cmocka_unit_test(contents_that_are_the_embedders_are_not_in_the_saved_bytes),
      cmocka_unit_test(what_a_rec_asks_for_is_where_it_may_be),
      cmocka_unit_test(what_is_derived_is_checked_too),
      cmocka_unit_test(zeros_are_saved_in_one_way_only),
      cmocka_unit_test(a_call_under_way_is_neither_undone_nor_taken_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
