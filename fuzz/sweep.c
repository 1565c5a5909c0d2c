/* Any bytes as the plan of a sweep, in a folder with files it may name: reading ends in bounded time and
 * memory, with configurations or an error that has a place; a row is what its plan measures alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rooms/explain.h"
#include "rooms/sweep.h"
#include "rooms/file.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RAM_MAX = 1 << 30, VCPUS_MAX = 64, FILES = 6 };

static char folder[] = "/tmp/vcca-fuzz-sweep-XXXXXX";
static const char *const names[FILES] = {"Image", "initrd", "firmware", "vm.dtb", "host.toml", "kvm.toml"};

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void path_of(size_t i, char path[64])
{
  snprintf(path, 64, "%s/%s", folder, names[i]);
}

static void remove_files(void)
{
  char path[64];
  for (size_t i = 0; i < FILES; i++) {
    path_of(i, path);
    (void)unlink(path);
  }
  (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  static uint8_t kernel[9000], initrd[5001], firmware[70000];
  const struct vcca_dtb_spec spec = {.ram_base = 1 << 30, .ram_size = 1 << 30, .vcpus = 2};
  struct vcca_bytes dtb = {NULL, 0};
  char path[64];
  memset(kernel + 64, 'k', sizeof kernel - 64);
  vcca_put_le64(kernel + 16, 0x10000);
  memcpy(kernel + 56, "ARM\x64", 4);
  memset(initrd, 'i', sizeof initrd);
  memset(firmware, 'f', sizeof firmware);
  must(vcca_dtb_make(&spec, &dtb, NULL) && mkdtemp(folder));
  const vcca_span contents[FILES] = {
      VCCA_SPAN(kernel),
      VCCA_SPAN(initrd),
      VCCA_SPAN(firmware),
      vcca_bytes_span(&dtb),
      VCCA_SPAN_LIT("ipa_bits = 48\nnum_bps = 6\nnum_wps = 4\nsve_vl = 512\npmu = true\npmu_num_ctrs = 6\n"),
      VCCA_SPAN_LIT("num_bps = 2 # what the hypervisor leaves\n")};
  for (size_t i = 0; i < FILES; i++) {
    path_of(i, path);
    must(vcca_file_write(path, contents[i], NULL));
  }
  vcca_bytes_free(&dtb);
  return atexit(remove_files);
}

struct expected {
  size_t id, rows;
  bool planned;
  struct vcca_rim rim;
};

static bool compare(void *ctx, const struct vcca_sweep_row *row)
{
  struct expected *e = ctx;
  e->rows++;
  must(row->id == e->id && row->planned == e->planned && !row->known);
  must(row->planned ? memcmp(row->rim.value, e->rim.value, sizeof e->rim.value) == 0 : row->error.text[0] != '\0');
  return true;
}

/* The row of one configuration, against its plan. */
static void check_row(const struct vcca_sweep *sweep, size_t id)
{
  static struct vcca_sweep_vm vm;
  struct vcca_error err = {.fault = VCCA_FAULT_NONE};
  struct expected e = {.id = id, .planned = vcca_sweep_plan(sweep, id, NULL, &vm, &err)};
  const struct vcca_sweep_options options = {
      .shard = id, .shards = sweep->configurations, .threads = 1, .row = compare, .ctx = &e};
  must(e.planned || (err.fault != VCCA_FAULT_NONE && err.text[0] != '\0'));
  if (!e.planned || (vm.plan->ram_size <= RAM_MAX && vm.plan->vcpus <= VCPUS_MAX)) {
    if (e.planned)
      vcca_plan_measure(vm.plan, NULL, NULL, NULL, NULL, &e.rim);
    must(vcca_sweep_run(sweep, &options, &err) && e.rows == 1);
  }
  vcca_sweep_vm_free(&vm);
}

static void check(struct vcca_sweep *sweep)
{
  size_t product = 1, last = sweep->configurations - 1;
  char first_of[VCCA_SWEEP_INPUTS + 1], last_of[VCCA_SWEEP_INPUTS + 1];
  for (size_t axis = 0; axis < sweep->axis_count; axis++) {
    must(sweep->axes[axis].count > 0 && sweep->axes[axis].count <= VCCA_SWEEP_VALUES);
    product *= sweep->axes[axis].count;
  }
  must(product == sweep->configurations && product <= VCCA_SWEEP_CONFIGURATIONS &&
       sweep->file_count <= VCCA_SWEEP_FILES);
  vcca_sweep_identify(sweep);
  vcca_sweep_inputs(sweep, 0, first_of);
  vcca_sweep_inputs(sweep, last, last_of);
  must(strspn(first_of, "0123456789abcdef") == VCCA_SWEEP_INPUTS && (last > 0 || strcmp(first_of, last_of) == 0));
  check_row(sweep, 0);
  check_row(sweep, last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct vcca_sweep sweep;
  struct vcca_error err = {.fault = VCCA_FAULT_NONE};
  if (size > 0 && memchr(data, '/', size))
    return -1; /* files of this machine are none of its business */
  if (vcca_sweep_read(vcca_span_of(data, size), folder, NULL, &sweep, &err))
    check(&sweep);
  else
    must(err.text[0] != '\0' &&
         (err.line > 0 || err.has_offset || err.fault == VCCA_FAULT_MEMORY || err.fault == VCCA_FAULT_MALFORMED));
  vcca_sweep_free(&sweep);
  return 0;
}
