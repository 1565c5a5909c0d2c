/* Any lines as the words of vcca measure, in a folder with one file of each kind: the tool ends with one of
 * its exit codes, and with its own account of memory (leaks). Words that make it write files are left out.
 * Run with -close_fd_mask=1: it prints.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/measure.h"
#include "rooms/file.h"
#include "rooms/vmm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 128, TEXT = 4096 };

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void put(const char *name, vcca_span bytes)
{
  must(vcca_file_write(name, bytes, NULL));
}

/* A log of the plan that the images here make. */
static void put_log(vcca_span kernel, vcca_span tree)
{
  static const char *const words[] = {"-c", "1", "-m", "512", "-k", "k", "--measurement-log"};
  struct vcca_host_caps caps = {.known = {false}};
  struct vcca_vmm_config config;
  struct vcca_vmm_plan plan;
  uint8_t bytes[4096];
  vcca_sink out = VCCA_SINK(bytes);
  const struct vcca_vmm_images images = {.kernel = kernel, .dtb = tree};
  must(vcca_host_caps_read(VCCA_SPAN_LIT("num_bps=6\nnum_wps=6\n"), &caps, NULL) &&
       vcca_vmm_parse("kvmtool", words, sizeof words / sizeof *words, NULL, NULL, &config, NULL) &&
       vcca_vmm_plan(&config, &caps, &images, VCCA_RULES_ARM_1_0, NULL, NULL, &plan, NULL) &&
       vcca_bootlog_write(&plan.plan, "kvmtool", "", &out, NULL));
  put("log", vcca_sink_span(&out));
  vcca_vmm_plan_free(&plan);
}

/* Once; the fuzzer's own paths must be absolute, since this is where it is from then on. */
static void make_folder(void)
{
  static const uint8_t magic[] = {'A', 'R', 'M', 0x64};
  static uint8_t kernel[9000], initrd[5000];
  char folder[] = "/tmp/vcca-fuzz-XXXXXX";
  struct vcca_bytes tree = {0};
  must(mkdtemp(folder) != NULL && chdir(folder) == 0 && freopen("/dev/null", "r", stdin) != NULL);
  memset(kernel + 64, 'k', sizeof kernel - 64);
  memset(initrd, 'i', sizeof initrd);
  vcca_put_le64(kernel + 16, 0x10000);
  memcpy(kernel + 56, magic, sizeof magic);
  must(vcca_dtb_make(&(struct vcca_dtb_spec){.ram_base = 0x40000000, .ram_size = 1 << 29, .vcpus = 2, .bootargs = "x"},
                     &tree, NULL));
  put("kernel", VCCA_SPAN(kernel));
  put("initrd", VCCA_SPAN(initrd));
  put("tree", vcca_bytes_span(&tree));
  put("host", VCCA_SPAN_LIT("num_bps = 6\nnum_wps = 4\nsve_vl = 512\npmu = true\npmu_num_ctrs = 6\n"));
  put("ops.yaml", VCCA_SPAN_LIT("vcca-ops: 1\nprofile: arm-rmm-1.0\noperations: [{create: {s2sz: 40}}, {data: {ipa: "
                                "0x1000, content: {file: initrd}}}, "
                                "{rec: {pc: 4}}, {extend: {index: 1, value: {zero: 32}}}]\n"));
  put_log(VCCA_SPAN(kernel), vcca_bytes_span(&tree));
  vcca_bytes_free(&tree);
}

static bool harmless(const char *word)
{
  return strncmp(word, "--trace", 7) != 0 && strncmp(word, "--output-", 9) != 0 && !strchr(word, '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static char text[TEXT];
  static struct args args;
  static bool ready;
  char *words[WORDS];
  int count = 0;
  if (!ready)
    make_folder();
  ready = true;
  size_t n = size < TEXT - 1 ? size : TEXT - 1;
  memcpy(text, data, n);
  text[n] = '\0';
  for (char *p = text; count < WORDS; p++) {
    words[count] = p;
    p += strcspn(p, "\n");
    bool last = *p == '\0';
    *p = '\0';
    count += harmless(words[count]);
    if (last)
      break;
  }
  if (args_parse(&verb_measure, count, words, &args)) {
    enum vcca_exit code = verb_measure.run(&args);
    must(code == VCCA_EXIT_YES || code == VCCA_EXIT_USAGE || code == VCCA_EXIT_FAULT);
  }
  (void)vcca_engine_use("psa", NULL); /* whatever the words chose */
  return 0;
}
