/* Why a call was refused, as a sentence with the values that count. It reads the machine after the call,
 * since a refused call changes nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rmm/rmi.h"
#include "rmm/rtt.h"
#include "rmm/tmi.h"
#include "rooms/interface.h"
#include "rooms/span.h"

struct refusal {
  const vcca_machine *m;
  const struct abi *abi;
  const struct vcca_command *command;
  const uint64_t *in;
  const char *condition;
};

/* Finds the register of the command's input of that name. */
static bool input(const struct refusal *r, const char *name, uint64_t *value)
{
  const char *inputs = r->command->inputs;
  vcca_span word, kind;
  for (unsigned reg = 1; vcca_word_next(&inputs, ':', &word, &kind); reg++)
    if (vcca_span_is(word, name)) {
      *value = r->in[reg];
      return true;
    }
  return false;
}

static bool is(const struct refusal *r, const char *condition)
{
  return strcmp(r->condition, condition) == 0;
}

static const char *pas_name(enum vcca_pas pas)
{
  return pas == VCCA_PAS_NS ? "Non-secure" : pas == VCCA_PAS_REALM ? "Realm" : "Secure";
}

/* rd_state, src_pas ...: state and PAS of the granule that the input names. */
static int granule_text(const struct refusal *r, char *buf, size_t cap)
{
  static const char *const suffixes[] = {"_gran_state", "_state", "_pas"};
  char name[32] = "";
  uint64_t pa;
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0] && !name[0]; i++) {
    size_t n = strlen(r->condition), tail = strlen(suffixes[i]);
    if (n > tail && n - tail < sizeof name && strcmp(r->condition + n - tail, suffixes[i]) == 0)
      snprintf(name, sizeof name, "%.*s", (int)(n - tail), r->condition);
  }
  if (strcmp(name, "gran") == 0)
    snprintf(name, sizeof name, "addr");
  if (strcmp(name, "calling") == 0 || strcmp(name, "target") == 0)
    snprintf(name + strlen(name), sizeof name - strlen(name), r->abi == &tmi_abi ? "_tec" : "_rec");
  if (!name[0] || !input(r, name, &pa) || !granule_region(r->m, pa))
    return 0;
  return snprintf(buf, cap, "that granule is %s, %s", vcca_granule_state_name(granule_state(r->m, pa)),
                  pas_name(granule_pas(r->m, pa)));
}

static int params_text(const struct refusal *r, char *buf, size_t cap)
{
  bool tmi = r->abi == &tmi_abi;
  uint64_t pa;
  struct realm_limit limit;
  if (!input(r, "params", &pa))
    return 0;
  pa &= ~(uint64_t)(GRANULE_SIZE - 1); /* TMI has a flag in bit 0 */
  const uint8_t *page = granule_read(r->m, pa);
  struct realm_spec spec = tmi ? tmi_realm_spec(page) : rmi_realm_spec(page);
  uint64_t alg = tmi ? vcca_le64(page + 0x30) : (uint64_t)spec.params.hash_alg;
  if (is(r, "params_valid"))
    return snprintf(buf, cap, "it is %" PRIu64 ", 0 is SHA-256, 1 SHA-512%s", alg,
                    vcca_rim_rules(r->m->config.rules)->sha384 ? ", 2 SHA-384" : "");
  if (is(r, "params_supp") &&
      realm_exceeds(r->m, &spec.params, tmi ? 0 : 1, machine_features(r->m).sve_vl + tmi, &limit))
    return limit.least == limit.most
               ? snprintf(buf, cap, "%s is %" PRIu64 ", the machine allows %" PRIu64, limit.field, limit.value,
                          limit.most)
               : snprintf(buf, cap, "%s is %" PRIu64 ", the machine allows %" PRIu64 " to %" PRIu64, limit.field,
                          limit.value, limit.least, limit.most);
  if (is(r, "rtt_num_level") || is(r, "ttt_num_level"))
    return snprintf(buf, cap, "level %" PRId64 ", %" PRIu64 " tables, s2sz %" PRIu64, spec.rtt_level_start,
                    spec.rtt_num_start, (uint64_t)spec.params.s2sz);
  if (is(r, "vmid_valid"))
    return snprintf(buf, cap, "the VMID is %" PRIu64, spec.vmid);
  return 0;
}

/* aux_align, aux_alias, aux_state: which auxiliary granule of REC_CREATE is wrong. */
static int aux_text(const struct refusal *r, char *buf, size_t cap)
{
  uint64_t pa, rec;
  if (strncmp(r->condition, "aux_", 4) != 0 || r->abi == &tmi_abi || !input(r, "params", &pa) || !input(r, "rec", &rec))
    return 0;
  struct rec_spec spec = rmi_rec_spec(granule_read(r->m, pa));
  for (size_t i = 0; i < spec.num_aux && i < RMI_AUX_COUNT; i++) {
    uint64_t aux = spec.aux[i];
    if (is(r, "aux_align") && !granule_aligned(aux))
      return snprintf(buf, cap, "aux[%zu] is 0x%" PRIx64, i, aux);
    if (is(r, "aux_alias") && aux == rec)
      return snprintf(buf, cap, "aux[%zu] is 0x%" PRIx64 " too", i, aux);
    for (size_t j = 0; is(r, "aux_alias") && j < i; j++)
      if (aux == spec.aux[j])
        return snprintf(buf, cap, "aux[%zu] and aux[%zu] are both 0x%" PRIx64, j, i, aux);
    if (is(r, "aux_state") && !granule_delegable(r->m, aux))
      return snprintf(buf, cap, "aux[%zu], 0x%" PRIx64 ", is not memory that can be delegated", i, aux);
    if (is(r, "aux_state") && granule_state(r->m, aux) != VCCA_GRANULE_DELEGATED)
      return snprintf(buf, cap, "aux[%zu], 0x%" PRIx64 ", is %s", i, aux,
                      vcca_granule_state_name(granule_state(r->m, aux)));
  }
  return 0;
}

/* num_aux, mpidr_index: the value in REC_CREATE's parameters. */
static int rec_text(const struct refusal *r, char *buf, size_t cap)
{
  uint64_t pa, rd;
  if (r->abi == &tmi_abi || !input(r, "rec", &pa) || !input(r, "params", &pa) || !input(r, "rd", &rd))
    return 0;
  struct rec_spec spec = rmi_rec_spec(granule_read(r->m, pa));
  if (is(r, "num_aux"))
    return snprintf(buf, cap, "it is %" PRIu64 ", REC_AUX_COUNT tells %d", spec.num_aux, RMI_AUX_COUNT);
  if (is(r, "mpidr_index") && granule_state(r->m, rd) == VCCA_GRANULE_RD)
    return snprintf(buf, cap, "it is 0x%" PRIx64 ", the next one has index %" PRIu32, spec.mpidr,
                    realm_at(r->m, rd)->rec_index);
  return 0;
}

static const char *hipas_name(enum rtt_hipas hipas)
{
  static const char *const names[] = {"UNASSIGNED", "ASSIGNED", "UNASSIGNED_NS", "ASSIGNED_NS", "TABLE"};
  return names[hipas];
}

/* rtt_walk, rtte_state ...: where the walk ended, and what is there. */
static int walk_text(const struct refusal *r, char *buf, size_t cap)
{
  static const char *const conditions[] = {"rtt_walk", "ttt_walk",    "rtte_state", "ttte_state",
                                           "rtt_live", "no_progress", "base_align"};
  uint64_t rd, ipa;
  bool about = false;
  for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
    about |= is(r, conditions[i]);
  if (!about || !input(r, "rd", &rd) || granule_state(r->m, rd) != VCCA_GRANULE_RD ||
      (!input(r, "ipa", &ipa) && !input(r, "base", &ipa)))
    return 0;
  const struct realm *realm = realm_at(r->m, rd);
  if (!realm_in_space(realm, ipa))
    return 0;
  struct rtt_walk walk = rtt_walk(r->m, realm, ipa, RTT_PAGE_LEVEL);
  return snprintf(buf, cap, "its walk ends at level %d, at an entry that is %s", walk.level,
                  hipas_name(walk.entry.hipas));
}

static int realm_text(const struct refusal *r, char *buf, size_t cap)
{
  uint64_t rd;
  if (!input(r, "rd", &rd) || granule_state(r->m, rd) != VCCA_GRANULE_RD)
    return 0;
  const struct realm *realm = realm_at(r->m, rd);
  if (is(r, "realm_state") || is(r, "cvm_state"))
    return snprintf(buf, cap, "it is %s", vcca_realm_state_name((enum vcca_realm_state)realm->state));
  if (is(r, "num_recs") || is(r, "num_tecs") || is(r, "realm_live"))
    return snprintf(buf, cap, "it has %" PRIu32, realm->num_recs);
  if (is(r, "mpidr_index"))
    return snprintf(buf, cap, "the next one has index %" PRIu32, realm->rec_index);
  return 0;
}

bool vcca_smc_refusal(const vcca_machine *m, const uint64_t *in, const char *condition, char *buf, size_t cap)
{
  static int (*const details[])(const struct refusal *, char *, size_t) = {granule_text, params_text, aux_text,
                                                                           rec_text,     walk_text,   realm_text};
  const struct abi *abi = m->config.abi == VCCA_ABI_TMI ? &tmi_abi : &rmi_abi;
  const struct vcca_command *command = vcca_command_with_fid(&abi->interface, in[0] & UINT64_C(0xfffeffff));
  struct refusal r = {.m = m, .abi = abi, .command = command, .in = in, .condition = condition};
  char detail[160];
  if (!command || !vcca_condition_text(&abi->interface, command, vcca_span_str(condition), in, buf, cap))
    return false;
  for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
    size_t n = strlen(buf);
    if (details[i](&r, detail, sizeof detail) > 0 && n > 0) {
      snprintf(buf + n - 1, cap - n + 1, "%s%s.", strchr(buf, ':') ? "; " : ": ",
               detail); /* in place of the full stop */
      break;
    }
  }
  return true;
}
