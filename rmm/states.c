/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/states.h"
#include "rooms/rmm.h"

/* --- The table ---------------------------------------------------------------------------------------- */

static const struct vcca_transition transitions[] = {
#define GRANULE(from, event, to) {"granule", #from, #event, #to},
#define POOL(from, event, to) {"pool", #from, #event, #to},
#define REALM(from, event, to) {"realm", #from, #event, #to},
#define REC(from, event, to) {"rec", #from, #event, #to},
#define ENTRY(from, event, to) {"entry", #from, #event, #to},
#define ACCESS(from, event, to) {"access", #from, #event, #to},
#define ATTEST(from, event, to) {"attestation", #from, #event, #to},
#include "rmm/states.def"
};

const struct vcca_transition *vcca_transitions(size_t *count)
{
  *count = sizeof transitions / sizeof *transitions;
  return transitions;
}

/* --- What the code asserts ---------------------------------------------------------------------------- */

struct step {
  uint8_t from, to;
};

static const struct step granule_steps[] = {
#define GRANULE(from, event, to) {VCCA_GRANULE_##from, VCCA_GRANULE_##to},
#include "rmm/states.def"
};
static const struct step pool_steps[] = {
#define POOL(from, event, to) {VCCA_GRANULE_##from, VCCA_GRANULE_##to},
#include "rmm/states.def"
};
enum { VCCA_REALM_NONE = VCCA_REALM_SYSTEM_OFF + 1 };
static const struct step realm_steps[] = {
#define REALM(from, event, to) {VCCA_REALM_##from, VCCA_REALM_##to},
#include "rmm/states.def"
};

static bool among(const struct step *steps, size_t n, unsigned from, unsigned to)
{
  for (size_t i = 0; i < n; i++)
    if (steps[i].from == from && steps[i].to == to)
      return true;
  return from == to;
}

bool states_granule(bool pool, enum vcca_granule_state from, enum vcca_granule_state to)
{
  return pool ? among(pool_steps, sizeof pool_steps / sizeof *pool_steps, from, to)
              : among(granule_steps, sizeof granule_steps / sizeof *granule_steps, from, to);
}

bool states_realm(enum vcca_realm_state from, enum vcca_realm_state to)
{
  return among(realm_steps, sizeof realm_steps / sizeof *realm_steps, from, to);
}
