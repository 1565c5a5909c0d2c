/* QEMU's -device, and the options that change other options. Refuses devices that are not on a bus which the
 * VM always has.
 *
 * Sources: system/vl.c; hw/arm/virt.c (the devices that can be on the system bus,
 * machine_class_allow_dynamic_sysbus_dev).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "boot/vmm_qemu.h"
#include "rooms/error.h"
#include "rooms/span.h"

/* Devices that are only on the system bus, or that write into memory. All other devices are on PCI, or on
 * buses that the VM always has. */
static const struct {
  const char *driver; /* "a*": all names with this beginning */
  enum vmm_tree_effect tree;
  const char *why;
  enum { ELSEWHERE, PCI_IOMMU, PLATFORM_BUS } shown; /* the device tree shows it */
} system_devices[] = {
    {"loader", VMM_TREE_SAME, "it writes into measured memory, which is not modelled", ELSEWHERE},
    {"guest-loader", VMM_TREE_SAME, "it writes into measured memory, which is not modelled", ELSEWHERE},
    {"pc-dimm", VMM_TREE_SAME, "RAM in addition to -m is not modelled", ELSEWHERE},
    {"nvdimm", VMM_TREE_SAME, "RAM in addition to -m is not modelled", ELSEWHERE},
    {"virtio-mem*", VMM_TREE_SAME, "RAM in addition to -m is not modelled", ELSEWHERE},
    {"host-arm-cpu", VMM_TREE_SAME, "CPUs cannot be added to a realm", ELSEWHERE},
    {"tpm-tis-device", VMM_TREE_MORE, NULL, PLATFORM_BUS},
    {"vfio-platform", VMM_TREE_MORE, NULL, PLATFORM_BUS},
    {"vfio-amd-xgbe", VMM_TREE_MORE, NULL, PLATFORM_BUS},
    {"vfio-calxeda-xgmac", VMM_TREE_MORE, NULL, PLATFORM_BUS},
    {"uefi-vars-sysbus", VMM_TREE_MORE, NULL, PLATFORM_BUS},
    {"arm-smmuv3", VMM_TREE_MORE, NULL, ELSEWHERE},
    {"virtio-iommu*", VMM_TREE_MORE, NULL, PCI_IOMMU},
    {"pxb-cxl", VMM_TREE_MORE, NULL, ELSEWHERE},
};

static bool driver_is(const char *name, vcca_span driver)
{
  size_t n = strlen(name);
  return name[n - 1] == '*' ? driver.n >= n - 1 && memcmp(driver.p, name, n - 1) == 0 : vcca_span_is(driver, name);
}

/* Whether the name says that the device is on a bus which the VM always has. */
static bool on_a_bus(vcca_span driver)
{
  static const char *const known[] = {
      "virtio*",    "vhost*",      "virtconsole",  "virtserialport", "vfio-pci*",
      "pci*",       "pxb*",        "ioh3420",      "x3130-upstream", "xio3130-downstream",
      "usb*",       "qemu-xhci",   "nec-usb-xhci", "scsi*",          "ide*",
      "ahci",       "ich9-ahci",   "nvme*",        "e1000*",         "igb*",
      "rtl8139",    "ivshmem*",    "edu",          "bochs-display",  "ramfb",
      "VGA",        "qxl*",        "hda*",         "ich9-intel-hda", "intel-hda",
      "megasas*",   "mptsas1068",  "lsi*",         "sd-card",        "sdhci-pci",
      "i6300esb",   "pvpanic-pci", "vmgenid",      "vmcoreinfo",     "ccid*",
      "smartcard*", "u2f*",        "cxl*"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (driver_is(known[i], driver))
      return true;
  return driver.n > 4 && memcmp(driver.p + driver.n - 4, "-pci", 4) == 0;
}

static bool read_driver(const struct vmm_value *v, vcca_span driver, struct vcca_error *err)
{
  struct vmm_value named = *v;
  char what[48];
  snprintf(what, sizeof what, "%s %.*s", v->what, (int)(driver.n < 38 ? driver.n : 38), (const char *)driver.p);
  named.what = what;
  for (size_t i = 0; i < sizeof system_devices / sizeof *system_devices; i++)
    if (driver_is(system_devices[i].driver, driver)) {
      vmm_own_tree(&named, system_devices[i].tree);
      v->config->pci_iommu |= system_devices[i].shown == PCI_IOMMU;
      v->config->on_platform_bus |= system_devices[i].shown == PLATFORM_BUS;
      return !system_devices[i].why || vcca_fail(err, VCCA_FAULT_USAGE, "%s: %s", what, system_devices[i].why);
    }
  if (!on_a_bus(driver))
    vmm_note(v->notes, "%s is treated as a device on a bus, which the device tree does not show", what);
  return true;
}

/* The driver is the first value, or driver=, or "driver" in JSON. */
bool qemu_read_device(const struct vmm_value *v, struct vcca_error *err)
{
  struct vmm_list l;
  struct vmm_member m;
  int got;
  char driver[64] = "";
  vmm_list_open(&l, VMM_QEMU, true, v->text);
  while ((got = vmm_list_next(&l, v->what, &m, err)) > 0)
    if (((m.bare && l.count == 1) || (!m.bare && vcca_span_is(m.key, "driver"))) &&
        !vmm_keep_text(driver, v, "a driver", m.text, err))
      return false;
  if (got == 0 && !driver[0])
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.60s: it has no driver", v->what, v->word);
  return got == 0 && read_driver(v, vcca_span_str(driver), err);
}

static bool read_interface(const struct vmm_value *v, struct vcca_error *err)
{
  return !vcca_span_is(v->text, "pflash") || vmm_refuse(v, QEMU_NO_FLASH, err);
}

const struct vmm_option qemu_drive_keys[] = {
    {.name = "if", .read = read_interface},
    {.name = ""},
    {.name = "*", .flag = true},
    {.name = NULL},
};

/* The first one is the UART, which the VM always has. */
bool qemu_read_serial(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->serials += !vcca_span_is(v->text, "none");
  if (v->config->serials > 1)
    vmm_own_tree(v, VMM_TREE_MORE);
  return true;
}

/* Whether these are properties of the machine, its CPUs, its interrupt controller or the realm. */
static bool counts(vcca_span driver)
{
  static const char *const ends[] = {"-cpu", "-machine", "rme-guest", "-gic", "-gicv3", "-its"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    size_t n = strlen(ends[i]);
    if (driver.n >= n && memcmp(driver.p + driver.n - n, ends[i], n) == 0)
      return true;
  }
  return false;
}

/* DRIVER.PROPERTY=VALUE, or driver=, property=, value=. */
bool qemu_read_global(const struct vmm_value *v, struct vcca_error *err)
{
  struct vmm_list l;
  struct vmm_member m;
  vcca_span driver = {NULL, 0};
  int got;
  vmm_list_open(&l, VMM_QEMU, false, v->text);
  while ((got = vmm_list_next(&l, v->what, &m, err)) > 0) {
    const uint8_t *dot = m.key.n > 0 ? memchr(m.key.p, '.', m.key.n) : NULL;
    if (l.count == 1 && dot)
      driver = vcca_span_of(m.key.p, (size_t)(dot - m.key.p));
    if (vcca_span_is(m.key, "driver"))
      driver = m.text;
    if (counts(driver))
      return vmm_refuse(v, "it changes the machine, its CPUs or the realm: use -M, -cpu or -object", err);
  }
  return got == 0;
}

/* GROUP.ID.KEY=VALUE changes another option. */
bool qemu_read_set(const struct vmm_value *v, struct vcca_error *err)
{
  static const char *const harmless[] = {"device.", "chardev.", "drive.", "netdev.", "fsdev.", "mon.",
                                         "iscsi.",  "spice.",   "rtc.",   "trace.",  "net.",   "nic."};
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (strncmp(v->word, harmless[i], strlen(harmless[i])) == 0)
      return true;
  return vmm_refuse(v, "it changes another option: give the value there", err);
}
