/* Opening devices in tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"

vcca_hsm *open_device(const struct vcca_device *device)
{
  struct vcca_error err = {0};
  vcca_hsm *hsm = vcca_hsm_open(device, &err);
  check_ok(hsm != NULL, &err, device->name);
  return hsm;
}

vcca_hsm *open_default(enum vcca_chain_kind chain)
{
  struct vcca_device device;
  vcca_device_default(chain, &device);
  return open_device(&device);
}

struct vcca_device_component *component(struct vcca_device *device, const char *name)
{
  for (size_t i = 0; i < device->component_count; i++)
    if (strcmp(device->components[i].name, name) == 0)
      return &device->components[i];
  fail_msg("device %s has no component %s", device->name, name);
  return NULL;
}

bool same_cpak(const vcca_hsm *a, const vcca_hsm *b)
{
  return vcca_key_same(vcca_hsm_cpak(a), vcca_hsm_cpak(b));
}

bool same_rak(const vcca_hsm *a, const vcca_hsm *b)
{
  return vcca_key_same(vcca_hsm_rak(a), vcca_hsm_rak(b));
}
