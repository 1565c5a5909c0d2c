/* Kernels as each VMM takes them: packed, without a header, and what is refused with advice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST
#include <zlib.h>

#include "support_vmm.h"

#define HOST "num_bps=6\nnum_wps=4\n"
enum { ROOM = 64 << 10 };
static uint8_t image[8192], packed[ROOM], zboot[ROOM];
static size_t packed_n, zboot_n;
static struct support_words words;

static void pack(void)
{
  z_stream z = {.next_in = image, .avail_in = sizeof image, .next_out = packed, .avail_out = sizeof packed};
  assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  packed_n = z.total_out;
  deflateEnd(&z);
}

/* The header of drivers/firmware/efi/libstub/zboot-header.S in front of the payload, and the payload's size
 * behind it. */
static void wrap(const char *type, uint32_t at, uint32_t n)
{
  enum { PAYLOAD = 0x400 };
  memset(zboot, 0, sizeof zboot);
  memcpy(zboot, "MZ\0\0zimg", 8);
  vcca_put_le32(zboot + 8, at);
  vcca_put_le32(zboot + 12, n);
  memcpy(zboot + 24, type, strlen(type));
  memcpy(zboot + 56, "\xcd\x23\x82\x81", 4);
  memcpy(zboot + PAYLOAD, packed, packed_n);
  zboot_n = PAYLOAD + packed_n + 4;
}

/* The plan's kernel segment, of a file as the command line's tool prepares it; an error is in err. */
static bool plan_kernel_of(const char *vmm, const char *line, vcca_span file, struct vcca_segment *out,
                           struct vcca_error *err)
{
  struct vcca_mapping mapping = {.bytes = file}, inside = {.forgotten = 0};
  struct vcca_vmm_plan plan = {.handed_count = 0};
  memset(err, 0, sizeof *err);
  const struct vcca_segment *kernel = NULL;
  *out = (struct vcca_segment){.ipa = 0};
  bool ok = vcca_kernel_unpack(&mapping, 1 << 20, &inside, err);
  struct vcca_vmm_images images = {.kernel = file, .unpacked = inside.bytes, .firmware = VCCA_SPAN_LIT("firmware")};
  ok = ok && support_plan(vmm, HOST, line, &images, &words, &plan, err);
  if (ok && (kernel = vcca_plan_segment(&plan.plan, VCCA_ROLE_KERNEL)) != NULL)
    *out = *kernel;
  if (ok && plan.handed_count > 0)
    out->content = plan.handed[0];
  if (kernel)
    assert_true(plan.plan.boot_rec.pc == out->ipa + out->lead);
  bool same = out->content.n == sizeof image && memcmp(out->content.p, image, sizeof image) == 0;
  out->content = same ? VCCA_SPAN(image) : out->content.p == file.p ? file : vcca_span_of(NULL, 0);
  vcca_vmm_plan_free(&plan);
  vcca_file_unmap(&inside);
  return ok;
}

static const char *const vmms[] = {"qemu", "kvmtool", "cloud-hypervisor"};
static const char *const lines[] = {"-m 512 -kernel k", "-m 512 -c 1 -k k", "--memory size=512M --kernel k"};
static const uint64_t base[] = {0x40000000, 0x80000000, 0x40400000};

static void a_packed_kernel_is_unpacked_where_the_vmm_does(void **state)
{
  (void)state;
  struct vcca_segment s;
  struct vcca_error err;
  wrap("gzip", 0x400, (uint32_t)packed_n);
  for (size_t i = 0; i < 2; i++) {
    vcca_span file = i ? vcca_span_of(zboot, zboot_n) : vcca_span_of(packed, packed_n);
    check_ok(plan_kernel_of("qemu", lines[0], file, &s, &err), &err, "QEMU");
    assert_true(s.content.p == image && s.ipa == base[0]);
    for (size_t vmm = 1; vmm < 3; vmm++) {
      assert_false(plan_kernel_of(vmms[vmm], lines[vmm], file, &s, &err));
      assert_true(err.fault == VCCA_FAULT_UNSUPPORTED && strstr(err.text, "gunzip"));
    }
  }
}

/* QEMU unpacks gzip for firmware, too, but hands it an EFI zboot image as it is (hw/arm/boot.c,
 * load_image_to_fw_cfg). */
static void firmware_is_handed_a_zboot_image_as_it_is(void **state)
{
  (void)state;
  struct vcca_segment s;
  struct vcca_error err;
  wrap("gzip", 0x400, (uint32_t)packed_n);
  check_ok(plan_kernel_of("qemu", "-m 512 -bios f -kernel k", vcca_span_of(packed, packed_n), &s, &err), &err, "gzip");
  assert_true(s.content.p == image);
  check_ok(plan_kernel_of("qemu", "-m 512 -bios f -kernel k", vcca_span_of(zboot, zboot_n), &s, &err), &err, "zboot");
  assert_true(s.content.p == zboot);
}

static void a_zboot_header_that_lies_is_refused(void **state)
{
  (void)state;
  static const struct {
    const char *type;
    uint32_t at, n;
    const char *why;
  } rows[] = {
      {"gzip", 0x400, UINT32_MAX, "but the file has"},
      {"gzip", UINT32_MAX, UINT32_MAX, "but the file has"},
      {"gzip", ROOM, 1, "but the file has"},
      {"gzip", 0x400, 40, "ends too early"},
      {"gzip", 0x400, 0, "ends too early"},
      {"gzip", 0, 0x400, "gzip data is damaged"},
      {"zstd", 0x400, 9, "(tail -c +1025 FILE | head -c 9 | unzstd)"},
      {"xzkern", 0x400, 9, "unxz"},
      {"lz4", 0x400, 9, "unlz4"},
      {"\x1b[2J", 0x400, 9, "unknown compression"},
  };
  struct vcca_segment s;
  struct vcca_error err;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    wrap(rows[i].type, rows[i].at, rows[i].n);
    if (plan_kernel_of("qemu", lines[0], vcca_span_of(zboot, zboot_n), &s, &err) || !strstr(err.text, rows[i].why))
      fail_msg("row %zu: %s", i, err.text);
  }
}

static void a_gzip_bomb_is_bounded(void **state)
{
  (void)state;
  struct vcca_mapping mapping = {.bytes = vcca_span_of(packed, packed_n)}, inside = {.forgotten = 0};
  struct vcca_error err = {0};
  assert_false(vcca_kernel_unpack(&mapping, sizeof image - 1, &inside, &err));
  assert_non_null(strstr(err.text, "decompresses to more than"));
  wrap("gzip", 0x400, (uint32_t)packed_n);
  mapping.bytes = vcca_span_of(zboot, zboot_n);
  assert_false(vcca_kernel_unpack(&mapping, sizeof image - 1, &inside, &err));
  assert_null(inside.bytes.p);
}

/* Neither header nor size: QEMU, kvmtool and linux-loader agree on 0x80000; linux-loader wants the header. */
static void a_kernel_without_header_or_size_goes_to_0x80000(void **state)
{
  (void)state;
  static uint8_t raw[8192];
  struct vcca_segment s;
  struct vcca_error err;
  for (size_t vmm = 0; vmm < 3; vmm++)
    for (size_t header = 0; header < 2; header++) {
      memset(raw, 0x14, sizeof raw);
      if (header)
        support_header(raw, UINT64_MAX, 0);
      if (!plan_kernel_of(vmms[vmm], lines[vmm], VCCA_SPAN(raw), &s, &err)) {
        if (header || vmm != 2)
          fail_msg("%s: %s", vmms[vmm], err.text);
        assert_non_null(strstr(err.text, "ARM\\x64"));
        continue;
      }
      assert_true(header || vmm != 2);
      assert_true(s.ipa == base[vmm] + 0x80000 && s.content.p == raw && s.size == sizeof raw);
    }
  check_ok(plan_kernel_of("qemu", lines[0], vcca_span_of(raw + 100, 5), &s, &err), &err, "5 bytes");
  assert_false(plan_kernel_of("kvmtool", lines[1], vcca_span_of(raw + 100, 63), &s, &err));
  assert_false(plan_kernel_of("qemu", lines[0], vcca_span_of(raw, 0), &s, &err));
}

/* A VMM that takes any bytes takes these, too, in vain. */
static void what_is_known_to_be_no_kernel_is_refused(void **state)
{
  (void)state;
  static uint8_t raw[1024];
  static const struct {
    size_t at;
    const char *bytes;
    size_t n;
    const char *why;
  } rows[] = {
      {0, "\x28\xb5\x2f\xfd", 4, "unzstd"},
      {0, "\xfd\x37zXZ", 5, "unxz"},
      {0, "BZh9", 4, "bunzip2"},
      {0, "\x7f\x45LF", 4, "vmlinux"},
      {0, "\x27\x05\x19\x56", 4, "uImage"},
      {0, "\xd0\x0d\xfe\xed", 4, "FIT"},
      {514, "HdrS", 4, "x86"},
      {0, "MZ", 2, "EFI application"},
      {36, "\x18\x28\x6f\x01", 4, "32-bit"},
      {0, "\x04\x22\x4d\x18", 4, "unlz4"},
      {56, "RSC\x05", 4, "RISC-V"},
  };
  for (size_t vmm = 0; vmm < 2; vmm++)
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      struct vcca_segment s;
      struct vcca_error err;
      memset(raw, 0, sizeof raw);
      memcpy(raw + rows[i].at, rows[i].bytes, rows[i].n);
      if (plan_kernel_of(vmms[vmm], lines[vmm], VCCA_SPAN(raw), &s, &err) || !strstr(err.text, rows[i].why))
        fail_msg("row %zu: %s", i, err.text);
    }
}

static void big_endian_changes_nothing(void **state)
{
  (void)state;
  struct vcca_segment s;
  struct vcca_error err;
  static uint8_t big[8192];
  memcpy(big, image, sizeof big);
  big[24] = 1; /* flags bit 0 */
  check_ok(plan_kernel_of("qemu", lines[0], VCCA_SPAN(big), &s, &err), &err, "big-endian");
  assert_true(s.ipa == base[0]);
}

static void a_ramdisk_of_u_boot_is_refused_by_qemu_alone(void **state)
{
  (void)state;
  static uint8_t initrd[200] = {0x27, 0x05, 0x19, 0x56, [30] = 3};
  struct vcca_vmm_images images = {.kernel = VCCA_SPAN(image), .initrd = VCCA_SPAN(initrd)};
  struct vcca_vmm_plan plan;
  struct vcca_error err = {0};
  assert_false(support_plan("qemu", HOST, "-m 512 -kernel k -initrd i", &images, &words, &plan, &err));
  assert_non_null(strstr(err.text, "tail -c +65"));
  vcca_vmm_plan_free(&plan);
  check_ok(support_plan("kvmtool", HOST, "-m 512 -c 1 -k k -i i", &images, &words, &plan, &err), &err, "kvmtool");
  vcca_vmm_plan_free(&plan);
}

int main(void)
{
  for (size_t i = 0; i < sizeof image; i++)
    image[i] = (uint8_t)(i * i >> 5);
  support_header(image, 0, 0x10000);
  pack();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_packed_kernel_is_unpacked_where_the_vmm_does),
      cmocka_unit_test(firmware_is_handed_a_zboot_image_as_it_is),
      cmocka_unit_test(a_zboot_header_that_lies_is_refused),
      cmocka_unit_test(a_gzip_bomb_is_bounded),
      cmocka_unit_test(a_kernel_without_header_or_size_goes_to_0x80000),
      cmocka_unit_test(what_is_known_to_be_no_kernel_is_refused),
      cmocka_unit_test(big_endian_changes_nothing),
      cmocka_unit_test(a_ramdisk_of_u_boot_is_refused_by_qemu_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
