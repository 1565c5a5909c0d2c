/* QEMU's virt machine as a realm: its command line (rme-guest branch) and its memory map. RAM at 1 GiB; direct boot as plan_arm.c has
 * it; firmware in flash at 0 with the device tree at RAM base, where kernel and initrd are the firmware's to fetch and measure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm_qemu.h"

#include <inttypes.h>

#include "vcca/hex.h"

enum { RAM_DEFAULT = 128 * MIB, FLASH = 64 * MIB, INITRD_AT = 128 * MIB, LOG_BEHIND_DTB = MIB, SLOTS_MAX = 256 };

/* --- Options ---------------------------------------------------------------------------------------------- */

static const struct vmm_option memory_keys[] = {
    {.name = "", VMM_SIZE(ram_size)},
    {.name = "size", VMM_SIZE(ram_size)},
    {.name = "slots", VMM_NUMBER(ram_slots, 0, SLOTS_MAX)},
    {.name = "maxmem", VMM_SIZE(ram_max)},
    {.name = NULL},
};

#define SMP(key, member)                                 \
  {                                                      \
    .name = (key), VMM_NUMBER(member, 1, VCCA_VCPUS_MAX) \
  }
static const struct vmm_option smp_keys[] = {
    SMP("", vcpus),
    SMP("cpus", vcpus),
    SMP("maxcpus", vcpus_max),
    SMP("sockets", sockets),
    SMP("clusters", clusters),
    SMP("cores", cores),
    SMP("threads", threads),
    {.name = "*", .read = vmm_read_ignored},
    {.name = NULL},
};

static const struct vmm_option realm_keys[] = {
    {.name = "id"},
    {.name = "measurement-algorithm", .read = vmm_read_hash},
    {.name = "personalization-value", .read = vmm_read_rpv_base64},
    {.name = "measurement-log", VMM_ON_OFF(log)},
    {.name = NULL},
};

static bool read_object(const struct vmm_value *v, struct vcca_error *err)
{
  size_t n = strcspn(v->word, ",");
  struct vmm_value keys = *v;
  if (!vcca_span_is(vcca_span_sub(v->text, 0, n), "rme-guest")) {
    vmm_note(v->notes, "-object %.80s is ignored", v->word);
    return true;
  }
  keys.what = "-object rme-guest";
  keys.text = vcca_span_sub(v->text, n + 1, v->text.n);
  return n == v->text.n || vmm_read_keys(&keys, realm_keys, err);
}

static bool read_virt(const struct vmm_value *v, struct vcca_error *err)
{
  return vcca_span_is(v->text, "virt") || vmm_refuse(v, "a realm's machine is virt, its options are name=value", err);
}

static bool read_gic(const struct vmm_value *v, struct vcca_error *err)
{
  return vcca_span_is(v->text, "3") || vcca_span_is(v->text, "host") || vcca_span_is(v->text, "max") ||
         vmm_refuse(v, "a realm has a GICv3: 3, host or max", err);
}

static bool read_highmem(const struct vmm_value *v, struct vcca_error *err)
{
  return vmm_refuse(v, "these memory maps are not modelled: leave it out", err);
}

static const struct vmm_option machine_keys[] = {
    {.name = "", .read = read_virt},
    {.name = "type", .read = read_virt},
    {.name = "gic-version", .read = read_gic},
    {.name = "its", VMM_ON_OFF(its)},
    {.name = "highmem*", .read = read_highmem},
    {.name = "acpi"}, /* tables are not measured by the VMM, and the device tree is made all the same */
    {.name = "confidential-guest-support"},
    {.name = "*", .read = vmm_read_ignored},
    {.name = NULL},
};

static bool read_host_cpu(const struct vmm_value *v, struct vcca_error *err)
{
  return vcca_span_is(v->text, "host") || vmm_refuse(v, "a realm's CPU is host, its options are name=value", err);
}

/* sve<bits>=on|off: a bit in one of the masks. */
static bool read_vector(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t bits;
  enum vcca_switch how = VCCA_UNSET;
  if (!vcca_u64_read(vcca_span_sub(v->key, 3, v->key.n), &bits, NULL) || bits == 0 || bits > 2048 || bits % 128 != 0)
    return vmm_refuse(v, "vectors have multiples of 128 bits, at most 2048", err);
  if (!vmm_switch(v, &how, err))
    return false;
  uint16_t bit = (uint16_t)(1u << (bits / 128 - 1));
  if (how == VCCA_UNSET)
    return true;
  v->config->sve_on = (uint16_t)(how == VCCA_ON ? v->config->sve_on | bit : v->config->sve_on & ~bit);
  v->config->sve_off = (uint16_t)(how == VCCA_OFF ? v->config->sve_off | bit : v->config->sve_off & ~bit);
  return true;
}

static const struct vmm_option cpu_keys[] = {
    {.name = "", .read = read_host_cpu},
    {.name = "num-breakpoints", VMM_NUMBER(num_bps, 2, 64)},
    {.name = "num-watchpoints", VMM_NUMBER(num_wps, 2, 64)},
    {.name = "num-pmu-counters", .read = vmm_read_counters, VMM_FIELD(unsigned *, pmu_counters), .max = 31},
    {.name = "pmu", VMM_SWITCH(pmu)},
    {.name = "sve", VMM_SWITCH(sve)},
    {.name = "sve*", .read = read_vector},
    {.name = "*", .read = vmm_read_ignored},
    {.name = NULL},
};

/* PCI devices are not in the device tree; what else might be is said. */
static bool read_device(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  static const char *const harmless[] = {"virtconsole", "virtio-blk-pci", "virtio-serial-pci", "virtio-net-pci", "virtio-9p-pci", "virtio-fs-pci"};
  size_t n = strcspn(v->word, ",");
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (vcca_span_is(vcca_span_sub(v->text, 0, n), harmless[i]))
      return true;
  vmm_note(v->notes, "-device %.80s is ignored", v->word);
  return true;
}

static const struct vmm_option options[] = {
    {.name = "m", .value = true, .keys = memory_keys},
    {.name = "smp", .value = true, .keys = smp_keys},
    {.name = "object", .value = true, .read = read_object},
    {.name = "append", .value = true, VMM_TEXT(append)},
    {.name = "machine", .value = true, .keys = machine_keys},
    {.name = "M", .value = true, .keys = machine_keys},
    {.name = "cpu", .value = true, .keys = cpu_keys},
    {.name = "device", .value = true, .read = read_device},
    {.name = "kernel", .value = true, VMM_TEXT(kernel)},
    {.name = "initrd", .value = true, VMM_TEXT(initrd)},
    {.name = "bios", .value = true, VMM_TEXT(firmware)},
    /* The host's copy of what is measured here; back ends and how QEMU itself runs. */
    {.name = "dtb", .value = true},
    {.name = "accel", .value = true},
    {.name = "chardev", .value = true},
    {.name = "daemonize"},
    {.name = "display", .value = true},
    {.name = "drive", .value = true},
    {.name = "enable-kvm"},
    {.name = "fsdev", .value = true},
    {.name = "mon", .value = true},
    {.name = "monitor", .value = true},
    {.name = "name", .value = true},
    {.name = "netdev", .value = true},
    {.name = "no-reboot"},
    {.name = "nodefaults"},
    {.name = "nographic"},
    {.name = "pidfile", .value = true},
    {.name = "qmp", .value = true},
    {.name = "uuid", .value = true},
    {.name = NULL},
};

/* What -smp left out: cores before sockets before threads (hw/core/machine-smp.c since 6.2); clusters are never guessed. */
static bool check_topology(struct vcca_vmm_config *config, struct vcca_error *err)
{
  unsigned *const parts[] = {&config->cores, &config->sockets, &config->threads, &config->clusters};
  uint64_t product = 1;
  if (config->vcpus && config->vcpus_max && config->vcpus != config->vcpus_max)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-smp: cpus %u and maxcpus %u differ, but CPUs cannot be plugged into a realm", config->vcpus,
                     config->vcpus_max);
  if (!config->vcpus)
    config->vcpus = config->vcpus_max;
  for (size_t i = 0; i < 4; i++)
    product *= *parts[i] ? *parts[i] : 1;
  for (size_t i = 0; i < 4; i++)
    if (*parts[i] == 0) {
      *parts[i] = i < 3 && config->vcpus > product ? (unsigned)(config->vcpus / product) : 1;
      product *= *parts[i];
    }
  if (product > VCCA_VCPUS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-smp: more than %d CPUs", VCCA_VCPUS_MAX);
  if (config->vcpus && config->vcpus != product)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-smp: %u CPUs do not make %u sockets of %u clusters of %u cores of %u threads", config->vcpus,
                     config->sockets, config->clusters, config->cores, config->threads);
  config->vcpus = (unsigned)product;
  return true;
}

static bool check(struct vcca_vmm_config *config, struct vcca_error *err)
{
  if (!check_topology(config, err))
    return false;
  if (config->append && !config->kernel) /* qemu_validate_options, as with -initrd */
    return vcca_fail(err, VCCA_FAULT_USAGE, "-append without -kernel: QEMU has no place for a command line then: give -kernel, or leave -append out");
  if (config->ram_size == 0 || config->ram_size % PAGE_4K != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-m: RAM is a multiple of 4 KiB, and not nothing");
  if (config->ram_max && config->ram_max < config->ram_size)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-m maxmem: less than the %" PRIu64 " MiB there are at start", in_mib(config->ram_size));
  return true;
}

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
  uint64_t hotplug = max - config->ram_size + config->ram_slots * GIB; /* each slot may be aligned to 1 GiB */
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

static bool place_direct(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                         uint64_t *entry, struct vcca_error *err)
{
  uint64_t end;
  if (!vmm_add_kernel(model, out, lay->ram_base, images->kernel, entry, &end, err))
    return false;
  uint64_t half = lay->config->ram_size / 2;
  uint64_t initrd = lay->ram_base + (half < INITRD_AT ? half : INITRD_AT);
  initrd = round_up(initrd > end ? initrd : end, PAGE_4K);
  if (images->initrd.p) {
    lay->initrd = initrd;
    lay->initrd_size = images->initrd.n;
    if (!vmm_add(model, out, "initrd", initrd, images->initrd, err))
      return false;
  }
  lay->dtb = round_up(initrd + lay->initrd_size, BLOCK_2M);
  return true;
}

static bool place(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                  struct vcca_error *err)
{
  struct qemu_map map = qemu_map(lay->config);
  lay->redistributors = map.redistributors;
  lay->ecam = map.ecam;
  lay->mmio = map.mmio;

  struct vcca_rec_params *boot = &out->plan.boot_rec;
  lay->dtb = boot->pc = lay->ram_base;
  if (images->firmware.p) {
    if (images->firmware.n > FLASH)
      return vcca_fail(err, VCCA_FAULT_USAGE, "-bios: %zu bytes do not fit the flash of %d MiB", images->firmware.n, FLASH / MIB);
    if (!vmm_add(model, out, "firmware", 0, images->firmware, err))
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
    .program = "qemu-system-aarch64",
    .options = options,
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
              [VMM_SVE] = {"-cpu", "sve=on"}},
    .lenient = true,
    .defaults = {.vmm = "qemu", .ram_size = RAM_DEFAULT, .its = true},
    .hash_alg = VCCA_SHA512,
    .ram_base = GIB,
    .chunk = PAGE_4K,
    .pmu_of_host = true,
    .flash = true,
    .check = check,
    .ipa_bits = ipa_bits,
    .place = place,
    .put_tree = qemu_put_tree,
    .edit_node = qemu_edit_node,
    .edit_property = qemu_edit_property,
};
