/* QEMU's virt machine as a realm: its memory map. RAM is at 1 GiB. Direct boot is as in plan_arm.c. With
 * firmware, the flash is at 0 and the device tree at RAM base; the firmware loads and measures kernel and
 * initrd.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm_qemu.h"
#include "rooms/error.h"

#include <inttypes.h>

enum { FLASH = 64 * MIB, INITRD_AT = 128 * MIB, LOG_BEHIND_DTB = MIB };

/* --- Memory ----------------------------------------------------------------------------------------------- */

static unsigned log2_floor(uint64_t v)
{
  unsigned n = 0;
  while (v >>= 1)
    n++;
  return n;
}

struct qemu_map qemu_map(const struct vcca_vmm_config *config)
{
  struct qemu_map map;
  uint64_t max = config->ram_max ? config->ram_max : config->ram_size;
  uint64_t hotplug = max - config->ram_size + config->ram_slots * GIB; /* each slot can be aligned to 1 GiB */
  uint64_t top = round_up(GIB + config->ram_size, GIB) + round_up(hotplug, GIB);
  if (top < 256 * GIB)
    top = 256 * GIB;
  map.redistributors = round_up(top, QEMU_HIGH_REDISTRIBUTORS);
  top += QEMU_HIGH_REDISTRIBUTORS;
  map.ecam = round_up(top, QEMU_HIGH_ECAM);
  top += QEMU_HIGH_ECAM;
  map.mmio = round_up(top, QEMU_HIGH_MMIO);
  top += QEMU_HIGH_MMIO;
  map.ipa_bits = log2_floor(top) + 2;
  return map;
}

static unsigned ipa_bits(const struct vcca_vmm_config *config)
{
  return qemu_map(config).ipa_bits;
}

/* Whether it is a legacy U-Boot image of that type (hw/core/loader.c, load_ramdisk). */
static bool is_ramdisk(vcca_span initrd)
{
  enum { UBOOT = 0x27051956, HEADER = 64, TYPE = 30, RAMDISK = 3 };
  return initrd.n >= HEADER && vcca_be32(initrd.p) == UBOOT && initrd.p[TYPE] == RAMDISK;
}

static bool place_direct(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                         struct vcca_vmm_plan *out, uint64_t *entry, struct vcca_error *err)
{
  uint64_t end;
  if (!vmm_add_kernel(model, out, lay->ram_base, images->kernel, entry, &end, err))
    return false;
  uint64_t half = lay->config->ram_size / 2;
  uint64_t initrd = lay->ram_base + (half < INITRD_AT ? half : INITRD_AT);
  initrd = round_up(initrd > end ? initrd : end, PAGE_4K);
  if (images->initrd.p) {
    if (is_ramdisk(images->initrd))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "initrd: this is a U-Boot ramdisk, whose header QEMU does not load: take the bytes after its "
                       "64-byte header (tail -c +65), unpack it if "
                       "it is compressed, and start the VM with the result");
    lay->initrd = initrd;
    lay->initrd_size = images->initrd.n;
    if (!vmm_add(model, out, VCCA_ROLE_INITRD, initrd, images->initrd, err))
      return false;
  }
  lay->dtb = round_up(initrd + lay->initrd_size, BLOCK_2M);
  return true;
}

static bool place(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                  struct vcca_vmm_plan *out, struct vcca_error *err)
{
  struct qemu_map map = qemu_map(lay->config);
  lay->redistributors = map.redistributors;
  lay->ecam = map.ecam;
  lay->mmio = map.mmio;
  struct vcca_rec_params *boot = &out->plan.boot_rec;
  lay->dtb = boot->pc = lay->ram_base;
  if (images->firmware.p) {
    if (images->firmware.n > FLASH)
      return vcca_fail(err, VCCA_FAULT_USAGE, "-bios: %zu bytes do not fit the flash of %d MiB", images->firmware.n,
                       FLASH / MIB);
    if (!vmm_add(model, out, VCCA_ROLE_FIRMWARE, 0, images->firmware, err))
      return false;
    boot->pc = 0;
  } else {
    if (images->kernel.p && !place_direct(model, lay, images, out, &boot->pc, err))
      return false;
    boot->gprs[0] = lay->dtb;
  }
  if (lay->config->log)
    lay->log = lay->dtb + LOG_BEHIND_DTB;
  lay->bootargs = lay->config->append && lay->config->append[0] ? lay->config->append : NULL;
  return true;
}

const struct vmm_model vmm_qemu = {
    .name = "qemu",
    .summary = "QEMU's virt machine, realm branch",
    .kind = VCCA_VMM_QEMU,
    .log_name = "QEMU",
    .program = "qemu-system-aarch64",
    .options = qemu_options,
    .aliases = (const char *const[]){"qemu-kvm", "qemu-system-arm", NULL},
    .style = VMM_QEMU,
    .words = {[VMM_KERNEL] = {"-kernel", ""},
              [VMM_INITRD] = {"-initrd", ""},
              [VMM_FIRMWARE] = {"-bios", ""},
              [VMM_APPEND] = {"-append", ""},
              [VMM_HASH] = {"-object", "rme-guest,measurement-algorithm="},
              [VMM_VCPUS] = {"-smp", ""},
              [VMM_RAM] = {"-m", ""},
              [VMM_BREAKPOINTS] = {"-cpu", "num-breakpoints="},
              [VMM_WATCHPOINTS] = {"-cpu", "num-watchpoints="},
              [VMM_PMU] = {"-cpu", "pmu=on"},
              [VMM_COUNTERS] = {"-cpu", "num-pmu-counters="},
              [VMM_SVE] = {"-cpu", "sve=on"},
              [VMM_DTB] = {"-dtb", ""},
              [VMM_REALM] = {"-M", "confidential-guest-support="}},
    .defaults = {.vmm = "qemu", .ram_size = QEMU_RAM_DEFAULT, .its = true},
    .hash_alg = VCCA_SHA512,
    .ram_base = GIB,
    .chunk = PAGE_4K,
    .pmu_of_host = true,
    .flash = true,
    .headless = true,
    .unpacks = true,
    .check = qemu_check,
    .announce = qemu_announce,
    .ipa_bits = ipa_bits,
    .place = place,
    .put_tree = qemu_put_tree,
    .edit_node = qemu_edit_node,
    .edit_property = qemu_edit_property,
    .check_template = qemu_check_template,
    .put_cpus = qemu_put_cpus,
    .put_cpu_map = qemu_put_cpu_map,
    .cpu_phandle = qemu_cpu_phandle,
    .cpu_compatible = "arm,arm-v8", /* of -cpu host */
    .numa_with_room = true,
    .new_in_front = true,
};
