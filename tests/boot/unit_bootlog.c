/* Hosts' logs: a log that we write reads back to the plan's RIM, and a log that no host can write is
 * refused at the line that is wrong. Long because each form of line is a row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_vmm.h"

#include "boot/bootlog.h"
#include "rooms/span.h"
#include "rooms/vmm.h"

#define HOST "num_bps=6\nnum_wps=4\npmu_num_ctrs=6\nsve_vl=256\npmu=true\n"
static uint8_t kernel[8192], initrd[5000], firmware[10000];
static struct vcca_vmm_images images;

/* A plan, its log and the images the log names. */
struct fixture {
  struct support_words words;
  struct vcca_vmm_plan plan;
  uint8_t bytes[4096];
  vcca_sink log;
  struct vcca_bootlog_image local[8];
  size_t count;
};

static void make(struct fixture *f, const char *vmm, const char *line)
{
  struct vcca_error err = {0};
  check_ok(support_plan(vmm, HOST, line, &images, &f->words, &f->plan, &err), &err, line);
  f->log = vcca_sink_of(f->bytes, sizeof f->bytes);
  check_ok(vcca_bootlog_write(&f->plan.plan, "QEMU", "9.1", &f->log, &err), &err, line);
  assert_true(vcca_sink_ok(&f->log));
  f->count = 0;
  f->local[f->count++] = (struct vcca_bootlog_image){"unrelated", VCCA_SPAN_LIT("unrelated")};
  for (size_t i = 0; i < f->plan.plan.segment_count; i++) {
    const struct vcca_segment *s = &f->plan.plan.segments[i];
    if (s->measured)
      f->local[f->count++] =
          (struct vcca_bootlog_image){vcca_role_name(s->role), vcca_span_sub(s->content, s->lead, s->content.n)};
  }
}

static void logs_read_back_to_the_plans_rim(void **state)
{
  (void)state;
  static const struct {
    const char *vmm, *line;
    size_t parts;
  } rows[] = {
      {"qemu", "-m 512 -kernel k -initrd i -smp 3", 3},
      {"qemu", "-m 512 -kernel k -object rme-guest,measurement-log=on,measurement-algorithm=sha256 -cpu host,pmu=off",
       3},
      {"qemu", "-m 512 -bios f", 2},
      {"kvmtool", "-c 2 -m 512 -k k -i i --measurement-log", 4},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fixture f;
    struct vcca_error err = {0};
    struct vcca_bootlog got;
    struct vcca_rim want;
    make(&f, rows[i].vmm, rows[i].line);
    vcca_plan_measure(&f.plan.plan, NULL, NULL, NULL, NULL, &want);
    check_ok(vcca_bootlog_measure(vcca_sink_span(&f.log), f.local, f.count, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err),
             &err, rows[i].line);
    assert_memory_equal(got.rim.value, want.value, sizeof want.value);
    assert_string_equal(got.vmm, "QEMU");
    assert_string_equal(got.version, "9.1");
    assert_int_equal(got.ram_size, 512 << 20);
    assert_int_equal(got.cpus, f.plan.plan.vcpus);
    assert_int_equal(got.part_count, rows[i].parts);
    vcca_vmm_plan_free(&f.plan);
  }
}

/* Every prefix and every changed byte is refused with a place, or gives a RIM; a missing image is refused. */
static void no_byte_of_a_log_is_trusted(void **state)
{
  (void)state;
  struct fixture f;
  struct vcca_bootlog got;
  make(&f, "kvmtool", "-c 2 -m 512 -k k -i i --measurement-log");
  vcca_span log = vcca_sink_span(&f.log);
  for (size_t i = 0; i < log.n; i++) {
    struct vcca_error err = {0};
    assert_true(
        vcca_bootlog_measure(vcca_span_sub(log, 0, i), f.local, f.count, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err) ||
        err.has_offset);
    f.bytes[i] ^= 0xff;
    memset(&err, 0, sizeof err);
    if (!vcca_bootlog_measure(log, f.local, f.count, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err) &&
        (!err.has_offset || err.offset > log.n))
      fail_msg("byte %zu changed: no place in: %s", i, err.text);
    f.bytes[i] ^= 0xff;
  }
  for (size_t i = 1; i < f.count; i++) {
    struct vcca_error err = {0};
    vcca_span content = f.local[i].content;
    f.local[i].content = VCCA_SPAN_LIT("another");
    assert_false(vcca_bootlog_measure(log, f.local, f.count, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err));
    assert_non_null(strstr(err.text, "--image"));
    f.local[i].content = content;
  }
  vcca_vmm_plan_free(&f.plan);
}

/* --- Logs by hand ------------------------------------------------------------------------------------------- */

struct hand {
  uint8_t bytes[4096];
  vcca_sink out;
};

static void le32(struct hand *h, uint32_t v)
{
  uint8_t b[4];
  vcca_put_le32(b, v);
  vcca_sink_put(&h->out, VCCA_SPAN(b));
}

static void le64(struct hand *h, uint64_t v)
{
  uint8_t b[8];
  vcca_put_le64(b, v);
  vcca_sink_put(&h->out, VCCA_SPAN(b));
}

static void start(struct hand *h)
{
  static const uint8_t spec[] = {0, 2, 106, 2, 1, 0, 0, 0, 0x0b, 0, 32, 0, 0};
  h->out = vcca_sink_of(h->bytes, sizeof h->bytes);
  le32(h, 0);
  le32(h, EV_NO_ACTION);
  vcca_sink_fill(&h->out, 0, 20);
  le32(h, 33);
  vcca_sink_put(&h->out, vcca_span_of("Spec ID Event03\0\0\0\0", 20));
  vcca_sink_put(&h->out, VCCA_SPAN(spec));
}

static void event(struct hand *h, uint32_t reg, uint32_t type, vcca_span digested, size_t size)
{
  uint8_t digest[32];
  le32(h, reg);
  le32(h, type);
  le32(h, digested.p ? 1 : 0);
  if (digested.p) {
    vcca_hash(VCCA_SHA256, digested, digest);
    vcca_sink_u8(&h->out, 0x0b);
    vcca_sink_u8(&h->out, 0);
    vcca_sink_put(&h->out, VCCA_SPAN(digest));
  }
  le32(h, (uint32_t)size);
}

static void tag(struct hand *h, uint32_t id, uint32_t size)
{
  event(h, 0, EV_EVENT_TAG, vcca_span_of(NULL, 0), 8 + size);
  le32(h, id);
  le32(h, size);
}

static void create(struct hand *h, uint64_t flags, const uint8_t fields[6])
{
  tag(h, TAG_REALM_CREATE, 14);
  le64(h, flags);
  vcca_sink_put(&h->out, vcca_span_of(fields, 6));
}

static void image_named(struct hand *h, vcca_span digested, vcca_span name, uint64_t base, uint64_t size)
{
  event(h, 0, EV_POST_CODE2, digested, 17 + name.n);
  vcca_sink_u8(&h->out, (uint8_t)name.n);
  vcca_sink_put(&h->out, name);
  le64(h, base);
  le64(h, size);
}

static void image(struct hand *h, vcca_span digested, const char *name, uint64_t base, uint64_t size)
{
  image_named(h, digested, vcca_span_str(name), base, size);
}

/* A REC that runs, at 0. */
static void rec(struct hand *h)
{
  tag(h, TAG_REC_CREATE, 80);
  le64(h, 1);
  vcca_sink_fill(&h->out, 0, 72);
}

static const uint8_t good_fields[6] = {40, 0, 5, 3, 0, 0};

static void refused(struct hand *h, const char *names)
{
  struct vcca_error err = {0};
  struct vcca_bootlog got;
  const struct vcca_bootlog_image local[] = {{"kernel", VCCA_SPAN(kernel)}, {"initrd", VCCA_SPAN(initrd)}};
  if (vcca_bootlog_measure(vcca_sink_span(&h->out), local, 2, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err))
    fail_msg("accepted, instead of: %s", names);
  if (!err.has_offset || !strstr(err.text, names))
    fail_msg("no '%s' in: %s", names, err.text);
}

static void parameters_no_realm_can_have_are_refused(void **state)
{
  (void)state;
  static const struct {
    uint64_t flags;
    uint8_t fields[6];
    const char *names;
  } rows[] = {
      {8, {40, 0, 5, 3, 0, 0}, "flags"},     {7, {5, 0, 5, 3, 0, 0}, "s2sz"},
      {0, {64, 0, 5, 3, 0, 0}, "s2sz"},      {0, {255, 0, 5, 3, 0, 0}, "s2sz"},
      {0, {52, 0, 5, 3, 0, 0}, "s2sz"},      {2, {40, 16, 5, 3, 0, 0}, "sve_vl"},
      {0, {40, 0, 255, 3, 0, 0}, "points"},  {4, {40, 0, 5, 3, 32, 0}, "pmu_num_"},
      {0, {40, 0, 5, 3, 0, 2}, "hash_algo"}, {0, {40, 0, 5, 3, 0, 255}, "hash_algo"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hand h;
    start(&h);
    create(&h, rows[i].flags, rows[i].fields);
    refused(&h, rows[i].names);
  }
}

static void memory_no_realm_can_have_is_refused(void **state)
{
  (void)state;
  static const struct {
    uint64_t base, size;
  } ripas[] = {{0, 0},
               {1, 0x1000},
               {0, 0x1001},
               {0, UINT64_C(1) << 40},
               {UINT64_C(1) << 39, 0x1000},
               {UINT64_MAX - 0xfff, 0x2000},
               {0x1000, UINT64_MAX - 0xfff}};
  struct hand h;
  for (size_t i = 0; i < sizeof ripas / sizeof *ripas; i++) {
    start(&h);
    create(&h, 0, good_fields);
    tag(&h, TAG_INIT_RIPAS, 16);
    le64(&h, ripas[i].base);
    le64(&h, ripas[i].size);
    refused(&h, "INIT_RIPAS");
  }
  vcca_span none = {NULL, 0};
  static const struct {
    uint64_t base, size;
  } areas[] = {{0x40000000, UINT64_C(1) << 60},
               {0x40000000, 17 << 20},
               {0x40000100, 0x1000},
               {0x40000000, 0},
               {UINT64_MAX - 0xfff, 0x1000}};
  for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
    start(&h);
    create(&h, 0, good_fields);
    image(&h, none, "LOG", areas[i].base, areas[i].size);
    refused(&h, "LOG");
  }
}

/* Of what has no digest no more than 16 MiB is believed: it is said by nobody but the host. */
static void an_area_of_16_mib_is_the_largest_that_is_taken_unmeasured(void **state)
{
  (void)state;
  for (uint64_t more = 0; more <= 0x1000; more += 0x1000) {
    struct hand h;
    struct vcca_error err = {0};
    struct vcca_bootlog got;
    start(&h);
    create(&h, 0, good_fields);
    rec(&h);
    image(&h, vcca_span_of(NULL, 0), "LOG", 0x40000000, (16 << 20) + more);
    bool taken = vcca_bootlog_measure(vcca_sink_span(&h.out), NULL, 0, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err);
    assert_int_equal(taken, more == 0);
    assert_true(!taken || got.has_area);
  }
}

static void images_that_cannot_be_are_refused(void **state)
{
  (void)state;
  struct hand h;
  start(&h);
  create(&h, 0, good_fields);
  image(&h, VCCA_SPAN(kernel), "KERNEL", 0x40000000, sizeof kernel - 1);
  refused(&h, "bytes in the log");
  start(&h);
  create(&h, 0, good_fields);
  image(&h, VCCA_SPAN(kernel), "KERNEL", 0x40000000, sizeof kernel);
  image(&h, VCCA_SPAN(initrd), "INITRD", 0x40001ffc, sizeof initrd);
  refused(&h, "populated once");
  start(&h);
  create(&h, 0, good_fields);
  image(&h, VCCA_SPAN_LIT("unknown"), "KERNEL", 0x40000000, 7);
  refused(&h, "--image");
  start(&h);
  create(&h, 0, good_fields);
  event(&h, 0, EV_POST_CODE2, VCCA_SPAN(kernel), 3);
  vcca_sink_put(&h.out, VCCA_SPAN_LIT("\x01K\x00"));
  refused(&h, "image event");
  start(&h);
  create(&h, 0, good_fields);
  image(&h, VCCA_SPAN(kernel), "KER\x01", 0x40000000, sizeof kernel);
  refused(&h, "printable");
}

/* SM3 is a hash of the TCG's that no image is looked for by. */
static void a_digest_that_cannot_be_made_finds_no_image(void **state)
{
  (void)state;
  struct hand h;
  start(&h);
  h.bytes[32 + 28] = 0x12; /* in the header's list of algorithms */
  event(&h, 0, EV_EVENT_TAG, vcca_span_of(NULL, 0), 22);
  le32(&h, TAG_REALM_CREATE);
  le32(&h, 14);
  le64(&h, 0);
  vcca_sink_put(&h.out, vcca_span_of(good_fields, 6));
  size_t at = h.out.n;
  image(&h, VCCA_SPAN(kernel), "KERNEL", 0x40000000, sizeof kernel);
  h.bytes[at + 12] = 0x12;
  refused(&h, "no local image has the digest of \"KERNEL\"");
}

static void order_and_kind_of_events_matter(void **state)
{
  (void)state;
  struct hand h;
  start(&h);
  refused(&h, "no REALM_CREATE");
  start(&h);
  image(&h, VCCA_SPAN(kernel), "KERNEL", 0x40000000, sizeof kernel);
  refused(&h, "before REALM_CREATE");
  start(&h);
  tag(&h, TAG_REC_CREATE, 80);
  vcca_sink_fill(&h.out, 0, 80);
  refused(&h, "before REALM_CREATE");
  start(&h);
  create(&h, 0, good_fields);
  create(&h, 0, good_fields);
  refused(&h, "second REALM_CREATE");
  start(&h);
  create(&h, 0, good_fields);
  image(&h, VCCA_SPAN(kernel), "KERNEL", 0x40000000, sizeof kernel);
  refused(&h, "without REC_CREATE");
  start(&h);
  create(&h, 0, good_fields);
  image_named(&h, VCCA_SPAN(kernel), VCCA_SPAN_LIT("KER\0NEL"), 0x40000000, sizeof kernel);
  refused(&h, "printable");
  start(&h);
  create(&h, 0, good_fields);
  tag(&h, 4, 0);
  refused(&h, "tag 4");
  start(&h);
  create(&h, 0, good_fields);
  tag(&h, TAG_REC_CREATE, 8);
  le64(&h, 0);
  refused(&h, "REC_CREATE");
  start(&h);
  create(&h, 0, good_fields);
  event(&h, 0, 0x80000001, VCCA_SPAN(kernel), 0);
  refused(&h, "register 0");
  start(&h);
  create(&h, 0, good_fields);
  event(&h, 0, EV_EVENT_TAG, vcca_span_of(NULL, 0), 4);
  le32(&h, 1);
  refused(&h, "tagged event");
  start(&h);
  event(&h, 0, EV_NO_ACTION, vcca_span_of(NULL, 0), 20);
  vcca_sink_put(&h.out, vcca_span_of(VERSION_SIGNATURE "QEMU", 20));
  refused(&h, "VM VERSION");
}

static void measured(struct hand *h, struct vcca_bootlog *got)
{
  struct vcca_error err = {0};
  const struct vcca_bootlog_image local[] = {{"kernel", VCCA_SPAN(kernel)}};
  check_ok(vcca_bootlog_measure(vcca_sink_span(&h->out), local, 1, VCCA_RULES_ARM_1_0, NULL, NULL, got, &err), &err,
           "a log by hand");
}

/* The format's document counts a NUL in BlobDescriptionSize and has the log's base and size in VM VERSION;
 * the producers' code has neither. */
static void both_readings_of_the_format_are_read(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    size_t n;
  } names[] = {{"KERNEL", 6}, {"KERNEL", 7}, {"KERNEL\0\0", 8}, {"", 0}, {"", 1}};
  uint8_t want[VCCA_HASH_MAX];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct vcca_bootlog got;
    struct hand h;
    start(&h);
    create(&h, 0, good_fields);
    image_named(&h, VCCA_SPAN(kernel), vcca_span_of(names[i].name, names[i].n), 0x40000000, sizeof kernel);
    rec(&h);
    measured(&h, &got);
    assert_string_equal(got.parts[0].name, names[i].name);
    if (i == 0)
      memcpy(want, got.rim.value, sizeof want);
    assert_memory_equal(got.rim.value, want, sizeof want);
  }
  static const unsigned sizes[] = {VERSION_SIZE, VERSION_PADDED, VERSION_SIZE + VERSION_AREA,
                                   VERSION_PADDED + VERSION_AREA};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct vcca_bootlog got;
    struct hand h;
    start(&h);
    event(&h, 0, EV_NO_ACTION, vcca_span_of(NULL, 0), sizes[i]);
    vcca_sink_put(&h.out, vcca_span_of(VERSION_SIGNATURE, 16));
    vcca_sink_put(&h.out, VCCA_SPAN_LIT("lkvm"));
    vcca_sink_fill(&h.out, 0, VERSION_RAM - VERSION_NAME - 4);
    if (i > 1) {
      le64(&h, 0x8fff0000);
      le64(&h, 0x123456789);
    }
    le64(&h, 512 << 20);
    le32(&h, 3);
    vcca_sink_fill(&h.out, 0, sizes[i] - (i > 1 ? VERSION_AREA : 0) - VERSION_SIZE);
    create(&h, 0, good_fields);
    rec(&h);
    measured(&h, &got);
    assert_string_equal(got.vmm, "lkvm");
    assert_int_equal(got.ram_size, 512 << 20);
    assert_int_equal(got.cpus, 3);
  }
}

/* Cut behind any event: no RIM until the REC is there. */
static void a_log_that_was_cut_gives_no_rim(void **state)
{
  (void)state;
  struct fixture f;
  struct vcca_bootlog got;
  make(&f, "kvmtool", "-c 2 -m 512 -k k -i i --measurement-log");
  vcca_span log = vcca_sink_span(&f.log);
  unsigned accepted = 0;
  for (size_t i = 0; i <= log.n; i++) {
    struct vcca_error err = {0};
    bool whole =
        vcca_bootlog_measure(vcca_span_sub(log, 0, i), f.local, f.count, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err);
    assert_true(whole || err.has_offset);
    accepted += whole;
    assert_true(!whole || got.rim_events == 1 ||
                got.rim_events >= 6); /* parameters alone; or RIPAS, three images, the REC too */
    assert_true(!whole || got.has_area == (i == log.n));
  }
  assert_true(accepted >=
              2); /* behind the REC, and whole: the first lacks the area of the log itself, which is remarked on */
  vcca_vmm_plan_free(&f.plan);
}

static void later_registers_are_rems(void **state)
{
  (void)state;
  struct hand h;
  struct vcca_error err = {0};
  struct vcca_bootlog got;
  static const unsigned regs[] = {1, 7, 2, 6, 8, 15, 16, 23};
  uint8_t want[VCCA_REMS][VCCA_MEASUREMENT_SIZE] = {{0}}, digest[32];
  const struct vcca_bootlog_image local[] = {{"kernel", VCCA_SPAN(kernel)}};
  start(&h);
  create(&h, 0, good_fields);
  rec(&h);
  for (size_t i = 0; i < 8; i++) {
    vcca_span what = i == 0 ? VCCA_SPAN(kernel) : vcca_span_of(initrd, i);
    event(&h, regs[i], 0xd, what, 0);
    vcca_hash(VCCA_SHA256, what, digest);
    vcca_rem_extend(VCCA_SHA256, VCCA_REM_PLAIN, want[i / 2], VCCA_SPAN(digest));
  }
  check_ok(vcca_bootlog_measure(vcca_sink_span(&h.out), local, 1, VCCA_RULES_ARM_1_0, NULL, NULL, &got, &err), &err,
           "rems");
  assert_memory_equal(got.rem, want, sizeof want);
  assert_int_equal(got.rem_events, 8);
  assert_int_equal(got.rem_known, 1);
}

int main(void)
{
  support_header(kernel, 0, 0x200000);
  for (size_t i = 0; i < sizeof initrd; i++)
    initrd[i] = (uint8_t)(3 * i + 1);
  memset(firmware, 0x55, sizeof firmware);
  images.kernel = VCCA_SPAN(kernel);
  images.initrd = VCCA_SPAN(initrd);
  images.firmware = VCCA_SPAN(firmware);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logs_read_back_to_the_plans_rim),
      cmocka_unit_test(no_byte_of_a_log_is_trusted),
      cmocka_unit_test(parameters_no_realm_can_have_are_refused),
      cmocka_unit_test(memory_no_realm_can_have_is_refused),
      cmocka_unit_test(an_area_of_16_mib_is_the_largest_that_is_taken_unmeasured),
      cmocka_unit_test(images_that_cannot_be_are_refused),
      cmocka_unit_test(a_digest_that_cannot_be_made_finds_no_image),
      cmocka_unit_test(order_and_kind_of_events_matter),
      cmocka_unit_test(both_readings_of_the_format_are_read),
      cmocka_unit_test(a_log_that_was_cut_gives_no_rim),
      cmocka_unit_test(later_registers_are_rems),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
