/* QEMU's virt machine as a realm: its command line (rme-guest branch) and its memory map. RAM at 1 GiB; direct boot as plan_arm.c has
 * it; firmware in flash at 0 with the device tree at RAM base, where kernel and initrd are the firmware's to fetch and measure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm_qemu.h"

#include <inttypes.h>

enum { RAM_DEFAULT = 128 * MIB, FLASH = 64 * MIB, INITRD_AT = 128 * MIB, LOG_BEHIND_DTB = MIB, SLOTS_MAX = 256 };

/* --- Options ---------------------------------------------------------------------------------------------- */

static bool no_such(const char *option, vcca_span key, struct vcca_error *err)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s: '%.*s' is not supported", option, key.n < 60 ? (int)key.n : 60, (const char *)key.p);
}

static bool read_memory(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes;
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    bool good = item.bare                          ? vmm_read_size(item.key, "-m", &config->ram_size, err)
                : vcca_span_is(item.key, "size")   ? vmm_read_size(item.value, "-m size", &config->ram_size, err)
                : vcca_span_is(item.key, "slots")  ? vmm_read_number(item.value, "-m slots", SLOTS_MAX, &config->ram_slots, err)
                : vcca_span_is(item.key, "maxmem") ? vmm_read_size(item.value, "-m maxmem", &config->ram_max, err)
                                                   : no_such("-m", item.key, err);
    if (!good)
      return false;
  }
  return true;
}

/* Counts as given, 0 when not; vcpus is set to maxcpus or cpus. check_topology fills the gaps. */
static bool read_smp(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  unsigned cpus = 0, max = 0, ignored = 0;
  const struct {
    const char *key;
    unsigned *count;
  } keys[] = {{"cpus", &cpus},
              {"maxcpus", &max},
              {"sockets", &config->sockets},
              {"clusters", &config->clusters},
              {"cores", &config->cores},
              {"threads", &config->threads}};
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    unsigned *count = item.bare ? &cpus : &ignored;
    for (size_t i = 0; !item.bare && i < sizeof keys / sizeof *keys; i++)
      if (vcca_span_is(item.key, keys[i].key))
        count = keys[i].count;
    if (!vmm_read_number(item.bare ? item.key : item.value, "-smp", VCCA_VCPUS_MAX, count, err))
      return false;
    if (count == &ignored)
      vmm_note(notes, "-smp %.*s is ignored", item.key.n < 60 ? (int)item.key.n : 60, (const char *)item.key.p);
    else if (*count == 0)
      return vcca_fail(err, VCCA_FAULT_USAGE, "-smp %.60s: there is at least one of each", value);
  }
  if (cpus && max && cpus != max)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-smp: cpus %u and maxcpus %u differ, but CPUs cannot be plugged into a realm", cpus, max);
  if (cpus || max)
    config->vcpus = cpus ? cpus : max;
  return true;
}

static bool read_object(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  enum vcca_switch log = VCCA_UNSET;
  struct vmm_item item;
  vcca_span list = vcca_span_str(value);
  if (!vmm_next_item(&list, &item) || !item.bare || !vcca_span_is(item.key, "rme-guest")) {
    vmm_note(notes, "-object %.80s is ignored", value);
    return true;
  }
  while (vmm_next_item(&list, &item)) {
    bool good = vcca_span_is(item.key, "measurement-algorithm")   ? vmm_read_hash(item.value, "-object measurement-algorithm", config, err)
                : vcca_span_is(item.key, "personalization-value") ? vmm_read_rpv_base64(item.value, "-object personalization-value", config, err)
                : vcca_span_is(item.key, "measurement-log")       ? vmm_read_switch(item.value, "-object measurement-log", &log, err)
                : vcca_span_is(item.key, "id")                    ? true
                                                                  : no_such("-object rme-guest", item.key, err);
    if (!good)
      return false;
  }
  if (log != VCCA_UNSET)
    config->log = log == VCCA_ON;
  return true;
}

static bool check_gic(vcca_span version, struct vcca_error *err)
{
  return vcca_span_is(version, "3") || vcca_span_is(version, "host") || vcca_span_is(version, "max") ||
         vcca_fail(err, VCCA_FAULT_USAGE, "-machine gic-version: a realm has a GICv3: 3, host or max");
}

static bool read_machine(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  enum vcca_switch its = VCCA_UNSET, acpi = VCCA_UNSET;
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    bool good = true;
    if (item.bare)
      good = vcca_span_is(item.key, "virt") || vcca_fail(err, VCCA_FAULT_USAGE, "-machine %.60s: virt, and options as name=value", value);
    else if (vcca_span_is(item.key, "gic-version"))
      good = check_gic(item.value, err);
    else if (vcca_span_is(item.key, "its"))
      good = vmm_read_switch(item.value, "-machine its", &its, err);
    else if (vcca_span_is(item.key, "acpi"))
      good = vmm_read_switch(item.value, "-machine acpi", &acpi, err);
    else if (vcca_span_is(item.key, "highmem"))
      good = vcca_fail(err, VCCA_FAULT_USAGE, "-machine highmem: its memory maps are not modelled");
    else if (!vcca_span_is(item.key, "confidential-guest-support") && !(vcca_span_is(item.key, "type") && vcca_span_is(item.value, "virt")))
      vmm_note(notes, "-machine %.*s is ignored", item.key.n < 60 ? (int)item.key.n : 60, (const char *)item.key.p);
    if (!good)
      return false;
  }
  if (its != VCCA_UNSET)
    config->its = its == VCCA_ON;
  return true;
}

/* sve<bits>=on|off: a bit in one of the masks. */
static bool read_vector(struct vcca_vmm_config *config, const struct vmm_item *item, struct vcca_error *err)
{
  unsigned bits = 0;
  enum vcca_switch how = VCCA_UNSET;
  if (!vmm_read_number(vcca_span_sub(item->key, 3, item->key.n), "-cpu sve<bits>", 2048, &bits, err) ||
      !vmm_read_switch(item->value, "-cpu sve<bits>", &how, err))
    return false;
  if (bits == 0 || bits % 128 != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-cpu sve%u: vectors have multiples of 128 bits, at most 2048", bits);
  uint16_t bit = (uint16_t)(1u << (bits / 128 - 1));
  if (how == VCCA_ON)
    config->sve_on |= bit;
  if (how == VCCA_OFF)
    config->sve_off |= bit;
  return true;
}

static bool read_cpu(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    bool good = true;
    if (item.bare)
      good = vcca_span_is(item.key, "host") || vcca_fail(err, VCCA_FAULT_USAGE, "-cpu %.60s: a realm's is host", value);
    else if (vcca_span_is(item.key, "num-breakpoints"))
      good = vmm_read_number(item.value, "-cpu num-breakpoints", 64, &config->num_bps, err);
    else if (vcca_span_is(item.key, "num-watchpoints"))
      good = vmm_read_number(item.value, "-cpu num-watchpoints", 64, &config->num_wps, err);
    else if (vcca_span_is(item.key, "num-pmu-counters"))
      good = config->has_pmu_counters = vmm_read_number(item.value, "-cpu num-pmu-counters", 31, &config->pmu_counters, err);
    else if (vcca_span_is(item.key, "pmu"))
      good = vmm_read_switch(item.value, "-cpu pmu", &config->pmu, err);
    else if (vcca_span_is(item.key, "sve"))
      good = vmm_read_switch(item.value, "-cpu sve", &config->sve, err);
    else if (vcca_span_is(vcca_span_sub(item.key, 0, 3), "sve"))
      good = read_vector(config, &item, err);
    else
      vmm_note(notes, "-cpu %.*s is ignored", item.key.n < 60 ? (int)item.key.n : 60, (const char *)item.key.p);
    if (!good)
      return false;
  }
  return true;
}

/* PCI devices are not in the device tree; what else might be is said. */
static bool read_device(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)config, (void)err;
  static const char *const harmless[] = {"virtconsole", "virtio-blk-pci", "virtio-serial-pci", "virtio-net-pci", "virtio-9p-pci", "virtio-fs-pci"};
  size_t n = strcspn(value, ",");
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (vcca_span_is(vcca_span_of(value, n), harmless[i]))
      return true;
  vmm_note(notes, "-device %.80s is ignored", value);
  return true;
}

static bool read_append(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->append = value;
  return true;
}

static bool read_kernel(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->kernel = value;
  return true;
}

static bool read_initrd(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->initrd = value;
  return true;
}

static bool read_bios(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->firmware = value;
  return true;
}

static const struct vmm_option options[] = {
    {"m", 0, true, read_memory},
    {"smp", 0, true, read_smp},
    {"object", 0, true, read_object},
    {"append", 0, true, read_append},
    {"machine", 0, true, read_machine},
    {"M", 0, true, read_machine},
    {"cpu", 0, true, read_cpu},
    {"device", 0, true, read_device},
    {"kernel", 0, true, read_kernel},
    {"initrd", 0, true, read_initrd},
    {"bios", 0, true, read_bios},
    {"dtb", 0, true, NULL}, /* the host's copy of what is measured here */
    {"drive", 0, true, NULL},
    {"fsdev", 0, true, NULL},
    {"chardev", 0, true, NULL},
    {"netdev", 0, true, NULL},
    {"mon", 0, true, NULL},
    {"enable-kvm", 0, false, NULL},
    {"nographic", 0, false, NULL},
    {"nodefaults", 0, false, NULL},
    {NULL, 0, false, NULL},
};

/* What -smp left out: cores before sockets before threads (hw/core/machine-smp.c since 6.2); clusters are never guessed. */
static bool check_topology(struct vcca_vmm_config *config, struct vcca_error *err)
{
  unsigned *const parts[] = {&config->cores, &config->sockets, &config->threads, &config->clusters};
  uint64_t product = 1;
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
              [VMM_RAM] = {"-m", ""}},
    .lenient = true,
    .defaults = {.vmm = "qemu", .ram_size = RAM_DEFAULT, .its = true},
    .hash_alg = VCCA_SHA512,
    .ram_base = GIB,
    .chunk = PAGE_4K,
    .pmu_of_host = true,
    .flash = true,
    .ram_option = "-m",
    .check = check,
    .ipa_bits = ipa_bits,
    .place = place,
    .put_tree = qemu_put_tree,
    .edit_node = qemu_edit_node,
    .edit_property = qemu_edit_property,
};
