/* QEMU's command line (rme-guest branch): every option. Those that can change the RIM of a realm are read as
 * QEMU reads them.
 *
 * Sources: qemu-options.hx; system/vl.c; hw/core/machine.c, machine-smp.c; hw/arm/virt.c; qapi/qom.json; the
 * output of a QEMU 7.2.
 *
 * Long because it has a row and a reader for each option.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "boot/vmm_qemu.h"
#include "rooms/error.h"
#include "rooms/span.h"

enum { SLOTS_MAX = 256, RAM_UNIT = 8 * KIB /* vl.c rounds RAM up to it */ };

/* --- -m, -smp --------------------------------------------------------------------------------------------- */

static bool read_slots(const struct vmm_value *v, struct vcca_error *err)
{
  return v->config->has_slots = vmm_read_number(v, err);
}

static bool read_memory(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->sized |= v->row->field == offsetof(struct vcca_vmm_config, ram_size);
  return v->row->field == offsetof(struct vcca_vmm_config, ram_slots) ? read_slots(v, err) : vmm_read_size(v, err);
}

static unsigned memory_bit(const struct vmm_value *v)
{
  return v->row->field == offsetof(struct vcca_vmm_config, ram_size)  ? 1
         : v->row->field == offsetof(struct vcca_vmm_config, ram_max) ? 2
                                                                      : 4;
}

static bool read_m(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->by_m |= memory_bit(v);
  return read_memory(v, err);
}

/* system/vl.c reads -m after all other options, so it takes precedence over -M. */
static bool read_machine_memory(const struct vmm_value *v, struct vcca_error *err)
{
  struct vcca_vmm_config unused = *v->config;
  struct vmm_value outranked = *v;
  outranked.config = &unused;
  return read_memory(v->config->by_m & memory_bit(v) ? &outranked : v, err);
}

#define MEMORY_KEYS(prefix, max_key, reader)                                                                    \
  {.name = prefix "size", .read = (reader), VMM_FIELD(uint64_t *, ram_size)},                                   \
      {.name = prefix "slots", .read = (reader), VMM_FIELD(unsigned *, ram_slots), .min = 0, .max = SLOTS_MAX}, \
  {                                                                                                             \
    .name = prefix max_key, .read = (reader), VMM_FIELD(uint64_t *, ram_max), .min = 1                          \
  }

static const struct vmm_option memory_keys[] = {
    {.name = "", .read = read_m, VMM_FIELD(uint64_t *, ram_size)}, MEMORY_KEYS("", "maxmem", read_m), {.name = NULL}};

/* Levels of other machines; virt has one of each. */
static bool read_one(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t n;
  return (vmm_number(v, &n) && n == 1) ||
         vmm_refuse(v, "virt's CPUs have sockets, clusters, cores and threads; this can only be 1", err);
}

#define SMP(key, member)                                 \
  {                                                      \
    .name = (key), VMM_NUMBER(member, 1, VCCA_VCPUS_MAX) \
  }
#define SMP_KEYS(prefix)                                                                            \
  SMP(prefix "cpus", vcpus), SMP(prefix "maxcpus", vcpus_max), SMP(prefix "sockets", sockets),      \
      SMP(prefix "clusters", clusters), SMP(prefix "cores", cores), SMP(prefix "threads", threads), \
      {.name = prefix "dies", .read = read_one}, {.name = prefix "modules", .read = read_one},      \
      {.name = prefix "books", .read = read_one},                                                   \
  {                                                                                                 \
    .name = prefix "drawers", .read = read_one                                                      \
  }

static const struct vmm_option smp_keys[] = {SMP("", vcpus), SMP_KEYS(""), {.name = NULL}};

/* --- -M --------------------------------------------------------------------------------------------------- */

/* "virt", or "virt-9.2". The version decides how guests see the CPUs' topology (before 6.2) and the high
 * memory map (before 3.0). */
static bool read_virt(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t major, minor;
  size_t dash = 4, dot = 5;
  if (vcca_span_is(v->text, "virt"))
    return true;
  while (dot < v->text.n && v->text.p[dot] != '.')
    dot++;
  struct vmm_value high = *v, low = *v;
  high.text = vcca_span_sub(v->text, dash + 1, dot - dash - 1);
  low.text = vcca_span_sub(v->text, dot + 1, v->text.n - dot - 1);
  if (v->text.n < 8 || dot >= v->text.n || memcmp(v->text.p, "virt-", 5) != 0 || !vmm_number(&high, &major) ||
      !vmm_number(&low, &minor))
    return vmm_refuse(v, "a realm's machine is virt or virt-VERSION, its options are name=value", err);
  if (major < 3)
    return vmm_refuse(v, "the memory map of virt before 3.0 is not modelled", err);
  if (major < 6 || (major == 6 && minor < 2))
    vmm_own_tree(v, VMM_TREE_EDIT);
  return true;
}

static bool read_gic(const struct vmm_value *v, struct vcca_error *err)
{
  return vcca_span_is(v->text, "3") || vcca_span_is(v->text, "host") || vcca_span_is(v->text, "max") ||
         vmm_refuse(v, "a realm has a GICv3: 3, host or max", err);
}

static bool keep_on(const struct vmm_value *v, struct vcca_error *err)
{
  enum vcca_switch how = VCCA_UNSET;
  return vmm_switch(v, &how, err) &&
         (how != VCCA_OFF || vmm_refuse(v, "these memory maps are not modelled: leave it out", err));
}

static bool keep_off(const struct vmm_value *v, struct vcca_error *err)
{
  enum vcca_switch how = VCCA_UNSET;
  return vmm_switch(v, &how, err) &&
         (how != VCCA_ON || vmm_refuse(v, "KVM has no realms with this, and it is not modelled: leave it out", err));
}

static bool read_iommu(const struct vmm_value *v, struct vcca_error *err)
{
  if (!vcca_span_is(v->text, "none") && !vcca_span_is(v->text, "smmuv3"))
    return vmm_refuse(v, "none or smmuv3 is wanted", err);
  v->config->smmu = !vcca_span_is(v->text, "none");
  vmm_own_tree(v, v->config->smmu ? VMM_TREE_MORE : VMM_TREE_SAME);
  return true;
}

/* A link to an object: its id, or its path with this beginning (qom/object.c). */
static bool keep_link(char room[64], const struct vmm_value *v, struct vcca_error *err)
{
  static const char objects[] = "/objects/";
  size_t n =
      v->text.n >= sizeof objects && memcmp(v->text.p, objects, sizeof objects - 1) == 0 ? sizeof objects - 1 : 0;
  return vmm_keep_text(room, v, "an object's id", vcca_span_sub(v->text, n, v->text.n - n), err);
}

static bool read_guest(const struct vmm_value *v, struct vcca_error *err)
{
  return keep_link(v->config->guest, v, err);
}

static bool read_backend(const struct vmm_value *v, struct vcca_error *err)
{
  return keep_link(v->config->memory_backend, v, err);
}

/* "kvm", "kvm:tcg": QEMU uses the first that works, so the first must be KVM. */
static bool read_accelerator(const struct vmm_value *v, struct vcca_error *err)
{
  size_t n = 0;
  while (n < v->text.n && v->text.p[n] != ':')
    n++;
  return vcca_span_is(vcca_span_sub(v->text, 0, n), "kvm") ||
         vmm_refuse(v, "a realm runs under KVM: give kvm, first", err);
}

/* QEMU uses further -accel only if the first does not work. */
static bool read_accel(const struct vmm_value *v, struct vcca_error *err)
{
  bool first = !v->config->accelerator[0];
  snprintf(v->config->accelerator, sizeof v->config->accelerator, "%.*s", (int)(v->text.n < 15 ? v->text.n : 15),
           (const char *)v->text.p);
  return !first || read_accelerator(v, err);
}

static const struct vmm_option accel_keys[] = {
    {.name = "", .read = read_accel},
    {.name = "accel", .read = read_accel},
    {.name = "*", .flag = true},
    {.name = NULL},
};

static bool read_no_acpi(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->acpi = VCCA_OFF;
  return true;
}

#define BY_OPTION "use the option of that name"
static const struct vmm_option machine_keys[] = {
    {.name = "", .read = read_virt},
    {.name = "type", .read = read_virt},
    {.name = "gic-version", .read = read_gic},
    {.name = "its", VMM_ON_OFF(its)},
    {.name = "highmem", .read = keep_on},
    {.name = "highmem-ecam", .read = keep_on},
    {.name = "highmem-mmio", .read = keep_on},
    {.name = "highmem-redists", .read = keep_on},
    {.name = "highmem-mmio-size", .why = "these memory maps are not modelled: leave it out"},
    {.name = "compact-highmem"}, /* with all regions there, their addresses do not change */
    {.name = "confidential-guest-support", .read = read_guest},
    {.name = "memory-encryption", .read = read_guest}, /* its earlier name */
    {.name = "memory-backend", .read = read_backend},
    {.name = "accel", .read = read_accelerator},
    {.name = "iommu", .read = read_iommu},
    {.name = "secure", .read = keep_off},
    {.name = "virtualization", .read = keep_off},
    {.name = "mte", .read = keep_off},
    {.name = "cxl", .read = keep_off},
    {.name = "phandle-start", .tree = VMM_TREE_OTHER},
    {.name = "dt-compatible", .tree = VMM_TREE_MORE},
    {.name = "kernel", .why = BY_OPTION},
    {.name = "initrd", .why = BY_OPTION},
    {.name = "append", .why = BY_OPTION},
    {.name = "firmware", .why = "say it with -bios"},
    {.name = "shim", .why = "its effect on the registers of a realm is not modelled"},
    {.name = "pflash0", .why = QEMU_NO_FLASH},
    {.name = "pflash1", .why = QEMU_NO_FLASH},
    SMP_KEYS("smp."),
    MEMORY_KEYS("memory.", "max-size", read_machine_memory),
    {.name = "acpi",
     VMM_SWITCH(acpi)}, /* the VMM does not measure its tables, but the power button's nodes depend on it */
    /* These change neither registers nor memory at the start. */
    {.name = "acpi-pcihp"},
    {.name = "aux-ram-share"},
    {.name = "boot.*"},
    {.name = "default-bus-bypass-iommu"},
    {.name = "dtb"},
    {.name = "dtb-kaslr-seed"}, /* QEMU's own tree has the seeds; it is measured as it is dumped */
    {.name = "dtb-randomness"},
    {.name = "dump-guest-core"},
    {.name = "dumpdtb"},
    {.name = "enforce-config-section"},
    {.name = "graphics"},
    {.name = "hmat"},
    {.name = "kernel-irqchip"},
    {.name = "kernel_irqchip"},
    {.name = "kvm-shadow-mem"},
    {.name = "mem-merge"},
    {.name = "nvdimm"},
    {.name = "nvdimm-persistence"},
    {.name = "ras"},
    {.name = "suppress-vmdesc"},
    {.name = "usb"},
    {.name = "x-oem-id"},
    {.name = "x-oem-table-id"},
    {.name = NULL},
};

/* --- -cpu ------------------------------------------------------------------------------------------------- */

/* Under KVM, max is the same as host. */
static bool read_host_cpu(const struct vmm_value *v, struct vcca_error *err)
{
  return vcca_span_is(v->text, "host") || vcca_span_is(v->text, "max") ||
         vmm_refuse(v, "a realm's CPU is host, its options are name=value", err);
}

/* sve<bits>=on|off: a bit in one of the masks. */
static bool read_vector(const struct vmm_value *v, struct vcca_error *err)
{
  struct vmm_value number = *v;
  uint64_t bits;
  enum vcca_switch how = VCCA_UNSET;
  number.text = vcca_span_sub(v->key, 3, v->key.n - 3);
  if (!vmm_number(&number, &bits) || bits == 0 || bits > 2048 || bits % 128 != 0)
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
    {.name = "aarch64", .read = keep_on},
    {.name = "kvm-no-adjvtime"},
    {.name = "kvm-steal-time"},
    {.name = "pauth"},
    {.name = NULL},
};

/* QEMU uses the last -cpu only; a sweep's changes the one before. */
static bool read_cpu(const struct vmm_value *v, struct vcca_error *err)
{
  struct vcca_vmm_config *c = v->config;
  if (!c->amend) {
    c->num_bps = c->num_wps = c->pmu_counters = 0;
    c->has_pmu_counters = false;
    c->pmu = c->sve = VCCA_UNSET;
    c->sve_on = c->sve_off = 0;
  }
  return vmm_read_keys(v, cpu_keys, err);
}

/* --- Options ---------------------------------------------------------------------------------------------- */

#define NO_VM "QEMU prints something and ends: it starts no VM"
#define NO_START "a migrated VM was measured where it started: give the command line of its start"
#define KVM_ONLY "a realm runs under KVM, which does not have this"
#define VALUE(text)               \
  {                               \
    .name = (text), .value = true \
  }
const struct vmm_option qemu_options[] = {
    {.name = "m", .value = true, .keys = memory_keys},
    {.name = "smp", .value = true, .keys = smp_keys},
    {.name = "object", .value = true, .read = qemu_read_object},
    {.name = "append", .value = true, VMM_TEXT(append)},
    {.name = "machine", .value = true, .keys = machine_keys},
    {.name = "M", .value = true, .keys = machine_keys},
    {.name = "cpu", .value = true, .read = read_cpu},
    {.name = "accel", .value = true, .keys = accel_keys},
    {.name = "device", .value = true, .read = qemu_read_device},
    {.name = "drive", .value = true, .keys = qemu_drive_keys},
    {.name = "serial", .value = true, .read = qemu_read_serial},
    {.name = "global", .value = true, .read = qemu_read_global},
    {.name = "set", .value = true, .read = qemu_read_set},
    {.name = "kernel", .value = true, VMM_TEXT(kernel)},
    {.name = "initrd", .value = true, VMM_TEXT(initrd)},
    {.name = "bios", .value = true, VMM_TEXT(firmware)},
    {.name = "numa", .value = true, .tree = VMM_TREE_OTHER},
    {.name = "pflash", .value = true, .why = QEMU_NO_FLASH},
    {.name = "shim", .value = true, .why = "its effect on the registers of a realm is not modelled"},
    {.name = "readconfig", .value = true, .why = "vcca does not read this file: give the options themselves"},
    {.name = "incoming", .value = true, .why = NO_START},
    {.name = "loadvm", .value = true, .why = NO_START},
    {.name = "icount", .value = true, .why = KVM_ONLY},
    {.name = "xen-attach", .why = KVM_ONLY},
    {.name = "qtest", .value = true, .why = KVM_ONLY},
    {.name = "old-param", .why = "it is for other machines"},
    {.name = "h", .why = NO_VM},
    {.name = "help", .why = NO_VM},
    {.name = "version", .why = NO_VM},
    {.name = "audio-help", .why = NO_VM},
    {.name = "dump-vmstate", .value = true, .why = NO_VM},
    /* The host's paths of what is measured here; backends; how QEMU itself runs. */
    VALUE("dtb"),
    VALUE("D"),
    VALUE("L"),
    {.name = "S"},
    VALUE("acpitable"),
    VALUE("action"),
    VALUE("add-fd"),
    {.name = "async-teardown"},
    VALUE("audio"),
    VALUE("audiodev"),
    VALUE("blockdev"),
    VALUE("boot"),
    VALUE("cdrom"),
    VALUE("chardev"),
    VALUE("chroot"),
    VALUE("compat"),
    VALUE("d"),
    {.name = "daemonize"},
    VALUE("debugcon"),
    VALUE("dfilter"),
    VALUE("display"),
    VALUE("echr"),
    {.name = "enable-kvm"},
    {.name = "enable-sync-profile"},
    VALUE("fda"),
    VALUE("fdb"),
    VALUE("fsdev"),
    {.name = "full-screen"},
    VALUE("fw_cfg"),
    VALUE("gdb"),
    VALUE("hda"),
    VALUE("hdb"),
    VALUE("hdc"),
    VALUE("hdd"),
    VALUE("iscsi"),
    VALUE("k"),
    VALUE("mem-path"),
    {.name = "mem-prealloc"},
    VALUE("mon"),
    VALUE("monitor"),
    VALUE("msg"),
    VALUE("mtdblock"),
    VALUE("name"),
    VALUE("net"),
    VALUE("netdev"),
    VALUE("nic"),
    {.name = "no-acpi", .read = read_no_acpi},
    {.name = "no-reboot"},
    {.name = "no-shutdown"},
    {.name = "no-user-config"},
    {.name = "nodefaults"},
    {.name = "nodefconfig"},
    {.name = "nographic"},
    {.name = "nouserconfig"},
    {.name = "only-migratable"},
    VALUE("option-rom"),
    VALUE("overcommit"),
    VALUE("parallel"),
    VALUE("perfmap"),
    VALUE("pidfile"),
    VALUE("plugin"),
    {.name = "portrait"},
    {.name = "preconfig"},
    VALUE("qmp"),
    VALUE("qmp-pretty"),
    VALUE("qtest-log"),
    VALUE("rotate"),
    VALUE("rtc"),
    VALUE("run-with"),
    VALUE("runas"),
    {.name = "s"},
    VALUE("sandbox"),
    VALUE("sd"),
    VALUE("seed"),
    {.name = "semihosting"},
    VALUE("semihosting-config"),
    {.name = "singlestep"},
    VALUE("smbios"),
    {.name = "snapshot"},
    VALUE("spice"),
    VALUE("tb-size"),
    VALUE("tpmdev"),
    VALUE("trace"),
    {.name = "usb"},
    VALUE("usbdevice"),
    VALUE("uuid"),
    VALUE("vga"),
    VALUE("virtfs"),
    VALUE("vnc"),
    VALUE("watchdog"),
    VALUE("watchdog-action"),
    {.name = NULL},
};

/* --- Together --------------------------------------------------------------------------------------------- */

/* The levels that -smp did not give, for all possible CPUs: cores before sockets before threads
 * (hw/core/machine-smp.c since 6.2); clusters are never computed. CPUs that are added later have no node in
 * the device tree and no REC. */
static bool check_topology(struct vcca_vmm_config *config, struct vcca_error *err)
{
  unsigned *const parts[] = {&config->cores, &config->sockets, &config->threads, &config->clusters};
  unsigned most = config->vcpus_max ? config->vcpus_max : config->vcpus;
  uint64_t product = 1;
  if (config->vcpus && config->vcpus > most)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-smp: maxcpus %u is less than the %u CPUs at the start", most,
                     config->vcpus);
  for (size_t i = 0; i < 4; i++)
    product *= *parts[i] ? *parts[i] : 1;
  for (size_t i = 0; i < 4; i++)
    if (*parts[i] == 0) {
      *parts[i] = i < 3 && most > product ? (unsigned)(most / product) : 1;
      product *= *parts[i];
    }
  if (product > VCCA_VCPUS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-smp: more than %d CPUs", VCCA_VCPUS_MAX);
  if (most && most != product)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-smp: %u CPUs do not make %u sockets of %u clusters of %u cores of %u threads", most,
                     config->sockets, config->clusters, config->cores, config->threads);
  if (!config->vcpus)
    config->vcpus = (unsigned)product;
  return true;
}

static bool check_memory(struct vcca_vmm_config *config, struct vcca_error *err)
{
  if (config->ram_size == 0)
    config->ram_size = QEMU_RAM_DEFAULT;
  if (config->ram_size > ADDRESS_LIMIT)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-m: larger than the address space (at most 2^48 bytes)");
  if (config->ram_max && config->ram_max < config->ram_size)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-m maxmem: less than the %" PRIu64
                     " MiB at the start (maxmem is in bytes, unless a unit follows it)",
                     in_mib(config->ram_size));
  if (config->has_slots && (!config->ram_max || (config->ram_slots && config->ram_max == config->ram_size)))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-m slots: they are for RAM that is added later: give maxmem, or leave slots out");
  return true;
}

bool qemu_check(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err)
{
  if (!check_topology(config, err) || !qemu_check_realm(model, config, err))
    return false;
  if (config->append && !config->kernel) /* qemu_validate_options, as with -initrd */
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "-append without -kernel: QEMU then cannot pass a command line: give -kernel, or leave -append out");
  config->ram_size = round_up(config->ram_size, RAM_UNIT);
  return qemu_check_backend(model, config, err) && check_memory(config, err);
}
