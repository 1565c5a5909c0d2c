/* Changes of how a VM is started: each changes one option in a configuration, the v-th way, and says it in
 * words and in the VMM's. The VM is then laid out anew, so that addresses, RIPAS and the device tree
 * follow.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/hypothesis.h"
#include "rooms/boot.h"
#include "rooms/vmm.h"

#include <inttypes.h>
#include <string.h>

static bool is_vmm(const struct configuration *c)
{
  return c->made.config != NULL;
}

static bool makes_dtb(const struct configuration *c)
{
  return is_vmm(c) ? c->images.dtb.n == 0 : c->made.dtb_made;
}

static bool is_program(const struct configuration *c, enum vcca_vmm_program program)
{
  return is_vmm(c) && vcca_vmm_program(c->config.vmm) == program;
}

/* One of the VMM's own options instead of what was there; kvmtool's have letters, too. */
static void say_vmm(struct vcca_rim_deviation *say, const char *option, const char *long_name, const char *letter,
                    const char *value)
{
  (void)say_edit(say, VCCA_EDIT_VMM, option, "%s", value);
  (void)say_edit(say, VCCA_EDIT_VMM_DROP_TWO, long_name, "%s", letter);
}

/* The v-th model or profile, when it takes the same options: a branch of the same program, an edition for
 * the same starter. */
bool change_vmm(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  const char *name = is_vmm(c) ? vcca_vmm_name(v, NULL) : vcca_profile_name(v);
  const char **now = is_vmm(c) ? &c->config.vmm : &c->vm.profile;
  if (!name || strcmp(*now, name) == 0)
    return false;
  if (is_vmm(c) ? vcca_vmm_program(name) != vcca_vmm_program(*now)
                : vcca_profile_named(name)->starter != vcca_profile_named(*now)->starter)
    return false;
  *now = name;
  return say_edit(say, VCCA_EDIT_PROFILE, "", "%s", name) && say_words(say, "the VM is started as by %s", name);
}

bool change_ram(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  static const unsigned mib[] = {128,  256,   512,   1024,  1536,  2048,  3072,  4096,   6144,
                                 8192, 12288, 16384, 24576, 32768, 49152, 65536, 131072, 262144};
  uint64_t size = mib[v] * MIB;
  (void)say_words(say, "%u MiB of RAM", mib[v]);
  if (is_vmm(c)) {
    bool cloud = is_program(c, VCCA_VMM_CLOUD_HYPERVISOR), lkvm = is_program(c, VCCA_VMM_KVMTOOL);
    char value[24];
    snprintf(value, sizeof value, "%s%uM", cloud ? "size=" : "", mib[v]);
    say_vmm(say, cloud ? "--memory" : "-m", cloud ? "memory" : lkvm ? "mem" : "m", lkvm ? "m" : "", value);
    c->config.ram_max = c->config.ram_max > c->config.ram_size ? c->config.ram_max : size;
    return set_u64(&c->config.ram_size, size);
  }
  return say_edit(say, VCCA_EDIT_SET, "ram", "%uM", mib[v]) && set_u64(&c->vm.ram_size, size);
}

bool change_cpus(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  static const unsigned many[] = {20, 24, 28, 32, 40, 48, 64, 128};
  unsigned n = v < 16 ? v + 1 : many[v - 16], *now = is_vmm(c) ? &c->config.vcpus : &c->vm.vcpus;
  if (!makes_dtb(c) || *now == n)
    return false;
  char value[24];
  snprintf(value, sizeof value, "%s%u", is_program(c, VCCA_VMM_CLOUD_HYPERVISOR) ? "boot=" : "", n);
  *now = n;
  c->config.sockets = c->config.clusters = c->config.threads = 1;
  c->config.cores = n;
  if (!is_vmm(c))
    (void)say_edit(say, VCCA_EDIT_SET, "vcpus", "%u", n);
  else if (is_program(c, VCCA_VMM_QEMU))
    say_vmm(say, "-smp", "smp", "", value);
  else
    say_vmm(say, is_program(c, VCCA_VMM_CLOUD_HYPERVISOR) ? "--cpus" : "-c", "cpus",
            is_program(c, VCCA_VMM_CLOUD_HYPERVISOR) ? "" : "c", value);
  return say_words(say, "%u vCPU%s", n, n > 1 ? "s" : "");
}

bool change_without(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  bool has = is_vmm(c) ? c->config.initrd != NULL : c->vm.initrd.n > 0;
  c->config.initrd = NULL;
  c->vm.initrd = vcca_span_of(NULL, 0);
  (void)say_edit(say, VCCA_EDIT_DROP, "initrd", "%s", "");
  if (is_vmm(c))
    (void)say_edit(say, VCCA_EDIT_VMM_DROP_TWO, is_program(c, VCCA_VMM_CLOUD_HYPERVISOR) ? "initramfs" : "initrd", "%s",
                   is_program(c, VCCA_VMM_KVMTOOL) ? "i" : "");
  return has && say_words(say, "there is no initrd");
}

static void say_bootargs(struct vcca_rim_deviation *say, const struct configuration *c, const char *bootargs)
{
  const char *name = is_program(c, VCCA_VMM_QEMU)               ? "append"
                     : is_program(c, VCCA_VMM_CLOUD_HYPERVISOR) ? "cmdline"
                                                                : "params",
             *letter = is_program(c, VCCA_VMM_KVMTOOL) ? "p" : "";
  char option[20];
  snprintf(option, sizeof option, "%s%s", is_program(c, VCCA_VMM_QEMU) ? "-" : "--", name);
  if (!is_vmm(c))
    (void)say_edit(say, bootargs ? VCCA_EDIT_SET : VCCA_EDIT_DROP, "append", "%s", bootargs ? bootargs : "");
  else if (bootargs)
    say_vmm(say, option, name, letter, bootargs);
  else
    (void)say_edit(say, VCCA_EDIT_VMM_DROP_TWO, name, "%s", letter);
}

/* What a shell or a launcher does to a command line. */
bool change_bootargs(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  static const char *const usual[] = {NULL, "", "console=ttyAMA0"};
  const char **now = is_vmm(c) ? &c->config.append : &c->made.bootargs;
  const char *was = *now ? *now : "", *is = usual[v] ? usual[v] : "";
  if (!makes_dtb(c) || (strcmp(was, is) == 0 && !*now == !usual[v]))
    return false;
  if (is_program(c, VCCA_VMM_QEMU) && usual[v] && !c->config.kernel)
    return false; /* which QEMU refuses */
  *now = usual[v];
  say_bootargs(say, c, usual[v]);
  return usual[v] ? say_words(say, "the kernel's command line is \"%s\"", usual[v])
                  : say_words(say, "there is no command line for the kernel");
}

bool change_devices(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  if (!is_program(c, VCCA_VMM_KVMTOOL) || !makes_dtb(c) || c->config.devices == v)
    return false;
  c->config.devices = v;
  return say_words(say, "%u virtio device%s", v, v == 1 ? "" : "s");
}

bool change_its(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  if (!(is_program(c, VCCA_VMM_QEMU) || is_program(c, VCCA_VMM_KVMTOOL)) || !makes_dtb(c))
    return false;
  c->config.its = !c->config.its;
  if (is_program(c, VCCA_VMM_QEMU))
    (void)say_edit(say, VCCA_EDIT_VMM, "-M", "its=%s", c->config.its ? "on" : "off");
  else
    (void)say_edit(say, VCCA_EDIT_VMM, "--irqchip", "%s", c->config.its ? "gicv3-its" : "gicv3");
  return say_words(say, "the interrupt controller has %s ITS", c->config.its ? "an" : "no");
}

bool change_pmu_node(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  enum vcca_switch wanted = v == 0 ? VCCA_OFF : VCCA_ON;
  if (!is_vmm(c) || c->config.pmu == wanted)
    return false;
  c->config.pmu = wanted;
  if (is_program(c, VCCA_VMM_QEMU))
    (void)say_edit(say, VCCA_EDIT_VMM, "-cpu", "host,pmu=%s", v == 0 ? "off" : "on");
  else if (is_program(c, VCCA_VMM_KVMTOOL))
    (void)say_edit(say, v == 0 ? VCCA_EDIT_VMM_DROP : VCCA_EDIT_VMM_SWITCH, v == 0 ? "pmu" : "--pmu", "%s", "");
  return say_words(say, "the VM has %s PMU", v == 0 ? "no" : "a");
}

bool change_log(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  if (!is_vmm(c) || is_program(c, VCCA_VMM_CLOUD_HYPERVISOR))
    return false;
  c->config.log = !c->config.log;
  if (is_program(c, VCCA_VMM_QEMU))
    (void)say_edit(say, VCCA_EDIT_VMM, "-object", "rme-guest,id=rme0,measurement-log=%s", c->config.log ? "on" : "off");
  else
    (void)say_edit(say, c->config.log ? VCCA_EDIT_VMM_SWITCH : VCCA_EDIT_VMM_DROP,
                   c->config.log ? "--measurement-log" : "measurement-log", "%s", "");
  return say_words(say, "the host %s a measurement log", c->config.log ? "leaves" : "does not leave");
}

/* A dump has room at its end; a VMM packs it or makes more room. The rest of the bytes is the same. */
bool change_dtb_size(struct configuration *c, unsigned v, struct vcca_rim_deviation *say)
{
  vcca_span dtb = is_vmm(c) ? c->images.dtb : c->vm.dtb;
  if (makes_dtb(c) || dtb.n < 40)
    return false;
  uint32_t structure = vcca_be32(dtb.p + 8), strings = vcca_be32(dtb.p + 12), now = vcca_be32(dtb.p + 4);
  uint32_t end = strings + vcca_be32(dtb.p + 32), structure_end = structure + vcca_be32(dtb.p + 36);
  uint32_t packed = end > structure_end ? end : structure_end;
  const uint32_t sizes[] = {packed, 0x10000, 0x100000, 0x200000, (now + 0xfff) / 0x1000 * 0x1000};
  c->totalsize = sizes[v];
  return sizes[v] != now && sizes[v] >= packed && sizes[v] <= 0x200000 &&
         say_words(say, "the device tree's totalsize is 0x%" PRIx32 ", and not 0x%" PRIx32, sizes[v], now);
}
