/* Every condition of every command has a sentence that says what it means, and no sentence is left over.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "vcca/tsi.h"
#include "rooms/interface.h"

enum { MOST = 400 };

static const struct vcca_interface *interface_at(size_t i)
{
  const struct vcca_interface *all[] = {vcca_rmi(), vcca_tmi(), vcca_rsi(), vcca_tsi(), vcca_psci()};
  return i < sizeof all / sizeof all[0] ? all[i] : NULL;
}

static void every_condition_has_a_meaning_and_every_meaning_a_condition(void **state)
{
  (void)state;
  const char *sentences[MOST];
  vcca_span names[MOST];
  size_t used = 0, conditions = 0;
  const struct vcca_interface *f;
  for (size_t i = 0; (f = interface_at(i)) != NULL; i++)
    for (size_t c = 0; c < f->command_count; c++) {
      const char *list = f->commands[c].conditions;
      vcca_span name, status;
      while (vcca_word_next(&list, '=', &name, &status)) {
        char text[400];
        if (!vcca_condition_text(f, &f->commands[c], name, NULL, text, sizeof text))
          fail_msg("%s %s %.*s: \"%s\"", f->name, f->commands[c].name, (int)name.n, (const char *)name.p, text);
        const char *sentence = vcca_condition_meaning(f, &f->commands[c], name);
        size_t at = 0;
        while (at < used && !(sentences[at] == sentence && vcca_span_eq(names[at], name)))
          at++;
        assert_true(at < MOST);
        sentences[at] = sentence;
        names[at] = name;
        used += at == used;
        conditions++;
      }
    }
  assert_true(conditions > 250);
  assert_int_equal(used, vcca_condition_count());
}

static void a_meaning_names_inputs_and_their_values(void **state)
{
  (void)state;
  const struct vcca_command *create = vcca_command_named(vcca_rmi(), VCCA_SPAN_LIT("DATA_CREATE"));
  const struct vcca_command *extend = vcca_command_named(vcca_rsi(), VCCA_SPAN_LIT("MEASUREMENT_EXTEND"));
  const uint64_t in[18] = {0, 0x1001, 0x2002, 0x3003};
  char text[400];
  assert_true(vcca_condition_text(vcca_rmi(), create, VCCA_SPAN_LIT("data_align"), NULL, text, sizeof text));
  assert_string_equal(text, "data is not a multiple of the granule size, 4096.");
  assert_true(vcca_condition_text(vcca_rmi(), create, VCCA_SPAN_LIT("data_align"), in, text, sizeof text));
  assert_string_equal(text, "data 0x2002 is not a multiple of the granule size, 4096.");
  assert_true(vcca_condition_text(vcca_rsi(), extend, VCCA_SPAN_LIT("size_bound"), in, text, sizeof text));
  assert_string_equal(text, "size 8194 is above 64.");
  assert_false(vcca_condition_text(vcca_rsi(), extend, VCCA_SPAN_LIT("size_bound"), in, text, 8));
  assert_false(vcca_condition_text(vcca_rsi(), extend, VCCA_SPAN_LIT("rd_align"), in, text, sizeof text));
  assert_string_equal(text, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_condition_has_a_meaning_and_every_meaning_a_condition),
      cmocka_unit_test(a_meaning_names_inputs_and_their_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
