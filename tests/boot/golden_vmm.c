/* The published RIMs of realms under QEMU and kvmtool (cca-realm-measurements' own tests), from command
 * lines to registers, generated device trees included.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_vmm.h"

#include "boot/vmm_qemu.h"
#include "vcca/hex.h"

static const uint8_t firmware[] = "FW CONTENT", initrd[] = "INITRD CONTENT";
static uint8_t kernel[256];

/* The first 256 bytes of a Linux Image: its header, and the PE header that the EFI stub shares it with. */
static void fill_kernel(void)
{
  static const struct {
    size_t at;
    const char *hex;
  } parts[] = {
      {0, "4d5a40fa3bf47314"},
      {0x10, "0000d102000000000a"},
      {0x38, "41524d644000000050450000 64aa02"},
      {0x54, "a80006020b0202140000e2010000ee00000000002ca7d90100000100000000000000000000000100000200000000000003"},
      {0x90, "0000d10200000100000000000a000001"},
      {0xc4, "07"},
      {0xf8, "98c9ea011c"}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    uint8_t *p = kernel + parts[i].at;
    for (const char *h = parts[i].hex; *h; h += *h == ' ' ? 1 : 2)
      if (*h != ' ') {
        vcca_sink out = vcca_sink_of(p++, 1);
        assert_true(vcca_hex_read(vcca_span_of(h, 2), &out, NULL));
      }
  }
}

#define Q_HOST "ipa_bits=52\nnum_bps=6\nnum_wps=6\npmu_num_ctrs=6\n"
#define K_HOST "num_bps=6\nnum_wps=6\n"
#define M                                                                                                        \
  "-M confidential-guest-support=rme0 -object rme-guest,id=rme0,measurement-algorithm=sha256 -cpu host -M virt " \
  "-enable-kvm -smp 2 -m 1G -nographic "
#define M512                                                                                                     \
  "-M confidential-guest-support=rme0 -object rme-guest,id=rme0,measurement-algorithm=sha512 -cpu host -M virt " \
  "-enable-kvm -m 1G -nographic "
#define Q_RIM                                                                                                          \
  "cf409055d866eea6c8d5e7862b540ff1cac9b11f125d088587d5ae97a0e3341667cf8fb3983e7377bca5c01d037bd97081ebf3b4dcb6484421" \
  "49749f4d65eeb0"
#define M_BIOS "cbf533a94009dfa6b83016a89b428d1d910fb3593856bb386d7b2bd07a1bc834"
#define D_RIM                                                                                                          \
  "3175b3c0c201081ad410defe6c32e145fd77ff03e63518a9f00831b12b6ec2070f743f43f0ff3290902ecebd4e6bea8d5926dca19dc1a06fb8" \
  "d51d551a4a2b79"

static const struct {
  const char *vmm, *host, *words, *rim;
} rows[] = {
    {"kvmtool", K_HOST, "--realm -c 1 -m 512M", "998dfdf6401d69f73ed88ac53d62d5ea2cfac6320b887ce4599aa8671791d4d0"},
    {"kvmtool", K_HOST, "lkvm run --realm -c1 --mem=512M --debug --no-pvtime --vcpu-affinity AFF --disable-mte",
     "998dfdf6401d69f73ed88ac53d62d5ea2cfac6320b887ce4599aa8671791d4d0"},
    {"kvmtool", K_HOST, "--realm -c 1 -m 512M --firmware fw",
     "cf37146fce0ad50e1be1a04580c1024e5449b430b0dd96b6ef5c9a2b73767bf5"},
    {"qemu", Q_HOST, "", Q_RIM},
    {"qemu", Q_HOST, "-cpu pmu=off", Q_RIM},
    {"qemu", Q_HOST "pmu=true\n", "-cpu pmu=off", Q_RIM},
    {"qemu", Q_HOST, "-cpu pmu=on",
     "8120ef921a987a3f8b9d4bb5e40f8489e2b4fc69c5e1b17b1a9b040884a1211d99b2bddc3fddcc99ec99f4244743fe3dcd3d9020583b47f7b"
     "66a2ec66bb897b9"},
    {"qemu", Q_HOST, "-cpu pmu=on,num-pmu-counters=2",
     "ef4e6f78ea9630f66146b33a405a07b669ef94dd9aca6935d4fd23fea32f98f964241a2f9a9c20c9fcd74e20031c51c4beb8e577873e0348e"
     "891ee2d727e2807"},
    {"qemu", Q_HOST, M "-bios fw", M_BIOS},
    {"qemu", Q_HOST, M "-bios fw -kernel Image", M_BIOS},
    {"qemu", Q_HOST, M "-bios fw -kernel Image -append root=/dev/vda2",
     "fd3ce1072c3e95cd3a4d1a07729756564f260f9f7e95014418b416673a268b7a"},
    {"qemu", Q_HOST, M "-kernel Image", "e8862e21b8eb6b4bdeeff244dc59d2935c26d92c52d346f06e224fe712267a6"},
    {"qemu", Q_HOST, M "-kernel Image -initrd initrd",
     "9af47a8e4d6ac775e05f8a8893f9e383694688719d1bbb4281ed1c25056e0911"},
    {"qemu", Q_HOST, M "-kernel Image -initrd initrd -append root=/dev/vda2",
     "22d398e695e776385bc268454587b418dde16e34bc69d9a24fc96abb3050a24e"},
    {"qemu", Q_HOST, M512 "-smp 2 -bios fw -dtb output.dtb", D_RIM},
};

static void plan_of(const char *vmm, const char *host, const char *line, vcca_span dtb, vcca_span template,
                    struct support_words *words, struct vcca_vmm_plan *plan)
{
  struct vcca_error err = {0};
  struct vcca_vmm_images images = {.kernel = VCCA_SPAN(kernel),
                                   .initrd = vcca_span_of(initrd, sizeof initrd - 1),
                                   .firmware = vcca_span_of(firmware, sizeof firmware - 1),
                                   .dtb = dtb,
                                   .dtb_template = template};
  check_ok(support_plan(vmm, host, line, &images, words, plan, &err), &err, line);
}

/* The rows' RIMs may be cut short, as one was when it was published. */
static void check_rim(const struct vcca_plan *plan, const char *want, const char *what)
{
  struct vcca_rim rim;
  char hex[2 * VCCA_HASH_MAX + 1];
  vcca_plan_measure(plan, NULL, NULL, NULL, NULL, &rim);
  vcca_hex_text(vcca_rim_digest(&rim), hex, sizeof hex);
  if (strlen(want) >= 63)
    hex[strlen(want)] = '\0';
  if (strcmp(hex, want) != 0)
    fail_msg("%s:\n%s is not\n%s", what, hex, want);
}

static void published_rims_reproduce(void **state)
{
  (void)state;
  vcca_span none = {NULL, 0};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan plan;
    struct support_words words;
    plan_of(rows[i].vmm, rows[i].host, rows[i].words, none, none, &words, &plan);
    check_rim(&plan.plan, rows[i].rim, rows[i].words);
    vcca_vmm_plan_free(&plan);
  }
}

static void a_given_tree_is_measured_as_it_is_and_a_template_is_edited(void **state)
{
  (void)state;
  vcca_span none = {NULL, 0};
  struct vcca_vmm_plan first, given, edited;
  struct support_words words;
  plan_of("qemu", Q_HOST, M512 "-smp 2 -bios fw", none, none, &words, &first);
  plan_of("qemu", Q_HOST, M512 "-smp 8 -bios fw", vcca_bytes_span(&first.dtb), none, &words, &given);
  check_rim(&given.plan, D_RIM, "--dtb");
  plan_of("qemu", Q_HOST, M512 "-smp 8 -bios fw", none, vcca_bytes_span(&first.dtb), &words, &edited);
  check_rim(&edited.plan,
            "68308d30762b7aa26f749d512864c0e0ad112e9626b8bf1c5486efe32b94b8d8ce8d736089ebf0850a91fda5422852294b67979520"
            "2ed429fd8512b20b000728",
            "--dtb-template");
  vcca_vmm_plan_free(&first);
  vcca_vmm_plan_free(&given);
  vcca_vmm_plan_free(&edited);
}

/* What EDK II for Arm CCA extends the first REM by, computed with Python's hashlib: kernel, initrd, command
 * line with its NUL. */
static void firmware_that_measures_what_it_is_handed_makes_rem0(void **state)
{
  (void)state;
  static const struct {
    const char *words, *rem;
  } handed[] = {
      {M "-bios fw", NULL},
      {M "-bios fw -kernel Image", "0a22fd77a1637c6aabc4b6eaa667a9bbde92c617254e74da3a7bb0fe99723eb5"},
      {M "-bios fw -kernel Image -initrd initrd -append root=/dev/vda2",
       "78613ba1586233f255ae7d943e3d046ec47af9d53af8247665d40904e29b2823"},
      {M512 "-bios fw -kernel Image -initrd initrd -append root=/dev/vda2",
       "3db0132cefb65df5d6c4ecc20e638583f6f33d6a5f9db7ab08a68b2c491fb71b69d5dd31ada0b10ca2d55a3ed9cbf40536384d093bdbfce"
       "afa1388207ec26063"},
      {M "-kernel Image -initrd initrd", NULL},
  };
  vcca_span none = {NULL, 0};
  for (size_t i = 0; i < sizeof handed / sizeof *handed; i++) {
    uint8_t rem[VCCA_MEASUREMENT_SIZE];
    struct vcca_vmm_plan plan;
    struct support_words words;
    plan_of("qemu", Q_HOST, handed[i].words, none, none, &words, &plan);
    assert_int_equal(vcca_vmm_rem0(&plan, NULL, NULL, rem), handed[i].rem != NULL);
    if (handed[i].rem)
      check_hex(vcca_span_of(rem, strlen(handed[i].rem) / 2), handed[i].rem, handed[i].words);
    vcca_vmm_plan_free(&plan);
  }
}

static void the_memory_map_moves_with_the_memory_that_may_come(void **state)
{
  (void)state;
  static const struct {
    uint64_t max;
    unsigned slots;
    struct qemu_map map;
  } maps[] = {
      {0, 0, {0x4000000000, 0x4010000000, 0x8000000000, 41}},
      {UINT64_C(1) << 40, 0, {0x10080000000, 0x10090000000, 0x18000000000, 42}},
      {UINT64_C(1) << 48, 12, {0x1000380000000, 0x1000390000000, 0x1008000000000, 50}},
  };
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
    struct vcca_vmm_config config = {.ram_size = 0x100000, .ram_max = maps[i].max, .ram_slots = maps[i].slots};
    struct qemu_map map = qemu_map(&config);
    assert_int_equal(map.redistributors, maps[i].map.redistributors);
    assert_int_equal(map.ecam, maps[i].map.ecam);
    assert_int_equal(map.mmio, maps[i].map.mmio);
    assert_int_equal(map.ipa_bits, maps[i].map.ipa_bits);
  }
}

int main(void)
{
  fill_kernel();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_rims_reproduce),
      cmocka_unit_test(a_given_tree_is_measured_as_it_is_and_a_template_is_edited),
      cmocka_unit_test(firmware_that_measures_what_it_is_handed_makes_rem0),
      cmocka_unit_test(the_memory_map_moves_with_the_memory_that_may_come),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
