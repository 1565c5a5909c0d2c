/* vcca hsm cert: a device's certificates and public keys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/device_option.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/files.h"

static const struct option options[] = {
    OPTION_DEVICE,
    {"der", 0, NULL, false, "DER instead of PEM"},
    {"out", 0, "FILE", WRITES, "where it goes; default standard output"},
    OPTION_END,
};

static const struct {
  const char *name;
  enum vcca_cert_role role;
} certs[] = {{"root", VCCA_CERT_ROOT}, {"sub", VCCA_CERT_SUB}, {"device", VCCA_CERT_DEVICE}};

/* The DER of what was asked for, and its PEM label. */
static bool find(const vcca_hsm *hsm, const char *what, vcca_sink *room, vcca_span *der, const char **label,
                 struct vcca_error *err)
{
  *label = "CERTIFICATE";
  for (size_t i = 0; i < sizeof certs / sizeof certs[0]; i++)
    if (strcmp(what, certs[i].name) == 0) {
      *der = vcca_hsm_cert(hsm, certs[i].role);
      return true;
    }
  bool cpak = strcmp(what, "cpak") == 0;
  if (!cpak && strcmp(what, "rak") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "no '%s': root, sub, device, cpak or rak", what);
  if (!vcca_key_spki(cpak ? vcca_hsm_cpak(hsm) : vcca_hsm_rak(hsm), room))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "cannot export the key");
  *der = vcca_sink_span(room);
  *label = "PUBLIC KEY";
  return true;
}

static bool write(const struct args *a, const vcca_hsm *hsm, struct vcca_error *err)
{
  uint8_t key[VCCA_SPKI_MAX], text[2 * VCCA_CERT_MAX];
  vcca_sink room = VCCA_SINK(key), pem = VCCA_SINK(text);
  vcca_span der;
  const char *label, *path = args_get(a, "out");
  if (!find(hsm, a->operand[0], &room, &der, &label, err))
    return false;
  vcca_pem_put(label, der, &pem);
  return vcca_files_write(a->files, path ? path : "-", args_has(a, "der") ? der : vcca_sink_span(&pem), err);
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  vcca_hsm *hsm = device_open(a, VCCA_CHAIN_P521, &err);
  bool ok = hsm && write(a, hsm, &err);
  vcca_hsm_close(hsm);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_hsm_cert = {
    "hsm cert",
    "WHAT",
    1,
    1,
    "a device's certificates and public keys",
    "Writes one of: root (TEST root CA), sub (TEST sub CA), device (the device certificate), cpak, rak (public keys).",
    "vcca hsm cert root --out root.pem\nvcca hsm cert device --device rsa --der --out dev.der\nvcca hsm cert cpak "
    "--device p384 --out cpak.pem",
    options,
    run,
};
