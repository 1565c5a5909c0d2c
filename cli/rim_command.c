/* Editing a command line: options of vcca measure are replaced, the VMM's own words are added to or taken
 * from its.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/rim_command.h"
#include "rooms/vmm.h"

#include <stdlib.h>
#include <string.h>

/* --- Words ------------------------------------------------------------------------------------------------ */

static void add(struct command *c, const char *text)
{
  if (c->count < COMMAND_WORDS)
    c->words[c->count++] = text;
}

static void add_option(struct command *c, const char *name, const char *value)
{
  if (c->named == COMMAND_NAMES)
    return;
  char *dashed = c->names[c->named++];
  snprintf(dashed, sizeof *c->names, "--%s", name);
  add(c, dashed);
  add(c, value);
}

typedef const struct vcca_rim_edit edit;

/* The edits of a finding, one after the other; NULL at the end. */
static edit *edit_at(const struct vcca_rim_finding *f, unsigned i)
{
  for (unsigned k = 0; f && k < f->count; k++) {
    if (i < f->deviation[k].edit_count)
      return &f->deviation[k].edits[i];
    i -= f->deviation[k].edit_count;
  }
  return NULL;
}

/* --- Options ---------------------------------------------------------------------------------------------- */

/* Of rim explain, or what writes files. */
static bool is_left_out(const char *name)
{
  static const char *const names[] = {"rim", "depth", "thorough", "output", "output-dtb", "output-log", "vmm-version"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

static bool is_replaced(const struct vcca_rim_finding *f, const char *name, const char *hash)
{
  edit *e;
  for (unsigned i = 0; (e = edit_at(f, i)) != NULL; i++)
    if ((e->kind == VCCA_EDIT_SET || e->kind == VCCA_EDIT_DROP) && strcmp(e->name, name) == 0)
      return true;
  return hash && strcmp(hash, name) == 0;
}

static void put_options(const struct args *a, const struct vcca_rim_finding *f, const char *hash, const char *alg,
                        struct command *out)
{
  edit *e;
  for (unsigned i = 0; i < a->values; i++)
    if (!is_left_out(a->given[i]) && !is_replaced(f, a->given[i], hash))
      add_option(out, a->given[i], a->value[i]);
  for (unsigned i = 0; (e = edit_at(f, i)) != NULL; i++)
    if (e->kind == VCCA_EDIT_SET)
      add_option(out, e->name, e->value);
  if (hash)
    add_option(out, hash, alg);
}

/* --- The VMM's words -------------------------------------------------------------------------------------- */

/* How many words, from this one on, are to go: an option of one or two hyphens, or by its letter; with its
 * value when that stands apart. */
static unsigned words_dropped(edit *e, const char *text)
{
  bool two = e->kind == VCCA_EDIT_VMM_DROP_TWO;
  size_t n = strlen(e->name);
  if ((!two && e->kind != VCCA_EDIT_VMM_DROP) || text[0] != '-')
    return 0;
  const char *name = text + 1 + (text[1] == '-');
  if (strncmp(name, e->name, n) == 0 && (name[n] == '\0' || name[n] == '='))
    return two && name[n] == '\0' ? 2 : 1;
  if (e->value[0] && text[1] == e->value[0])
    return two && text[2] == '\0' ? 2 : 1;
  return 0;
}

static void put_words(const struct args *a, const struct vcca_rim_finding *f, struct command *out)
{
  edit *e;
  add(out, "--");
  for (unsigned i = a->before; i < a->operands;) {
    unsigned dropped = 0;
    for (unsigned k = 0; dropped == 0 && (e = edit_at(f, k)) != NULL; k++)
      dropped = words_dropped(e, a->operand[i]);
    if (dropped == 0)
      add(out, a->operand[i]);
    i += dropped ? dropped : 1;
  }
  for (unsigned i = 0; (e = edit_at(f, i)) != NULL; i++)
    if (e->kind == VCCA_EDIT_VMM || e->kind == VCCA_EDIT_VMM_SWITCH) {
      add(out, e->name);
      if (e->kind == VCCA_EDIT_VMM)
        add(out, e->value);
    }
}

bool command_edit(const struct args *a, const struct vcca_rim_finding *f, const enum vcca_hash_alg *alg,
                  struct command *out)
{
  static const char *const names[VCCA_HASH_ALGS] = {
      [VCCA_SHA256] = "sha256", [VCCA_SHA512] = "sha512", [VCCA_SHA384] = "sha384"};
  const char *profile = a->operand[0];
  edit *e;
  bool vmm = vcca_vmm_program(profile) != VCCA_VMM_NONE;
  *out = (struct command){.count = 0};
  for (unsigned k = 0; f && k < f->count; k++)
    if (f->deviation[k].edit_count == 0)
      return false;
  for (unsigned i = 0; (e = edit_at(f, i)) != NULL; i++)
    if (e->kind == VCCA_EDIT_PROFILE)
      profile = e->value;
  add(out, profile);
  put_options(a, f,
              !alg  ? NULL
              : vmm ? "hash-algo"
                    : "hash",
              !alg  ? NULL
              : vmm ? names[*alg]
                    : vcca_hash_name(*alg),
              out);
  if (vmm)
    put_words(a, f, out);
  return out->count < COMMAND_WORDS && out->named < COMMAND_NAMES;
}

/* --- Measuring and printing ------------------------------------------------------------------------------- */

/* An image from standard input is gone. */
static bool reads_input(const struct command *c)
{
  for (int i = 1; i < c->count && strcmp(c->words[i], "--") != 0; i++)
    if (strcmp(c->words[i], "-") == 0)
      return true;
  return false;
}

bool command_leads_to(struct command *c, vcca_span rim)
{
  static struct args args; /* too large for a stack, both */
  static struct job job;
  struct vcca_error err;
  struct vcca_measured out = {.has_rem = false};
  job = (struct job){.args = &args, .quiet = true};
  bool ok = !reads_input(c) && args_parse(&verb_measure, c->count, c->words, &args) && measure_ready_plan(&job, &err) &&
            measure_compute_plan(&job, &out, &err);
  ok = ok && vcca_span_eq(vcca_span_sub(rim, 0, vcca_hash_size(out.rim.hash_alg)), vcca_rim_digest(&out.rim));
  measure_clean_up(&job);
  return ok;
}

/* As POSIX shells read it (Shell Command Language, 2.2.2). */
static void quote(vcca_sink *out, const char *text)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%";
  vcca_span all = vcca_span_str(text);
  bool quoted = all.n == 0 || strspn(text, plain) < all.n;
  if (quoted)
    vcca_sink_put(out, vcca_span_str("'"));
  for (size_t i = 0; i < all.n; i++)
    vcca_sink_put(out, text[i] == '\'' ? vcca_span_str("'\\''") : vcca_span_sub(all, i, 1));
  if (quoted)
    vcca_sink_put(out, vcca_span_str("'"));
}

char *command_text(const struct command *c)
{
  static const char start[] = "vcca measure";
  size_t room = sizeof start;
  for (int i = 0; i < c->count; i++)
    room += 4 * strlen(c->words[i]) + 3;
  char *text = calloc(1, room);
  if (!text)
    return NULL;
  vcca_sink out = vcca_sink_of((uint8_t *)text, room - 1);
  vcca_sink_put(&out, vcca_span_str(start));
  for (int i = 0; i < c->count; i++) {
    vcca_sink_put(&out, vcca_span_str(" "));
    quote(&out, c->words[i]);
  }
  return text;
}
