/* vcca hsm new: a device image to edit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/device_option.h"
#include "rooms/hsm.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/crypto.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"chain", 0, "rsa|p521|p384", false, "keys and chain; default p521"},
    {"seed", 0, "TEXT", false,
     "another device: its root secrets come from this text (the built-in TEST device without)"},
    {"name", 0, "TEXT", false, "what the device is called"},
    {"out", 0, "FILE", WRITES | SECRET, "where it goes; default standard output"},
    OPTION_END,
};

static void reseed(struct vcca_device *device, const char *seed)
{
  vcca_span huk[] = {VCCA_SPAN_LIT("vcca TEST HUK "), vcca_span_str(seed)};
  vcca_span guk[] = {VCCA_SPAN_LIT("vcca TEST GUK "), vcca_span_str(seed)};
  vcca_hash_parts(VCCA_SHA256, huk, 2, device->huk);
  vcca_hash_parts(VCCA_SHA256, guk, 2, device->guk);
  device->rsa_size = 0; /* searched again from the new HUK */
}

/* An RSA device keeps its primes in the image, so that only making it takes seconds. */
static bool find_primes(struct vcca_device *device, struct vcca_error *err)
{
  if (device->chain != VCCA_CHAIN_RSA || device->rsa_size > 0)
    return true;
  vcca_print(stderr, "vcca hsm new: searching the primes of the device key, which takes some seconds\n");
  vcca_hsm *hsm = vcca_hsm_open(device, err);
  if (!hsm)
    return false;
  vcca_sink p = VCCA_SINK(device->rsa_p), q = VCCA_SINK(device->rsa_q);
  bool ok = vcca_key_primes(vcca_hsm_cpak(hsm), &p, &q) ? true
                                                        : vcca_fail(err, VCCA_FAULT_CRYPTO, "cannot export the primes");
  device->rsa_size = ok ? p.n : 0;
  vcca_hsm_close(hsm);
  return ok;
}

static bool make(const struct args *a, struct vcca_error *err)
{
  enum vcca_chain_kind kind = VCCA_CHAIN_P521;
  const char *chain = args_get(a, "chain"), *path = args_get(a, "out");
  if (chain && !vcca_chain_kind_named(vcca_span_str(chain), &kind))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--chain %s: rsa, p521 or p384", chain);
  struct vcca_device device;
  vcca_device_default(kind, &device);
  const char *name = args_get(a, "name");
  for (const char *c = name; c && *c; c++)
    if (*c < ' ' || *c > '~')
      return vcca_fail(err, VCCA_FAULT_USAGE, "--name %s: printable ASCII characters, for certificates have it", name);
  if (name && strlen(name) >= sizeof device.name)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--name: at most %zu characters", sizeof device.name - 1);
  if (name)
    snprintf(device.name, sizeof device.name, "%s", name);
  if (args_has(a, "seed"))
    reseed(&device, args_get(a, "seed"));
  uint8_t room[32768];
  vcca_sink yaml = VCCA_SINK(room);
  if (!find_primes(&device, err))
    return false;
  vcca_device_save(&device, &yaml);
  if (!vcca_sink_ok(&yaml))
    return vcca_fail(err, VCCA_FAULT_MEMORY, "the image needs %zu bytes", yaml.n);
  return vcca_files_write(a->files, path ? path : "-", vcca_sink_span(&yaml), err);
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  return make(a, &err) ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_hsm_new = {
    "hsm new",
    "",
    0,
    0,
    "a device image to edit",
    "Writes a device image: root secrets, lifecycle, identifiers, boot components. The same words give the same image; "
    "there is no randomness. "
    "Edit a component's digest or version, and see what changes with `vcca hsm show`.",
    "vcca hsm new > device.yaml\nvcca hsm new --chain rsa --seed 'my second machine' --out other.yaml",
    options,
    run,
};
