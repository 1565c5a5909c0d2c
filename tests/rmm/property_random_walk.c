/* Long random walks over both ABIs, every call checked against a shadow (support_walk.h).
 *
 *   property_random_walk [CALLS [SEED]]     how many calls in all; default 200,000
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_walk.h"

#include "check.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t calls = 200000, first_seed = 1;
enum { WALK = 10000 }; /* calls of one walk: long enough for realms to come and go many times */

static void walk(const struct vcca_machine_config *config)
{
  const struct vcca_interface *api = config->abi == VCCA_ABI_TMI ? vcca_tmi() : vcca_rmi();
  uint64_t made = 0, accepted = 0, taken[WALK_COMMANDS] = {0};
  unsigned untaken = 0;
  for (uint64_t seed = first_seed; made < calls / 5; seed++) {
    uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);
    struct walk *w = walk_new(config, walk_random, &random);
    for (unsigned i = 0; i < WALK; i++)
      walk_step(w);
    made += walk_calls(w);
    accepted += walk_accepted(w);
    walk_tally(w, taken);
    walk_end(w);
  }
  for (size_t i = 0; i < api->command_count; i++)
    if (taken[i] == 0 && walk_weight(&api->commands[i]) > 0) {
      print_error("never succeeded: %s\n", api->commands[i].name);
      untaken++;
    }
  print_message("%" PRIu64 " calls, %" PRIu64 " accepted\n", made, accepted);
  assert_int_equal(untaken, 0);
}

static void rmi_follows_its_shadow(void **state)
{
  (void)state;
  walk(&(struct vcca_machine_config){.abi = VCCA_ABI_RMI});
}

static void rmi_follows_its_shadow_under_the_rules_of_2_0_and_padded_extends(void **state)
{
  (void)state;
  walk(&(struct vcca_machine_config){.abi = VCCA_ABI_RMI, .rules = VCCA_RULES_ARM_2_0, .rem_zero_padded = true});
}

static void rmi_follows_its_shadow_under_the_rules_of_the_draft(void **state)
{
  (void)state;
  walk(&(struct vcca_machine_config){.abi = VCCA_ABI_RMI, .rules = VCCA_RULES_ARM_2_0_BET1});
}

static void rmi_follows_its_shadow_with_few_features(void **state)
{
  (void)state;
  walk(&(struct vcca_machine_config){.abi = VCCA_ABI_RMI,
                                     .features = {.max_recs_order = 2, .gicv3_num_lrs = 3, .s2sz = 44}});
}

static void tmi_follows_its_shadow(void **state)
{
  (void)state;
  walk(&(struct vcca_machine_config){.abi = VCCA_ABI_TMI, .rules = VCCA_RULES_VIRTCCA});
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rmi_follows_its_shadow),
      cmocka_unit_test(rmi_follows_its_shadow_under_the_rules_of_2_0_and_padded_extends),
      cmocka_unit_test(rmi_follows_its_shadow_under_the_rules_of_the_draft),
      cmocka_unit_test(rmi_follows_its_shadow_with_few_features),
      cmocka_unit_test(tmi_follows_its_shadow),
  };
  if (argc > 1)
    calls = strtoull(argv[1], NULL, 0);
  if (argc > 2)
    first_seed = strtoull(argv[2], NULL, 0);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
