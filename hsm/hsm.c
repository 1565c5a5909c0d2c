/* Power on, power off, and what is asked of a device in between.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "hsm/state.h"
#include "rooms/error.h"
#include "rooms/hsm.h"

static bool power_on(vcca_hsm *hsm, struct vcca_error *err)
{
  if (!hsm_derive_cpak(hsm, err))
    return false;
  hsm_boot(hsm);
  return hsm_derive_rak(hsm, err) && hsm_certify(hsm, err);
}

vcca_hsm *vcca_hsm_open(const struct vcca_device *device, struct vcca_error *err)
{
  if (!hsm_device_check(device, err))
    return NULL;
  vcca_hsm *hsm = calloc(1, sizeof *hsm);
  if (!hsm) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the HSM of device %s", device->name);
    return NULL;
  }
  hsm->device = *device;
  if (power_on(hsm, err))
    return hsm;
  vcca_hsm_close(hsm);
  return NULL;
}

void vcca_hsm_close(vcca_hsm *hsm)
{
  if (!hsm)
    return;
  vcca_key_free(hsm->cpak);
  vcca_key_free(hsm->rak);
  free(hsm);
}

const struct vcca_device *vcca_hsm_device(const vcca_hsm *hsm)
{
  return &hsm->device;
}

const vcca_key *vcca_hsm_cpak(const vcca_hsm *hsm)
{
  return hsm->cpak;
}

const vcca_key *vcca_hsm_rak(const vcca_hsm *hsm)
{
  return hsm->rak ? hsm->rak : hsm->cpak;
}

enum vcca_family vcca_hsm_family(const vcca_hsm *hsm)
{
  return hsm_kind(hsm->device.chain)->family;
}
