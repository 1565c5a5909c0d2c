/* The reference value store of rust-ccatoken:
 *   {"platform": [{"implementation-id", "platform-configuration", "sw-components":
 *                   [{"measurement-value", "signer-id", "version"?, "component-type"?}]}],
 *    "realm": [{"initial-measurement", "rak-hash-algorithm", "extensible-measurements": [4], "personalization-value"}]}
 * Either member may be absent; a list that is there and empty says that nothing is good. A member not named here is refused: were it a
 * misspelled one, a value would not be compared. Hex may be upper case.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "verifier/endorsed.h"
#include "verifier/readers.h"
#include "rooms/error.h"

enum { IMPLEMENTATION_ID_SIZE = 32, RPV_SIZE = 64 };

static bool refuse(struct vcca_error *err, struct json_at at, const char *member, const char *what)
{
  return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" %s", json_path(at, member).text, what);
}

/* Hex of any length, or of exactly one, in memory of its own. */
static bool read_hex(struct endorsed *e, struct json_at at, const char *member, size_t exactly, vcca_span *out,
                     struct vcca_error *err)
{
  vcca_span text;
  if (!json_text(at, member, &text, err))
    return false;
  uint8_t *room = endorsed_take(e, text.n / 2 + 1, err);
  vcca_sink bytes = vcca_sink_of(room, text.n / 2 + 1);
  if (room == NULL || !json_hex(at, member, exactly, &bytes, err))
    return false;
  *out = vcca_sink_span(&bytes);
  return true;
}

static bool is_digest(vcca_span bytes)
{
  return bytes.n == 32 || bytes.n == 48 || bytes.n == 64;
}

static bool read_digest(struct endorsed *e, struct json_at at, const char *member, vcca_span *out,
                        struct vcca_error *err)
{
  return read_hex(e, at, member, 0, out, err) &&
         (is_digest(*out) || refuse(err, at, member, "must hold 32, 48 or 64 bytes"));
}

static bool read_optional_text(struct endorsed *e, struct json_at at, const char *member, vcca_span *out,
                               struct vcca_error *err)
{
  vcca_span text;
  if (json_object_get(at.value, member) == NULL)
    return true;
  return json_text(at, member, &text, err) && endorsed_copy(e, text, out, err);
}

static bool read_component(struct endorsed *e, struct json_at at, struct component_value *out, struct vcca_error *err)
{
  if (!json_is_object(at.value))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be an object", at.path);
  out->digest_count = 1;
  return json_only(at, "measurement-value signer-id version component-type", err) &&
         read_digest(e, at, "measurement-value", &out->digests[0], err) &&
         read_hex(e, at, "signer-id", 0, &out->signer_id, err) &&
         read_optional_text(e, at, "version", &out->version, err) &&
         read_optional_text(e, at, "component-type", &out->type, err);
}

static bool read_components(struct endorsed *e, struct json_at at, struct component_value **to, struct vcca_error *err)
{
  const json_t *list = json_object_get(at.value, "sw-components");
  if (!json_is_array(list) || json_array_size(list) == 0)
    return refuse(err, at, "sw-components", "must be an array of at least one {\"measurement-value\", \"signer-id\"}");
  for (size_t i = 0; i < json_array_size(list); i++) {
    char path[96];
    snprintf(path, sizeof path, "%.40s.sw-components[%zu]", at.path, i);
    struct component_value *one = endorsed_take(e, sizeof *one, err);
    if (one == NULL || !read_component(e, (struct json_at){json_array_get(list, i), path}, one, err))
      return false;
    *to = one;
    to = &one->next;
  }
  return true;
}

static bool read_platform(struct endorsed *e, struct json_at at, struct vcca_error *err)
{
  struct platform_value *one = endorsed_take(e, sizeof *one, err);
  if (one == NULL || !json_only(at, "implementation-id platform-configuration sw-components", err) ||
      !read_hex(e, at, "implementation-id", IMPLEMENTATION_ID_SIZE, &one->implementation_id, err) ||
      !read_hex(e, at, "platform-configuration", 0, &one->config, err) ||
      !read_components(e, at, &one->components, err))
    return false;
  snprintf(one->where, sizeof one->where, "rv-store %.48s", at.path);
  one->next = e->platforms;
  e->platforms = one;
  return true;
}

static bool read_rems(struct endorsed *e, struct json_at at, struct realm_value *out, struct vcca_error *err)
{
  const json_t *list = json_object_get(at.value, "extensible-measurements");
  if (!json_is_array(list) || json_array_size(list) != VCCA_TOKEN_REMS)
    return refuse(err, at, "extensible-measurements", "must be an array of 4");
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    struct json_path path = json_path(at, "extensible-measurements");
    json_t *wrapped = json_pack("{s:O}", "rem", json_array_get(list, i)); /* so that it is read like any member */
    if (wrapped == NULL)
      return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for reference values");
    bool ok = read_digest(e, (struct json_at){wrapped, ""}, "rem", &out->rem[i], NULL);
    json_decref(wrapped);
    if (!ok)
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s[%zu]\" must be 32, 48 or 64 bytes in hexadecimal", path.text,
                       i);
  }
  return true;
}

static bool read_realm(struct endorsed *e, struct json_at at, struct vcca_error *err)
{
  struct realm_value *one = endorsed_take(e, sizeof *one, err);
  enum vcca_hash_alg alg;
  vcca_span name;
  if (one == NULL ||
      !json_only(at, "initial-measurement rak-hash-algorithm extensible-measurements personalization-value", err) ||
      !read_digest(e, at, "initial-measurement", &one->rim, err) || !json_text(at, "rak-hash-algorithm", &name, err))
    return false;
  if (!vcca_hash_named(name, &alg))
    return refuse(err, at, "rak-hash-algorithm", "must be \"sha-256\", \"sha-384\" or \"sha-512\"");
  one->rak_hash_alg = vcca_span_str(vcca_hash_name(alg));
  if (!read_rems(e, at, one, err) || !read_hex(e, at, "personalization-value", RPV_SIZE, &one->rpv, err))
    return false;
  snprintf(one->where, sizeof one->where, "rv-store %.48s", at.path);
  one->next = e->realms;
  e->realms = one;
  return true;
}

/* The last element first, as the lists are built from their ends. */
static bool read_list(struct endorsed *e, const json_t *root, const char *member,
                      bool (*read)(struct endorsed *e, struct json_at at, struct vcca_error *err),
                      struct vcca_error *err)
{
  const json_t *list = json_object_get(root, member);
  if (list == NULL)
    return true;
  if (!json_is_array(list))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be an array", member);
  for (size_t i = json_array_size(list); i-- > 0;) {
    char path[64];
    snprintf(path, sizeof path, "%.40s[%zu]", member, i);
    struct json_at at = {json_array_get(list, i), path};
    if (!json_is_object(at.value))
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be an object", path);
    if (!read(e, at, err))
      return false;
  }
  return true;
}

static bool read_root(struct endorsed *e, const json_t *root, struct vcca_error *err)
{
  if (!json_is_object(root) || (json_object_get(root, "platform") == NULL && json_object_get(root, "realm") == NULL))
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "a reference value store is a JSON object with \"platform\" or \"realm\" or both");
  e->platforms_given = json_object_get(root, "platform") != NULL;
  e->realms_given = json_object_get(root, "realm") != NULL;
  return json_only((struct json_at){root, ""}, "platform realm", err) &&
         read_list(e, root, "platform", read_platform, err) && read_list(e, root, "realm", read_realm, err);
}

bool rv_store_read(vcca_span json, struct endorsed *out, struct vcca_error *err)
{
  json_t *root = json_in(json, err);
  bool ok = root != NULL && read_root(out, root, err);
  json_decref(root);
  return ok;
}
