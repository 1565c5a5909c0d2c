/* What the triples of a CoRIM are made of: environments and measurements, by keys and tags of
 * draft-ietf-rats-corim-10. Both forms in use of what changed between its drafts are read: digests by
 * number or by name, a mask beside the raw value (5) or with it (563).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/corim.h"
#include "rooms/error.h"
#include "rooms/cbor.h"

#include <inttypes.h>

enum { IMPLEMENTATION_ID_SIZE = 32, INSTANCE_ID_SIZE = 33 };

/* --- Walking --------------------------------------------------------------------------------------------- */

bool corim_each_member(struct reader *r, struct vcca_cbor *c, const char *what, corim_member_reader read, void *into)
{
  struct vcca_cbor_item map;
  if (!vcca_cbor_want(c, VCCA_CBOR_MAP, what, &map, r->err))
    return false;
  for (uint64_t i = 0; i < map.value; i++) {
    int64_t key;
    size_t offset = c->base + c->at;
    if (!vcca_cbor_int(c, what, &key, r->err) || !read(r, c, key, offset, into))
      return false;
  }
  return true;
}

bool corim_each_element(struct reader *r, struct vcca_cbor *c, const char *what, corim_element_reader read, void *into)
{
  struct vcca_cbor_item array;
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, what, &array, r->err))
    return false;
  if (array.value == 0)
    return vcca_fail_at(r->err, array.offset, "%s must not be empty", what);
  for (uint64_t i = 0; i < array.value; i++)
    if (!read(r, c, into))
      return false;
  return true;
}

bool corim_array(struct reader *r, struct vcca_cbor *c, const char *what, uint64_t count)
{
  struct vcca_cbor_item array;
  return vcca_cbor_want(c, VCCA_CBOR_ARRAY, what, &array, r->err) &&
         (array.value == count ||
          vcca_fail_at(r->err, array.offset, "%s must have %" PRIu64 " elements, this one has %" PRIu64, what, count,
                       array.value));
}

bool corim_no_meaning(struct reader *r, size_t offset, const char *what, int64_t key)
{
  return vcca_fail_at(r->err, offset, "%s: key %" PRId64 " has no meaning in the CCA %s profile", what, key,
                      r->realm ? "realm" : "platform");
}

bool corim_tag(struct reader *r, struct vcca_cbor *c, uint64_t tag, const char *what)
{
  struct vcca_cbor_item item;
  return vcca_cbor_want(c, VCCA_CBOR_TAG, what, &item, r->err) &&
         (item.value == tag ||
          vcca_fail_at(r->err, item.offset, "%s must be tag %" PRIu64 ", not %" PRIu64, what, tag, item.value));
}

bool corim_string(struct reader *r, struct vcca_cbor *c, enum vcca_cbor_kind kind, const char *what, vcca_span *out)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, kind, what, &item, r->err))
    return false;
  *out = item.bytes;
  return true;
}

/* 560(bytes), or another tag over bytes. */
static bool tagged_bytes(struct reader *r, struct vcca_cbor *c, uint64_t tag, const char *what, vcca_span *out)
{
  return corim_tag(r, c, tag, what) && corim_string(r, c, VCCA_CBOR_BYTES, what, out);
}

static bool is_digest(vcca_span bytes)
{
  return bytes.n == 32 || bytes.n == 48 || bytes.n == 64;
}

/* --- Environments ---------------------------------------------------------------------------------------- */

static bool class_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct environment *e = into;
  vcca_span text;
  if (key == 1 || key == 2) /* vendor, model: for people */
    return corim_string(r, c, VCCA_CBOR_TEXT, "vendor or model", &text);
  if (key != 0)
    return corim_no_meaning(r, offset, "class", key);
  if (!tagged_bytes(r, c, TAG_BYTES, "class id", &e->class_id))
    return false;
  if (r->realm ? is_digest(e->class_id) : e->class_id.n == IMPLEMENTATION_ID_SIZE)
    return true;
  return vcca_fail_at(r->err, offset,
                      r->realm ? "class id: a RIM has 32, 48 or 64 bytes, this one %zu"
                               : "class id: an implementation id has 32 bytes, this one %zu",
                      e->class_id.n);
}

static bool environment_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct environment *e = into;
  if (key == 0)
    return corim_each_member(r, c, "class", class_member, into);
  if (key != 1)
    return corim_no_meaning(r, offset, "environment", key);
  if (!tagged_bytes(r, c, TAG_UEID, "instance", &e->instance))
    return false;
  return (e->instance.n == INSTANCE_ID_SIZE && e->instance.p[0] == 0x01) ||
         vcca_fail_at(r->err, offset, "instance: an instance id has 33 bytes, the first 01");
}

bool corim_environment(struct reader *r, struct vcca_cbor *c, bool with_instance, struct environment *out)
{
  size_t offset = c->base + c->at;
  *out = (struct environment){0};
  if (!corim_each_member(r, c, "environment", environment_member, out))
    return false;
  if (out->class_id.p == NULL)
    return vcca_fail_at(r->err, offset, "environment: the class id (%s) is missing",
                        r->realm ? "RIM" : "implementation id");
  if (with_instance != (out->instance.p != NULL))
    return vcca_fail_at(r->err, offset,
                        with_instance ? "environment: the instance is missing"
                                      : "environment: a reference value is not of one instance");
  return true;
}

/* --- Measurements ---------------------------------------------------------------------------------------- */

static bool version_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  return key == 0 ? corim_string(r, c, VCCA_CBOR_TEXT, "version", into) : corim_no_meaning(r, offset, "version", key);
}

/* The algorithm by number in the Named Information registry (RFC 6920), or by name. */
static bool read_alg(struct reader *r, struct vcca_cbor *c, enum vcca_hash_alg *alg)
{
  static const struct {
    uint64_t number;
    enum vcca_hash_alg alg;
  } numbers[] = {{1, VCCA_SHA256}, {7, VCCA_SHA384}, {8, VCCA_SHA512}};
  struct vcca_cbor_item item;
  if (!vcca_cbor_next(c, &item, r->err))
    return false;
  if (item.kind == VCCA_CBOR_TEXT && vcca_hash_named(item.bytes, alg))
    return true;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    if (item.kind == VCCA_CBOR_UINT && item.value == numbers[i].number) {
      *alg = numbers[i].alg;
      return true;
    }
  return vcca_fail_at(r->err, item.offset, "digest: the algorithm must be sha-256 (1), sha-384 (7) or sha-512 (8)");
}

static bool read_digest(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct component_value *component = into;
  size_t offset = c->base + c->at;
  enum vcca_hash_alg alg = VCCA_SHA256;
  vcca_span digest;
  if (!corim_array(r, c, "digest", 2) || !read_alg(r, c, &alg) ||
      !corim_string(r, c, VCCA_CBOR_BYTES, "digest", &digest))
    return false;
  if (digest.n != vcca_hash_size(alg))
    return vcca_fail_at(r->err, offset, "digest: a %s digest has %zu bytes, this one %zu", vcca_hash_name(alg),
                        vcca_hash_size(alg), digest.n);
  for (size_t i = 0; i < component->digest_count; i++)
    if (component->digests[i].n == digest.n)
      return vcca_fail_at(r->err, offset, "digest: two of %s", vcca_hash_name(alg));
  component->digests[component->digest_count++] = digest; /* three algorithms, three places */
  return true;
}

static bool read_signer(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct component_value *component = into;
  size_t offset = c->base + c->at;
  if (component->signer_id.p != NULL)
    return vcca_fail_at(r->err, offset, "cryptokeys: there must be one key, the signer id");
  return tagged_bytes(r, c, TAG_BYTES, "signer id", &component->signer_id) &&
         (is_digest(component->signer_id) ||
          vcca_fail_at(r->err, offset, "signer id: 32, 48 or 64 bytes, not %zu", component->signer_id.n));
}

static bool read_raw_value(struct reader *r, struct vcca_cbor *c, struct measured *m)
{
  struct vcca_cbor_item tag;
  if (!vcca_cbor_want(c, VCCA_CBOR_TAG, "raw value", &tag, r->err))
    return false;
  if (tag.value == TAG_BYTES)
    return corim_string(r, c, VCCA_CBOR_BYTES, "raw value", &m->raw);
  if (tag.value != TAG_MASKED)
    return vcca_fail_at(r->err, tag.offset, "raw value must be tag 560 or 563, not %" PRIu64, tag.value);
  if (m->mask.p != NULL)
    return vcca_fail_at(r->err, tag.offset, "raw value: a mask of its own and one beside it");
  return corim_array(r, c, "masked raw value", 2) && corim_string(r, c, VCCA_CBOR_BYTES, "raw value", &m->raw) &&
         corim_string(r, c, VCCA_CBOR_BYTES, "mask", &m->mask);
}

static bool value_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct measured *m = into;
  if (key >= 0 && key < 32)
    m->keys |= KEY(key);
  switch (key) {
  case VERSION:
    return corim_each_member(r, c, "version", version_member, &m->component.version);
  case DIGESTS:
    return corim_each_element(r, c, "digests", read_digest, &m->component);
  case RAW_VALUE:
    return read_raw_value(r, c, m);
  case RAW_MASK:
    if (m->mask.p != NULL)
      return vcca_fail_at(r->err, offset, "raw value: a mask of its own and one beside it");
    return corim_string(r, c, VCCA_CBOR_BYTES, "raw value mask", &m->mask);
  case NAME:
    return corim_string(r, c, VCCA_CBOR_TEXT, "name", &m->component.type);
  case CRYPTOKEYS:
    return corim_each_element(r, c, "cryptokeys", read_signer, &m->component);
  default:
    return corim_no_meaning(r, offset, "measurement value", key);
  }
}

static bool measurement_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct measured *m = into;
  if (key == 0)
    return corim_string(r, c, VCCA_CBOR_TEXT, "mkey", &m->mkey);
  if (key != 1)
    return corim_no_meaning(r, offset, "measurement", key);
  m->has_values = true;
  return corim_each_member(r, c, "measurement values", value_member, into);
}

bool corim_has_keys(struct reader *r, const struct measured *m, size_t offset, uint32_t must, uint32_t may)
{
  if ((m->keys & must) == must && (m->keys & ~(must | may)) == 0)
    return true;
  return vcca_fail_at(r->err, offset, "measurement \"%.*s\": %s", (int)m->mkey.n, (const char *)m->mkey.p,
                      (m->keys & must) == must ? "a value that has no meaning there" : "a value is missing");
}

bool corim_measurement(struct reader *r, struct vcca_cbor *c, struct measured *out)
{
  size_t offset = c->base + c->at;
  *out = (struct measured){0};
  if (!corim_each_member(r, c, "measurement", measurement_member, out))
    return false;
  if (out->mkey.p == NULL)
    return vcca_fail_at(r->err, offset, "measurement: the key (mkey) is missing");
  return out->has_values || vcca_fail_at(r->err, offset, "measurement: the values are missing");
}
