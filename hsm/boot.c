/* Boot registers: what every stage left, extended and locked as TF-M's measured boot does it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hsm/state.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/hsm.h"
#include "rooms/cbor.h"

/* value' = H(value || digest), from zero at power-on. */
static void extend(struct hsm_register *r, vcca_span digest)
{
  enum vcca_hash_alg alg;
  if (!vcca_hash_of_size(r->size, &alg))
    return;
  vcca_span parts[] = {vcca_span_of(r->value, r->size), digest};
  vcca_hash_parts(alg, parts, 2, r->value);
}

void hsm_boot(vcca_hsm *hsm)
{
  for (size_t i = 0; i < hsm->device.component_count; i++) {
    const struct vcca_device_component *c = &hsm->device.components[i];
    struct hsm_register *r = &hsm->registers[i];
    r->size = c->digest_size;
    if (c->extended)
      extend(r, vcca_span_of(c->digest, c->digest_size));
    else
      memcpy(r->value, c->digest, c->digest_size);
    r->locked = !c->open;
  }
}

/* {NULL, 0} for a text that is not there. */
static vcca_span text_or_absent(const char *text, bool there)
{
  return there && text[0] ? vcca_span_str(text) : vcca_span_of(NULL, 0);
}

bool vcca_hsm_record(const vcca_hsm *hsm, size_t i, struct vcca_boot_record *out)
{
  if (i >= hsm->device.component_count)
    return false;
  const struct vcca_device_component *c = &hsm->device.components[i];
  const struct hsm_register *r = &hsm->registers[i];
  enum vcca_hash_alg alg;
  memset(out, 0, sizeof *out);
  out->claims.type = text_or_absent(c->name, !r->merged);
  out->claims.measurement = vcca_span_of(r->value, r->size);
  out->claims.version = text_or_absent(c->version, !r->merged);
  out->claims.signer_id = vcca_span_of(c->signer_id, c->signer_id_size);
  if (vcca_hash_of_size(r->size, &alg))
    out->claims.hash_alg = vcca_span_str(vcca_hash_name(alg));
  out->locked = r->locked;
  return true;
}

/* TF-M's delegated attestation encodes every slot, whether or not a token will carry it, in this order;
 * texts that are not there are empty. */
void hsm_boot_records(const vcca_hsm *hsm, vcca_sink *out)
{
  struct vcca_boot_record record;
  vcca_cbor_put_array(out, hsm->device.component_count);
  for (size_t i = 0; vcca_hsm_record(hsm, i, &record); i++) {
    vcca_cbor_put_map(out, 5);
    vcca_cbor_put_uint(out, 5);
    vcca_cbor_put_bytes(out, record.claims.signer_id);
    vcca_cbor_put_uint(out, 4);
    vcca_cbor_put_text(out, record.claims.version);
    vcca_cbor_put_uint(out, 1);
    vcca_cbor_put_text(out, record.claims.type);
    vcca_cbor_put_uint(out, 6);
    vcca_cbor_put_text(out, record.claims.hash_alg);
    vcca_cbor_put_uint(out, 2);
    vcca_cbor_put_bytes(out, record.claims.measurement);
  }
}

/* An unlocked register by name; NULL when there is none. */
static struct hsm_register *find_open(vcca_hsm *hsm, const char *name, struct vcca_error *err)
{
  for (size_t i = 0; i < hsm->device.component_count; i++) {
    if (strcmp(hsm->device.components[i].name, name) != 0)
      continue;
    if (!hsm->registers[i].locked)
      return &hsm->registers[i];
    vcca_fail(err, VCCA_FAULT_USAGE, "boot register %s is locked until the next power-on", name);
    return NULL;
  }
  vcca_fail(err, VCCA_FAULT_USAGE, "device %s has no boot register %s", hsm->device.name, name);
  return NULL;
}

bool vcca_hsm_extend(vcca_hsm *hsm, const char *name, vcca_span digest, struct vcca_error *err)
{
  struct hsm_register *r = find_open(hsm, name, err);
  if (!r)
    return false;
  if (digest.n != r->size)
    return vcca_fail(err, VCCA_FAULT_USAGE, "boot register %s takes digests of %zu bytes, not %zu", name, r->size,
                     digest.n);
  extend(r, digest);
  r->merged = true;
  return true;
}

bool vcca_hsm_lock(vcca_hsm *hsm, const char *name, struct vcca_error *err)
{
  struct hsm_register *r = find_open(hsm, name, err);
  if (!r)
    return false;
  r->locked = true;
  return true;
}
