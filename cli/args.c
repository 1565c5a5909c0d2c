/* Words to options, by the verb's table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "rooms/hex.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/text.h"
#include "rooms/files.h"

const char *nearest(const char *word, const char *(*candidate)(const void *ctx, unsigned i), const void *ctx)
{
  const char *best = NULL;
  size_t least = strlen(word) / 3 + 2;
  for (unsigned i = 0; candidate(ctx, i); i++) {
    size_t d = vcca_word_distance(vcca_span_str(word), vcca_span_str(candidate(ctx, i)));
    if (d < least) {
      least = d;
      best = candidate(ctx, i);
    }
  }
  return best;
}

static const char *option_name(const void *ctx, unsigned i)
{
  const struct verb *verb = ctx;
  return verb->options[i].name;
}

static const struct option *find_long(const struct verb *verb, const char *name, size_t n)
{
  for (const struct option *o = verb->options; o->name; o++)
    if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
      return o;
  return NULL;
}

static const struct option *find_letter(const struct verb *verb, char letter)
{
  for (const struct option *o = verb->options; o->name; o++)
    if (o->letter && o->letter == letter)
      return o;
  return NULL;
}

static bool take(struct args *a, const struct option *o, const char *value)
{
  if (!(o->traits & MANY) && args_has(a, o->name)) {
    usage(a, "--%s is given twice", o->name);
    return false;
  }
  if (a->values == CLI_VALUES) {
    usage(a, "more than %d options", CLI_VALUES);
    return false;
  }
  a->given[a->values] = o->name;
  a->value[a->values++] = value;
  return true;
}

/* One word that starts with '-'; *next is the word after it, used up when the option takes it. */
static bool option_word(struct args *a, const char *word, const char *next, bool *used_next)
{
  const char *equals = NULL;
  const struct option *o;
  if (word[1] == '-') {
    equals = strchr(word, '=');
    o = find_long(a->verb, word + 2, equals ? (size_t)(equals - word - 2) : strlen(word + 2));
  } else {
    o = find_letter(a->verb, word[1]);
    equals = o && word[2] != '\0' ? word + 1 : NULL; /* -ojson */
  }
  if (!o) {
    const char *near = word[1] == '-' ? nearest(word + 2, option_name, a->verb) : NULL;
    bool others = a->before == 0 &&
                  strstr(a->verb->operands, "-- "); /* words of a program that is started, or read as it would be */
    usage(a, "no option %s%s%s%s%s", word, near ? "; did you mean --" : "", near ? near : "", near ? "?" : "",
          others ? " (the other program's own words go behind --)" : "");
    return false;
  }
  if (!o->arg) {
    if (equals) {
      usage(a, "--%s takes no value", o->name);
      return false;
    }
    return take(a, o, "");
  }
  *used_next = equals == NULL;
  if (!equals && !next) {
    usage(a, "--%s wants %s", o->name, o->arg);
    return false;
  }
  return take(a, o, equals ? equals + 1 : next);
}

bool args_parse(const struct verb *verb, int count, const char *const *words, struct args *out)
{
  memset(out, 0, sizeof *out);
  out->verb = verb;
  bool only_operands = false;
  for (int i = 0; i < count; i++) {
    const char *word = words[i];
    if (!only_operands && strcmp(word, "--") == 0) {
      only_operands = true;
      out->before = out->operands;
    } else if (!only_operands && word[0] == '-' && word[1] != '\0') {
      bool used_next = false;
      if (!option_word(out, word, i + 1 < count ? words[i + 1] : NULL, &used_next))
        return false;
      i += used_next;
    } else if (out->operands == CLI_OPERANDS || out->operands == verb->max) {
      usage(out, "'%s' is one operand too many", word);
      return false;
    } else {
      out->operand[out->operands++] = word;
    }
  }
  if (!only_operands)
    out->before = out->operands;
  if (out->operands < verb->min) {
    usage(out, "wants %s", verb->operands);
    return false;
  }
  return true;
}

/* --- Files ------------------------------------------------------------------------------------------------ */

/* Whether one of the words that stand for a value, or the n-th of several ("FILE", "rsa|p521|FILE"), is a
 * file that is read. */
static bool word_reads(const char *words, size_t n)
{
  static const char *const read[] = {"FILE", "KEY", "CERT", "TOKEN", "SCENARIO", "PLAN.yaml"};
  for (size_t i = 0; i < sizeof read / sizeof *read; i++)
    if (strlen(read[i]) == n && strncmp(words, read[i], n) == 0)
      return true;
  return false;
}

/* Whether a value is one of the words that an option takes instead of a file. */
static bool is_word(const char *words, const char *value)
{
  for (size_t n; *words; words += n + (words[n] == '|')) {
    n = strcspn(words, "|");
    if (strlen(value) == n && strncmp(words, value, n) == 0)
      return true;
  }
  return false;
}

static bool declare_option(const struct args *a, const struct option *o, bool outputs, const char *value,
                           struct vcca_error *err)
{
  char what[64];
  if (!o->arg || outputs != ((o->traits & WRITES) != 0))
    return true;
  const char *last = strrchr(o->arg, '|'), *equals = strchr(value, '=');
  last = last ? last + 1 : o->arg;
  snprintf(what, sizeof what, "--%s", o->name);
  if (outputs) {
    if (strchr(o->arg, '='))
      return !equals || vcca_files_output(a->files, what, equals + 1, o->traits & SECRET, err);
    return vcca_files_output(a->files, what, value, o->traits & SECRET, err);
  }
  return !word_reads(last, strlen(last)) || is_word(o->arg, value) || vcca_files_input(a->files, what, value, err);
}

/* Operands are what the usage calls them; the last name stands for all that follow. */
static bool declare_operands(const struct args *a, struct vcca_error *err)
{
  const char *name = a->verb->operands;
  for (unsigned i = 0; i < a->before && *name; i++) {
    const char *first = name + strspn(name, "[");
    size_t n = strcspn(first, "] "), dots = n > 3 && strncmp(first + n - 3, "...", 3) == 0 ? 3 : 0;
    char what[32];
    snprintf(what, sizeof what, "%.*s", (int)(n - dots), first);
    if (word_reads(first, n - dots) && !vcca_files_input(a->files, what, a->operand[i], err))
      return false;
    if (!dots)
      name = first + n + strspn(first + n, "] ");
  }
  return true;
}

/* A word for another program, or a part of one, when that is a file here: what it would read is not for us
 * to write over. */
static bool declare_word(const struct args *a, const char *word, size_t n, struct vcca_error *err)
{
  char path[VCCA_PATH_MAX];
  struct vcca_file_place place;
  if (n == 0 || n >= sizeof path || word[0] == '-')
    return true;
  memcpy(path, word, n);
  path[n] = '\0';
  return !vcca_file_locate(path, &place, NULL) || !place.exists || !place.is_file ||
         vcca_files_input(a->files, "a word behind --", path, err);
}

/* Whole words, and the values in them: if=pflash,file=code.fd */
static bool declare_words(const struct args *a, struct vcca_error *err)
{
  for (unsigned i = a->before; i < a->operands; i++) {
    const char *word = a->operand[i];
    if (!declare_word(a, word, strlen(word), err))
      return false;
    for (const char *part = strpbrk(word, ",="); part; part = strpbrk(part + 1, ",="))
      if (!declare_word(a, part + 1, strcspn(part + 1, ","), err))
        return false;
  }
  return true;
}

static bool declare_options(const struct args *a, bool outputs, struct vcca_error *err)
{
  for (unsigned i = 0; i < a->values; i++) {
    const struct option *o = find_long(a->verb, a->given[i], strlen(a->given[i]));
    if (o && !declare_option(a, o, outputs, a->value[i], err))
      return false;
  }
  return true;
}

/* What is read comes first: whoever is refused is told to name another output. */
bool args_declare(const struct args *a, struct vcca_error *err)
{
  return declare_operands(a, err) && declare_options(a, false, err) && declare_words(a, err) &&
         declare_options(a, true, err);
}

bool is_stdout(const char *path)
{
  return strcmp(path, "-") == 0 || vcca_file_descriptor(path) == 1;
}

/* --- Values ----------------------------------------------------------------------------------------------- */

const char *args_nth(const struct args *a, const char *name, unsigned i)
{
  for (unsigned k = 0; k < a->values; k++)
    if (strcmp(a->given[k], name) == 0 && i-- == 0)
      return a->value[k];
  return NULL;
}

const char *args_get(const struct args *a, const char *name)
{
  return args_nth(a, name, 0);
}

bool args_has(const struct args *a, const char *name)
{
  return args_get(a, name) != NULL;
}

/* The name of an operand is in capitals. */
static bool is_operand(const char *word, size_t n)
{
  return n > 0 && word[0] >= 'A' && word[0] <= 'Z';
}

/* One of the words is an option that was given, or a word in capitals (FILE) and there is an operand; which
 * one it is. */
static bool has_any(const struct args *a, const char *words, char found[32])
{
  for (size_t n; *words; words += n + (words[n] == ' ')) {
    n = strcspn(words, " ");
    snprintf(found, 32, "%.*s", (int)n, words);
    if (is_operand(found, n) ? a->operands > 0 : args_has(a, found))
      return true;
  }
  return false;
}

/* "--chain, --cert or FILE" */
static void list_words(const char *words, char *out, size_t cap)
{
  size_t used = 0;
  for (size_t n; *words && used < cap; words += n + (words[n] == ' ')) {
    n = strcspn(words, " ");
    bool last = words[n] == '\0', option = !is_operand(words, n);
    used += (size_t)snprintf(out + used, cap - used, "%s%s%.*s",
                             used == 0 ? ""
                             : last    ? " or "
                                       : ", ",
                             option ? "--" : "", (int)n, words);
  }
}

bool args_follow(const struct args *a, const struct option_rule *rules, size_t n, struct vcca_error *err)
{
  char found[32], option[40], others[160];
  for (const struct option_rule *r = rules; r < rules + n; r++) {
    if (!has_any(a, r->option, found) || has_any(a, r->others, found) == r->with)
      continue;
    list_words(r->option, option, sizeof option);
    list_words(r->with ? r->others : found, others, sizeof others);
    return r->with ? vcca_fail(err, VCCA_FAULT_USAGE, "%s is not read without %s", option, others)
                   : vcca_fail(err, VCCA_FAULT_USAGE, "%s is not read beside %s: leave one out", option, others);
  }
  return true;
}

bool args_u64(const struct args *a, const char *name, uint64_t max, uint64_t *out, struct vcca_error *err)
{
  return option_u64(name, args_get(a, name), max, out, err);
}

bool option_u64(const char *name, const char *text, uint64_t max, uint64_t *out, struct vcca_error *err)
{
  if (!text)
    return true;
  uint64_t v = 0;
  struct vcca_error why;
  if (!vcca_u64_read(vcca_span_str(text), &v, &why))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--%s %s: %s", name, text, why.text);
  if (v > max)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--%s %s: at most %llu", name, text, (unsigned long long)max);
  *out = v;
  return true;
}

bool args_hex(const struct args *a, const char *name, vcca_sink *out, struct vcca_error *err)
{
  return option_hex(name, args_get(a, name), out, err);
}

bool option_hex(const char *name, const char *text, vcca_sink *out, struct vcca_error *err)
{
  struct vcca_error why;
  if (text && !vcca_hex_read(vcca_span_str(text), out, &why))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--%s: %s (character %zu)", name, why.text, why.offset + 1);
  return true;
}

bool args_file(const struct args *a, const char *name, size_t max, struct vcca_bytes *out, struct vcca_error *err)
{
  const char *path = args_get(a, name);
  return path ? vcca_files_read(a->files, path, max, out, err) : true;
}

bool args_json(const struct args *a, bool *json, struct vcca_error *err)
{
  const char *how = args_get(a, "output");
  *json = how && strcmp(how, "json") == 0;
  if (how && !*json && strcmp(how, "text") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--output %s: text or json", how);
  return true;
}

enum vcca_exit fail(const struct args *a, const struct vcca_error *err)
{
  char text[700];
  vcca_print(stderr, "vcca %s: %s\n", a->verb->name, vcca_error_text(err, text, sizeof text));
  if (err->fault == VCCA_FAULT_USAGE)
    vcca_print(stderr, "Try: vcca %s --help\n", a->verb->name);
  return vcca_error_exit(err);
}

enum vcca_exit usage(const struct args *a, const char *fmt, ...)
{
  va_list list;
  va_start(list, fmt);
  vcca_print(stderr, "vcca %s: ", a->verb->name);
  vcca_vprint(stderr, fmt, list);
  vcca_print(stderr, "\nTry: vcca %s --help\n", a->verb->name);
  va_end(list);
  return VCCA_EXIT_USAGE;
}

enum vcca_exit finish(const struct args *a, enum vcca_exit code)
{
  if (fflush(stdout) == 0 && !ferror(stdout))
    return code;
  struct vcca_error err;
  vcca_fail(&err, VCCA_FAULT_IO, "cannot write to standard output");
  return fail(a, &err);
}

enum vcca_exit print_sink(const struct args *a, void (*text)(const void *what, vcca_sink *out), const void *what)
{
  vcca_sink measure = {0};
  text(what, &measure);
  struct vcca_bytes room = {0};
  struct vcca_error err;
  if (!vcca_bytes_alloc(&room, measure.n, &err))
    return fail(a, &err);
  vcca_sink out = vcca_sink_of(room.p, room.n);
  text(what, &out);
  vcca_text_write(stdout, vcca_bytes_span(&room));
  vcca_bytes_free(&room);
  return VCCA_EXIT_YES;
}
