/* Device trees that are well-formed and made to cost time: as templates they are edited quickly, or refused
 * with a reason.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>
#include <sys/resource.h>

#include "support_vmm.h"

enum {
  CPU_SECONDS = 60 /* for all of it, with sanitizers; one of these trees could take as long */,
  ROOM = 2 << 20,
  HEADER = 40
};
static uint8_t kernel[4096], tree[ROOM];
static vcca_sink out;

static void u32(uint32_t v)
{
  uint8_t be[4];
  vcca_put_be32(be, v);
  vcca_sink_put(&out, VCCA_SPAN(be));
}

/* Begins a tree of n reservations. */
static void begin(size_t n)
{
  out = vcca_sink_of(tree, sizeof tree);
  for (size_t i = 0; i < HEADER / 4; i++)
    u32(0);
  for (size_t i = 0; i <= 4 * n; i++)
    u32(i < 4 * n && i % 2 == 1 ? 0x1000 : 0);
  for (size_t i = 0; i < 3; i++)
    u32(0);
  vcca_put_be32(tree + 8, (uint32_t)out.n);
}

static void begin_node(const char *name)
{
  uint8_t text[8] = {0};
  size_t n = strlen(name) + 1;
  memcpy(text, name, n);
  u32(FDT_BEGIN_NODE);
  vcca_sink_put(&out, vcca_span_of(text, (n + 3) / 4 * 4));
}

static void end_with(vcca_span names)
{
  u32(FDT_END);
  uint32_t at = vcca_be32(tree + 8), n = (uint32_t)out.n;
  vcca_sink_put(&out, names);
  const uint32_t header[] = {FDT_MAGIC, (uint32_t)out.n, at, n, HEADER, 17, 16, 0, (uint32_t)names.n, n - at};
  for (size_t i = 0; i < HEADER / 4; i++)
    vcca_put_be32(tree + 4 * i, header[i]);
  assert_true(vcca_sink_ok(&out));
}

/* Edits the tree for a VM of 512 CPUs; an error says `why`, which is NULL when none is expected. */
static void edit(const char *why)
{
  struct vcca_vmm_images images = {.kernel = VCCA_SPAN(kernel), .dtb_template = vcca_sink_span(&out)};
  struct support_words words;
  struct vcca_vmm_plan plan;
  struct vcca_error err = {0};
  bool ok = support_plan("qemu", "num_bps=6\nnum_wps=4\n", "-m 512 -smp 512 -kernel k", &images, &words, &plan, &err);
  assert_int_equal(ok, why == NULL);
  if (why)
    assert_non_null(strstr(err.text, why));
  vcca_vmm_plan_free(&plan);
}

static void a_hundred_thousand_reservations_are_kept_at_once(void **state)
{
  (void)state;
  begin(100000);
  begin_node("");
  u32(FDT_END_NODE);
  end_with(vcca_span_of(NULL, 0));
  edit(NULL);
}

/* n properties without a value, whose names are different tails of `names`. */
static void tails(size_t n, vcca_span names, size_t longest)
{
  begin(0);
  begin_node("");
  for (size_t i = 0; i < n; i++) {
    u32(FDT_PROP);
    u32(0);
    u32((uint32_t)(names.n - 2 - i % longest));
  }
  u32(FDT_END_NODE);
  end_with(names);
}

static void names_are_looked_up_within_bounds(void **state)
{
  (void)state;
  static uint8_t names[1 << 20];
  memset(names, 'a', sizeof names - 1);
  vcca_span all = VCCA_SPAN(names);
  tails(80000, all, sizeof names - 2);
  edit("KiB of property names");
  vcca_span some = vcca_span_sub(all, sizeof names - 8192, 8192);
  tails(10000, some, 8000);
  edit("a property name of more than 127 characters");
  tails(16000, some, 127);
  edit(NULL);
  tails(17000, some, 127);
  edit("more than 16384 items");
}

static void nodes_that_are_written_anew_end_with_the_room_there_is(void **state)
{
  (void)state;
  begin(0);
  begin_node("");
  for (size_t i = 0; i < 5000; i++) {
    begin_node("cpus");
    u32(FDT_END_NODE);
  }
  u32(FDT_END_NODE);
  end_with(vcca_span_of(NULL, 0));
  edit("cannot be written");
}

static void depth_is_bounded(void **state)
{
  (void)state;
  enum { DEPTH = 100000 };
  begin(0);
  for (size_t i = 0; i < DEPTH; i++)
    begin_node(i ? "a" : "");
  for (size_t i = 0; i < DEPTH; i++)
    u32(FDT_END_NODE);
  end_with(vcca_span_of(NULL, 0));
  edit("deeper than 32");
}

int main(void)
{
  const struct rlimit limit = {check_seconds(CPU_SECONDS), check_seconds(CPU_SECONDS)};
  assert_int_equal(setrlimit(RLIMIT_CPU, &limit), 0);
  support_header(kernel, 0, 0x10000);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hundred_thousand_reservations_are_kept_at_once),
      cmocka_unit_test(names_are_looked_up_within_bounds),
      cmocka_unit_test(nodes_that_are_written_anew_end_with_the_room_there_is),
      cmocka_unit_test(depth_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
