/* The platform: devices by name, file or mapping; powering one on makes HSM, machine, monitor and host anew.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "rooms/device_read.h"
#include "scenario/runner.h"
#include "rooms/error.h"
#include "rooms/hsm.h"
#include "rooms/files.h"

#define MEMORY_BASE SCENARIO_PAGES
#define MEMORY_SIZE (UINT64_C(16) << 30)
#define TMM_POOL_BASE (UINT64_C(1) << 46) /* beyond any host memory */
#define TMM_POOL_SIZE (UINT64_C(32) << 30)

static bool read_device_file(struct run *r, const struct tree_node *node, struct vcca_device *out)
{
  struct vcca_bytes bytes = {0};
  struct vcca_error why = {0};
  char path[4096], text[700];
  bool absolute = node->text.p[0] == '/';
  int n = snprintf(path, sizeof path, "%s%s%s", absolute ? "" : r->reading.folder, absolute ? "" : "/",
                   (const char *)node->text.p);
  if (n < 0 || (size_t)n >= sizeof path)
    return tree_fail(node, r->err, "the file's name is too long");
  bool ok = vcca_files_read(r->options->files, path, TREE_MAX_BYTES, &bytes, &why) &&
            vcca_device_load(vcca_bytes_span(&bytes), out, &why);
  vcca_bytes_free(&bytes);
  if (ok)
    return true;
  vcca_fail_in(&why, path);
  tree_fail(node, r->err, "%s", vcca_error_text(&why, text, sizeof text));
  r->err->fault = why.fault;
  return false;
}

bool read_device(struct run *r, const struct tree_node *node, struct vcca_device *out)
{
  enum vcca_chain_kind chain;
  if (node->kind == TREE_MAP)
    return device_read(&r->reading, node, out, r->err);
  if (node->kind != TREE_SCALAR || node->text.n == 0)
    return tree_fail(node, r->err, "a device is rsa, p521, p384, the name of a device image, or a mapping");
  memset(out, 0, sizeof *out);
  if (!vcca_chain_kind_named(node->text, &chain))
    return read_device_file(r, node, out);
  vcca_device_default(chain, out);
  return true;
}

bool read_family(struct run *r, const struct tree_node *node, enum vcca_family *out)
{
  char words[400] = "", hint[80];
  if (node->kind == TREE_SCALAR && vcca_family_named(node->text, out))
    return true;
  if (node->kind != TREE_SCALAR)
    return tree_fail(node, r->err, "the name of a token family was expected");
  for (int i = 0; i < VCCA_FAMILIES; i++) {
    size_t n = strlen(words);
    snprintf(words + n, sizeof words - n, "%s%s", i ? " " : "", vcca_family((enum vcca_family)i)->name);
  }
  return tree_fail(node, r->err, "unknown token family \"%.40s\"%s (there are: %s)", (const char *)node->text.p,
                   tree_suggest(node->text, words, hint, sizeof hint), words);
}

static vcca_machine *new_machine(struct run *r, struct vcca_error *err)
{
  struct vcca_machine_config config = {
      .abi = r->abi, .rules = r->rules, .rem_zero_padded = r->rem_zero_padded, .features = r->features};
  config.regions[0] =
      (struct vcca_region){.base = MEMORY_BASE, .size = MEMORY_SIZE, .delegable = r->abi == VCCA_ABI_RMI};
  config.region_count = 1;
  if (r->abi == VCCA_ABI_TMI)
    config.regions[config.region_count++] =
        (struct vcca_region){.base = TMM_POOL_BASE, .size = TMM_POOL_SIZE, .secure = true};
  config.trace = trace_call;
  config.trace_ctx = r;
  config.rim_step = r->tracer.out ? trace_step : NULL;
  config.rim_ctx = r;
  return vcca_machine_new(&config, err);
}

bool power_on(struct run *r, struct vcca_error *err)
{
  power_off(r);
  r->power++;
  r->vm = NULL;
  memset(r->tracer.seen, 0, sizeof r->tracer.seen);
  r->hsm = vcca_hsm_open(&r->device, err);
  r->machine = r->hsm ? new_machine(r, err) : NULL;
  r->guests = r->machine ? vcca_tsi_attach(r->machine, r->hsm, r->family, err) : NULL;
  r->host = r->guests ? vcca_host_new(r->machine, err) : NULL;
  return r->host != NULL;
}

void power_off(struct run *r)
{
  vcca_host_free(r->host);
  if (r->guests)
    vcca_guest_interface_free(r->guests);
  if (r->machine)
    vcca_machine_free(r->machine);
  if (r->hsm)
    vcca_hsm_close(r->hsm);
  r->host = NULL;
  r->guests = NULL;
  r->machine = NULL;
  r->hsm = NULL;
}

static bool key_bytes(struct run *r, struct thing *t, const char *field, const vcca_key *key)
{
  uint8_t spki[VCCA_SPKI_MAX];
  vcca_sink sink = VCCA_SINK(spki);
  vcca_span copy;
  if (!vcca_key_spki(key, &sink) || !pool_copy(&r->pool, vcca_sink_span(&sink), &copy, r->err))
    return vcca_fail(r->err, VCCA_FAULT_CRYPTO, "the device's key cannot be written out");
  thing_bytes(t, field, copy);
  return true;
}

static bool copy_bytes(struct run *r, struct thing *t, const char *field, vcca_span bytes)
{
  vcca_span copy;
  if (!pool_copy(&r->pool, bytes, &copy, r->err))
    return false;
  thing_bytes(t, field, copy);
  return true;
}

bool device_fields(struct run *r, struct thing *t)
{
  struct vcca_platform_claims claims = {0};
  vcca_span token = {NULL, 0}, name;
  static const uint8_t no_challenge[32];
  memset(&claims, 0, sizeof claims);
  vcca_hsm_platform_claims(r->hsm, r->family, VCCA_SPAN(no_challenge), &claims);
  if (!vcca_hsm_platform_token(r->hsm, r->family, &token, r->err) ||
      !pool_copy(&r->pool, vcca_span_str(r->device.name), &name, r->err))
    return false;
  thing_text(t, "name", (const char *)name.p);
  return key_bytes(r, t, "cpak", vcca_hsm_cpak(r->hsm)) && key_bytes(r, t, "rak", vcca_hsm_rak(r->hsm)) &&
         copy_bytes(r, t, "instance_id", claims.instance_id) &&
         copy_bytes(r, t, "implementation_id", claims.implementation_id) &&
         copy_bytes(r, t, "device_cert", vcca_hsm_cert(r->hsm, VCCA_CERT_DEVICE)) &&
         copy_bytes(r, t, "sub_cert", vcca_hsm_cert(r->hsm, VCCA_CERT_SUB)) &&
         copy_bytes(r, t, "root_cert", vcca_hsm_cert(r->hsm, VCCA_CERT_ROOT)) &&
         copy_bytes(r, t, "platform_token", token);
}
