/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/access.h"

#include "rmm/rec.h"

#include <string.h>

static enum vcca_access protected_access(const struct rtt_entry *e)
{
  if (e->ripas == RTT_EMPTY)
    return VCCA_ACCESS_EMPTY;
  if (e->ripas == RTT_DESTROYED)
    return VCCA_ACCESS_DESTROYED;
  return e->hipas == RTT_ASSIGNED ? VCCA_ACCESS_DONE : VCCA_ACCESS_UNASSIGNED;
}

static enum vcca_access unprotected_access(const vcca_machine *m, const struct rtt_entry *e, enum vcca_access_kind kind,
                                           uint64_t pa)
{
  uint64_t needed = kind == VCCA_ACCESS_WRITE ? UINT64_C(0x80) : UINT64_C(0x40); /* S2AP */
  if (kind == VCCA_ACCESS_FETCH)
    return VCCA_ACCESS_NO_FETCH;
  if (e->hipas != RTT_ASSIGNED_NS)
    return VCCA_ACCESS_UNASSIGNED;
  if (!(e->attributes & needed))
    return VCCA_ACCESS_PERMISSION;
  return granule_nonsecure(m, pa) ? VCCA_ACCESS_DONE : VCCA_ACCESS_PROTECTION;
}

enum vcca_access realm_access(const vcca_machine *m, const struct realm *realm, enum vcca_access_kind kind,
                              uint64_t ipa, struct rtt_walk *walk, uint64_t *pa)
{
  *walk = (struct rtt_walk){0};
  if (!realm_in_space(realm, ipa))
    return VCCA_ACCESS_BOUND;
  *walk = rtt_walk(m, realm, ipa, RTT_PAGE_LEVEL);
  *pa = walk->entry.pa + ipa % rtt_entry_size(walk->level);
  return realm_protects(realm, ipa) ? protected_access(&walk->entry) : unprotected_access(m, &walk->entry, kind, *pa);
}

/* --- What an embedder asks ------------------------------------------------------------------------------ */

static const char *const texts[] = {
    [VCCA_ACCESS_DONE] = "the access goes through",
    [VCCA_ACCESS_NO_REC] = "no REC is there, or its realm is gone",
    [VCCA_ACCESS_BOUND] = "the address is beyond the realm's IPA width: the realm takes an address size fault",
    [VCCA_ACCESS_EMPTY] = "RIPAS is EMPTY: the realm takes an external abort",
    [VCCA_ACCESS_DESTROYED] = "RIPAS is DESTROYED: the REC exits to the host",
    [VCCA_ACCESS_UNASSIGNED] = "HIPAS is UNASSIGNED: the REC exits to the host, which has to map memory",
    [VCCA_ACCESS_PERMISSION] =
        "the host's mapping does not permit it (S2AP): the REC exits to the host with a permission fault",
    [VCCA_ACCESS_PROTECTION] =
        "the mapped granule is not Non-secure any more: the realm takes a granule protection fault",
    [VCCA_ACCESS_NO_FETCH] =
        "instructions cannot be fetched from unprotected memory: the realm takes an external abort",
    [VCCA_ACCESS_NO_MEMORY] = "the model itself is out of memory",
};

const char *vcca_access_text(enum vcca_access access)
{
  return (unsigned)access < sizeof texts / sizeof *texts ? texts[access] : "?";
}

/* NULL when rec is none, or its realm is gone. */
static const struct realm *realm_of(const vcca_machine *m, uint64_t rec)
{
  return rec_is(m, rec) && rec_at(m, rec)->owner ? realm_at(m, rec_at(m, rec)->owner) : NULL;
}

enum vcca_access vcca_realm_access(const vcca_machine *m, uint64_t rec, enum vcca_access_kind kind, uint64_t ipa)
{
  const struct realm *realm = realm_of(m, rec);
  struct rtt_walk walk;
  uint64_t pa;
  return realm ? realm_access(m, realm, kind, ipa, &walk, &pa) : VCCA_ACCESS_NO_REC;
}

static size_t in_granule(uint64_t ipa, size_t n)
{
  uint64_t left = GRANULE_SIZE - ipa % GRANULE_SIZE;
  return n < left ? n : (size_t)left;
}

static bool fail(struct vcca_access_fault *fault, enum vcca_access why, uint64_t ipa)
{
  if (fault)
    *fault = (struct vcca_access_fault){why, ipa};
  return false;
}

static bool reachable(const vcca_machine *m, uint64_t rec, enum vcca_access_kind kind, uint64_t ipa, size_t n,
                      struct vcca_access_fault *fault)
{
  if (!realm_of(m, rec))
    return fail(fault, VCCA_ACCESS_NO_REC, ipa);
  for (size_t done = 0; done < n; done += in_granule(ipa + done, n - done)) {
    enum vcca_access access = vcca_realm_access(m, rec, kind, ipa + done);
    if (access != VCCA_ACCESS_DONE)
      return fail(fault, access, ipa + done);
  }
  return true;
}

bool vcca_realm_read(const vcca_machine *m, uint64_t rec, uint64_t ipa, vcca_sink *out, size_t n,
                     struct vcca_access_fault *fault)
{
  if (!reachable(m, rec, VCCA_ACCESS_READ, ipa, n, fault))
    return false;
  for (size_t done = 0, part; done < n; done += part) {
    struct rtt_walk walk;
    uint64_t pa;
    part = in_granule(ipa + done, n - done);
    if (realm_access(m, realm_of(m, rec), VCCA_ACCESS_READ, ipa + done, &walk, &pa) == VCCA_ACCESS_DONE)
      vcca_sink_put(out, vcca_span_of((const uint8_t *)granule_read(m, pa) + pa % GRANULE_SIZE, part));
  }
  return true;
}

bool vcca_realm_write(vcca_machine *m, uint64_t rec, uint64_t ipa, vcca_span bytes, struct vcca_access_fault *fault)
{
  size_t pages =
      bytes.n / GRANULE_SIZE + 2; /* each perhaps the first of its chunk, where the realm maps what is not protected */
  if (!reachable(m, rec, VCCA_ACCESS_WRITE, ipa, bytes.n, fault))
    return false;
  if (!memory_reserve(&m->memory, 2 * pages, pages))
    return fail(fault, VCCA_ACCESS_NO_MEMORY, ipa);
  for (size_t done = 0, part; done < bytes.n; done += part) {
    struct rtt_walk walk;
    uint64_t pa;
    part = in_granule(ipa + done, bytes.n - done);
    if (realm_access(m, realm_of(m, rec), VCCA_ACCESS_WRITE, ipa + done, &walk, &pa) == VCCA_ACCESS_DONE)
      memcpy((uint8_t *)granule_edit(m, pa) + pa % GRANULE_SIZE, bytes.p + done, part);
  }
  return true;
}
