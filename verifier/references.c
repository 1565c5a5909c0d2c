/* Reference values in the two JSON forms of the virtCCA SDK, and the platform's components held against
 * theirs. Members not named here are ignored, as the SDK does: vendors may add to these files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "vcca/hex.h"
#include "verifier/endorsed.h"
#include "verifier/finding.h"
#include "verifier/readers.h"
#include "rooms/error.h"

static bool refuse(struct vcca_error *err, const char *what)
{
  return vcca_fail(err, VCCA_FAULT_MALFORMED, "%s", what);
}

/* --- Boot images ----------------------------------------------------------------------------------------- */

static bool read_digest(struct json_at at, const char *member, enum vcca_hash_alg alg, struct image_digest *digest,
                        struct vcca_error *err)
{
  vcca_sink out = VCCA_SINK(digest->bytes);
  digest->given = true;
  return json_hex(at, member, vcca_hash_size(alg), &out, err);
}

/* One that may be missing. */
static bool may_read_digest(struct json_at at, const char *member, enum vcca_hash_alg alg, struct image_digest *digest,
                            struct vcca_error *err)
{
  return json_object_get(at.value, member) == NULL || read_digest(at, member, alg, digest, err);
}

static bool read_configs(const json_t *configs, struct image_reference *out, struct vcca_error *err)
{
  if (configs == NULL)
    return true;
  if (!json_is_array(configs) || json_array_size(configs) > IMAGES_CONFIGS)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"configs\" must be an array of at most %d digests", IMAGES_CONFIGS);
  for (size_t i = 0; i < json_array_size(configs); i++) {
    struct image_digest *digest = &out->configs[out->config_count++];
    const char *hex = json_string_value(json_array_get(configs, i));
    vcca_sink room = VCCA_SINK(digest->bytes);
    digest->given = true;
    if (hex == NULL || !vcca_hex_read(vcca_span_str(hex), &room, NULL) || room.n != vcca_hash_size(out->alg))
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"configs[%zu]\" must be %zu bytes in hex", i,
                       vcca_hash_size(out->alg));
  }
  return true;
}

static bool read_kernels(const json_t *kernels, struct image_reference *out, struct vcca_error *err)
{
  if (!json_is_array(kernels) || json_array_size(kernels) == 0)
    return refuse(err, "\"kernels\" must be an array of at least one {\"kernel\", \"initramfs\"}");
  out->kernels = calloc(json_array_size(kernels), sizeof out->kernels[0]);
  if (out->kernels == NULL)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu kernels", json_array_size(kernels));
  for (size_t i = 0; i < json_array_size(kernels); i++) {
    char path[40];
    snprintf(path, sizeof path, "kernels[%zu]", i);
    struct json_at at = {json_array_get(kernels, i), path};
    struct kernel_reference *kernel = &out->kernels[i];
    if (!json_is_object(at.value))
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be an object", path);
    if (!read_digest(at, "kernel", out->alg, &kernel->kernel, err) ||
        !read_digest(at, "initramfs", out->alg, &kernel->initramfs, err) ||
        !may_read_digest(at, "application", out->alg, &kernel->application, err))
      return false;
    out->kernel_count++;
  }
  return true;
}

static bool read_images(const json_t *root, struct image_reference *out, struct vcca_error *err)
{
  struct json_at at = {root, ""};
  vcca_span alg;
  if (!json_is_object(root))
    return refuse(err, "an image reference is a JSON object with \"grub\", \"grub.cfg\", \"kernels\" and \"hash_alg\"");
  if (!json_text(at, "hash_alg", &alg, err))
    return false;
  if (!vcca_hash_named(alg, &out->alg))
    return refuse(err, "\"hash_alg\" must be \"sha-256\", \"sha-384\" or \"sha-512\"");
  return read_digest(at, "grub", out->alg, &out->grub, err) &&
         read_digest(at, "grub.cfg", out->alg, &out->grub_cfg, err) &&
         may_read_digest(at, "shim", out->alg, &out->shim, err) &&
         read_configs(json_object_get(root, "configs"), out, err) &&
         read_kernels(json_object_get(root, "kernels"), out, err);
}

bool image_reference_read(vcca_span json, struct image_reference *out, struct vcca_error *err)
{
  *out = (struct image_reference){0};
  json_t *root = json_in(json, err);
  bool ok = root && read_images(root, out, err);
  json_decref(root);
  if (!ok)
    image_reference_free(out);
  return ok;
}

void image_reference_free(struct image_reference *reference)
{
  free(reference->kernels);
  reference->kernels = NULL;
}

/* --- Platform components --------------------------------------------------------------------------------- */

/* Names and versions point into the parsed document. */
struct component_reference {
  vcca_span name;
  vcca_span version;
  size_t measurement_size;
  uint8_t measurement[VCCA_HASH_MAX];
};
struct component_references {
  struct component_reference *rows;
  size_t count;
};

static bool read_component(const json_t *value, const char *path, struct component_reference *out,
                           struct vcca_error *err)
{
  struct json_at at = {value, path};
  vcca_span alg_name;
  enum vcca_hash_alg alg;
  if (!json_is_object(value))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be an object", path);
  if (!json_text(at, "firware_name", &out->name, err) || !json_text(at, "firware_version", &out->version, err) ||
      !json_text(at, "hash_algorithm", &alg_name, err))
    return false;
  if (!vcca_hash_named(alg_name, &alg))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be \"sha-256\", \"sha-384\" or \"sha-512\"",
                     json_path(at, "hash_algorithm").text);
  out->measurement_size = vcca_hash_size(alg);
  vcca_sink room = VCCA_SINK(out->measurement);
  return json_hex(at, "measurement", out->measurement_size, &room, err);
}

static bool read_components(const json_t *root, struct component_references *out, struct vcca_error *err)
{
  const json_t *values = json_is_object(root) ? json_object_get(root, "measure_value") : NULL;
  if (!json_is_array(values))
    return refuse(err, "a platform reference is {\"measure_value\": [{\"firware_name\", \"measurement\", "
                       "\"firware_version\", \"hash_algorithm\"}]}");
  out->count = json_array_size(values);
  out->rows = calloc(out->count + 1, sizeof out->rows[0]);
  if (out->rows == NULL)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu components", out->count);
  for (size_t i = 0; i < out->count; i++) {
    char path[48];
    snprintf(path, sizeof path, "measure_value[%zu]", i);
    if (!read_component(json_array_get(values, i), path, &out->rows[i], err))
      return false;
  }
  return true;
}

vcca_span unpadded(vcca_span text)
{
  while (text.n > 0 && text.p[text.n - 1] == '\0')
    text.n--;
  return text;
}

/* How far the best reference agrees with a component. */
enum agreement { NOTHING_AGREES, NAME_AGREES, MEASUREMENT_AGREES, ALL_AGREES };

static enum agreement agreement(const struct vcca_component *component, const struct component_reference *reference)
{
  if (!vcca_span_eq(unpadded(component->type), reference->name))
    return NOTHING_AGREES;
  if (!vcca_span_eq(component->measurement, vcca_span_of(reference->measurement, reference->measurement_size)))
    return NAME_AGREES;
  return vcca_span_eq(unpadded(component->version), reference->version) ? ALL_AGREES : MEASUREMENT_AGREES;
}

/* Whether the token's component i is one of the references; f says why not. */
static bool match_component(const struct component_references *references, const struct vcca_component *component,
                            size_t i, struct vcca_finding *f)
{
  if (component->type.p == NULL || component->version.p == NULL) {
    finding_fail(f, "component %zu of the token has no %s: it cannot be told which reference it answers", i,
                 component->type.p == NULL ? "type" : "version");
    return false;
  }
  enum agreement best = NOTHING_AGREES;
  for (size_t r = 0; r < references->count && best != ALL_AGREES; r++) {
    enum agreement one = agreement(component, &references->rows[r]);
    best = one > best ? one : best;
  }
  if (best == ALL_AGREES)
    return true;
  static const char *const why[] = {
      [NOTHING_AGREES] = "no reference has its name",
      [NAME_AGREES] = "no reference of its name has its measurement",
      [MEASUREMENT_AGREES] = "the reference with its name and measurement has another version",
  };
  vcca_span name = vcca_span_sub(unpadded(component->type), 0, 24);
  vcca_span version = vcca_span_sub(unpadded(component->version), 0, 16);
  finding_fail(f, "component %zu \"%.*s\" version \"%.*s\" measurement %s: %s", i, (int)name.n, (const char *)name.p,
               (int)version.n, (const char *)version.p, shown_hex(component->measurement).text, why[best]);
  return false;
}

void check_components(vcca_span json, const struct vcca_platform_claims *platform, struct vcca_finding *f)
{
  struct vcca_error err = {0};
  struct component_references references = {0};
  json_t *root = json_in(json, &err);
  if (root == NULL || !read_components(root, &references, &err)) {
    finding_unreadable(f, "platform reference", &err);
  } else if (platform == NULL) {
    finding_fail(f, "reference values were given, but the token has no platform part to hold against them");
  } else if (platform->component_count == 0) {
    finding_fail(f, "the platform token has no components");
  } else {
    bool all = true;
    for (size_t i = 0; all && i < platform->component_count; i++)
      all = match_component(&references, &platform->components[i], i, f);
    if (all)
      finding_pass(f, "%zu components", platform->component_count);
  }
  free(references.rows);
  json_decref(root);
}
