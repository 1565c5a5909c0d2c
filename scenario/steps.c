/* The steps, one row each; docs/scenarios.md has the same table in words. Calls (rmi.*, tmi.*, rsi.*,
 * tsi.*, psci.*) have their interface's own tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenario/runner.h"
#include "rooms/span.h"

#define VM_KEYS \
  "profile kernel initrd dtb firmware vcpus sve pmu s2sz hash ram_base ram_size num_bps num_wps rpv bootargs"
#define DEVICE_FIELDS "name cpak rak instance_id implementation_id device_cert sub_cert root_cert platform_token"
#define TOKEN_FIELDS                                                                                              \
  "bytes size family challenge rim rem0 rem1 rem2 rem3 rpv rak hash_alg platform platform_challenge instance_id " \
  "implementation_id "                                                                                            \
  "lifecycle components"

/* Every check's name. */
#define CHECK(id, name, part, meaning) " " name
static const char verify_yields[] = "verdict error check reason failed"
#include "vcca/checks.def"
    ;
#undef CHECK

static const struct step_kind kinds[] = {
    {"boot", VM_KEYS, "error rd recs rim ram_base ram_size dtb_ipa scratch", "error", step_boot},
    {"measure", VM_KEYS, "error rim ram_base ram_size dtb_ipa", "error", step_measure},
    {"destroy", NULL, "error", "error", step_destroy},
    {"poweron", "device family", "error " DEVICE_FIELDS, "error", step_poweron},
    {"hsm.extend", "register digest", "error", "error", step_hsm_extend},
    {"host.write", "addr bytes", "error", "error", step_host_write},
    {"host.read", "addr size", "error bytes", "error", step_host_read},
    {"guest.extend", "vm rec index value", "status error", "status", step_guest_extend},
    {"guest.read", "vm rec index", "status error value", "status", step_guest_read},
    {"guest.config", "vm rec", "status error ipa_width hash_alg", "status", step_guest_config},
    {"guest.token", "vm rec challenge chunk interrupts", "status error calls entries " TOKEN_FIELDS, "status",
     step_guest_token},
    {"guest.cert", "vm rec", "status error bytes size", "status", step_guest_cert},
    {"guest.sealing_key", "vm rec param", "status error key", "status", step_guest_sealing_key},
    {"guest.store", "vm rec ipa bytes", "error", "error", step_guest_store},
    {"guest.load", "vm rec ipa size", "error bytes", "error", step_guest_load},
    {"token", NULL, "error " TOKEN_FIELDS, "error", step_token},
    {"verify",
     "token trust challenge rim rem0 rem1 rem2 rem3 rpv eventlog image_reference platform_reference any_lifecycle at "
     "strict require",
     verify_yields, "verdict", step_verify},
    {"tamper", "of at xor put cut append", "error bytes size", "error", step_tamper},
    {"same", NULL, "error", "error", step_same},
    {"differ", NULL, "error", "error", step_differ},
    {"smc", "x0 x1 x2 x3 x4 x5 x6", "x0 x1 x2 x3 x4 x5 x6 x7 x8", "x0", step_smc},
    {"expect", NULL, "", "outcome", step_expect},
};

const char step_names[] = "boot measure destroy poweron hsm.extend host.write host.read guest.extend guest.read "
                          "guest.config guest.token guest.cert guest.sealing_key "
                          "guest.store guest.load token verify tamper same differ smc expect";

/* Its words are in the command tables. */
static const struct step_kind call_kind = {"call", NULL, NULL, "status", step_call};

const struct step_kind *step_kind_call(void)
{
  return &call_kind;
}

const struct step_kind *step_kind_named(vcca_span name)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (vcca_span_is(name, kinds[i].name))
      return &kinds[i];
  return NULL;
}
