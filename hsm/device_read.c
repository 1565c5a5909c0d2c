/* Device images: reading them. Without `base` every part of a device must be spelled out, so that nothing
 * is taken silently from a default; with it the image says only what differs from a built-in device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/device_read.h"
#include "rooms/hsm.h"
#include "rooms/span.h"

#include <string.h>

enum { FORMAT = 1 };

static const char device_keys[] =
    "vcca-device base name chain huk guk lifecycle implementation_id instance_id config verification_service "
    "profile bl1_2_hash components replace rsa";
static const char component_keys[] = "name version record extended open digest signer_id";
static const char replace_keys[] = "version record extended open digest signer_id";

/* Bytes of at most cap, and of a digest's size when they are to be one. */
static bool get_sized(const struct reading *r, const struct tree_node *map, const char *key, bool digest, uint8_t *out,
                      size_t cap, size_t *size, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  vcca_span bytes;
  if (!node)
    return true;
  if (!value_bytes(r, node, &bytes, err))
    return false;
  if (digest && bytes.n != 32 && bytes.n != 48 && bytes.n != 64)
    return tree_fail(node, err, "\"%s\" has 32, 48 or 64 bytes, not %zu", key, bytes.n);
  if (bytes.n > cap)
    return tree_fail(node, err, "\"%s\" has at most %zu bytes, not %zu", key, cap, bytes.n);
  memset(out, 0, cap);
  if (bytes.n > 0)
    memcpy(out, bytes.p, bytes.n);
  *size = bytes.n;
  return true;
}

static bool read_component(const struct reading *r, const struct tree_node *node, struct vcca_device_component *c,
                           struct vcca_error *err)
{
  const struct tree_node *signer = tree_get(node, "signer_id");
  bool no_signer = signer && signer->kind == TREE_SCALAR && signer->text.n == 0;
  if (no_signer)
    c->signer_id_size = 0;
  return get_chars(r, node, "name", c->name, sizeof c->name, err) &&
         get_chars(r, node, "version", c->version, sizeof c->version, err) &&
         get_small(r, node, "record", VCCA_HSM_COMPONENTS, &c->record, err) &&
         get_bool(node, "extended", &c->extended, err) && get_bool(node, "open", &c->open, err) &&
         get_sized(r, node, "digest", true, c->digest, sizeof c->digest, &c->digest_size, err) &&
         (no_signer ||
          get_sized(r, node, "signer_id", true, c->signer_id, sizeof c->signer_id, &c->signer_id_size, err));
}

static struct vcca_device_component *component_named(struct vcca_device *d, vcca_span name)
{
  for (size_t i = 0; i < d->component_count; i++)
    if (vcca_span_is(name, d->components[i].name))
      return &d->components[i];
  return NULL;
}

static bool read_components(const struct reading *r, const struct tree_node *list, struct vcca_device *d,
                            struct vcca_error *err)
{
  struct tree_node *need;
  if (list->kind != TREE_LIST)
    return tree_fail(list, err, "components are a list, in boot order");
  if (list->count > VCCA_HSM_COMPONENTS)
    return tree_fail(list, err, "%zu components, at most %d", list->count, VCCA_HSM_COMPONENTS);
  memset(d->components, 0, sizeof d->components);
  d->component_count = 0;
  for (const struct tree_node *n = list->first; n; n = n->next) {
    struct vcca_device_component c = {0};
    if (!tree_only(n, component_keys, "a component", err) || !tree_need(n, "name", &need, err) ||
        !tree_need(n, "digest", &need, err) || !read_component(r, n, &c, err))
      return false;
    if (component_named(d, vcca_span_str(c.name)))
      return tree_fail(n, err, "there is a component \"%s\" already", c.name);
    d->components[d->component_count++] = c;
  }
  return true;
}

static bool replace_components(const struct reading *r, const struct tree_node *map, struct vcca_device *d,
                               struct vcca_error *err)
{
  char hint[80];
  if (map->kind != TREE_MAP)
    return tree_fail(map, err, "replace is a mapping from a component's name to what is new about it");
  for (const struct tree_node *n = map->first; n; n = n->next) {
    struct vcca_device_component *c = component_named(d, n->key);
    if (!c) {
      char words[VCCA_HSM_COMPONENTS * (VCCA_HSM_TEXT + 1)];
      vcca_sink out = VCCA_SINK(words);
      for (size_t i = 0; i < d->component_count; i++) {
        vcca_sink_str(&out, d->components[i].name);
        vcca_sink_str(&out, " ");
      }
      words[out.n > 0 ? out.n - 1 : 0] = '\0';
      return tree_fail_key(n, err, "the device has no component \"%.40s\"%s", (const char *)n->key.p,
                           tree_suggest(n->key, words, hint, sizeof hint));
    }
    if (!tree_only(n, replace_keys, "a replaced component", err) || !read_component(r, n, c, err))
      return false;
  }
  return true;
}

static bool read_chain(const struct tree_node *node, enum vcca_chain_kind *chain, struct vcca_error *err)
{
  if (node->kind == TREE_SCALAR && vcca_chain_kind_named(node->text, chain))
    return true;
  return tree_fail(node, err, "the kinds of device are rsa, p521 and p384");
}

static bool read_rsa(const struct reading *r, const struct tree_node *node, struct vcca_device *d,
                     struct vcca_error *err)
{
  size_t p = 0, q = 0;
  if (!tree_only(node, "p q", "the RSA key", err) ||
      !get_sized(r, node, "p", false, d->rsa_p, sizeof d->rsa_p, &p, err) ||
      !get_sized(r, node, "q", false, d->rsa_q, sizeof d->rsa_q, &q, err))
    return false;
  if (p == 0 || p != q)
    return tree_fail(node, err, "p and q are two primes of the same length");
  d->rsa_size = p;
  return true;
}

/* Where the values that are not said come from. */
static bool read_base(const struct tree_node *node, struct vcca_device *d, struct vcca_error *err)
{
  static const char *const needed[] = {"name",       "chain",     "huk", "guk", "lifecycle", "implementation_id",
                                       "bl1_2_hash", "components"};
  const struct tree_node *base = tree_get(node, "base");
  const struct tree_node *chain = tree_get(node, "chain");
  struct tree_node *found;
  enum vcca_chain_kind kind = VCCA_CHAIN_P521;
  if (base && !read_chain(base, &kind, err))
    return false;
  if (base)
    vcca_device_default(kind, d);
  for (size_t i = 0; !base && i < sizeof needed / sizeof needed[0]; i++)
    if (!tree_need(node, needed[i], &found, err))
      return false;
  if (base && chain)
    return tree_fail_key(chain, err, "\"base\" says the chain already");
  return base || read_chain(chain, &d->chain, err);
}

static bool read_parts(const struct reading *r, const struct tree_node *node, struct vcca_device *d,
                       struct vcca_error *err)
{
  uint64_t lifecycle = d->lifecycle;
  const struct tree_node *life = tree_get(node, "lifecycle");
  bool ok = get_chars(r, node, "name", d->name, sizeof d->name, err) &&
            get_array(r, node, "huk", d->huk, sizeof d->huk, err) &&
            get_array(r, node, "guk", d->guk, sizeof d->guk, err) &&
            get_array(r, node, "implementation_id", d->implementation_id, sizeof d->implementation_id, err) &&
            get_array(r, node, "instance_id", d->instance_id, sizeof d->instance_id, err) &&
            get_array(r, node, "bl1_2_hash", d->bl1_2_hash, sizeof d->bl1_2_hash, err) &&
            get_sized(r, node, "config", false, d->config, sizeof d->config, &d->config_size, err) &&
            get_chars(r, node, "verification_service", d->verification_service, sizeof d->verification_service, err) &&
            get_chars(r, node, "profile", d->profile, sizeof d->profile, err) &&
            (!life || value_small(r, life, UINT32_MAX, &lifecycle, err));
  d->lifecycle = (uint32_t)lifecycle;
  return ok;
}

bool device_read(const struct reading *r, const struct tree_node *node, struct vcca_device *out, struct vcca_error *err)
{
  const struct tree_node *components = tree_get(node, "components"), *replace = tree_get(node, "replace"),
                         *rsa = tree_get(node, "rsa");
  const struct tree_node *format = tree_get(node, "vcca-device");
  uint64_t version = FORMAT;
  memset(out, 0, sizeof *out);
  if (!tree_only(node, device_keys, "a device image", err) || (format && !value_number(r, format, &version, err)))
    return false;
  if (version != FORMAT)
    return tree_fail(format, err, "device images of format %d are understood, not %.20s", FORMAT,
                     (const char *)format->text.p);
  if (!read_base(node, out, err))
    return false;
  if (rsa && out->chain != VCCA_CHAIN_RSA)
    return tree_fail_key(rsa, err, "only a device of kind rsa has an RSA key");
  return read_parts(r, node, out, err) && (!components || read_components(r, components, out, err)) &&
         (!replace || replace_components(r, replace, out, err)) && (!rsa || read_rsa(r, rsa, out, err));
}

bool vcca_device_load(vcca_span yaml, struct vcca_device *out, struct vcca_error *err)
{
  struct tree_doc doc;
  struct pool pool = {.left = 1 << 20};
  struct reading r = {.pool = &pool};
  if (!tree_read(yaml, &doc, err))
    return false;
  bool ok = device_read(&r, doc.root, out, err);
  tree_free(&doc);
  pool_free(&pool);
  return ok;
}
