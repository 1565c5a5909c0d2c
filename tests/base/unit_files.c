/* The files of a command: which names stand for one file, and how a file is written whole or not at all.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rooms/files.h"
#include "rooms/json.h"
#include "rooms/file.h"
#include "rooms/span.h"

/* A folder of the test's own, in which it runs: a and b are files, sub is a folder, sub/a another file. */
static char folder[200];

static void put(const char *path, const char *text)
{
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
  (void)state;
  const char *top = vcca_temp_folder();
  snprintf(folder, sizeof folder, "%s/vcca-files-XXXXXX", top ? top : "/tmp");
  if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("sub", 0777) != 0)
    return -1;
  put("a", "alpha");
  put("b", "beta");
  put("sub/a", "another alpha");
  return symlink("a", "link") || symlink("sub", "sublink") || link("a", "hard") || symlink("sub/new", "dangling") ||
         symlink("loop", "loop") || mkfifo("pipe", 0600);
}

static int tear_down(void **state)
{
  (void)state;
  static const char *const names[] = {"a",       "b",    "sub/a",    "sub/new", "new", "link",
                                      "sublink", "hard", "dangling", "loop",    "pipe"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unlink(names[i]);
  return rmdir("sub") || chdir("/") || rmdir(folder); /* nothing else was left there */
}

static void text_is(const char *path, const char *want)
{
  struct vcca_bytes b = {0};
  struct vcca_error err = {0};
  check_ok(vcca_file_read(path, 100, &b, &err), &err, path);
  if (!vcca_span_is(vcca_bytes_span(&b), want))
    fail_msg("%s: %.*s, not %s", path, (int)b.n, (const char *)b.p, want);
  vcca_bytes_free(&b);
}

static size_t names_in(const char *path)
{
  size_t n = 0;
  DIR *d = opendir(path);
  assert_non_null(d);
  while (readdir(d))
    n++;
  closedir(d);
  return n;
}

/* --- Which names are one file --- */

static void an_output_is_no_input_nor_another_output_however_it_is_spelled(void **state)
{
  (void)state;
  static const struct {
    const char *one, *other;
    bool same;
  } rows[] = {
      {"a", "a", true},
      {"a", "./a", true},
      {"a", "sub/../a", true},
      {"a", "link", true},
      {"a", "hard", true},
      {"a", "b", false},
      {"a", "sub/a", false}, /* a name is a file's within its folder */
      {"sub/a", "sublink/a", true},
      {"new", "new", true}, /* not there yet */
      {"new", "./new", true},
      {"new", "sub/new", false},
      {"sub/new", "sublink/new", true},
      {"sub/new", "dangling", true},
      {"pipe", "pipe", true},
      {"/dev/null", "/dev/null", false}, /* as many as one likes */
      {"a", "/dev/null", false},
      {"-", "a", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int turn = 0; turn < 4; turn++) {
      const char *one = turn % 2 ? rows[i].other : rows[i].one, *other = turn % 2 ? rows[i].one : rows[i].other;
      struct vcca_files files = {0};
      struct vcca_error err = {0};
      check_ok(turn < 2 ? vcca_files_input(&files, "--in", one, &err)
                        : vcca_files_output(&files, "--one", one, false, &err),
               &err, one);
      bool taken = vcca_files_output(&files, "--out", other, false, &err);
      if (taken == rows[i].same)
        fail_msg("%s, then %s: %s", one, other, taken ? "taken" : err.text);
      assert_int_equal(files.refused, rows[i].same);
      if (rows[i].same) {
        assert_int_equal(err.fault, VCCA_FAULT_USAGE);
        char words[200];
        const char *spelled = strcmp(one, other) != 0 ? " (" : "", *end = spelled[0] ? ")" : "";
        snprintf(words, sizeof words, "--out %s: that is the file of %s%s%s%s: name another", other,
                 turn < 2 ? "--in" : "--one", spelled, spelled[0] ? one : "", end);
        assert_string_equal(err.text, words);
      }
      vcca_files_free(&files);
      assert_true(files.count == 0 && files.entries == NULL);
    }
}

static void a_file_may_be_read_twice_but_not_what_runs_out(void **state)
{
  (void)state;
  static const struct {
    const char *one, *other;
    const char *words; /* of the refusal; NULL: taken */
  } rows[] = {{"a", "a", NULL},
              {"a", "link", NULL},
              {"-", "-", "--other -: standard input is read already (--one): name a file"},
              {"-", "/dev/stdin", "--other /dev/stdin: standard input is read already (--one)"},
              {"pipe", "./pipe", "--other ./pipe: this pipe is read already (--one), and can be read once"},
              {"-", "a", NULL}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_files files = {0};
    struct vcca_error err = {0};
    check_ok(vcca_files_input(&files, "--one", rows[i].one, &err), &err, rows[i].one);
    bool taken = vcca_files_input(&files, "--other", rows[i].other, &err);
    if (taken != (rows[i].words == NULL) || (!taken && !strstr(err.text, rows[i].words)))
      fail_msg("%s and %s: %s", rows[i].one, rows[i].other, taken ? "taken" : err.text);
    vcca_files_free(&files);
  }
}

static void standard_output_has_one_writer_and_may_be_printed_to_beside_it(void **state)
{
  (void)state;
  struct vcca_files files = {0};
  struct vcca_error err = {0};
  check_ok(vcca_files_output(&files, "--one", "-", false, &err), &err, "the first");
  assert_false(vcca_files_output(&files, "--other", "-", false, &err));
  assert_false(vcca_files_output(&files, "--other", "/dev/stdout", false, &err));
  check_ok(vcca_files_printed(&files, &err), &err, "printing");
  vcca_files_free(&files);
}

static void many_files_are_told_apart(void **state)
{
  (void)state;
  struct vcca_files files = {0};
  struct vcca_error err = {0};
  char name[20];
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "n%d", i);
    check_ok(vcca_files_output(&files, "--out", name, false, &err), &err, name);
  }
  assert_int_equal(files.count, 100);
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "./n%d", i);
    assert_false(vcca_files_compare(&files, "--out", name, &err));
  }
  check_ok(vcca_files_compare(&files, "--out", "n100", &err), &err, "another");
  assert_int_equal(files.count, 100); /* comparing declares nothing */
  vcca_files_free(&files);
}

static void a_folder_that_is_not_there_is_refused_when_it_is_to_be_written(void **state)
{
  (void)state;
  struct vcca_files files = {0};
  struct vcca_error err = {0};
  assert_false(vcca_files_output(&files, "--out", "nowhere/x", false, &err));
  assert_int_equal(err.fault, VCCA_FAULT_IO);
  assert_false(files.refused);
  check_ok(vcca_files_input(&files, "--in", "nowhere/x", &err), &err, "an input is refused when it is opened");
  assert_false(vcca_files_output(&files, "--out", "loop", false, &err));
  vcca_files_free(&files);
}

static void what_opens_a_file_that_was_not_declared_declares_it(void **state)
{
  (void)state;
  struct vcca_files files = {0};
  struct vcca_error err = {0};
  struct vcca_bytes b = {0};
  struct vcca_mapping m = {0};
  check_ok(vcca_files_read(&files, "a", 100, &b, &err), &err, "a");
  assert_true(vcca_span_is(vcca_bytes_span(&b), "alpha"));
  vcca_bytes_free(&b);
  check_ok(vcca_files_map(&files, "b", 100, &m, &err), &err, "b");
  assert_true(vcca_span_is(m.bytes, "beta"));
  vcca_file_unmap(&m);
  assert_int_equal(files.count, 2);
  assert_false(vcca_files_write(&files, "link", VCCA_SPAN_LIT("lost"), &err));
  text_is("a", "alpha");
  check_ok(vcca_files_output(&files, "--out", "new", false, &err), &err, "new");
  check_ok(vcca_files_write(&files, "new", VCCA_SPAN_LIT("written"), &err), &err, "new");
  assert_int_equal(files.count, 3); /* under its spelling it was known */
  text_is("new", "written");
  assert_int_equal(unlink("new"), 0);
  vcca_files_free(&files);
  check_ok(vcca_files_read(NULL, "a", 100, &b, &err), &err, "without a list nothing is compared");
  vcca_bytes_free(&b);
}

/* --- How a file is written --- */

static unsigned mode_of(const char *path)
{
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  return st.st_mode & 0777;
}

static void a_file_is_there_whole_or_as_it_was(void **state)
{
  (void)state;
  struct vcca_output out;
  struct vcca_error err = {0};
  size_t names = names_in(".");
  check_ok(vcca_output_open(&out, "b", false, &err), &err, "b");
  assert_int_equal(names_in("."), names + 1); /* beside it */
  fputs("half", out.stream);
  text_is("b", "beta");
  assert_false(vcca_output_close(&out, false, &err));
  text_is("b", "beta");
  assert_int_equal(names_in("."), names);
  assert_false(vcca_output_close(&out, false, &err)); /* again: nothing */
  assert_true(vcca_output_close(&out, true, &err));

  check_ok(vcca_output_open(&out, "b", false, &err), &err, "b");
  fputs("whole", out.stream);
  check_ok(vcca_output_close(&out, true, &err), &err, "b");
  text_is("b", "whole");
  assert_int_equal(names_in("."), names);
  put("b", "beta");
}

static void what_is_there_keeps_its_mode_and_what_is_new_has_the_umasks(void **state)
{
  (void)state;
  struct vcca_output out;
  struct vcca_error err = {0};
  static const unsigned modes[] = {0600, 0640, 0664, 0755};
  mode_t before = umask(0027);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    for (int secret = 0; secret < 2; secret++) {
      assert_int_equal(chmod("b", modes[i]), 0);
      check_ok(vcca_output_open(&out, "b", secret == 1, &err), &err, "b");
      check_ok(vcca_output_close(&out, true, &err), &err, "b");
      assert_int_equal(mode_of("b"), secret ? modes[i] & 0600 : modes[i]); /* what is secret is its owner's alone */
    }
  for (int secret = 0; secret < 2; secret++) {
    check_ok(vcca_output_open(&out, "new", secret == 1, &err), &err, "new");
    check_ok(vcca_output_close(&out, true, &err), &err, "new");
    assert_int_equal(mode_of("new"), secret ? 0600 : 0640);
    assert_int_equal(unlink("new"), 0);
  }
  umask(before);
  put("b", "beta");
}

static void a_link_stays_and_what_it_leads_to_is_written(void **state)
{
  (void)state;
  struct stat st;
  struct vcca_error err = {0};
  check_ok(vcca_file_write("dangling", VCCA_SPAN_LIT("through"), &err), &err, "dangling");
  text_is("sub/new", "through");
  assert_true(lstat("dangling", &st) == 0 && S_ISLNK(st.st_mode));
  check_ok(vcca_file_write("link", VCCA_SPAN_LIT("through"), &err), &err, "link");
  text_is("a", "through");
  text_is("hard", "alpha"); /* replaced under one name alone */
  assert_true(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
  static const char *const wrong[] = {"", "sub/", "sub", "nowhere/x", "loop"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(vcca_file_write(wrong[i], VCCA_SPAN_LIT("x"), &err));
    assert_int_equal(err.fault, VCCA_FAULT_IO);
  }
  put("a", "alpha");
}

/* No bytes at no address: a sanitizer would notice that fwrite was given it. */
static void an_empty_span_makes_an_empty_file(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_files files = {0};
  check_ok(vcca_file_write("new", vcca_span_of(NULL, 0), &err), &err, "new");
  text_is("new", "");
  check_ok(vcca_files_write(&files, "new", vcca_span_of(NULL, 0), &err), &err, "new");
  text_is("new", "");
  check_ok(vcca_file_write("new", VCCA_SPAN_LIT("1"), &err), &err, "new"); /* and one byte one of one byte */
  text_is("new", "1");
  vcca_files_free(&files);
  FILE *f = fopen("new", "w");
  assert_non_null(f);
  struct vcca_json j = vcca_json_to(f, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_text(&j, "none", vcca_span_of(NULL, 0));
  vcca_json_close(&j);
  assert_int_equal(fclose(f), 0);
  text_is("new", "{\"none\":\"\"}\n");
  assert_int_equal(unlink("new"), 0);
}

static void a_write_that_fails_is_told(void **state)
{
  (void)state;
  char text[200];
  struct vcca_error err = {0};
  if (access("/dev/full", W_OK) != 0)
    check_skip("there is no /dev/full");
  assert_false(vcca_file_write("/dev/full", VCCA_SPAN_LIT("x"), &err));
  assert_int_equal(err.fault, VCCA_FAULT_IO);
  assert_non_null(strstr(vcca_error_text(&err, text, sizeof text), "/dev/full"));
}

static void an_open_file_is_written_where_it_is(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  char name[40];
  int fd = open("new", O_RDWR | O_CREAT, 0600);
  assert_true(fd > 2 && write(fd, "one ", 4) == 4);
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  check_ok(vcca_file_write(name, VCCA_SPAN_LIT("two"), &err), &err, name);
  text_is("new", "one two");
  assert_int_equal(fcntl(fd, F_GETFD) >= 0, 1); /* still open */
  close(fd);
  assert_int_equal(unlink("new"), 0);
}

/* The number that the next file to be opened would get. */
static int next_descriptor(void)
{
  int fd = open("a", O_RDONLY);
  close(fd);
  return fd;
}

static void no_file_stays_open(void **state)
{
  (void)state;
  static const char *const names[] = {"a", "b", "sub", "nowhere/x", "loop", "/dev/null"};
  int before = next_descriptor();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct vcca_files files = {0};
    struct vcca_bytes b = {0};
    struct vcca_mapping m = {0};
    struct vcca_error err = {0};
    for (size_t most = 0; most <= 100; most += 100) { /* too small, too */
      if (vcca_files_read(&files, names[i], most, &b, &err))
        vcca_bytes_free(&b);
      if (vcca_files_map(&files, names[i], most, &m, &err))
        vcca_file_unmap(&m);
    }
    vcca_files_free(&files);
    assert_int_equal(next_descriptor(), before);
  }
  static const char *const written[] = {"new", "sub", "nowhere/x", "loop", "/dev/null"};
  for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
    struct vcca_error err = {0};
    (void)!vcca_file_write(written[i], VCCA_SPAN_LIT("x"), &err);
    assert_int_equal(next_descriptor(), before);
  }
  assert_int_equal(unlink("new"), 0);
}

static void names_of_open_files_are_known(void **state)
{
  (void)state;
  static const struct {
    const char *path;
    int descriptor;
  } rows[] = {{"/dev/stdin", 0},          {"/dev/stdout", 1}, {"/dev/stderr", 2}, {"/dev/fd/0", 0},  {"/dev/fd/19", 19},
              {"/proc/self/fd/307", 307}, {"/dev/fd/", -1},   {"/dev/fd/1x", -1}, {"/dev/fd/x", -1}, {"/dev/fd/1/", -1},
              {"/dev/null", -1},          {"stdout", -1},     {"-", -1},          {"/dev/fd/:", -1}, {"", -1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vcca_file_descriptor(rows[i].path) != rows[i].descriptor)
      fail_msg("%s: %d", rows[i].path, vcca_file_descriptor(rows[i].path));
}

/* Nobody can make the name before we do: it ends in 96 random bits. */
static void a_temporary_name_cannot_be_guessed(void **state)
{
  (void)state;
  enum { DIGITS = 24, NAMES = 64 };
  static const char begins[] = "folder/.vcca-";
  char first[64], name[64];
  bool varies[DIGITS] = {false};
  struct vcca_error err = {0};
  check_ok(vcca_temp_name("folder", first, sizeof first, &err), &err, "name");
  for (size_t i = 0; i < NAMES; i++) {
    check_ok(vcca_temp_name("folder", name, sizeof name, &err), &err, "name");
    assert_int_equal(strlen(name), strlen(begins) + DIGITS);
    assert_memory_equal(name, begins, strlen(begins));
    for (size_t k = 0; k < DIGITS; k++)
      varies[k] |= name[strlen(begins) + k] != first[strlen(begins) + k];
  }
  for (size_t k = 0; k < DIGITS; k++)
    assert_true(varies[k]);
  assert_false(vcca_temp_name("folder", name, strlen(begins) + DIGITS, &err)); /* no room for the NUL */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_output_is_no_input_nor_another_output_however_it_is_spelled),
      cmocka_unit_test(a_file_may_be_read_twice_but_not_what_runs_out),
      cmocka_unit_test(standard_output_has_one_writer_and_may_be_printed_to_beside_it),
      cmocka_unit_test(many_files_are_told_apart),
      cmocka_unit_test(a_folder_that_is_not_there_is_refused_when_it_is_to_be_written),
      cmocka_unit_test(what_opens_a_file_that_was_not_declared_declares_it),
      cmocka_unit_test(a_file_is_there_whole_or_as_it_was),
      cmocka_unit_test(what_is_there_keeps_its_mode_and_what_is_new_has_the_umasks),
      cmocka_unit_test(a_link_stays_and_what_it_leads_to_is_written),
      cmocka_unit_test(an_empty_span_makes_an_empty_file),
      cmocka_unit_test(a_write_that_fails_is_told),
      cmocka_unit_test(an_open_file_is_written_where_it_is),
      cmocka_unit_test(names_of_open_files_are_known),
      cmocka_unit_test(no_file_stays_open),
      cmocka_unit_test(a_temporary_name_cannot_be_guessed),
  };
  return check_run(tests, set_up, tear_down);
}
