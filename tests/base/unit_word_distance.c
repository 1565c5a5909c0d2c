/* The distance of words is that of optimal string alignment, as textbooks compute it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rooms/text.h"

static size_t apart(const char *a, const char *b)
{
  size_t d = vcca_word_distance(vcca_span_str(a), vcca_span_str(b));
  assert_int_equal(d, vcca_word_distance(vcca_span_str(b), vcca_span_str(a)));
  return d;
}

static void textbook_words_are_as_far_apart_as_textbooks_say(void **state)
{
  (void)state;
  assert_int_equal(apart("kitten", "sitting"), 3);
  assert_int_equal(apart("saturday", "sunday"), 3);
  assert_int_equal(apart("abcd", "acbd"), 1);
  assert_int_equal(apart("ca", "abc"), 3); /* 2 when a swapped pair may be edited again */
  assert_int_equal(apart("", "rim"), 3);
  assert_int_equal(apart("rim", "rim"), 0);
}

static void long_words_are_far_from_every_word(void **state)
{
  (void)state;
  const char *longest = "0123456789012345678901234567890123456789";
  assert_int_equal(apart(longest, longest), 0);
  assert_int_equal(apart("01234567890123456789012345678901234567890", ""), 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(textbook_words_are_as_far_apart_as_textbooks_say),
      cmocka_unit_test(long_words_are_far_from_every_word),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
