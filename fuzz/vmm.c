/* Any bytes as what vcca measure reads from users and hosts: the first byte says as which. Everything ends
 * in bounded time and memory, with an answer or an error that says something; a generated tree is whole, a
 * plan is within its realm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "rooms/vmm.h"
#include "rooms/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 64, UNPACKED_MAX = 1 << 20, RAM_MAX = 1 << 30 };

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void must_say(bool ok, const struct vcca_error *err)
{
  must(ok || (err->fault != VCCA_FAULT_NONE && err->text[0] != '\0'));
}

static void host(vcca_span bytes)
{
  struct vcca_error err = {0};
  struct vcca_host_caps caps = {.known = {false}};
  bool ok = vcca_host_caps_read(bytes, &caps, &err);
  must_say(ok, &err);
  must(ok || err.line > 0);
}

/* An arm64 header in front of 4 KiB. */
static void default_kernel(uint8_t kernel[4096])
{
  memset(kernel, 0, 4096);
  vcca_put_le64(kernel + 16, 0x10000);
  memcpy(kernel + 56, "ARM\x64", 4);
}

static void check_plan(const struct vcca_vmm_plan *out, bool made)
{
  const struct vcca_plan *plan = &out->plan;
  struct vcca_error err = {0};
  struct vcca_rim rim;
  uint8_t log[8192];
  vcca_sink sink = VCCA_SINK(log);
  for (size_t i = 0; i < plan->segment_count; i++) {
    const struct vcca_segment *s = &plan->segments[i];
    must(s->ipa % VCCA_PAGE == 0 && s->size % VCCA_PAGE == 0 && s->size > 0 && s->content.n <= s->size);
    must(i == 0 || s->ipa >= s[-1].ipa + s[-1].size);
    must(s->ipa + s->size <= (uint64_t)1 << (plan->params.s2sz - 1));
  }
  must(!made || vcca_dtb_check(vcca_bytes_span(&out->dtb), NULL, &err));
  must(vcca_bootlog_write(plan, "QEMU", "", &sink, &err) && vcca_sink_ok(&sink));
  if (plan->ram_size <= RAM_MAX)
    vcca_plan_measure(plan, NULL, NULL, NULL, NULL, &rim);
}

static void plan(const struct vcca_vmm_config *config, const struct vcca_vmm_images *images)
{
  struct vcca_error err = {0};
  struct vcca_host_caps caps = {.known = {false}};
  struct vcca_vmm_plan out;
  must(vcca_host_caps_read(
      VCCA_SPAN_LIT("num_bps=6\nnum_wps=6\nipa_bits=52\nsve_vl=512\npmu=true\npmu_num_ctrs=6\nlpa2=true\n"), &caps,
      NULL));
  bool ok = vcca_vmm_plan(config, &caps, images, VCCA_RULES_ARM_1_0, NULL, NULL, &out, &err);
  must_say(ok, &err);
  if (ok)
    check_plan(&out, !images->dtb.p);
  vcca_vmm_plan_free(&out);
}

static void plan_line(const char *vmm, const char *const *words, size_t count, const struct vcca_vmm_images *images)
{
  struct vcca_error err = {0};
  struct vcca_vmm_config config;
  bool ok = vcca_vmm_parse(vmm, words, count, NULL, NULL, &config, &err);
  must_say(ok, &err);
  if (ok)
    plan(&config, images);
}

/* Words with a newline between them. */
static void command_line(const char *vmm, vcca_span bytes)
{
  static uint8_t kernel[4096], other[5000];
  char text[4096];
  const char *words[WORDS];
  size_t count = 0, n = bytes.n < sizeof text - 1 ? bytes.n : sizeof text - 1;
  struct vcca_vmm_images images = {
      .kernel = VCCA_SPAN(kernel), .initrd = VCCA_SPAN(other), .firmware = VCCA_SPAN(other)};
  default_kernel(kernel);
  memcpy(text, bytes.p, n);
  text[n] = '\0';
  for (char *p = text; count < WORDS; p++) {
    words[count++] = p;
    p += strcspn(p, "\n");
    if (*p == '\0')
      break;
    *p = '\0';
  }
  plan_line(vmm, words, count, &images);
}

static void template(const char *vmm, vcca_span bytes)
{
  static const char *const qemu[] = {"-m", "512", "-smp", "3", "-kernel", "k", "-initrd", "i", "-append", "x"};
  static const char *const lkvm[] = {"-m", "512", "-c", "3", "-k", "k", "-i", "i", "--measurement-log"};
  static uint8_t kernel[4096];
  struct vcca_vmm_images images = {.kernel = VCCA_SPAN(kernel), .initrd = VCCA_SPAN(kernel), .dtb_template = bytes};
  default_kernel(kernel);
  if (strcmp(vmm, "qemu") == 0)
    plan_line(vmm, qemu, sizeof qemu / sizeof *qemu, &images);
  else
    plan_line(vmm, lkvm, sizeof lkvm / sizeof *lkvm, &images);
}

static void kernel(vcca_span bytes)
{
  static const char *const words[] = {"-m", "64", "-kernel", "k"};
  struct vcca_error err = {0};
  struct vcca_mapping packed = {.bytes = bytes}, unpacked = {.forgotten = 0};
  bool ok = vcca_kernel_unpack(&packed, UNPACKED_MAX, &unpacked, &err);
  must_say(ok, &err);
  must(unpacked.bytes.n <= UNPACKED_MAX);
  if (ok)
    plan_line("qemu", words, 4, &(struct vcca_vmm_images){.kernel = bytes, .unpacked = unpacked.bytes});
  vcca_file_unmap(&unpacked);
}

static void host_log(vcca_span bytes)
{
  static uint8_t image[5000] = {0xd0, 0x0d, 0xfe, 0xed}; /* as fuzz/seeds has them */
  const struct vcca_bootlog_image images[] = {{"a", VCCA_SPAN(image)}, {"b", VCCA_SPAN_LIT("FW CONTENT")}};
  struct vcca_error err = {0};
  struct vcca_bootlog out;
  bool ok = vcca_bootlog_measure(bytes, images, 2, VCCA_RULES_ARM_1_0, NULL, NULL, &out, &err);
  must_say(ok, &err);
  must(ok || (err.has_offset && err.offset <= bytes.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  vcca_span bytes = vcca_span_of(data + 1, size - 1);
  switch (data[0] % 8) {
  case 0:
    host(bytes);
    break;
  case 1:
    command_line("qemu", bytes);
    break;
  case 2:
    command_line("kvmtool-arm", bytes);
    break;
  case 3:
    command_line("cloud-hypervisor", bytes);
    break;
  case 4:
    template("qemu", bytes);
    break;
  case 5:
    template("kvmtool", bytes);
    break;
  case 6:
    kernel(bytes);
    break;
  default:
    host_log(bytes);
    break;
  }
  return 0;
}
