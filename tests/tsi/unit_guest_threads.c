/* Guest programs for which the process has no thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pthread_setattr_default_np */
#include <pthread.h>

#include "support.h"

enum { EXIT_SERROR = 6 };

/* The default size of a thread's stack. No address space has room for 2^50 bytes. */
static void set_stack_size(size_t size)
{
  pthread_attr_t attributes;
  assert_int_equal(pthread_getattr_default_np(&attributes), 0);
  assert_int_equal(pthread_attr_setstacksize(&attributes, size), 0);
  assert_int_equal(pthread_setattr_default_np(&attributes), 0);
  pthread_attr_destroy(&attributes);
}

static void say(void *arg, vcca_guest *g)
{
  (void)g;
  *(bool *)arg = true;
}

static vcca_guest_main choose(void *ctx, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info, void **arg)
{
  (void)m;
  (void)rec;
  (void)info;
  *arg = ctx;
  return say;
}

static void a_guest_without_a_thread_is_an_error(void **state)
{
  (void)state;
  struct world w;
  struct vcca_error err = {0};
  bool ran = false;
  world_open(&w, VCCA_FAMILY_ARM_1_0);
  set_stack_size((size_t)1 << 50);
  assert_null(vcca_guest_new(w.m, w.rec[0], say, &ran, &err));
  assert_int_equal(err.fault, VCCA_FAULT_MEMORY);
  assert_null(vcca_machine_config(w.m)->program);
  set_stack_size((size_t)1 << 20);
  vcca_guest *g = guest_start(&w, 0, say, &ran);
  host_enter(&w, 0);
  assert_true(ran);
  vcca_guest_free(g);
  world_close(&w);
}

static void a_rec_whose_chosen_guest_has_no_thread_leaves_with_an_serror_until_there_is_one(void **state)
{
  (void)state;
  struct world w;
  struct vcca_error err = {0};
  bool ran = false;
  world_open(&w, VCCA_FAMILY_ARM_1_0);
  assert_true(vcca_guest_attach(w.m, choose, &ran, &err));
  set_stack_size((size_t)1 << 50);
  assert_int_equal(host_enter(&w, 0).reason, EXIT_SERROR);
  assert_int_equal(host_enter(&w, 0).reason, EXIT_SERROR);
  assert_false(ran);
  set_stack_size((size_t)1 << 20);
  assert_int_equal(host_enter(&w, 0).reason, EXIT_IRQ);
  assert_true(ran);
  assert_true(vcca_guest_attach(w.m, NULL, NULL, &err));
  world_close(&w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_guest_without_a_thread_is_an_error),
      cmocka_unit_test(a_rec_whose_chosen_guest_has_no_thread_leaves_with_an_serror_until_there_is_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
