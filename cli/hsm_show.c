/* vcca hsm show: what a device is when it has booted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/device_option.h"
#include "vcca/hex.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"
#include "rooms/json.h"
#include "rooms/token.h"
#include "rooms/text.h"

static const struct option options[] = {
    OPTION_DEVICE,
    OPTION_OUTPUT,
    OPTION_END,
};

/* The public key as text: the point of an EC key, a digest of the SPKI of an RSA key. */
static void key_put(const vcca_key *key, char *hex, size_t cap)
{
  uint8_t room[VCCA_SPKI_MAX];
  vcca_sink out = VCCA_SINK(room);
  bool ok = vcca_key_type(key) == VCCA_KEY_RSA ? vcca_key_spki(key, &out) : vcca_key_point(key, &out);
  vcca_hex_text(ok ? vcca_sink_span(&out) : (vcca_span){0}, hex, cap);
}

static void print_json(const vcca_hsm *hsm)
{
  const struct vcca_device *d = vcca_hsm_device(hsm);
  char key[2 * VCCA_SPKI_MAX + 1];
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-device-1", vcca_family(vcca_hsm_family(hsm))->name);
  vcca_json_str(&j, "name", d->name);
  vcca_json_str(&j, "chain", vcca_chain_kind_name(d->chain));
  vcca_json_addr(&j, "lifecycle", d->lifecycle);
  vcca_json_hex(&j, "implementation_id", VCCA_SPAN(d->implementation_id));
  key_put(vcca_hsm_cpak(hsm), key, sizeof key);
  vcca_json_str(&j, "cpak", key);
  key_put(vcca_hsm_rak(hsm), key, sizeof key);
  vcca_json_str(&j, "rak", key);
  vcca_json_open(&j, "registers", '[');
  struct vcca_boot_record r;
  for (size_t i = 0; vcca_hsm_record(hsm, i, &r); i++) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_text(&j, "name", r.claims.type);
    vcca_json_text(&j, "version", r.claims.version);
    vcca_json_hex(&j, "measurement", r.claims.measurement);
    vcca_json_hex(&j, "signer_id", r.claims.signer_id);
    vcca_json_bool(&j, "locked", r.locked);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_close(&j);
}

static void print_text(const vcca_hsm *hsm)
{
  const struct vcca_device *d = vcca_hsm_device(hsm);
  const char *state = vcca_lifecycle_name(d->lifecycle);
  char key[2 * VCCA_SPKI_MAX + 1];
  vcca_print(stdout, "device      %s (%s), family %s\n", d->name, vcca_chain_kind_name(d->chain),
             vcca_family(vcca_hsm_family(hsm))->name);
  vcca_print(stdout, "lifecycle   0x%" PRIx32 " (%s)\n", d->lifecycle, state ? state : "no such state");
  key_put(vcca_hsm_cpak(hsm), key, sizeof key);
  vcca_print(stdout, "CPAK        %.64s...\n", key);
  key_put(vcca_hsm_rak(hsm), key, sizeof key);
  vcca_print(stdout, "RAK         %.64s...\n", key);
  struct vcca_boot_record r;
  for (size_t i = 0; vcca_hsm_record(hsm, i, &r); i++)
    vcca_print(stdout, "register    %-12.*s %-10.*s %s%s\n", (int)r.claims.type.n, (const char *)r.claims.type.p,
               (int)r.claims.version.n, (const char *)r.claims.version.p,
               vcca_hex_text(r.claims.measurement, key, sizeof key), r.locked ? "" : "  (open)");
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  bool json;
  if (!args_json(a, &json, &err))
    return fail(a, &err);
  vcca_hsm *hsm = device_open(a, VCCA_CHAIN_P521, &err);
  if (!hsm)
    return fail(a, &err);
  if (json)
    print_json(hsm);
  else
    print_text(hsm);
  vcca_hsm_close(hsm);
  return VCCA_EXIT_YES;
}

const struct verb verb_hsm_show = {
    "hsm show",
    "",
    0,
    0,
    "a device after power-on: keys and boot registers",
    "Powers a device on and shows its public keys, lifecycle and boot registers. Changing any measured component "
    "changes the RAK and leaves the CPAK "
    "alone.",
    "vcca hsm show\nvcca hsm show --device p384 -o json",
    options,
    run,
};
