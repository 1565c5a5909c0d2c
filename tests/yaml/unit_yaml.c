/* The strict YAML loader: what it reads, what it refuses, and where it says so.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "yaml/made_image.h"
#include "rooms/yaml_value.h"
#include "rooms/file.h"
#include "rooms/span.h"

static struct tree_doc load(const char *text)
{
  struct tree_doc doc;
  struct vcca_error err = {0};
  check_ok(tree_read(vcca_span_str(text), &doc, &err), &err, text);
  return doc;
}

static void check_refused(const char *text, unsigned line, unsigned column, const char *part)
{
  struct tree_doc doc;
  struct vcca_error err = {0};
  if (tree_read(vcca_span_str(text), &doc, &err)) {
    tree_free(&doc);
    fail_msg("was read: %s", text);
  }
  assert_null(doc.root);
  if (err.line != line || err.column != column || !strstr(err.text, part))
    fail_msg("%s\n  is %u:%u: %s\n  want %u:%u: ...%s...", text, err.line, err.column, err.text, line, column, part);
}

static void every_node_knows_its_line_and_column(void **state)
{
  (void)state;
  struct tree_doc doc = load("a: 1\nlist:\n  - x\n  - {k: v}\n");
  struct tree_node *list = tree_get(doc.root, "list");
  assert_int_equal(list->kind, TREE_LIST);
  assert_int_equal(list->count, 2);
  assert_int_equal(list->key_line, 2);
  assert_int_equal(list->key_column, 1);
  assert_int_equal(list->first->line, 3);
  assert_int_equal(list->first->column, 5);
  struct tree_node *v = tree_get(list->first->next, "k");
  assert_true(vcca_span_is(v->text, "v"));
  assert_int_equal(v->line, 4);
  assert_int_equal(v->column, 9);
  assert_null(tree_get(doc.root, "b"));
  tree_free(&doc);
}

static void scalars_stay_text(void **state)
{
  (void)state;
  struct tree_doc doc = load("norway: no\noctal: 010\nsexagesimal: 12:30\nnull: ~\nfloat: 1e3\n");
  static const char *const rows[][2] = {
      {"norway", "no"}, {"octal", "010"}, {"sexagesimal", "12:30"}, {"null", "~"}, {"float", "1e3"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_true(vcca_span_is(tree_get(doc.root, rows[i][0])->text, rows[i][1]));
  tree_free(&doc);
}

static void json_is_read(void **state)
{
  (void)state;
  struct tree_doc doc = load("{\"a\": [1, 2, {\"b\": \"c\\n\\u00e9\"}], \"d\": {}}");
  struct tree_node *b = tree_get(tree_get(doc.root, "a")->first->next->next, "b");
  assert_true(vcca_span_is(b->text, "c\n\xc3\xa9"));
  assert_int_equal(tree_get(doc.root, "d")->kind, TREE_MAP);
  tree_free(&doc);
}

static void what_yaml_has_too_much_is_refused_where_it_stands(void **state)
{
  (void)state;
  check_refused("a: &x 1\n", 1, 4, "anchors");
  check_refused("a: 1\nb: *x\n", 2, 4, "aliases");
  check_refused("a: !!str 1\n", 1, 4, "tags");
  check_refused("a: !t {b: 1}\n", 1, 4, "tags");
  check_refused("a: &m {b: 1}\n", 1, 4, "anchors");
  check_refused("a: &l [1]\n", 1, 4, "anchors");
  check_refused("a:\n  <<: {b: 1}\n", 2, 3, "merge");
  check_refused("a: 1\n---\nb: 2\n", 2, 1, "second document");
  check_refused("a: 1\nb: 2\na: 3\n", 3, 1, "given twice; the first is on line 1");
  check_refused("? [1, 2]\n: 3\n", 1, 3, "a key is a word, not a list");
  check_refused("a: \"x\\0y\"\n", 1, 4, "NUL");
  check_refused("", 1, 1, "empty");
  check_refused("# nothing\n", 2, 1, "empty");
  check_refused("a: 1\n\tb: 2\n", 2, 1, "not YAML");
  check_refused("a: [1, 2\n", 2, 1, "not YAML");
  check_refused("a: \"\\ud83d\\ude00\"\n", 1, 7, "not YAML");
}

static void limits_hold(void **state)
{
  (void)state;
  char text[128];
  memset(text, '[', 33);
  memset(text + 33, ']', 33);
  text[66] = '\0';
  check_refused(text, 1, 33, "32 deep");
  struct tree_doc doc;
  struct vcca_error err = {0};
  struct vcca_bytes big = {0};
  assert_true(vcca_bytes_alloc(&big, 400004, &err));
  memset(big.p, ',', big.n);
  for (size_t i = 1; i < big.n - 2; i += 2)
    big.p[i] = '1';
  big.p[0] = '[';
  big.p[big.n - 1] = ']';
  assert_false(tree_read(vcca_bytes_span(&big), &doc, &err));
  assert_non_null(strstr(err.text, "200000 values"));
  vcca_bytes_free(&big);
  assert_true(vcca_bytes_alloc(&big, (4 << 20) + 1, &err));
  assert_false(tree_read(vcca_bytes_span(&big), &doc, &err));
  assert_non_null(strstr(err.text, "4 MiB"));
  vcca_bytes_free(&big);
}

static void a_mapping_of_too_many_keys_is_refused(void **state)
{
  (void)state;
  static char text[12 * 1002];
  size_t n = 0;
  for (int i = 0; i < 1001; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "k%d: 1\n", i);
  check_refused(text, 1001, 1, "more than 1000 keys");
}

static void an_unknown_key_is_refused_with_the_nearest_known_one(void **state)
{
  (void)state;
  static const struct {
    const char *text, *words, *want;
  } rows[] = {
      {"kernal: 1", "kernel initrd dtb", "unknown key \"kernal\" in boot, did you mean \"kernel\"?"},
      {"addres: 1", "rd:pa address:pa ipa:ipa", "unknown key \"addres\" in boot, did you mean \"address\"?"},
      {"zzzzzz: 1", "rd:pa ipa:ipa", "unknown key \"zzzzzz\" in boot; it takes: rd, ipa"},
      {"anything: 1", "", "unknown key \"anything\" in boot; it takes: no keys"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_error err = {0};
    struct tree_doc doc = load(rows[i].text);
    assert_false(tree_only(doc.root, rows[i].words, "boot", &err));
    assert_string_equal(err.text, rows[i].want);
    assert_int_equal(err.line, 1);
    tree_free(&doc);
  }
}

static void numbers_are_sums_of_numbers(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    uint64_t want;
  } good[] = {{"64", 64},           {"0x40", 64},       {"64K", 65536},   {"0x1000 + 16", 0x1010},
              {"1M-4096", 0xff000}, {"-1", UINT64_MAX}, {"10 - 3 + 1", 8}};
  static const char *const bad[] = {"x", "1 2", "1 +", "0x", "", "1.5", "18446744073709551616", "-", "[1]"};
  struct pool pool = {.left = 4096};
  struct reading r = {.pool = &pool};
  uint64_t v;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct vcca_error err = {0};
    struct tree_doc doc = load(good[i].text);
    check_ok(value_number(&r, doc.root, &v, &err), &err, good[i].text);
    assert_int_equal(v, good[i].want);
    tree_free(&doc);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct vcca_error err = {0};
    char text[64];
    snprintf(text, sizeof text, bad[i][0] == '[' ? "{v: %s}" : "{v: \"%s\"}", bad[i]);
    struct tree_doc doc = load(text);
    if (value_number(&r, tree_get(doc.root, "v"), &v, &err))
      fail_msg("%s is %llu", bad[i], (unsigned long long)v);
    assert_int_equal(err.column, 5);
    tree_free(&doc);
  }
}

static void bytes_have_many_forms(void **state)
{
  (void)state;
  static const struct {
    const char *text, *want;
  } rows[] = {
      {"00ff", "00ff"},
      {"0x00FF", "00ff"},
      {"{hex: c0de}", "c0de"},
      {"{text: hi}", "6869"},
      {"{zero: 3}", "000000"},
      {"{fill: 0xab, size: 2}", "abab"},
      {"{ramp: 3, step: 7, size: 4}", "030a1118"},
      {"{hash: sha-256, of: {text: abc}}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
  };
  static const char *const bad[] = {"xyz",
                                    "abc",
                                    "{zero: 65M}",
                                    "{fill: 256, size: 1}",
                                    "{fill: 1}",
                                    "{file: x}",
                                    "{}",
                                    "{text: a, hex: 00}",
                                    "{text: a, size: 3}",
                                    "{hash: md5, of: 00}",
                                    "{hash: sha-256}",
                                    "{make: toast, size: 64}",
                                    "{make: kernel, size: 63}",
                                    "$x",
                                    "[00]"};
  struct pool pool = {.left = 1 << 20};
  struct reading r = {.pool = &pool};
  vcca_span v;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_error err = {0};
    struct tree_doc doc = load(rows[i].text);
    check_ok(value_bytes(&r, doc.root, &v, &err), &err, rows[i].text);
    check_hex(v, rows[i].want, rows[i].text);
    tree_free(&doc);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct vcca_error err = {0};
    struct tree_doc doc = load(bad[i]);
    if (value_bytes(&r, doc.root, &v, &err))
      fail_msg("%s was read", bad[i]);
    if (err.line != 1)
      fail_msg("%s: \"%s\" names no line", bad[i], err.text);
    tree_free(&doc);
  }
  pool_free(&pool);
}

static void a_made_kernel_is_an_arm64_image_and_depends_on_its_seed(void **state)
{
  (void)state;
  uint8_t a[8192], b[8192];
  assert_true(make_image("kernel", 1, a, sizeof a));
  assert_true(make_image("kernel", 1, b, sizeof b));
  assert_memory_equal(a, b, sizeof a);
  assert_true(make_image("kernel", 2, b, sizeof b));
  assert_memory_not_equal(a + 64, b + 64, 64);
  assert_memory_equal(a + 56, "ARM\x64", 4);
  assert_int_equal(vcca_le64(a + 16), sizeof a);
  /* SplitMix64's published stream for seed 1234567: 6457827717110365317 first. */
  assert_true(make_image("initrd", 1234567, a, 64));
  assert_int_equal(vcca_le64(a), 6457827717110365317u);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_node_knows_its_line_and_column),
      cmocka_unit_test(scalars_stay_text),
      cmocka_unit_test(json_is_read),
      cmocka_unit_test(what_yaml_has_too_much_is_refused_where_it_stands),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(a_mapping_of_too_many_keys_is_refused),
      cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest_known_one),
      cmocka_unit_test(numbers_are_sums_of_numbers),
      cmocka_unit_test(bytes_have_many_forms),
      cmocka_unit_test(a_made_kernel_is_an_arm64_image_and_depends_on_its_seed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
