/* How kvmtool (lkvm run) starts a realm: its memory map. RAM is at 2 GiB, or where --mem says. The device
 * tree (64 KiB) ends below RAM base + 256 MiB; the initrd ends where the tree begins. Branches differ in the
 * chunks that they populate, and in the place of the tree with firmware.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm_kvmtool.h"
#include "rooms/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DTB_ROOM = 64 * KIB, CHUNK = 64 * KIB, LOW_RAM = 256 * MIB };
#define RAM_BASE (2 * GIB)

/* --- Memory ----------------------------------------------------------------------------------------------- */

/* The bits of the address of the last byte of RAM, at least 32, and one for the shared half. */
static unsigned ipa_bits(const struct vcca_vmm_config *config)
{
  unsigned bits = 0;
  for (uint64_t last = (config->ram_base ? config->ram_base : RAM_BASE) + config->ram_size - 1; last; last >>= 1)
    bits++;
  return (bits > 32 ? bits : 32) + 1;
}

static bool place_firmware(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                           struct vcca_vmm_plan *out, struct vcca_error *err)
{
  uint64_t at = lay->config->firmware_base ? lay->config->firmware_base : lay->ram_base,
           end = lay->ram_base + lay->config->ram_size;
  if (at < lay->ram_base || at >= end)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--firmware-address 0x%" PRIx64 ": RAM is at 0x%" PRIx64 "-0x%" PRIx64, at,
                     lay->ram_base, end);
  if (!vmm_add(model, out, VCCA_ROLE_FIRMWARE, at, images->firmware, err))
    return false;
  out->plan.boot_rec.pc = at;
  if (model->dtb_behind_firmware)
    lay->dtb = round_up(at + images->firmware.n, BLOCK_2M);
  return true;
}

static bool place(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                  struct vcca_vmm_plan *out, struct vcca_error *err)
{
  const struct vcca_vmm_config *config = lay->config;
  struct vcca_rec_params *boot = &out->plan.boot_rec;
  uint64_t top = lay->ram_base + (config->ram_size < LOW_RAM ? config->ram_size : LOW_RAM), end;
  if (config->log)
    lay->log = top -= LOG_SIZE;
  lay->dtb = round_up(top - BLOCK_2M - DTB_ROOM, BLOCK_2M);

  if (images->kernel.p && images->kernel.n < 64)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "kernel: %zu bytes, but kvmtool reads a header of 64 bytes first",
                     images->kernel.n);
  if (images->kernel.p && !vmm_add_kernel(model, out, lay->ram_base, images->kernel, &boot->pc, &end, err))
    return false;
  if (images->initrd.p) {
    if (images->initrd.n > lay->dtb - lay->ram_base)
      return vcca_fail(err, VCCA_FAULT_USAGE,
                       "--initrd: %" PRIu64 " MiB do not fit below the device tree at +%" PRIu64 " MiB",
                       in_mib(images->initrd.n), in_mib(lay->dtb - lay->ram_base));
    lay->initrd = round_up(lay->dtb - images->initrd.n - 4, 4);
    lay->initrd_size = images->initrd.n;
    if (!vmm_add(model, out, VCCA_ROLE_INITRD, lay->initrd, images->initrd, err))
      return false;
  }
  if (images->firmware.p && !place_firmware(model, lay, images, out, err))
    return false;
  boot->gprs[0] = lay->dtb;
  return true;
}

/* kvmtool puts its own parameters first. */
static char *bootargs(const struct vcca_vmm_config *config)
{
  static const char own[] = " console=hvc0 root=/dev/vda rw ";
  const char *given = config->append ? config->append : "";
  size_t n = sizeof own + 1 + strlen(given);
  char *text = malloc(n);
  if (text)
    snprintf(text, n, "%s%s%s", own, *given ? " " : "", given);
  return text;
}

#define KVMTOOL                                                                                                    \
  .kind = VCCA_VMM_KVMTOOL, .log_name = "kvmtool", .program = "lkvm", .verb = "run",                               \
  .aliases = (const char *const[]){"kvmtool", "vm", NULL}, .style = VMM_LKVM, .options = kvmtool_options,          \
  .defaults = {.its = true, .devices = 1, .sockets = 1, .clusters = 1, .threads = 1},                              \
  .words = {[VMM_KERNEL] = {"--kernel", ""},                                                                       \
            [VMM_INITRD] = {"--initrd", ""},                                                                       \
            [VMM_FIRMWARE] = {"--firmware", ""},                                                                   \
            [VMM_APPEND] = {"--params", ""},                                                                       \
            [VMM_HASH] = {"--measurement-algo", ""},                                                               \
            [VMM_VCPUS] = {"--cpus", ""},                                                                          \
            [VMM_RAM] = {"--mem", ""},                                                                             \
            [VMM_PMU] = {"--pmu", ""},                                                                             \
            [VMM_COUNTERS] = {"--pmu-counters", ""},                                                               \
            [VMM_DTB] = {"--dtb", ""},                                                                             \
            [VMM_REALM] = {"--realm", ""}},                                                                        \
  .hash_alg = VCCA_SHA256, .ram_base = RAM_BASE, .dtb_size = DTB_ROOM, .low_ram = LOW_RAM, .check = kvmtool_check, \
  .announce = kvmtool_announce, .ipa_bits = ipa_bits, .place = place, .bootargs = bootargs,                        \
  .put_tree = kvmtool_put_tree, .edit_node = kvmtool_edit_node, .edit_property = kvmtool_edit_property,            \
  .check_template = kvmtool_check_template, .put_cpus = kvmtool_put_cpus, .cpu_by_affinity = true, .headless = true

const struct vmm_model vmm_kvmtool = {.name = "kvmtool",
                                      .summary =
                                          "kvmtool, granules in order, the device tree near 256 MiB with firmware too",
                                      .chunk = PAGE_4K,
                                      KVMTOOL};
const struct vmm_model vmm_kvmtool_linaro = {.name = "kvmtool-linaro",
                                             .summary = "kvmtool's Linaro branch: the device tree after the firmware",
                                             .chunk = PAGE_4K,
                                             .dtb_behind_firmware = true,
                                             KVMTOOL};
const struct vmm_model vmm_kvmtool_arm = {.name = "kvmtool-arm",
                                          .summary = "kvmtool's Arm branch: images populated in chunks of 64 KiB",
                                          .chunk = CHUNK,
                                          .dtb_behind_firmware = true,
                                          KVMTOOL};
