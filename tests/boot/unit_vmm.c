/* Command lines to plans: what is asked for, what is refused and which option the refusal names. Long
 * because of the tables of command lines.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_vmm.h"

#define HOST "ipa_bits=52\nnum_bps=6\nnum_wps=4\npmu_num_ctrs=6\nsve_vl=512\npmu=true\n"
static uint8_t kernel[8192], initrd[5000], large[3 << 20];
static struct vcca_vmm_images images;

static struct support_words words;
static struct vcca_error err;

static const struct vcca_plan *plan_of(const char *vmm, const char *host, const char *line, struct vcca_vmm_plan *plan)
{
  memset(&err, 0, sizeof err);
  check_ok(support_plan(vmm, host, line, &images, &words, plan, &err), &err, line);
  return &plan->plan;
}

static const struct vcca_segment *segment(const struct vcca_plan *plan, enum vcca_role role)
{
  const struct vcca_segment *s = vcca_plan_segment(plan, role);
  if (!s)
    fail_msg("no segment %s", vcca_role_name(role));
  return s;
}

static void host_and_command_line_make_the_parameters(void **state)
{
  (void)state;
  static const struct {
    const char *vmm, *host, *line;
    uint64_t flags, s2sz, sve_vl, bps, wps, pmu;
    enum vcca_hash_alg alg;
  } rows[] = {
      {"qemu", HOST, "", 6, 41, 3, 5, 3, 6, VCCA_SHA512},
      {"qemu", HOST "lpa2=true\n", "-cpu host,pmu=off,sve=off", 1, 41, 0, 5, 3, 0, VCCA_SHA512},
      {"qemu", HOST, "-cpu host,num-breakpoints=2,num-watchpoints=3,num-pmu-counters=1", 6, 41, 3, 1, 2, 1,
       VCCA_SHA512},
      {"qemu", HOST, "-cpu host,sve256=on", 6, 41, 1, 5, 3, 6, VCCA_SHA512},  /* the longest asked for */
      {"qemu", HOST, "-cpu host,sve512=off", 6, 41, 1, 5, 3, 6, VCCA_SHA512}, /* the next power of two */
      {"qemu", HOST, "-cpu host,sve256=off", 6, 41, 0, 5, 3, 6, VCCA_SHA512}, /* and none above it */
      {"qemu", HOST, "-cpu host,sve384=off", 6, 41, 3, 5, 3, 6, VCCA_SHA512}, /* which the host does not have */
      {"qemu", HOST, "-cpu host,sve256=off,sve256=on", 6, 41, 1, 5, 3, 6, VCCA_SHA512}, /* the last word counts */
      {"qemu", HOST, "-cpu host,sve1024=off", 6, 41, 3, 5, 3, 6, VCCA_SHA512},          /* longer than there is */
      {"qemu", HOST, "-object rme-guest,measurement-algorithm=sha256", 6, 41, 3, 5, 3, 6, VCCA_SHA256},
      {"qemu", HOST "hash_algo='RmiHashSha256'\n", "", 6, 41, 3, 5, 3, 6, VCCA_SHA256},
      {"qemu", HOST "hash_algo='RmiHashSha256'\n", "-object rme-guest,measurement-algorithm=sha512", 6, 41, 3, 5, 3, 6,
       VCCA_SHA512},
      {"qemu", "ipa_bits=40\nnum_bps=2\nnum_wps=2\n", "", 0, 40, 0, 1, 1, 0, VCCA_SHA512},
      {"kvmtool", HOST, "-c 1 -m 512", 2, 33, 3, 5, 3, 0, VCCA_SHA256}, /* no PMU unless asked for */
      {"kvmtool", HOST, "-c 1 -m 512 --pmu --pmu-counters 2 --disable-sve", 4, 33, 0, 5, 3, 2, VCCA_SHA256},
      {"kvmtool", HOST, "-c 1 -m 512 --sve-max-vl=256", 2, 33, 1, 5, 3, 0, VCCA_SHA256},
      {"kvmtool", HOST, "-c 1 -m 2G", 2, 33, 3, 5, 3, 0, VCCA_SHA256},
      {"kvmtool", HOST, "-c 1 -m 4G", 2, 34, 3, 5, 3, 0, VCCA_SHA256}, /* RAM ends beyond 32 bits */
      {"cloud-hypervisor", HOST, "--kernel Image", 6, 48, 3, 5, 3, 6, VCCA_SHA512},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan plan;
    const struct vcca_realm_params *p = &plan_of(rows[i].vmm, rows[i].host, rows[i].line, &plan)->params;
    if (p->flags != rows[i].flags || p->s2sz != rows[i].s2sz || p->sve_vl != rows[i].sve_vl ||
        p->num_bps != rows[i].bps || p->num_wps != rows[i].wps || p->pmu_num_ctrs != rows[i].pmu ||
        p->hash_alg != rows[i].alg)
      fail_msg("%s %s: flags %u s2sz %u vl %u bps %u wps %u pmu %u alg %d", rows[i].vmm, rows[i].line,
               (unsigned)p->flags, (unsigned)p->s2sz, (unsigned)p->sve_vl, (unsigned)p->num_bps, (unsigned)p->num_wps,
               (unsigned)p->pmu_num_ctrs, (int)p->hash_alg);
    vcca_vmm_plan_free(&plan);
  }
}

static void rmm_2_0_defaults_to_sha_256_and_does_not_measure_ripas(void **state)
{
  (void)state;
  struct vcca_host_caps caps = {.known = {false}};
  struct vcca_vmm_config config;
  struct vcca_vmm_plan plan;
  struct vcca_rim rim, created;
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT(HOST), &caps, &err), &err, "host");
  check_ok(vcca_vmm_parse("qemu", NULL, 0, NULL, NULL, &config, &err), &err, "no words");
  check_ok(vcca_vmm_plan(&config, &caps, &images, VCCA_RULES_ARM_2_0, NULL, NULL, &plan, &err), &err, "plan");
  assert_int_equal(plan.plan.params.hash_alg, VCCA_SHA256);
  plan.plan.segment_count = 0;
  plan.plan.vcpus = 0;
  vcca_plan_measure(&plan.plan, NULL, NULL, NULL, NULL, &rim);
  vcca_rim_create(&created, VCCA_RULES_ARM_2_0, &plan.plan.params);
  assert_memory_equal(rim.value, created.value, sizeof rim.value);
  vcca_vmm_plan_free(&plan);
  check_ok(vcca_host_caps_set(&caps, VCCA_CAP_HASH_ALGO, "sha384", &err), &err, "sha384");
  check_ok(vcca_vmm_plan(&config, &caps, &images, VCCA_RULES_ARM_2_0, NULL, NULL, &plan, &err), &err,
           "2.0 with SHA-384");
  vcca_vmm_plan_free(&plan);
  assert_false(vcca_vmm_plan(&config, &caps, &images, VCCA_RULES_ARM_1_0, NULL, NULL, &plan, &err));
  assert_non_null(strstr(err.text, "--rmm 2.0"));
  vcca_vmm_plan_free(&plan);
}

static void images_lie_where_each_vmm_puts_them(void **state)
{
  (void)state;
  static const struct {
    const char *vmm, *line;
    uint64_t kernel, initrd, dtb, pc, x0;
  } rows[] = {
      {"qemu", "-m 1G -kernel k -initrd i", 0x40000000, 0x48000000, 0x48200000, 0x40000000, 0x48200000},
      {"qemu", "-m 64 -kernel k -initrd i", 0x40000000, 0x42000000, 0x42200000, 0x40000000, 0x42200000},
      {"kvmtool", "-c 1 -m 512 -k k -i i", 0x80000000, 0x8fdfe000, 0x8fe00000, 0x80000000, 0x8fe00000},
      {"kvmtool", "-c 1 -m 128 -k k -i i", 0x80000000, 0x87dfe000, 0x87e00000, 0x80000000, 0x87e00000},
      {"kvmtool", "-c 1 -m 512 -k k -i i --measurement-log", 0x80000000, 0x8fdfe000, 0x8fe00000, 0x80000000,
       0x8fe00000},
      {"kvmtool-arm", "-c 1 -m 512 -k k -i i", 0x80000000, 0x8fdf0000, 0x8fe00000, 0x80000000, 0x8fe00000},
      {"cloud-hypervisor", "--memory size=512M --kernel k --initramfs i", 0x40400000, 0x5fffe000, 0x40000000,
       0x40400000, 0x40000000},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan out;
    const struct vcca_plan *plan = plan_of(rows[i].vmm, HOST, rows[i].line, &out);
    assert_int_equal(segment(plan, VCCA_ROLE_KERNEL)->ipa, rows[i].kernel);
    assert_int_equal(segment(plan, VCCA_ROLE_INITRD)->ipa, rows[i].initrd);
    assert_int_equal(segment(plan, VCCA_ROLE_DTB)->ipa, rows[i].dtb);
    assert_int_equal(plan->boot_rec.pc, rows[i].pc);
    assert_int_equal(plan->boot_rec.gprs[0], rows[i].x0);
    const struct vcca_segment *s = segment(plan, VCCA_ROLE_INITRD);
    assert_memory_equal(s->content.p + s->lead, initrd, sizeof initrd);
    vcca_vmm_plan_free(&out);
  }
}

/* Up to 0xfc000000 there are 3008 MiB; the rest begins at 4 GiB (arch/src/aarch64/layout.rs). */
static void ram_of_cloud_hypervisor_leaves_a_hole_below_4_gib(void **state)
{
  (void)state;
  static const struct {
    const char *line;
    size_t count;
    uint64_t ripas[4], initrd;
  } rows[] = {
      {"--memory size=3008M --kernel k --initramfs i", 1, {0x40000000, 0xfc000000}, 0xfbffe000},
      {"--memory size=3010M --kernel k --initramfs i",
       2,
       {0x40000000, 0xfc000000, 0x100000000, 0x100200000},
       0x1001fe000},
      {"--memory size=4G --kernel k --initramfs i", 2, {0x40000000, 0xfc000000, 0x100000000, 0x144000000}, 0x143ffe000},
      {"--memory size=16G --kernel k --initramfs i",
       2,
       {0x40000000, 0xfc000000, 0x100000000, 0x444000000},
       0x443ffe000},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan out;
    const struct vcca_plan *plan = plan_of("cloud-hypervisor", HOST, rows[i].line, &out);
    assert_int_equal(plan->ripas_count, rows[i].count);
    for (size_t k = 0; k < rows[i].count; k++) {
      assert_int_equal(plan->ripas[k].base, rows[i].ripas[2 * k]);
      assert_int_equal(plan->ripas[k].top, rows[i].ripas[2 * k + 1]);
    }
    assert_int_equal(segment(plan, VCCA_ROLE_INITRD)->ipa, rows[i].initrd);
    assert_int_equal(segment(plan, VCCA_ROLE_KERNEL)->ipa, 0x40400000);
    vcca_vmm_plan_free(&out);
  }
}

static void branches_of_kvmtool_differ(void **state)
{
  (void)state;
  struct vcca_vmm_plan out;
  const struct vcca_plan *plan = plan_of("kvmtool-arm", HOST, "-c 1 -m 512 -f fw", &out);
  assert_int_equal(segment(plan, VCCA_ROLE_FIRMWARE)->size, 0x300000);
  assert_int_equal(segment(plan, VCCA_ROLE_DTB)->ipa, 0x80400000);
  vcca_vmm_plan_free(&out);
  plan = plan_of("kvmtool-arm", HOST, "-c 1 -m 512 -k k", &out);
  assert_int_equal(segment(plan, VCCA_ROLE_KERNEL)->size, 0x10000);
  vcca_vmm_plan_free(&out);
  plan = plan_of("kvmtool-linaro", HOST, "-c 1 -m 512 -k k", &out);
  assert_int_equal(segment(plan, VCCA_ROLE_KERNEL)->size, 0x2000);
  vcca_vmm_plan_free(&out);
}

/* virtio/net.c: a network device has its own trans= or else --virtio-transport, which is known when all
 * options are read; the one that there is by default gives way to any other. */
static void network_devices_have_a_transport_of_their_own(void **state)
{
  (void)state;
  static const struct {
    const char *line;
    unsigned nodes;
  } rows[] = {
      {"", 0},
      {"--virtio-transport mmio", 1},
      {"--virtio-transport mmio -n mode=none", 0},
      {"--virtio-transport mmio -n mode=user", 1},
      {"--virtio-transport mmio -n mode=tap,tapif=t -n mode=tap,tapif=u --rng", 3},
      {"-n mode=user,trans=mmio", 1},
      {"-n trans=mmio -d disk", 1},
      {"-n trans=mmio --virtio-transport mmio -d disk", 2},
      {"-n trans=mmio --virtio-transport pci", 1},
      {"-n trans=pci --virtio-transport mmio", 0},
      {"--virtio-transport mmio -n trans=pci -n mode=tap", 1},
      {"-n trans=other --virtio-transport mmio", 1},
      {"--virtio-transport mmio --force-pci -n trans=mmio -n mode=none", 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan out;
    char line[200];
    unsigned nodes = 0;
    snprintf(line, sizeof line, "-c 1 -m 512 -k k %s", rows[i].line);
    (void)plan_of("kvmtool", HOST, line, &out);
    for (size_t at = 0; at + 12 <= out.dtb.n; at++)
      nodes += memcmp(out.dtb.p + at, "virtio,mmio", 12) == 0;
    if (nodes != rows[i].nodes)
      fail_msg("%s: %u nodes, not %u", rows[i].line, nodes, rows[i].nodes);
    vcca_vmm_plan_free(&out);
  }
}

static void the_log_area_comes_after_the_vcpus(void **state)
{
  (void)state;
  struct vcca_vmm_plan out;
  const struct vcca_plan *plan = plan_of("kvmtool", HOST, "-c 1 -m 512 --measurement-log -k k", &out);
  const struct vcca_segment *s = segment(plan, VCCA_ROLE_LOG);
  assert_int_equal(s->ipa, 0x8fff0000);
  assert_int_equal(s->size, 0x10000);
  assert_true(s->after_recs && !s->measured);
  vcca_vmm_plan_free(&out);
}

static const struct {
  const char *vmm, *host, *line, *names;
} refused[] = {
    {"qemu", HOST, "-m", "-m needs a value"},
    {"qemu", HOST, "-m 1X", "-m"},
    {"qemu", HOST, "-m 99999999P", "-m"},
    {"qemu", HOST, "-m 1G,maxmem=512M", "maxmem"},
    {"qemu", HOST, "-m 1G,maxmem=2048", "maxmem is in bytes"},
    {"qemu", HOST, "-m 1G,slots=2", "give maxmem"},
    {"qemu", HOST, "-m 1G,slots=2,maxmem=1G", "give maxmem"},
    {"qemu", HOST, "-m 1G,frob=1", "frob"},
    {"qemu", HOST, "-smp 0", "-smp"},
    {"qemu", HOST, "-smp 513", "-smp"},
    {"qemu", HOST, "-smp 512,sockets=512,cores=512", "-smp"},
    {"qemu", HOST, "-smp 5,cores=2", "-smp"},
    {"qemu", HOST, "-smp 4,maxcpus=2", "maxcpus"},
    {"qemu", HOST, "-object rme-guest,frob=1", "frob"},
    {"qemu", HOST, "-object rme-guest,personalization-value=A", "base64"},
    {"qemu", HOST,
     "-object "
     "rme-guest,personalization-value="
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
     "64 bytes"},
    {"qemu", HOST, "-object rme-guest,measurement-algorithm=md5", "measurement-algorithm"},
    {"qemu", HOST, "-object rme-guest,measurement-algorithm=sha384", "--rmm 2.0"},
    {"qemu", HOST, "-M virt,gic-version=2", "gic-version"},
    {"qemu", HOST, "-M virt,highmem=off", "highmem"},
    {"qemu", HOST, "-M microvm", "virt"},
    {"qemu", HOST, "-cpu cortex-a57", "host"},
    {"qemu", HOST, "-cpu host,sve100=on", "sve100"},
    {"qemu", HOST, "-cpu host,sve2176=on", "sve"},
    {"qemu", HOST, "-cpu host,sve1024=on", "--sve-vl"},
    {"qemu", HOST, "-cpu host,sve=off,sve256=on", "sve=off"},
    {"qemu", HOST, "-cpu host,sve128=off", "sve128=off leaves no vector"},
    {"qemu", HOST, "-cpu host,sve256=off,sve512=on",
     "-cpu sve256=off"}, /* arm_cpu_sve_finalize: KVM needs all shorter ones */
    {"qemu", "num_bps=2\nnum_wps=2\n", "-cpu host,sve384=on", "--sve-vl"},
    {"qemu", "num_bps=2\nnum_wps=2\nsve_vl=0\n", "-cpu host,sve128=on", "--sve-vl 0"},
    {"qemu", HOST, "-cpu host,num-breakpoints=7",
     "-cpu num-breakpoints=7, but the host has 6: lower it, or raise the host's --num-bps"},
    {"qemu", HOST, "-cpu host,num-watchpoints=1", "-cpu num-watchpoints 1: expected a number from 2 to 64"},
    {"qemu", HOST, "-cpu host,num-pmu-counters=7", "--pmu-num-ctrs"},
    {"qemu", "num_bps=2\nnum_wps=2\npmu=false\n", "-cpu host,pmu=on", "-cpu pmu=on, but the host has no PMU"},
    {"qemu", "num_bps=2\nnum_wps=2\n", "-cpu host,sve=on", "--sve-vl"},
    {"qemu", "num_bps=2\nnum_wps=2\n", "-cpu host,pmu=on", "--pmu-num-ctrs"},
    {"qemu", "num_wps=2\n", "", "--num-bps"},
    {"qemu", HOST, "-m 1G,maxmem=256T,slots=12", "--lpa2"},
    {"qemu", "ipa_bits=32\nnum_bps=2\nnum_wps=2\n", "-m 2G", "--ipa-bits"},
    {"qemu", HOST, "-m 1M -kernel k", "-m"}, /* the device tree is outside RAM */
    {"qemu", HOST, "-m 1M -bios f -object rme-guest,measurement-log=on", "-m"},
    {"qemu", HOST, "-initrd i",
     "-initrd without -kernel: an initrd goes with a kernel: give -kernel, or leave -initrd out"},
    {"qemu", HOST, "-bios f -initrd i", "-initrd without -kernel"},
    {"qemu", HOST, "-append quiet",
     "-append without -kernel: QEMU then cannot pass a command line: give -kernel, or leave -append out"},
    {"qemu", HOST, "-bios f -append quiet", "-append without -kernel"},
    {"kvmtool", HOST, "-m 512", "--cpus"},
    {"kvmtool", HOST, "-c 1", "--mem"},
    {"kvmtool", HOST, "-c 0 -m 512", "--cpus"},
    {"kvmtool", HOST, "-c 1 -m 513", "2 MiB"},
    {"kvmtool", HOST, "-c 1 -m 512@1G", "not below 2 GiB"},
    {"kvmtool", HOST, "-c 1 -m 512@", "a size is"},
    {"kvmtool", HOST, "-c 1 -m 512@3G@4G", "a size is"},
    {"kvmtool", HOST, "-c 1 -m 512 --frob", "--frob"},
    {"kvmtool", HOST, "-c 1 -m 512 -k k stray", "there is one already"},
    {"kvmtool", HOST, "-c 1 -m 512 --", "'--'"},
    {"kvmtool", HOST, "-c 1 -m 512 --realm=1", "takes no value"},
    {"kvmtool", HOST, "-c 1 -m 512 --params", "needs a value"},
    {"kvmtool", HOST, "-c 1 -m 512 --irqchip gicv2", "--irqchip"},
    {"kvmtool", HOST, "-c 1 -m 512 -k a -f b", "--firmware"},
    {"kvmtool", HOST, "-c 1 -m 512 -F flash", "--dtb"},
    {"kvmtool", HOST, "-c 1 -m 512 --sve-max-vl 100", "--sve-max-vl"},
    {"kvmtool", HOST, "-c 1 -m 512 --sve-max-vl 384", "--sve-max-vl"}, /* sve_vl_parser: a power of two */
    {"kvmtool", HOST, "-c 1 -m 512 --realm-pv 01234567890123456789012345678901234567890123456789012345678901234",
     "--realm-pv"},
    {"kvmtool", HOST, "-c 1 -m 512 -f f --firmware-address 0x1001", "--firmware-address"},
    {"kvmtool", HOST, "-c 1 -m 512 -f f --firmware-address 0x1000",
     "--firmware-address 0x1000: RAM is at 0x80000000-0xa0000000"},
    {"kvmtool", HOST, "-c 1 -m 512 -f f --firmware-address 0xa0000000", "--firmware-address 0xa0000000"},
    {"kvmtool", HOST, "-c 1 -m 1G -f f --firmware-address 0x8fc00000",
     "another --firmware-address, smaller images"}, /* over the device tree */
    {"kvmtool", HOST, "-c 1 -m 128 -f f --firmware-address 0x87c00000",
     "give more RAM with --mem, another --firmware-address, or smaller"},
    {"kvmtool", HOST, "-c 513 -m 512", "--cpus 513"},
    {"kvmtool", HOST, "-c 1 -m 512 -k k --pmu --pmu-counters 7", "--pmu-counters 7, but the host has 6"},
    {"kvmtool", HOST, "-c 1 -m 512 -k k --pmu --pmu-counters 32", "--pmu-counters 32"},
    {"kvmtool", HOST, "-c 1 -m 512 --sve-max-vl 4096", "--sve-max-vl 4096"},
    {"kvmtool", HOST, "-c 1 -m 512 -i i", "--initrd without --kernel"},
    {"kvmtool", HOST, "-c 1 -m 512 -n mode=bridge", "user, tap or none"},
    {"kvmtool", HOST, "-c 1 -m 512 -n speed=9", "a network device has"},
    {"kvmtool", HOST, "-c 1 -m 512 --virtio-transport usb", "--virtio-transport usb"},
    {"kvmtool", "ipa_bits=33\nnum_bps=2\nnum_wps=2\n", "-c 1 -m 4G -k k",
     "less RAM with --mem, or a host with more --ipa-bits"},
    {"kvmtool", HOST, "-c 1 -m 4 -f f", "--mem"}, /* firmware over the device tree */
    {"kvmtool", HOST, "-c 1 -m 2 -k k", "--mem"},
    {"kvmtool", "num_bps=2\nnum_wps=2\npmu=false\n", "-c 1 -m 512 --pmu", "--pmu, but the host has no PMU"},
    {"cloud-hypervisor", HOST, "--firmware f", "--kernel"},
    {"cloud-hypervisor", HOST, "--cpus boot=0", "--cpus"},
    {"cloud-hypervisor", HOST, "--memory 1G", "--memory 1G: expected name=value"},
    {"cloud-hypervisor", HOST, "--memory size=0", "--memory size"},
    {"cloud-hypervisor", HOST, "--memory size=204800G --kernel k", "less RAM with --memory size="},
    {"cloud-hypervisor", "num_bps=2\nnum_wps=2\nipa_bits=32\n", "--memory size=2G --kernel k", "--ipa-bits"},
    {"cloud-hypervisor", HOST, "--memory-zone id=a,size=1G", "--memory size="},
    {"cloud-hypervisor", HOST, "--initramfs i", "--initramfs without --kernel"},
    {"cloud-hypervisor", HOST, "--platform measurement_algo=md5", "--platform measurement_algo md5"},
    {"cloud-hypervisor", HOST, "--memory size=6M --kernel k --initramfs i", "--memory size="},
    {"cloud-hypervisor", HOST, "--memory size=4M --kernel k", "--memory"},
    {"cloud-hypervisor", HOST, "--memory size=3080196K --kernel k --initramfs i",
     "from 4 GiB on: give more RAM with --memory size="}, /* 4 KiB */
    {"cloud-hypervisor", HOST, "--frob", "--frob"},
};

static void refusals_name_what_to_change(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    struct vcca_vmm_plan plan;
    memset(&err, 0, sizeof err);
    if (support_plan(refused[i].vmm, refused[i].host, refused[i].line, &images, &words, &plan, &err))
      fail_msg("%s %s: accepted", refused[i].vmm, refused[i].line);
    if (err.fault != VCCA_FAULT_USAGE || !strstr(err.text, refused[i].names))
      fail_msg("%s %s: no '%s' in: %s", refused[i].vmm, refused[i].line, refused[i].names, err.text);
    vcca_vmm_plan_free(&plan);
  }
}

static void images_that_are_asked_for_must_be_here(void **state)
{
  (void)state;
  struct vcca_vmm_images none = {.kernel = {NULL, 0}};
  struct vcca_vmm_plan plan;
  assert_false(support_plan("qemu", HOST, "-kernel Image", &none, &words, &plan, &err));
  assert_non_null(strstr(err.text, "--kernel"));
  vcca_vmm_plan_free(&plan);
  assert_false(support_plan("kvmtool", HOST, "-c 1 -m 512 -f fw", &none, &words, &plan, &err));
  assert_non_null(strstr(err.text, "--firmware"));
  vcca_vmm_plan_free(&plan);
}

struct remarks {
  unsigned count;
  char first[400], last[400];
};
static void remark(void *ctx, const char *text)
{
  struct remarks *r = ctx;
  r->count++;
  snprintf(r->last, sizeof r->last, "%s", text);
  if (r->count == 1)
    memcpy(r->first, r->last, sizeof r->first);
}

/* How often remarks with these words came. */
struct told {
  const char *words;
  unsigned count;
};
static void tell(void *ctx, const char *text)
{
  struct told *t = ctx;
  t->count += strstr(text, t->words) != NULL;
}

static void what_cannot_matter_is_passed_over_and_what_may_surprise_is_said(void **state)
{
  (void)state;
  struct vcca_vmm_config config;
  struct remarks r = {0};
  support_split("qemu-system-aarch64 -M virt,confidential-guest-support=r -object rme-guest,id=r -drive a=b -netdev c "
                "-chardev d -mon e -fsdev f "
                "-device virtio-net-pci,netdev=n -nographic",
                &words);
  check_ok(vcca_vmm_parse("qemu", words.word, words.count, remark, &r, &config, &err), &err, "harmless");
  assert_int_equal(r.count, 0);
  support_split("-M virt,confidential-guest-support=r -object rme-guest,id=r -device frob", &words);
  check_ok(vcca_vmm_parse("qemu", words.word, words.count, remark, &r, &config, &err), &err, "device");
  assert_int_equal(r.count, 1);
  assert_non_null(strstr(r.last, "frob"));
  support_split("-M virt,confidential-guest-support=r -object rme-guest,id=r disk.img", &words);
  check_ok(vcca_vmm_parse("qemu", words.word, words.count, remark, &r, &config, &err), &err, "a separate argument");
  assert_int_equal(r.count, 2);
  assert_non_null(strstr(r.last, "disk.img"));
}

/* Linux' RMM 2.0 interface takes neither; under RMM 1.0 they are options like others. */
static void what_rmm_2_0_has_no_setting_for_is_remarked_on_there_alone(void **state)
{
  (void)state;
  static const struct {
    const char *object;
    bool remarked;
  } rows[] = {{"rme-guest,id=r", false},
              {"rme-guest,id=r,measurement-algorithm=sha512", true},
              {"rme-guest,id=r,personalization-value=AAAA", true},
              {"rme-guest,id=r,measurement-log=on", true}};
  struct vcca_host_caps caps = {.known = {false}};
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT(HOST), &caps, &err), &err, "host");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int two = 0; two < 2; two++) {
      struct vcca_vmm_config config;
      struct vcca_vmm_plan plan;
      struct told told = {.words = "RMM 2.0 interface has no setting"};
      char line[200];
      snprintf(line, sizeof line, "-M virt,confidential-guest-support=r -m 512 -kernel k -object %s", rows[i].object);
      support_split(line, &words);
      check_ok(vcca_vmm_parse("qemu", words.word, words.count, NULL, NULL, &config, &err), &err, line);
      check_ok(vcca_vmm_plan(&config, &caps, &images, two ? VCCA_RULES_ARM_2_0 : VCCA_RULES_ARM_1_0, tell, &told, &plan,
                             &err),
               &err, line);
      assert_int_equal(told.count, two && rows[i].remarked);
      vcca_vmm_plan_free(&plan);
    }
}

/* That the VM is no realm is said before anything else. */
static void a_vm_that_is_no_realm_is_named_first(void **state)
{
  (void)state;
  static const struct {
    const char *vmm, *line, *says;
  } rows[] = {
      {"qemu", "-M virt -device frob", "confidential-guest-support=ID"},
      {"qemu", "-M virt -device frob", "default hash algorithm"},
      {"qemu", "-device frob -M virt -object rme-guest,id=rme7", "confidential-guest-support=rme7"},
      {"kvmtool", "-n trans=x -c 1 -m 512", "no --realm"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_config config;
    struct remarks r = {0};
    support_split(rows[i].line, &words);
    check_ok(vcca_vmm_parse(rows[i].vmm, words.word, words.count, remark, &r, &config, &err), &err, rows[i].line);
    assert_int_equal(r.count, 2);
    assert_non_null(strstr(r.first, "not measured"));
    assert_non_null(strstr(r.first, rows[i].says));
  }
}

/* Every option that a VMM's realm command line may have and that is read or known not to matter: none is
 * remarked on. */
static void options_of_each_vmm_are_known(void **state)
{
  (void)state;
  static const struct {
    const char *vmm, *line;
  } rows[] = {
      {"qemu",
       "/usr/bin/qemu-system-aarch64 -m 1G -m size=1G,slots=2,maxmem=2G -smp 4,maxcpus=4 -object "
       "rme-guest,id=rme0,measurement-algorithm=sha512,personalization-value=AAAA,measurement-log=on -append a=b,c -M "
       "virt,gic-version=3,its=on,acpi=off,confidential-guest-support=rme0 -machine type=virt -cpu "
       "host,num-breakpoints=2,num-watchpoints=2,num-pmu-counters=1,pmu=on,sve=on,sve256=on -device "
       "virtio-blk-pci,drive=d -kernel k "
       "-initrd i -bios f -dtb t -drive file=x,if=none,id=d -enable-kvm -nographic -nodefaults --accel kvm -name n "
       "-no-reboot"},
      {"kvmtool", "lkvm run --name n --cpus 1 --mem 512 --disk d --balloon --rng --nodefaults --9p a,b --console "
                  "virtio --vsock 3 --dev d --tty 0 "
                  "--hugetlbfs h --virtio-transport mmio --loglevel debug --kernel k --initrd i --params p --network "
                  "mode=user,trans=mmio --no-dhcp "
                  "--vfio-pci v --debug --debug-single-step --debug-ioport --debug-mmio --debug-iodelay 1 --pmu "
                  "--disable-sve --realm "
                  "--measurement-algo sha256 --measurement-log --realm-pv x --no-pvtime --sve-max-vl 128 "
                  "--pmu-counters 1 --vcpu-affinity a "
                  "--disable-mte --force-pci --irqchip gicv3 --firmware-address 0x80000000 --dtb t --restricted_mem"},
      {"kvmtool-arm", "--realm -c2 -m512 -d d -k k -i i -p p -n mode=none"},
      {"kvmtool-linaro", "--realm -c 2 -m 512 -f f -F flash"},
      {"cloud-hypervisor",
       "cloud-hypervisor --cpus boot=1 --memory size=1G --platform arm_rme=on,measurement_algo=sha512 --kernel k "
       "--initramfs i --cmdline c --rate-limit-group r --disk d --net n --rng r --balloon b --fs f --pmem p --serial "
       "off "
       "--console off --device d --user-device u --vdpa v --vsock v --pvpanic --watchdog --log-file l --api-socket a "
       "--event-monitor e --seccomp s -v --dtb t"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_config config;
    struct remarks r = {0};
    support_split(rows[i].line, &words);
    check_ok(vcca_vmm_parse(rows[i].vmm, words.word, words.count, remark, &r, &config, &err), &err, rows[i].vmm);
    if (r.count != 0)
      fail_msg("%s: %s", rows[i].vmm, r.last);
  }
}

static void topology_is_filled_in_as_qemu_does(void **state)
{
  (void)state;
  static const struct {
    const char *line;
    unsigned sockets, clusters, cores, threads, vcpus;
  } rows[] = {
      {"", 1, 1, 1, 1, 1},
      {"-smp 4", 1, 1, 4, 1, 4},
      {"-smp cores=4", 1, 1, 4, 1, 4},
      {"-smp maxcpus=4", 1, 1, 4, 1, 4},
      {"-smp cores=2,maxcpus=8", 4, 1, 2, 1, 8},
      {"-smp cores=2,sockets=2,maxcpus=16", 2, 1, 2, 4, 16},
      {"-smp threads=2,cores=2,sockets=2,clusters=2", 2, 2, 2, 2, 16},
      {"-smp 12 -smp clusters=2,threads=2", 1, 2, 3, 2, 12},
      {"-smp 2,maxcpus=4", 1, 1, 4, 1, 2},
      {"-smp 3,sockets=2,maxcpus=8,threads=2", 2, 1, 2, 2, 3},
      {"-smp 5,maxcpus=12,dies=1,modules=1 -M smp.clusters=2", 1, 2, 6, 1, 5},
      {"-smp 0x10", 1, 1, 16, 1, 16},
      {"-smp 010", 1, 1, 8, 1, 8}, /* C's octal */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_config c;
    support_split(rows[i].line, &words);
    check_ok(vcca_vmm_parse("qemu", words.word, words.count, NULL, NULL, &c, &err), &err, rows[i].line);
    if (c.sockets != rows[i].sockets || c.clusters != rows[i].clusters || c.cores != rows[i].cores ||
        c.threads != rows[i].threads || c.vcpus != rows[i].vcpus)
      fail_msg("%s: %u %u %u %u = %u", rows[i].line, c.sockets, c.clusters, c.cores, c.threads, c.vcpus);
  }
}

int main(void)
{
  support_header(kernel, 0, 0x200000);
  for (size_t i = 0; i < sizeof initrd; i++)
    initrd[i] = (uint8_t)(i + 1);
  memset(large, 0xaa, sizeof large);
  images.kernel = VCCA_SPAN(kernel);
  images.initrd = VCCA_SPAN(initrd);
  images.firmware = VCCA_SPAN(large);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(host_and_command_line_make_the_parameters),
      cmocka_unit_test(rmm_2_0_defaults_to_sha_256_and_does_not_measure_ripas),
      cmocka_unit_test(images_lie_where_each_vmm_puts_them),
      cmocka_unit_test(ram_of_cloud_hypervisor_leaves_a_hole_below_4_gib),
      cmocka_unit_test(branches_of_kvmtool_differ),
      cmocka_unit_test(network_devices_have_a_transport_of_their_own),
      cmocka_unit_test(the_log_area_comes_after_the_vcpus),
      cmocka_unit_test(refusals_name_what_to_change),
      cmocka_unit_test(images_that_are_asked_for_must_be_here),
      cmocka_unit_test(a_vm_that_is_no_realm_is_named_first),
      cmocka_unit_test(what_cannot_matter_is_passed_over_and_what_may_surprise_is_said),
      cmocka_unit_test(what_rmm_2_0_has_no_setting_for_is_remarked_on_there_alone),
      cmocka_unit_test(options_of_each_vmm_are_known),
      cmocka_unit_test(topology_is_filled_in_as_qemu_does),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
