/* kvmtool's command line: every option. Those that can change the RIM of a realm are read as kvmtool reads
 * them.
 *
 * Sources: builtin-run.c, virtio/net.c, virtio/core.c, arm/gic.c, arm/aarch64/kvm.c and kvm-cpu.c, the
 * kvm-config-arch.h of the mainline and of the realm branches.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "boot/vmm_kvmtool.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/span.h"

enum { DEVICES_MAX = 60 /* SPIs below those of PCI */ };
#define IO_END (2 * GIB) /* ARM_MEMORY_AREA */

/* --- RAM -------------------------------------------------------------------------------------------------- */

/* SIZE[@ADDRESS]; without a unit both are in MiB. */
static bool read_memory(const struct vmm_value *v, struct vcca_error *err)
{
  static const struct vmm_option base = {VMM_SIZE(ram_base)};
  const char *at = strchr(v->word, '@');
  struct vmm_value part = *v;
  if (!at)
    return vmm_read_size(v, err);
  part.text = vcca_span_of((const uint8_t *)v->word, (size_t)(at - v->word));
  if (!vmm_read_size(&part, err))
    return false;
  part.row = &base;
  part.text = vcca_span_str(at + 1);
  if (!vmm_read_size(&part, err))
    return false;
  if (v->config->ram_base < IO_END)
    return vmm_refuse(v, "kvmtool's RAM is not below 2 GiB, where devices are", err);
  return v->config->ram_base % BLOCK_2M == 0 || vmm_refuse(v, "the address of RAM is a multiple of 2 MiB", err);
}

static bool read_address(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t at;
  if (!vmm_number(v, &at) || at >= ADDRESS_LIMIT || at % PAGE_4K != 0)
    return vmm_refuse(v, "expected an address, a multiple of 4 KiB", err);
  v->config->firmware_base = at;
  return true;
}

/* --- The realm -------------------------------------------------------------------------------------------- */

static bool read_rpv(const struct vmm_value *v, struct vcca_error *err)
{
  if (v->text.n > sizeof v->config->rpv)
    return vmm_refuse(v, "a realm personalization value has at most 64 bytes", err);
  memset(v->config->rpv, 0, sizeof v->config->rpv);
  memcpy(v->config->rpv, v->text.p, v->text.n);
  return v->config->has_rpv = true;
}

static bool read_rpv_hex(const struct vmm_value *v, struct vcca_error *err)
{
  uint8_t rpv[sizeof v->config->rpv] = {0};
  vcca_sink out = VCCA_SINK(rpv);
  if (!vcca_hex_read(v->text, &out, NULL) || !vcca_sink_ok(&out))
    return vmm_refuse(v, "expected at most 64 bytes in hexadecimal", err);
  memcpy(v->config->rpv, rpv, sizeof rpv);
  return v->config->has_rpv = true;
}

static bool disable_sve(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->sve = v->unset ? VCCA_UNSET : VCCA_OFF;
  return true;
}

static bool read_pmu(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->pmu = v->unset ? VCCA_OFF : VCCA_ON;
  return true;
}

/* sve_vl_parser: decimal, a power of two. */
static bool read_vectors(const struct vmm_value *v, struct vcca_error *err)
{
  return vmm_read_number(v, err) &&
         ((v->config->sve_max & (v->config->sve_max - 1)) == 0 ||
          vmm_refuse(v, "vectors have 128, 256, 512, 1024 or 2048 bits (--disable-sve: none)", err));
}

static bool read_irqchip(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->its = vcca_span_is(v->text, "gicv3-its");
  return v->config->its || vcca_span_is(v->text, "gicv3") || vmm_refuse(v, "a realm has gicv3 or gicv3-its", err);
}

/* --- Devices ---------------------------------------------------------------------------------------------- */

static bool read_transport(const struct vmm_value *v, struct vcca_error *err)
{
  v->config->virtio_mmio = vcca_span_is(v->text, "mmio") || vcca_span_is(v->text, "mmio-legacy");
  return v->config->virtio_mmio || vcca_span_is(v->text, "pci") || vcca_span_is(v->text, "pci-legacy") ||
         vmm_refuse(v, "expected pci, pci-legacy, mmio or mmio-legacy", err);
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
  (void)err;
  v->config->console_device = v->text.n >= 6 && memcmp(v->text.p, "virtio", 6) == 0;
  return true;
}

/* The guest's context id. 0 is the default and means no device. */
static bool read_vsock(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t cid = 0;
  if (!v->unset && !vmm_number(v, &cid))
    return vmm_refuse(v, "a number is wanted", err);
  v->config->vsock = cid != 0;
  return true;
}

/* Reads a parameter of a network device, into a separate configuration. Without trans= the device has the
 * transport of --virtio-transport, which can come later. */
static bool read_network_parameter(const struct vmm_value *v, struct vcca_vmm_config *one, vcca_span name,
                                   vcca_span text, struct vcca_error *err)
{
  static const char *const of_back_end[] = {"guest_mac", "script", "downscript", "guest_ip", "host_ip",
                                            "tapif",     "vhost",  "fd",         "mq"};
  if (vcca_span_is(name, "mode")) {
    one->network = text.n < 4 || memcmp(text.p, "none", 4) != 0;
    bool known = !one->network || (text.n >= 4 && memcmp(text.p, "user", 4) == 0) ||
                 (text.n >= 3 && memcmp(text.p, "tap", 3) == 0);
    return known || vmm_refuse(v, "mode is user, tap or none", err);
  }
  if (vcca_span_is(name, "trans")) {
    one->mmio_devices = vcca_span_is(text, "mmio") || vcca_span_is(text, "mmio-legacy");
    one->devices = !one->mmio_devices && !vcca_span_is(text, "pci") && !vcca_span_is(text, "pci-legacy");
    if (one->devices)
      vmm_note(v->notes, "%s trans is neither mmio nor pci: the device has the transport of --virtio-transport",
               v->what);
    return true;
  }
  for (size_t i = 0; i < sizeof of_back_end / sizeof *of_back_end; i++)
    if (vcca_span_is(name, of_back_end[i]))
      return true;
  return vmm_refuse(
      v, "a network device has mode, trans, guest_mac, script, downscript, guest_ip, host_ip, tapif, vhost, fd, mq",
      err);
}

/* netdev_parser splits at commas and equals signs alike: name, value, name, value. A name without a value,
 * for example the last one, has no effect. */
static bool read_network(const struct vmm_value *v, struct vcca_error *err)
{
  struct vcca_vmm_config *all = v->config, one = {.devices = 1, .network = true};
  vcca_span name = {NULL, 0}, text = v->text;
  bool named = false;
  for (size_t at = 0; at < text.n && one.network;) {
    size_t end = at;
    while (end < text.n && text.p[end] != ',' && text.p[end] != '=')
      end++;
    if (end > at && named && !read_network_parameter(v, &one, name, vcca_span_sub(text, at, end - at), err))
      return false;
    if (end > at) {
      name = vcca_span_sub(text, at, end - at);
      named = !named;
    }
    at = end + 1;
  }
  all->devices -= !all->network; /* the default network device */
  all->network = true;
  if (one.network) {
    all->devices += one.devices;
    all->mmio_devices += one.mmio_devices;
  }
  return check_devices(v, err);
}

static bool note_seed(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t seed;
  if (!v->unset && !vmm_number(v, &seed))
    return vmm_refuse(v, "a number is wanted", err);
  if (!v->unset)
    vmm_note(v->notes,
             "%s is in kvmtool's own device tree only: give that tree with --dtb, or start the VM with vcca's tree",
             v->what);
  return true;
}

/* --- Options ---------------------------------------------------------------------------------------------- */

#define NO_VM "lkvm prints something and ends: it starts no VM"
const struct vmm_option kvmtool_options[] = {
    {.name = "cpus", .letter = 'c', .value = true, VMM_NUMBER(vcpus, 1, VCCA_VCPUS_MAX), .no = true},
    {.name = "mem", .letter = 'm', .value = true, .read = read_memory, VMM_FIELD(uint64_t *, ram_size)},
    {.name = "kernel", .letter = 'k', .value = true, VMM_TEXT(kernel)},
    {.name = "initrd", .letter = 'i', .value = true, VMM_TEXT(initrd)},
    {.name = "params", .letter = 'p', .value = true, VMM_TEXT(append)},
    {.name = "firmware", .letter = 'f', .value = true, VMM_TEXT(firmware)},
    {.name = "firmware-address", .value = true, .read = read_address},
    {.name = "flash", .letter = 'F', .value = true, .tree = VMM_TREE_MORE},
    {.name = "realm", VMM_FLAG(realm)},
    {.name = "measurement-algo", .value = true, .read = vmm_read_hash},
    {.name = "measurement-log", VMM_FLAG(log)},
    {.name = "realm-pv", .value = true, .read = read_rpv},
    {.name = "realm-pv-hex", .value = true, .read = read_rpv_hex},
    {.name = "pmu", .read = read_pmu, .no = true},
    {.name = "pmu-counters", .value = true, .read = vmm_read_counters, VMM_FIELD(unsigned *, pmu_counters), .max = 31},
    {.name = "disable-sve", .read = disable_sve, .no = true},
    {.name = "sve-vl",
     .value = true,
     .why = "it is of an early realm branch, whose realms had no SVE without it: give --sve-max-vl or --disable-sve"},
    {.name = "sve-max-vl",
     .value = true,
     .read = read_vectors,
     VMM_FIELD(unsigned *, sve_max),
     .min = 128,
     .max = 2048},
    {.name = "irqchip", .value = true, .read = read_irqchip},
    {.name = "virtio-transport", .value = true, .read = read_transport},
    {.name = "virtio-legacy", .read = force_pci, .no = true},
    {.name = "force-pci", .read = force_pci, .no = true},
    {.name = "disk", .letter = 'd', .value = true, .read = add_device},
    {.name = "balloon", VMM_FLAG(balloon)},
    {.name = "rng", VMM_FLAG(rng)},
    {.name = "9p", .value = true, .read = add_device},
    {.name = "vsock", .value = true, .read = read_vsock, .no = true},
    {.name = "console", .value = true, .read = read_console, .no = true},
    {.name = "network", .letter = 'n', .value = true, .optional = true, .read = read_network},
    {.name = "aarch32", .why = "a realm has no AArch32"},
    {.name = "kaslr-seed", .value = true, .read = note_seed, .no = true},
    {.name = "override-bad-firmware-cntfrq", .value = true, .tree = VMM_TREE_MORE},
    {.name = "help", .letter = 'h', .why = NO_VM},
    {.name = "help-all", .why = NO_VM},
    /* These change neither registers nor memory nor the device tree. */
    {.name = "dtb", .value = true}, /* the host's paths of what is measured here */
    {.name = "dump-dtb", .value = true},
    {.name = "debug"},
    {.name = "debug-iodelay", .value = true},
    {.name = "debug-ioport"},
    {.name = "debug-mmio"},
    {.name = "debug-single-step"},
    {.name = "dev", .value = true},
    {.name = "disable-mte"},
    {.name = "gtk"},
    {.name = "hugetlbfs", .value = true},
    {.name = "loglevel", .value = true},
    {.name = "name", .value = true},
    {.name = "no-dhcp"},
    {.name = "no-pvtime"},
    {.name = "nodefaults"},
    {.name = "restricted_mem"},
    {.name = "sandbox", .value = true},
    {.name = "sdl"},
    {.name = "tty", .value = true},
    {.name = "vcpu-affinity", .value = true},
    {.name = "vfio-pci", .value = true},
    {.name = "vnc"},
    {.name = NULL},
};

void kvmtool_announce(const struct vcca_vmm_config *config, const struct vmm_notes *notes)
{
  if (!config->realm)
    vmm_note(
        notes,
        "the VM as written is not a realm and not measured: it has no --realm; the RIM is that of the same VM with it");
}

bool kvmtool_check(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err)
{
  (void)model;
  config->devices += (unsigned)config->balloon + config->rng + config->vsock + config->console_device;
  if (config->vcpus == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "--cpus: give the number of vCPUs, at least 1; kvmtool's default depends on the host");
  if (config->ram_size == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "--mem: give the size of RAM, not 0; kvmtool's default depends on the host");
  if (config->ram_size % BLOCK_2M != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--mem: RAM is a multiple of 2 MiB");
  if (config->kernel && config->firmware)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--kernel and --firmware: give one of them");
  return true;
}
