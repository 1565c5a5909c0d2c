/* The RIM against values that monitors and reference tools produced: the golden chains of an RMM 1.0
 * monitor, the published values of an Arm realm measurement tool, and those of the virtCCA SDK's generator.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "rooms/measurement.h"
#include "rooms/hash.h"
#include "rooms/span.h"

enum { MIB = 1 << 20 };

static void check_rim(const struct vcca_rim *rim, const char *want, const char *what)
{
  check_hex(vcca_rim_digest(rim), want, what);
  assert_true(
      vcca_span_zero(vcca_span_sub(VCCA_SPAN(rim->value), vcca_hash_size(rim->hash_alg), VCCA_MEASUREMENT_SIZE)));
}

/* Measures a blob of which `used` bytes are given, zeros up to size, granule by granule. */
static void data_blob(struct vcca_rim *rim, uint64_t ipa, vcca_span bytes, size_t size)
{
  for (size_t at = 0; at < size; at += VCCA_PAGE) {
    vcca_span part = vcca_span_sub(bytes, at, VCCA_PAGE);
    uint8_t page[VCCA_PAGE] = {0};
    uint8_t content[VCCA_HASH_MAX];
    if (part.n > 0) {
      memcpy(page, part.p, part.n);
      vcca_hash(rim->hash_alg, VCCA_SPAN(page), content);
    } else {
      memcpy(content, vcca_hash_zero_page(rim->hash_alg), vcca_hash_size(rim->hash_alg));
    }
    assert_true(vcca_rim_data(rim, ipa + at, content));
  }
}

/* --- RMM 1.0: the golden chain -------------------------------------------------------------------------- */

static struct vcca_realm_params golden_params(enum vcca_hash_alg alg)
{
  return (struct vcca_realm_params){
      .flags = 4, .s2sz = 40, .num_bps = 1, .num_wps = 1, .pmu_num_ctrs = 5, .hash_alg = alg};
}

/* The chain's steps after creation; the register after each is handed to check_step. */
static void golden_chain(struct vcca_rim *rim, void (*check_step)(const struct vcca_rim *rim, int step))
{
  uint8_t granule[VCCA_PAGE], content[VCCA_HASH_MAX];
  struct vcca_rec_params rec = {.flags = 1, .pc = 0x80000};
  for (unsigned i = 0; i < sizeof granule; i++)
    granule[i] = (uint8_t)(i * 7 + 3);
  for (unsigned i = 0; i < 8; i++)
    rec.gprs[i] = 0x1111 * (i + 1);
  vcca_hash(rim->hash_alg, VCCA_SPAN(granule), content);

  check_step(rim, 0);
  for (uint64_t base = 0x400000; base < 0x800000; base += 0x200000)
    assert_true(vcca_rim_ripas(rim, base, base + 0x200000));
  check_step(rim, 1);
  for (uint64_t base = 0x1000; base < 0x4000; base += 0x1000)
    assert_true(vcca_rim_ripas(rim, base, base + 0x1000));
  check_step(rim, 2);
  assert_true(vcca_rim_ripas(rim, 0x200000, 0x400000));
  check_step(rim, 3);
  assert_true(vcca_rim_data(rim, 0x1000, content));
  check_step(rim, 4);
  assert_true(vcca_rim_data(rim, 0x2000, NULL));
  check_step(rim, 5);
  assert_true(vcca_rim_rec(rim, &rec, NULL));
  check_step(rim, 6);
  for (rec.flags = 0; rec.flags <= 6; rec.flags += 2) { /* bit 0 alone says runnable */
    assert_false(vcca_rim_rec(rim, &rec, NULL));
    check_step(rim, 6);
  }
}

static void check_golden_sha256(const struct vcca_rim *rim, int step)
{
  static const struct {
    const char *what, *rim;
  } rows[] = {
      {"create", "0c7729719b7331d9442bbf05e460f9ce4b7eac2572842950a68cdd3a60371680"},
      {"ripas, two entries of 2 MiB", "a63acc1879da3d6884dd4b81f84ef88b6580634eeb85b71502771d8f781c40ee"},
      {"ripas, three entries of 4 KiB", "c794e5f135190f688ef467a1eac070174f6ac6b469a86e5bca17bd75f9bc4cf6"},
      {"ripas, one entry of 2 MiB", "5e0a10e5b26f9cdf5b4962c6bb13c682470bdcaa389fb91e14c75af62ef04866"},
      {"data, measured", "473945e8eda2d36a9a8aee0e7f826559addb425aaf0e4cbc220d10c95c574d0c"},
      {"data, unmeasured", "8516ebe95f5cd65a619c073a7dc76197000fd4e481717891afd78cd35967a65c"},
      {"rec, runnable", "cd535cec5859b7216e3f72410ae0d85844bf8a77233fec6dbb0ff58508157405"},
  };
  check_rim(rim, rows[step].rim, rows[step].what);
}

static void rmm_1_0_chain_is_the_monitors_at_every_step(void **state)
{
  (void)state;
  struct vcca_rim rim;
  struct vcca_realm_params params = golden_params(VCCA_SHA256);
  vcca_rim_create(&rim, VCCA_RULES_ARM_1_0, &params);
  golden_chain(&rim, check_golden_sha256);
}

static void check_nothing(const struct vcca_rim *rim, int step)
{
  (void)rim;
  (void)step;
}

static void rmm_1_0_chain_under_sha512_is_the_monitors(void **state)
{
  (void)state;
  struct vcca_rim rim;
  struct vcca_realm_params params = golden_params(VCCA_SHA512);
  vcca_rim_create(&rim, VCCA_RULES_ARM_1_0, &params);
  golden_chain(&rim, check_nothing);
  check_rim(&rim,
            "3df72481b7474f314585ce801a4a6dee52624e54cb2061e449cba0d564b2ac1d6e9278df72cdef78186ce97b79d74f9c0e1b078a01"
            "dce7465cc43e490904891a",
            "final");
}

/* --- Published values of an Arm realm measurement tool -------------------------------------------------- */

static void an_empty_realms_rim_is_the_published_one(void **state)
{
  (void)state;
  static const struct {
    struct vcca_realm_params params;
    const char *rim;
  } rows[] = {
      {{.s2sz = 48, .num_bps = 1, .num_wps = 1, .hash_alg = VCCA_SHA256},
       "6739dfb22b75ee1268d08dfa8369f501bc0b066243553f069f560d1fa1172973"},
      {{.s2sz = 48, .num_bps = 1, .num_wps = 1, .hash_alg = VCCA_SHA512},
       "799e434048fb57eb9d4f0e2a2b98158720377252deab2bdfcd69b5a8f82237f434bd6bb1c75bf160a2d49382f733b3439a3ff769e4ea5dd"
       "9a6f72239d44bbbab"},
      {{.s2sz = 48, .num_bps = 5, .num_wps = 3, .hash_alg = VCCA_SHA256},
       "8960d56826370aaa6fc9b3a041d4240689582ba41e2ad8bb8f9adf6d2a0cd5e7"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_rim rim;
    vcca_rim_create(&rim, VCCA_RULES_ARM_1_0, &rows[i].params);
    check_rim(&rim, rows[i].rim, "create");
  }
}

/* A kvmtool realm of 512 MiB with the firmware file "FW CONTENT". Its device tree is published only as one
 * digest of 64 KiB, which does not give the 16 granule digests: the chain is resumed from the published
 * register after it. */
static void a_kvmtool_realm_measures_as_published(void **state)
{
  (void)state;
  struct vcca_rim rim;
  const struct vcca_realm_params params = {.s2sz = 33, .num_bps = 5, .num_wps = 5, .hash_alg = VCCA_SHA256};
  vcca_rim_create(&rim, VCCA_RULES_ARM_1_0, &params);
  check_rim(&rim, "9abbddd3cf68930801ba9475b12b0036bf43bd1399a161b178751d2f7b2880c3", "create");

  for (uint64_t base = 0x80000000; base < 0xa0000000; base += 2 * MIB) {
    vcca_rim_ripas(&rim, base, base + 2 * MIB);
    if (base == 0x80000000)
      check_rim(&rim, "0d689b3cc196521b25f66e6c3bbdc2b8ea72e115a3bfa922c90c4c73ed798345", "first ripas");
  }
  check_rim(&rim, "365183bedfd6b2b008421cd9987384ebad20438e6cb3a9a1b6dbdfef3ca1aec7", "all ripas");

  data_blob(&rim, 0x80000000, VCCA_SPAN_LIT("FW CONTENT"), VCCA_PAGE);
  check_rim(&rim, "e7bb6d28bf8034d7764da637acace2409ce2fd9148c83679c307ac4c31e3fc9c", "firmware");

  vcca_sink after_dtb = vcca_sink_of(rim.value, 32);
  struct vcca_error err = {0};
  check_ok(vcca_hex_read(VCCA_SPAN_LIT("dc293bf5e692d314d7dcd8789dcce789ac5d1322d04c9a03819c8146529db94e"), &after_dtb,
                         &err),
           &err, "hex");
  const struct vcca_rec_params rec = {.flags = 1, .pc = 0x80000000, .gprs = {0x8fe00000}};
  uint8_t content[VCCA_MEASUREMENT_SIZE];
  assert_true(vcca_rim_rec(&rim, &rec, content));
  check_hex(vcca_span_of(content, 32), "24fdf42df8247773b30913fd75724011e9d87419c46c26f1bfc3f0a83d99229c",
            "REC content");
  check_rim(&rim, "cf37146fce0ad50e1be1a04580c1024e5449b430b0dd96b6ef5c9a2b73767bf5", "rec");
}

/* --- virtCCA: the SDK's generator ----------------------------------------------------------------------- */

struct virtcca_boot {
  const char *what;
  bool firmware, initrd;
  uint64_t sve_bits, pmu, tecs;
  const char *rim;
};

static void put_pattern(uint8_t *p, size_t from, size_t to, unsigned times, unsigned plus)
{
  for (size_t i = from; i < to; i++)
    p[i] = (uint8_t)(times * i + plus);
}

/* Direct kernel boot: boot stub, kernel by its image_size, initrd, device tree, each at its fixed place. */
static void load_direct(struct vcca_rim *rim, bool with_initrd, vcca_span dtb)
{
  static const uint8_t instructions[] = {0xc0, 0x00, 0x00, 0x58, 0xe1, 0x03, 0x1f, 0xaa, 0xe2, 0x03, 0x1f, 0xaa,
                                         0xe3, 0x03, 0x1f, 0xaa, 0x84, 0x00, 0x00, 0x58, 0x80, 0x00, 0x1f, 0xd6};
  uint8_t stub[40], kernel[8192] = {0}, initrd[5000];
  uint64_t dtb_base = with_initrd ? 0x48200000 : 0x48000000;
  memcpy(stub, instructions, sizeof instructions);
  vcca_put_le64(stub + 24, dtb_base);
  vcca_put_le64(stub + 32, 0x40200000);
  vcca_put_le64(kernel + 16, 0x3000);
  memcpy(kernel + 56, "ARM\x64", 4);
  put_pattern(kernel, 64, sizeof kernel, 7, 3);
  put_pattern(initrd, 0, sizeof initrd, 5, 1);

  data_blob(rim, 0x40000000, VCCA_SPAN(stub), 2 * MIB);
  data_blob(rim, 0x40200000, VCCA_SPAN(kernel), 0x3000);
  if (with_initrd)
    data_blob(rim, 0x48000000, VCCA_SPAN(initrd), 2 * MIB);
  data_blob(rim, dtb_base, dtb, 2 * MIB);
}

/* Firmware boot: 128 MiB from 0, device tree at 1 GiB. */
static void load_firmware(struct vcca_rim *rim, vcca_span dtb)
{
  uint8_t firmware[10000];
  put_pattern(firmware, 0, sizeof firmware, 11, 2);
  data_blob(rim, 0, VCCA_SPAN(firmware), 128 * MIB);
  data_blob(rim, 0x40000000, dtb, 2 * MIB);
}

static void check_virtcca_boot(const struct virtcca_boot *boot)
{
  uint8_t dtb[1000] = {0xd0, 0x0d, 0xfe, 0xed};
  for (size_t i = 0; i < 996; i++)
    dtb[4 + i] = (uint8_t)(3 * i);

  struct vcca_rim rim;
  const struct vcca_realm_params params = {.flags = (boot->sve_bits ? 2u : 0u) | (boot->pmu ? 4u : 0u),
                                           .s2sz = 40,
                                           .sve_vl = boot->sve_bits / 128,
                                           .pmu_num_ctrs = boot->pmu,
                                           .hash_alg = VCCA_SHA256};
  vcca_rim_create(&rim, VCCA_RULES_VIRTCCA, &params);
  if (boot->firmware)
    load_firmware(&rim, VCCA_SPAN(dtb));
  else
    load_direct(&rim, boot->initrd, VCCA_SPAN(dtb));
  for (uint64_t i = 0; i < boot->tecs; i++) {
    struct vcca_rec_params tec = {0};
    if (i == 0)
      tec = (struct vcca_rec_params){.flags = 1, .pc = boot->firmware ? 0 : 0x40000000};
    assert_true(vcca_rim_rec(&rim, &tec, NULL));
  }
  check_rim(&rim, boot->rim, boot->what);
}

static void a_virtcca_direct_boot_measures_as_the_sdk_says(void **state)
{
  (void)state;
  static const struct virtcca_boot rows[] = {
      {"no TEC", false, true, 0, 0, 0, "183b7ab060bb54a560b515f01c1ed3315868706ad038d002e0b464784cb9abdb"},
      {"one TEC", false, true, 0, 0, 1, "4cd678705c3ef2911616645a0afd69eb4ec83faf60886eafca2240b3909e2b9e"},
      {"four TECs, SVE 128, PMU 1", false, true, 128, 1, 4,
       "32fbddc9d96a9fd14318e11b53d6a0a7afdcc711efafbfc5c54c0f6686311860"},
      {"no initrd, SVE 256, PMU 6", false, false, 256, 6, 2,
       "1675a8263a1d2d3e2a334873bb3a74c98ae47c90f2f4a01d5a3384212272fc50"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_virtcca_boot(&rows[i]);
}

static void a_virtcca_firmware_boot_measures_as_the_sdk_says(void **state)
{
  (void)state;
  static const struct virtcca_boot rows[] = {
      {"one TEC", true, false, 0, 0, 1, "9774bd96b312e007f175d1a9716c68e133977f9bfc35b4bcefbfa5177247abc8"},
      {"four TECs, SVE 128, PMU 1", true, false, 128, 1, 4,
       "7a2337a5fc95b5649eab30f1056d58b46ca808a5a00739182b363e0058c99a24"},
      {"four TECs, PMU 1", true, false, 0, 1, 4, "4e5c9bb05a2391374671b9e16d00d9a632ab903a509ab8cd873120f3c4f6bc07"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_virtcca_boot(&rows[i]);
}

static void an_empty_virtcca_vms_rim_is_the_sdks(void **state)
{
  (void)state;
  static const struct {
    struct vcca_realm_params params;
    const char *rim;
  } rows[] = {
      {{.s2sz = 40}, "69c7b37493bb272a73b5540b00de2ddd1d891a6e74f927f9969ce59868b67fd3"},
      {{.flags = 6, .s2sz = 40, .sve_vl = 1, .pmu_num_ctrs = 1},
       "9b9fe7e2338ece5821abcd19e8f93cfae9193a0596bee2dddb2452abbad852f3"},
      {{.flags = 4, .s2sz = 40, .pmu_num_ctrs = 1}, "08a8401b4343ec7550d5d2505823982c5a3868316653ef3906af2acfd3df255e"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_rim rim;
    vcca_rim_create(&rim, VCCA_RULES_VIRTCCA, &rows[i].params);
    check_rim(&rim, rows[i].rim, "create");
  }
}

/* --- The rules ------------------------------------------------------------------------------------------ */

static void what_the_rules_do_not_measure_leaves_the_rim_alone(void **state)
{
  (void)state;
  static const struct {
    enum vcca_rules_id rules;
    bool ripas, unmeasured, idle_rec;
  } rows[] = {
      {VCCA_RULES_ARM_1_0, true, true, false},
      {VCCA_RULES_ARM_2_0, false, true, false},
      {VCCA_RULES_VIRTCCA, false, false, true},
      {VCCA_RULES_ARM_2_0_BET1, false, true, false},
  };
  const struct vcca_realm_params params = golden_params(VCCA_SHA256);
  const struct vcca_rec_params idle = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_rim rim, before;
    vcca_rim_create(&rim, rows[i].rules, &params);
    before = rim;
    assert_int_equal(vcca_rim_ripas(&rim, 0, 0x1000), rows[i].ripas);
    assert_int_equal(memcmp(rim.value, before.value, sizeof rim.value) != 0, rows[i].ripas);
    before = rim;
    assert_int_equal(vcca_rim_data(&rim, 0, NULL), rows[i].unmeasured);
    assert_int_equal(memcmp(rim.value, before.value, sizeof rim.value) != 0, rows[i].unmeasured);
    before = rim;
    assert_int_equal(vcca_rim_rec(&rim, &idle, NULL), rows[i].idle_rec);
    assert_int_equal(memcmp(rim.value, before.value, sizeof rim.value) != 0, rows[i].idle_rec);
  }
}

/* RMM 2.0 differs from 1.0 in the RIPAS step alone; these two values follow from the golden chain's granule
 * and REC without its RIPAS steps, computed independently with Python's hashlib. */
static void rmm_2_0_measures_no_ripas_and_knows_sha384(void **state)
{
  (void)state;
  static const struct {
    enum vcca_hash_alg alg;
    const char *rim;
  } rows[] = {
      {VCCA_SHA256, "0b7234b1e67638686779555c063197222400a22286230e99717299ed92dcbd57"},
      {VCCA_SHA384, "4c525e99f6e4535706a28dc3f5b295fab63f286d154655062e2e0b49f0df925b627e1e617172647f7f16ca322401ab3b"},
  };
  assert_true(vcca_rim_rules(VCCA_RULES_ARM_2_0)->sha384);
  assert_false(vcca_rim_rules(VCCA_RULES_ARM_1_0)->sha384);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_rim rim;
    const struct vcca_realm_params params = golden_params(rows[i].alg);
    uint8_t granule[VCCA_PAGE], content[VCCA_HASH_MAX];
    put_pattern(granule, 0, sizeof granule, 7, 3);
    vcca_hash(rows[i].alg, VCCA_SPAN(granule), content);
    vcca_rim_create(&rim, VCCA_RULES_ARM_2_0, &params);
    assert_false(vcca_rim_ripas(&rim, 0x1000, 0x2000));
    assert_true(vcca_rim_data(&rim, 0x1000, content));
    assert_true(vcca_rim_data(&rim, 0x2000, NULL));
    const struct vcca_rec_params rec = {.flags = 1, .pc = 0x80000};
    assert_true(vcca_rim_rec(&rim, &rec, NULL));
    check_rim(&rim, rows[i].rim, "final");
  }
}

/* The text of 2.0-bet1 (A7.1.1) begins with zeros where the monitor hashes the parameters; what extends is
 * alike. Computed with Python's hashlib: a granule, an unmeasured one, a REC. */
static void the_text_of_2_0_starts_a_rim_from_zeros(void **state)
{
  (void)state;
  static const struct {
    enum vcca_hash_alg alg;
    const char *rim;
  } rows[] = {
      {VCCA_SHA256, "eee13bce69b849325daf87eba1ffd2cfcdbfe9918f76ac7ef0b3571d7e8d6da7"},
      {VCCA_SHA384, "ccc4693761ea37cf0f0bb99427a91da59c641d26c728fb8a0d7fc139dc411a66f01d551c3f958f67751eb7d7ecbc5ef2"},
      {VCCA_SHA512, "34e70fdb28d76fa480c9a980d40dc8842508b50b1e95db56e6a36fafa1f0645dae444b4a84e191f2949d521a1aa698ae9e"
                    "40bf88da0ecba6d80f6f7e3b1eac51"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_rim rim;
    const struct vcca_realm_params params = golden_params(rows[i].alg);
    uint8_t granule[VCCA_PAGE], content[VCCA_HASH_MAX];
    put_pattern(granule, 0, sizeof granule, 7, 3);
    vcca_hash(rows[i].alg, VCCA_SPAN(granule), content);
    vcca_rim_create(&rim, VCCA_RULES_ARM_2_0_BET1, &params);
    assert_true(vcca_span_zero(VCCA_SPAN(rim.value)));
    assert_false(vcca_rim_ripas(&rim, 0x1000, 0x2000));
    assert_true(vcca_rim_data(&rim, 0x1000, content));
    assert_true(vcca_rim_data(&rim, 0x2000, NULL));
    const struct vcca_rec_params rec = {.flags = 1, .pc = 0x80000};
    assert_true(vcca_rim_rec(&rim, &rec, NULL));
    check_rim(&rim, rows[i].rim, "final");
  }
}

static void rules_and_steps_have_names(void **state)
{
  (void)state;
  static const char *const names[] = {"arm-rmm-1.0", "arm-rmm-2.0", "virtcca", "arm-rmm-2.0-bet1"};
  enum vcca_rules_id id;
  for (unsigned i = 0; i < VCCA_RULES_COUNT; i++) {
    assert_true(vcca_rim_rules_named(vcca_span_str(names[i]), &id));
    assert_int_equal(id, i);
    assert_string_equal(vcca_rim_rules(id)->name, names[i]);
  }
  assert_false(vcca_rim_rules_named(VCCA_SPAN_LIT("virtcca "), &id));
  assert_false(vcca_rim_rules_named(VCCA_SPAN_LIT(""), &id));
  assert_string_equal(vcca_step_name(VCCA_STEP_CREATE), "create");
  assert_string_equal(vcca_step_name(VCCA_STEP_DATA), "data");
  assert_string_equal(vcca_step_name(VCCA_STEP_REC), "rec");
  assert_string_equal(vcca_step_name(VCCA_STEP_RIPAS), "ripas");
}

/* One granule after the other into registers side by side, measured and not, by all rules and algorithms. */
static void registers_side_by_side_measure_as_each_alone(void **state)
{
  (void)state;
  for (unsigned rules = 0; rules < VCCA_RULES_COUNT; rules++)
    for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++)
      for (size_t n = 1; n <= VCCA_HASH_LANES; n++) {
        struct vcca_rim alone[VCCA_HASH_LANES], together[VCCA_HASH_LANES], *rims[VCCA_HASH_LANES];
        uint8_t content[VCCA_HASH_MAX];
        for (size_t i = 0; i < n; i++) {
          const struct vcca_realm_params params = {.hash_alg = (enum vcca_hash_alg)alg};
          vcca_rim_create(&alone[i], (enum vcca_rules_id)rules, &params);
          memset(alone[i].value, (int)(i + 1), vcca_hash_size((enum vcca_hash_alg)alg));
          together[i] = alone[i];
          rims[i] = &together[i];
        }
        for (unsigned step = 0; step < 6; step++) {
          memset(content, (int)(0x40 + step), sizeof content);
          for (size_t i = 0; i < n; i++)
            (void)vcca_rim_data(&alone[i], step * 0x1000, step % 3 == 2 ? NULL : content);
          vcca_rim_data_alike(rims, n, step * 0x1000, step % 3 == 2 ? NULL : content);
        }
        for (size_t i = 0; i < n; i++)
          assert_memory_equal(together[i].value, alone[i].value, sizeof alone[i].value);
      }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rmm_1_0_chain_is_the_monitors_at_every_step),
      cmocka_unit_test(rmm_1_0_chain_under_sha512_is_the_monitors),
      cmocka_unit_test(an_empty_realms_rim_is_the_published_one),
      cmocka_unit_test(a_kvmtool_realm_measures_as_published),
      cmocka_unit_test(a_virtcca_direct_boot_measures_as_the_sdk_says),
      cmocka_unit_test(a_virtcca_firmware_boot_measures_as_the_sdk_says),
      cmocka_unit_test(an_empty_virtcca_vms_rim_is_the_sdks),
      cmocka_unit_test(what_the_rules_do_not_measure_leaves_the_rim_alone),
      cmocka_unit_test(rmm_2_0_measures_no_ripas_and_knows_sha384),
      cmocka_unit_test(the_text_of_2_0_starts_a_rim_from_zeros),
      cmocka_unit_test(registers_side_by_side_measure_as_each_alone),
      cmocka_unit_test(rules_and_steps_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
