/* kvmtool (lkvm run) as it starts a realm: its command line and memory map. RAM at 2 GiB; the device tree, 64 KiB, ends below 256 MiB of
 * it; the initrd ends where the tree begins. The branches differ: the granularity of populating, and where the tree is with firmware.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm_kvmtool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vcca/hex.h"

enum { DTB_ROOM = 64 * KIB, CHUNK = 64 * KIB, LOW_RAM = 256 * MIB, DEVICES_MAX = 60 /* SPIs below PCI's */ };

/* --- Options ---------------------------------------------------------------------------------------------- */

#define READER(name) static bool name(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)

READER(read_cpus)
{
  (void)notes;
  return vmm_read_number(vcca_span_str(value), "--cpus", VCCA_VCPUS_MAX, &config->vcpus, err);
}

READER(read_memory)
{
  (void)notes;
  if (strchr(value, '@'))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--mem %.40s: another RAM base is not modelled", value);
  return vmm_read_size(vcca_span_str(value), "--mem", &config->ram_size, err);
}

READER(read_kernel)
{
  (void)notes, (void)err;
  config->kernel = value;
  return true;
}

READER(read_initrd)
{
  (void)notes, (void)err;
  config->initrd = value;
  return true;
}

READER(read_firmware)
{
  (void)notes, (void)err;
  config->firmware = value;
  return true;
}

READER(read_params)
{
  (void)notes, (void)err;
  config->append = value;
  return true;
}

READER(read_algorithm)
{
  (void)notes;
  return vmm_read_hash(vcca_span_str(value), "--measurement-algo", config, err);
}

READER(read_log)
{
  (void)notes, (void)value, (void)err;
  config->log = true;
  return true;
}

READER(read_rpv)
{
  (void)notes;
  size_t n = strlen(value);
  if (n > sizeof config->rpv)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--realm-pv: %zu bytes, but a realm personalization value has at most 64", n);
  memset(config->rpv, 0, sizeof config->rpv);
  memcpy(config->rpv, value, n);
  config->has_rpv = true;
  return true;
}

READER(read_pmu)
{
  (void)notes, (void)value, (void)err;
  config->pmu = VCCA_ON;
  return true;
}

READER(read_pmu_counters)
{
  (void)notes;
  return config->has_pmu_counters = vmm_read_number(vcca_span_str(value), "--pmu-counters", 31, &config->pmu_counters, err);
}

READER(disable_sve)
{
  (void)notes, (void)value, (void)err;
  config->sve = VCCA_OFF;
  return true;
}

READER(read_sve)
{
  (void)notes;
  if (!vmm_read_number(vcca_span_str(value), "--sve-max-vl", 2048, &config->sve_max, err))
    return false;
  if (config->sve_max == 0 || config->sve_max % 128 != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--sve-max-vl %u: vectors have multiples of 128 bits, at most 2048 (--disable-sve: none)",
                     config->sve_max);
  return true;
}

READER(read_irqchip)
{
  (void)notes;
  config->its = strcmp(value, "gicv3-its") == 0;
  return config->its || strcmp(value, "gicv3") == 0 || vcca_fail(err, VCCA_FAULT_USAGE, "--irqchip %.40s: a realm has gicv3 or gicv3-its", value);
}

static bool read_transport(vcca_span value, const char *what, bool *mmio, struct vcca_error *err)
{
  *mmio = vcca_span_is(value, "mmio");
  return *mmio || vcca_span_is(value, "pci") || vcca_fail(err, VCCA_FAULT_USAGE, "%s: mmio or pci", what);
}

READER(read_virtio)
{
  (void)notes;
  return read_transport(vcca_span_str(value), "--virtio-transport", &config->virtio_mmio, err);
}

READER(add_device)
{
  (void)notes, (void)value;
  return ++config->devices <= DEVICES_MAX || vcca_fail(err, VCCA_FAULT_USAGE, "more than %d devices", DEVICES_MAX);
}

READER(read_console)
{
  return strcmp(value, "virtio") != 0 || add_device(config, notes, value, err);
}

/* config->devices starts with the network device that there is by default. */
READER(read_network)
{
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    bool mmio;
    if (item.bare)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--network %.60s: name=value is wanted", value);
    if (vcca_span_is(item.key, "trans")) {
      if (!read_transport(item.value, "--network trans", &mmio, err))
        return false;
      if (mmio != config->virtio_mmio)
        return vcca_fail(err, VCCA_FAULT_USAGE, "--network trans: another transport than --virtio-transport before it is not modelled");
    }
    if (vcca_span_is(item.key, "mode")) {
      if (vcca_span_is(item.value, "none"))
        config->devices -= config->devices > 0;
      else if (!add_device(config, notes, value, err))
        return false;
    }
  }
  return true;
}

READER(read_flash)
{
  (void)notes, (void)value, (void)err;
  config->flash = true;
  return true;
}

READER(read_firmware_address)
{
  (void)notes;
  return vcca_u64_read(vcca_span_str(value), &config->firmware_base, NULL) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "--firmware-address %.40s: not an address", value);
}

static const struct vmm_option options[] = {
    {"name", 0, true, NULL},
    {"cpus", 'c', true, read_cpus},
    {"mem", 'm', true, read_memory},
    {"disk", 'd', true, add_device},
    {"balloon", 0, false, add_device},
    {"rng", 0, false, add_device},
    {"nodefaults", 0, false, NULL},
    {"9p", 0, true, add_device},
    {"console", 0, true, read_console},
    {"vsock", 0, true, add_device},
    {"dev", 0, true, NULL},
    {"tty", 0, true, NULL},
    {"hugetlbfs", 0, true, NULL},
    {"virtio-transport", 0, true, read_virtio},
    {"loglevel", 0, true, NULL},
    {"kernel", 'k', true, read_kernel},
    {"initrd", 'i', true, read_initrd},
    {"params", 'p', true, read_params},
    {"firmware", 'f', true, read_firmware},
    {"flash", 'F', true, read_flash},
    {"network", 'n', true, read_network},
    {"no-dhcp", 0, false, NULL},
    {"vfio-pci", 0, true, NULL},
    {"debug", 0, false, NULL},
    {"debug-single-step", 0, false, NULL},
    {"debug-ioport", 0, false, NULL},
    {"debug-mmio", 0, false, NULL},
    {"debug-iodelay", 0, true, NULL},
    {"pmu", 0, false, read_pmu},
    {"disable-sve", 0, false, disable_sve},
    {"realm", 0, false, NULL},
    {"measurement-algo", 0, true, read_algorithm},
    {"measurement-log", 0, false, read_log},
    {"realm-pv", 0, true, read_rpv},
    {"no-pvtime", 0, false, NULL},
    {"sve-max-vl", 0, true, read_sve},
    {"pmu-counters", 0, true, read_pmu_counters},
    {"vcpu-affinity", 0, true, NULL},
    {"disable-mte", 0, false, NULL},
    {"force-pci", 0, false, NULL},
    {"irqchip", 0, true, read_irqchip},
    {"firmware-address", 0, true, read_firmware_address},
    {"dtb", 0, true, NULL}, /* the host's copy of what is measured here */
    {"restricted_mem", 0, false, NULL},
    {NULL, 0, false, NULL},
};

static bool check(struct vcca_vmm_config *config, struct vcca_error *err)
{
  if (config->vcpus == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--cpus: the number of vCPUs is needed, at least 1");
  if (config->ram_size == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--mem: the size of RAM is needed; kvmtool's default depends on the host");
  if (config->ram_size % BLOCK_2M != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--mem: RAM is a multiple of 2 MiB");
  if (config->kernel && config->firmware)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--kernel and --firmware: one of them");
  if (config->firmware_base % PAGE_4K != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--firmware-address: a multiple of 4 KiB is wanted");
  return true;
}

/* --- Memory ----------------------------------------------------------------------------------------------- */

/* As many bits as the last byte of RAM has, but 32 at least, and one for the shared half. */
static unsigned ipa_bits(const struct vcca_vmm_config *config)
{
  unsigned bits = 0;
  for (uint64_t last = 2 * GIB + config->ram_size - 1; last; last >>= 1)
    bits++;
  return (bits > 32 ? bits : 32) + 1;
}

static bool place_firmware(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                           struct vcca_error *err)
{
  uint64_t at = lay->config->firmware_base ? lay->config->firmware_base : lay->ram_base;
  if (at >= ADDRESS_LIMIT)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--firmware-address: no such address");
  if (!vmm_add(model, out, "firmware", at, images->firmware, err))
    return false;
  out->plan.boot_rec.pc = at;
  if (model->dtb_behind_firmware)
    lay->dtb = round_up(at + images->firmware.n, BLOCK_2M);
  return true;
}

static bool place(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                  struct vcca_error *err)
{
  const struct vcca_vmm_config *config = lay->config;
  struct vcca_rec_params *boot = &out->plan.boot_rec;
  uint64_t top = lay->ram_base + (config->ram_size < LOW_RAM ? config->ram_size : LOW_RAM), end;
  if (config->log)
    lay->log = top -= LOG_SIZE;
  lay->dtb = round_up(top - BLOCK_2M - DTB_ROOM, BLOCK_2M);

  if (images->kernel.p && !vmm_add_kernel(model, out, lay->ram_base, images->kernel, &boot->pc, &end, err))
    return false;
  if (images->initrd.p) {
    if (images->initrd.n > lay->dtb - lay->ram_base)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--initrd: %" PRIu64 " MiB do not fit below the device tree at +%" PRIu64 " MiB",
                       in_mib(images->initrd.n), in_mib(lay->dtb - lay->ram_base));
    lay->initrd = round_up(lay->dtb - images->initrd.n - 4, 4);
    lay->initrd_size = images->initrd.n;
    if (!vmm_add(model, out, "initrd", lay->initrd, images->initrd, err))
      return false;
  }
  if (images->firmware.p && !place_firmware(model, lay, images, out, err))
    return false;
  boot->gprs[0] = lay->dtb;
  return true;
}

/* kvmtool puts its own words in front. */
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

#define KVMTOOL                                                                                                                                    \
  .program = "lkvm", .verb = "run", .options = options, .defaults = {.its = true, .devices = 1, .sockets = 1, .clusters = 1, .threads = 1},        \
  .words = {[VMM_KERNEL] = {"--kernel", ""}, [VMM_INITRD] = {"--initrd", ""},         [VMM_FIRMWARE] = {"--firmware", ""},                         \
            [VMM_APPEND] = {"--params", ""}, [VMM_HASH] = {"--measurement-algo", ""}, [VMM_VCPUS] = {"--cpus", ""},                                \
            [VMM_RAM] = {"--mem", ""}},                                                                                                            \
  .hash_alg = VCCA_SHA256, .ram_base = 2 * GIB, .dtb_size = DTB_ROOM, .ram_option = "--mem", .check = check, .ipa_bits = ipa_bits, .place = place, \
  .bootargs = bootargs, .put_tree = kvmtool_put_tree, .edit_node = kvmtool_edit_node

const struct vmm_model vmm_kvmtool = {
    .name = "kvmtool", .summary = "kvmtool, granules in order, the device tree near 256 MiB with firmware too", .chunk = PAGE_4K, KVMTOOL};
const struct vmm_model vmm_kvmtool_linaro = {.name = "kvmtool-linaro",
                                             .summary = "kvmtool's Linaro branch: the device tree behind the firmware",
                                             .chunk = PAGE_4K,
                                             .dtb_behind_firmware = true,
                                             KVMTOOL};
const struct vmm_model vmm_kvmtool_arm = {.name = "kvmtool-arm",
                                          .summary = "kvmtool's Arm branch: images populated in chunks of 64 KiB",
                                          .chunk = CHUNK,
                                          .dtb_behind_firmware = true,
                                          KVMTOOL};
