/* The --device option: a built-in device by kind, or a device image.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_option.h"

#include <string.h>
#include <unistd.h>

#include "rooms/hsm.h"
#include "rooms/error.h"
#include "rooms/files.h"

bool device_load(const struct args *a, enum vcca_chain_kind fallback, struct vcca_device *out, struct vcca_error *err)
{
  enum vcca_chain_kind kind = fallback;
  const char *name = args_get(a, "device");
  if (!name || vcca_chain_kind_named(vcca_span_str(name), &kind)) {
    vcca_device_default(kind, out);
    return true;
  }
  if (!strchr(name, '/') && !strchr(name, '.') && access(name, F_OK) != 0)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "--device %.60s: rsa, p521, p384, or the file of a device image, and there is no file of that name", name);
  struct vcca_bytes yaml = {0};
  if (!vcca_files_read(a->files, name, CLI_SMALL_MAX, &yaml, err))
    return false;
  bool ok = vcca_device_load(vcca_bytes_span(&yaml), out, err);
  vcca_bytes_free(&yaml);
  return ok ? true : vcca_fail_in(err, name);
}

vcca_hsm *device_open(const struct args *a, enum vcca_chain_kind fallback, struct vcca_error *err)
{
  struct vcca_device device;
  return device_load(a, fallback, &device, err) ? vcca_hsm_open(&device, err) : NULL;
}
