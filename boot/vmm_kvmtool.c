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

static bool read_memory(const struct vmm_value *v, struct vcca_error *err)
{
  return strchr(v->word, '@') ? vmm_refuse(v, "another RAM base is not modelled", err) : vmm_read_size(v, err);
}

static bool read_rpv(const struct vmm_value *v, struct vcca_error *err)
{
  if (v->text.n > sizeof v->config->rpv)
    return vmm_refuse(v, "a realm personalization value has at most 64 bytes", err);
  memset(v->config->rpv, 0, sizeof v->config->rpv);
  memcpy(v->config->rpv, v->text.p, v->text.n);
  return v->config->has_rpv = true;
}

static bool disable_sve(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->sve = VCCA_OFF;
  return true;
}

static bool read_pmu(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->pmu = VCCA_ON;
  return true;
}

static bool read_vectors(const struct vmm_value *v, struct vcca_error *err)
{
  return vmm_read_number(v, err) &&
         (v->config->sve_max % 128 == 0 || vmm_refuse(v, "vectors have multiples of 128 bits, at most 2048 (--disable-sve: none)", err));
}

static bool read_irqchip(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->its = vcca_span_is(v->text, "gicv3-its");
  return v->config->its || vcca_span_is(v->text, "gicv3") || vmm_refuse(v, "a realm has gicv3 or gicv3-its", err);
}

static bool read_transport(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->virtio_mmio = vcca_span_is(v->text, "mmio");
  return v->config->virtio_mmio || vcca_span_is(v->text, "pci") || vmm_refuse(v, "mmio or pci is wanted", err);
}

static bool force_pci(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->virtio_mmio = false;
  return true;
}

static bool check_devices(const struct vmm_value *v, struct vcca_error *err)
{
  return v->config->devices + v->config->mmio_devices <= DEVICES_MAX ||
         vcca_fail(err, VCCA_FAULT_USAGE, "%s: more than %d devices", v->what, DEVICES_MAX);
}

static bool add_device(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->devices++;
  return check_devices(v, err);
}

static bool read_console(const struct vmm_value *v, struct vcca_error *err)
{
  return !vcca_span_is(v->text, "virtio") || add_device(v, err);
}

/* One device, read into a configuration of its own (virtio/net.c): without trans= it is of --virtio-transport, wherever that stands. */
static bool read_network_mode(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->network = v->config->network && !vcca_span_is(v->text, "none");
  return true;
}

static bool read_network_transport(const struct vmm_value *v, struct vcca_error *err)
{
  bool mmio = vcca_span_is(v->text, "mmio"), known = mmio || vcca_span_is(v->text, "pci");
  (void)err;
  if (!known)
    vmm_note(v->notes, "%s is neither mmio nor pci: the device is of --virtio-transport", v->what);
  v->config->devices = !known;
  v->config->mmio_devices = mmio;
  return true;
}

static const struct vmm_option network_keys[] = {
    {.name = "mode", .read = read_network_mode},
    {.name = "trans", .read = read_network_transport},
    {.name = "*"}, /* the back end's */
    {.name = NULL},
};

/* The first takes the place of the device that there is by default; mode=none leaves none. */
static bool read_network(const struct vmm_value *v, struct vcca_error *err)
{
  struct vcca_vmm_config one = {.devices = 1, .network = true}, *all = v->config;
  struct vmm_value own = *v;
  own.config = &one;
  if (!vmm_read_keys(&own, network_keys, err))
    return false;
  all->devices -= !all->network;
  all->network = true;
  if (one.network) {
    all->devices += one.devices;
    all->mmio_devices += one.mmio_devices;
  }
  return check_devices(v, err);
}

static bool read_address(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t at;
  if (!vcca_u64_read(v->text, &at, NULL) || at >= ADDRESS_LIMIT || at % PAGE_4K != 0)
    return vmm_refuse(v, "an address is wanted, a multiple of 4 KiB", err);
  v->config->firmware_base = at;
  return true;
}

static const struct vmm_option options[] = {
    {.name = "cpus", .letter = 'c', .value = true, VMM_NUMBER(vcpus, 1, VCCA_VCPUS_MAX)},
    {.name = "mem", .letter = 'm', .value = true, .read = read_memory, VMM_FIELD(uint64_t *, ram_size)},
    {.name = "kernel", .letter = 'k', .value = true, VMM_TEXT(kernel)},
    {.name = "initrd", .letter = 'i', .value = true, VMM_TEXT(initrd)},
    {.name = "params", .letter = 'p', .value = true, VMM_TEXT(append)},
    {.name = "firmware", .letter = 'f', .value = true, VMM_TEXT(firmware)},
    {.name = "firmware-address", .value = true, .read = read_address},
    {.name = "flash", .letter = 'F', .value = true, VMM_FLAG(flash)},
    {.name = "measurement-algo", .value = true, .read = vmm_read_hash},
    {.name = "measurement-log", VMM_FLAG(log)},
    {.name = "realm-pv", .value = true, .read = read_rpv},
    {.name = "pmu", .read = read_pmu},
    {.name = "pmu-counters", .value = true, .read = vmm_read_counters, VMM_FIELD(unsigned *, pmu_counters), .max = 31},
    {.name = "disable-sve", .read = disable_sve},
    {.name = "sve-max-vl", .value = true, .read = read_vectors, VMM_FIELD(unsigned *, sve_max), .min = 128, .max = 2048},
    {.name = "irqchip", .value = true, .read = read_irqchip},
    {.name = "virtio-transport", .value = true, .read = read_transport},
    {.name = "force-pci", .read = force_pci},
    {.name = "disk", .letter = 'd', .value = true, .read = add_device},
    {.name = "balloon", .read = add_device},
    {.name = "rng", .read = add_device},
    {.name = "9p", .value = true, .read = add_device},
    {.name = "vsock", .value = true, .read = add_device},
    {.name = "console", .value = true, .read = read_console},
    {.name = "network", .letter = 'n', .value = true, .read = read_network},
    /* Neither registers nor memory nor the device tree depend on these. */
    {.name = "dtb", .value = true}, /* the host's copy of what is measured here */
    {.name = "debug"},
    {.name = "debug-iodelay", .value = true},
    {.name = "debug-ioport"},
    {.name = "debug-mmio"},
    {.name = "debug-single-step"},
    {.name = "dev", .value = true},
    {.name = "disable-mte"},
    {.name = "hugetlbfs", .value = true},
    {.name = "loglevel", .value = true},
    {.name = "name", .value = true},
    {.name = "no-dhcp"},
    {.name = "no-pvtime"},
    {.name = "nodefaults"},
    {.name = "realm"},
    {.name = "restricted_mem"},
    {.name = "tty", .value = true},
    {.name = "vcpu-affinity", .value = true},
    {.name = "vfio-pci", .value = true},
    {.name = NULL},
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
  uint64_t at = lay->config->firmware_base ? lay->config->firmware_base : lay->ram_base, end = lay->ram_base + lay->config->ram_size;
  if (at < lay->ram_base || at >= end)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--firmware-address 0x%" PRIx64 ": RAM is at 0x%" PRIx64 "-0x%" PRIx64, at, lay->ram_base, end);
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

#define KVMTOOL                                                                                                                                 \
  .program = "lkvm", .verb = "run", .options = options, .defaults = {.its = true, .devices = 1, .sockets = 1, .clusters = 1, .threads = 1},     \
  .words = {[VMM_KERNEL] = {"--kernel", ""},                                                                                                    \
            [VMM_INITRD] = {"--initrd", ""},                                                                                                    \
            [VMM_FIRMWARE] = {"--firmware", ""},                                                                                                \
            [VMM_APPEND] = {"--params", ""},                                                                                                    \
            [VMM_HASH] = {"--measurement-algo", ""},                                                                                            \
            [VMM_VCPUS] = {"--cpus", ""},                                                                                                       \
            [VMM_RAM] = {"--mem", ""},                                                                                                          \
            [VMM_PMU] = {"--pmu", ""},                                                                                                          \
            [VMM_COUNTERS] = {"--pmu-counters", ""}},                                                                                           \
  .hash_alg = VCCA_SHA256, .ram_base = 2 * GIB, .dtb_size = DTB_ROOM, .low_ram = LOW_RAM, .check = check, .ipa_bits = ipa_bits, .place = place, \
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
