/* Device trees: checks one, and makes a small one of a generic virtual machine, with libfdt.
 *
 * Bindings: the Devicetree Specification 0.4 (3: root, memory, chosen, cpus) and Linux
 * Documentation/devicetree/bindings (arm/psci, timer/arm,arch_timer, interrupt-controller/arm,gic-v3,
 * serial/pl011).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/boot.h"
#include "rooms/error.h"
#include "rooms/file.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

/* --- Checking ---------------------------------------------------------------------------------------------- */

enum { DTB_MAGIC = 0, DTB_TOTALSIZE = 4, DTB_HEADER = 40, DTB_MAX = 2 << 20 };

/* The offset at which reading stops: libfdt says what is wrong, not where. */
static size_t first_bad(const void *fdt)
{
  int at = 0, next = 0;
  while (next >= 0) {
    at = next;
    if (fdt_next_tag(fdt, at, &next) == FDT_END)
      break;
  }
  return (size_t)fdt_off_dt_struct(fdt) + (size_t)at;
}

static bool check_tree(const void *fdt, size_t n, struct vcca_error *err)
{
  int fault = fdt_check_header(fdt);
  if (fault)
    return vcca_fail_at(err, DTB_TOTALSIZE, "the device tree's header is wrong (%s)", fdt_strerror(fault));
  fault = fdt_check_full(fdt, n);
  return fault ? vcca_fail_at(err, first_bad(fdt), "the device tree is damaged (%s)", fdt_strerror(fault)) : true;
}

bool vcca_dtb_check(vcca_span dtb, size_t *size, struct vcca_error *err)
{
  if (dtb.n < DTB_HEADER)
    return vcca_fail_at(err, dtb.n, "the device tree ends inside its 40-byte header");
  if (vcca_be32(dtb.p + DTB_MAGIC) != FDT_MAGIC)
    return vcca_fail_at(err, DTB_MAGIC, "no d00dfeed here: not a flattened device tree (.dtb)");
  size_t total = vcca_be32(dtb.p + DTB_TOTALSIZE);
  if (total > dtb.n)
    return vcca_fail_at(err, DTB_TOTALSIZE, "the device tree's totalsize is %zu, but the file has only %zu bytes",
                        total, dtb.n);
  if (total > DTB_MAX) /* booting.rst; also bounds the time of a check */
    return vcca_fail_at(err, DTB_TOTALSIZE, "the device tree's totalsize is %zu, but arm64 allows no more than 2 MiB",
                        total);

  struct vcca_bytes aligned = {0}; /* libfdt needs 8-byte alignment */
  if (!vcca_bytes_alloc(&aligned, dtb.n < DTB_MAX ? dtb.n : DTB_MAX, err))
    return false;
  memcpy(aligned.p, dtb.p, aligned.n);
  bool good = check_tree(aligned.p, aligned.n, err);
  vcca_bytes_free(&aligned);
  if (good && size)
    *size = total;
  return good;
}

/* --- Making ------------------------------------------------------------------------------------------------ */

/* Devices are below 1 GiB, where there is no RAM. */
enum { GICD = 0x08000000, UART = 0x09000000, GICR = 0x10000000, GICR_PER_CPU = 0x20000, DEVICES_END = 0x40000000 };
enum { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2 };
enum { GIC_SPI = 0, GIC_PPI = 1, IRQ_LEVEL_HIGH = 4, IRQ_LEVEL_LOW = 8 };

/* A tree that is being written. Keeps the first fault, so that callers need not check each call. */
struct writer {
  void *fdt;
  int fault;
};

static void latch(struct writer *w, int result)
{
  if (w->fault == 0)
    w->fault = result;
}

static void begin(struct writer *w, const char *name)
{
  latch(w, fdt_begin_node(w->fdt, name));
}

static void begin_at(struct writer *w, const char *name, uint64_t unit)
{
  char text[64];
  snprintf(text, sizeof text, "%s@%" PRIx64, name, unit);
  begin(w, text);
}

static void end(struct writer *w)
{
  latch(w, fdt_end_node(w->fdt));
}

/* Writes a property. text can hold several strings, each but the last with its NUL. */
static void bytes(struct writer *w, const char *name, const void *value, size_t n)
{
  latch(w, fdt_property(w->fdt, name, value, (int)n));
}

static void text(struct writer *w, const char *name, const char *value)
{
  bytes(w, name, value, strlen(value) + 1);
}

static void empty(struct writer *w, const char *name)
{
  bytes(w, name, "", 0);
}

static void cells(struct writer *w, const char *name, const uint32_t *value, size_t n)
{
  uint8_t be[4 * 16];
  for (size_t i = 0; i < n; i++)
    vcca_put_be32(be + 4 * i, value[i]);
  bytes(w, name, be, 4 * n);
}
#define CELLS(w, name, ...) \
  cells(w, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define HI(v) ((uint32_t)((uint64_t)(v) >> 32))
#define LO(v) ((uint32_t)(v))

static void put_chosen(struct writer *w, const struct vcca_dtb_spec *spec)
{
  begin(w, "chosen");
  if (spec->bootargs)
    text(w, "bootargs", spec->bootargs);
  if (spec->initrd_size) {
    uint64_t initrd_end = spec->initrd_base + spec->initrd_size;
    CELLS(w, "linux,initrd-start", HI(spec->initrd_base), LO(spec->initrd_base));
    CELLS(w, "linux,initrd-end", HI(initrd_end), LO(initrd_end));
  }
  text(w, "stdout-path", "/pl011@9000000");
  end(w);
}

/* reg is MPIDR's affinity, as in RecIndex (RMM specification A2.3.1): 16 CPUs to an Aff0 group. */
static void put_cpus(struct writer *w, unsigned count)
{
  begin(w, "cpus");
  CELLS(w, "#address-cells", 1);
  CELLS(w, "#size-cells", 0);
  for (unsigned i = 0; i < count; i++) {
    uint32_t affinity = (i & 15) | (i >> 4) << 8;
    begin_at(w, "cpu", affinity);
    text(w, "device_type", "cpu");
    text(w, "compatible", "arm,armv8");
    CELLS(w, "reg", affinity);
    text(w, "enable-method", "psci");
    end(w);
  }
  end(w);
}

static void put_platform(struct writer *w, unsigned cpus)
{
  uint64_t redistributors = (uint64_t)GICR_PER_CPU * cpus;

  begin(w, "psci");
  bytes(w, "compatible", "arm,psci-1.0\0arm,psci-0.2", sizeof "arm,psci-1.0\0arm,psci-0.2");
  text(w, "method", "smc");
  end(w);

  begin(w, "timer");
  text(w, "compatible", "arm,armv8-timer");
  CELLS(w, "interrupts", GIC_PPI, 13, IRQ_LEVEL_LOW, GIC_PPI, 14, IRQ_LEVEL_LOW, GIC_PPI, 11, IRQ_LEVEL_LOW, GIC_PPI,
        10, IRQ_LEVEL_LOW);
  empty(w, "always-on");
  end(w);

  begin_at(w, "intc", GICD);
  text(w, "compatible", "arm,gic-v3");
  CELLS(w, "#interrupt-cells", 3);
  CELLS(w, "#address-cells", 0);
  empty(w, "interrupt-controller");
  CELLS(w, "reg", 0, GICD, 0, 0x10000, 0, GICR, HI(redistributors), LO(redistributors));
  CELLS(w, "phandle", PHANDLE_GIC);
  end(w);

  begin(w, "apb-pclk");
  text(w, "compatible", "fixed-clock");
  CELLS(w, "#clock-cells", 0);
  CELLS(w, "clock-frequency", 24000000);
  CELLS(w, "phandle", PHANDLE_CLOCK);
  end(w);

  begin_at(w, "pl011", UART);
  bytes(w, "compatible", "arm,pl011\0arm,primecell", sizeof "arm,pl011\0arm,primecell");
  CELLS(w, "reg", 0, UART, 0, 0x1000);
  CELLS(w, "interrupts", GIC_SPI, 1, IRQ_LEVEL_HIGH);
  CELLS(w, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
  bytes(w, "clock-names", "uartclk\0apb_pclk", sizeof "uartclk\0apb_pclk");
  end(w);
}

static int put_tree(const struct vcca_dtb_spec *spec, struct vcca_bytes *room)
{
  struct writer w = {.fdt = room->p};
  latch(&w, fdt_create(w.fdt, (int)room->n));
  latch(&w, fdt_finish_reservemap(w.fdt));
  begin(&w, "");
  text(&w, "compatible", "linux,dummy-virt");
  text(&w, "model", "vcca,virt");
  CELLS(&w, "#address-cells", 2);
  CELLS(&w, "#size-cells", 2);
  CELLS(&w, "interrupt-parent", PHANDLE_GIC);
  put_chosen(&w, spec);
  begin_at(&w, "memory", spec->ram_base);
  text(&w, "device_type", "memory");
  CELLS(&w, "reg", HI(spec->ram_base), LO(spec->ram_base), HI(spec->ram_size), LO(spec->ram_size));
  end(&w);
  put_cpus(&w, spec->vcpus);
  put_platform(&w, spec->vcpus);
  end(&w);
  latch(&w, fdt_finish(w.fdt));
  return w.fault;
}

bool vcca_dtb_make(const struct vcca_dtb_spec *spec, struct vcca_bytes *out, struct vcca_error *err)
{
  size_t bootargs = spec->bootargs ? strlen(spec->bootargs) : 0;
  if (spec->vcpus < 1 || spec->vcpus > VCCA_VCPUS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "vcpus %u: a device tree describes 1 to %d", spec->vcpus, VCCA_VCPUS_MAX);
  if (spec->ram_base < DEVICES_END)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "ram_base 0x%" PRIx64 ": the built-in device tree has its devices below 0x%x", spec->ram_base,
                     DEVICES_END);
  if (spec->ram_size == 0 || spec->ram_size > UINT64_MAX - spec->ram_base)
    return vcca_fail(err, VCCA_FAULT_USAGE, "ram_size 0x%" PRIx64 ": no such memory at 0x%" PRIx64, spec->ram_size,
                     spec->ram_base);
  if (spec->initrd_size > UINT64_MAX - spec->initrd_base)
    return vcca_fail(err, VCCA_FAULT_USAGE, "initrd_size 0x%" PRIx64 ": beyond the address space", spec->initrd_size);
  if (bootargs > DTB_MAX / 2)
    return vcca_fail(err, VCCA_FAULT_USAGE, "bootargs of %zu bytes do not fit a device tree of 2 MiB", bootargs);

  struct vcca_bytes room = {0};
  if (!vcca_bytes_alloc(&room, 8192 + 256 * (size_t)spec->vcpus + bootargs, err))
    return false;
  int fault = put_tree(spec, &room);
  if (fault) {
    vcca_bytes_free(&room);
    return vcca_fail(err, VCCA_FAULT_MEMORY, "the device tree cannot be written (%s)", fdt_strerror(fault));
  }
  room.n = vcca_be32(room.p + DTB_TOTALSIZE);
  *out = room;
  return true;
}
