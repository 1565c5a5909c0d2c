/* Reads a VMM's command line: which option of the model's table an argument means, and what its value is.
 *
 * Sources: QEMU system/vl.c, lookup_opt (an option has one hyphen or two, its value is the next argument);
 * kvmtool util/parse-options.c and builtin-run.c; cloud-hypervisor's use of clap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "boot/vmm.h"
#include "rooms/error.h"

/* The state of reading; words[at] is next. */
struct reading {
  const struct vmm_model *model;
  const struct vmm_notes *notes;
  const char *const *words;
  size_t count, at;
  struct vcca_vmm_config *out;
};

/* An option; value: its value in the same argument, or NULL. */
struct found {
  const struct vmm_option *row;
  const char *value;
  bool unset;
};

static const char *hyphens(const struct vmm_model *model)
{
  return model->style == VMM_QEMU ? "-" : "--";
}

static bool read_option(struct reading *r, const struct found *f, const char *value, struct vcca_error *err)
{
  char what[48];
  snprintf(what, sizeof what, "%s%s%s", hyphens(r->model), f->unset ? "no-" : "", f->row->name);
  const struct vmm_value v = {.config = r->out,
                              .notes = r->notes,
                              .model = r->model,
                              .row = f->row,
                              .what = what,
                              .word = value,
                              .text = vcca_span_str(value ? value : ""),
                              .unset = f->unset};
  return vmm_read_row(&v, err);
}

/* Reads the values of an option, which follow it. */
static bool read_values(struct reading *r, const struct found *f, const char *word, struct vcca_error *err)
{
  const struct vmm_option *o = f->row;
  bool more = r->at < r->count, hyphen = more && r->words[r->at][0] == '-' && r->words[r->at][1];
  if (!o->value && f->value)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.60s takes no value", word);
  if (!o->value || f->value || f->unset)
    return read_option(r, f, f->value, err);
  if (o->optional && (!more || r->words[r->at][0] == '-'))
    return read_option(r, f, NULL, err);
  if (!more || (hyphen && r->model->style == VMM_CLAP))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     hyphen ? "%.60s needs a value: join one that starts with a hyphen by =" : "%.60s needs a value",
                     word);
  do {
    if (!read_option(r, f, r->words[r->at++], err))
      return false;
  } while (o->many && r->at < r->count && r->words[r->at][0] != '-');
  return true;
}

/* --- QEMU ------------------------------------------------------------------------------------------------- */

static bool read_qemu(struct reading *r, const char *word, struct vcca_error *err)
{
  const char *name = word + (word[0] == '-') + (word[0] == '-' && word[1] == '-');
  struct found f = {.row = r->model->options};
  if (word[0] != '-') {
    vmm_note(r->notes, "'%.60s' is not an option: QEMU takes it as a disk image", word);
    return true;
  }
  while (f.row->name && strcmp(f.row->name, name) != 0)
    f.row++;
  if (!f.row->name && strchr(name, '='))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s has no option '%.60s': the value of an option is a separate argument",
                     r->model->program, word);
  if (!f.row->name)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "%s has no option '%.60s' that vcca knows: leave it out if it cannot change what the VM starts with",
        r->model->program, word);
  return read_values(r, &f, word, err);
}

/* --- kvmtool ---------------------------------------------------------------------------------------------- */

enum match { NONE, ABBREVIATED, EXACT };

/* Compares a name without hyphens with an option's name. */
static enum match match_name(const char *word, size_t n, const char *name)
{
  return strncmp(word, name, n) != 0 ? NONE : name[n] ? ABBREVIATED : EXACT;
}

static enum match match_row(const struct vmm_option *o, const char *name, size_t n, bool *unset)
{
  enum match plain = n > 0 ? match_name(name, n, o->name) : NONE;
  *unset = plain == NONE;
  if (plain != NONE)
    return plain;
  if (n <= 3) /* an abbreviation of "no-" matches all options */
    return n > 0 && strncmp("no-", name, n) == 0 ? ABBREVIATED : NONE;
  return strncmp(name, "no-", 3) == 0 ? match_name(name + 3, n - 3, o->name) : NONE;
}

static bool find_long(const struct vmm_model *model, const char *word, struct found *f, struct vcca_error *err)
{
  const char *name = word + 2, *equals = strchr(name, '=');
  size_t n = equals ? (size_t)(equals - name) : strlen(name), like = 0;
  const char *other = NULL;
  for (const struct vmm_option *o = model->options; o->name; o++) {
    bool unset;
    enum match m = match_row(o, name, n, &unset);
    if (m == NONE)
      continue;
    if (like > 0 && m != EXACT)
      other = f->row->name;
    *f = (struct found){.row = o, .value = equals ? equals + 1 : NULL, .unset = unset};
    like++;
    if (m == EXACT)
      return true;
  }
  if (like == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s has no option '%.60s'", model->program, word);
  return like == 1 || vcca_fail(err, VCCA_FAULT_USAGE, "'%.60s' is short for --%s and for --%s: write one of them",
                                word, other, f->row->name);
}

/* Reads the letters of an argument. The first letter that takes a value takes the rest, or the next
 * argument. */
static bool read_letters(struct reading *r, const char *word, struct vcca_error *err)
{
  for (const char *at = word + 1; at && *at;) {
    struct found f = {.row = r->model->options};
    while (f.row->name && f.row->letter != *at)
      f.row++;
    if (!f.row->name)
      return vcca_fail(err, VCCA_FAULT_USAGE, "%s has no option '-%c' (in '%.60s')", r->model->program, *at, word);
    at++;
    if (f.row->value && *at) {
      f.value = at;
      at = NULL;
    }
    if (!read_values(r, &f, word, err))
      return false;
  }
  return true;
}

static bool read_lkvm(struct reading *r, const char *word, struct vcca_error *err)
{
  struct found f;
  if (strcmp(word, "--") == 0 || word[0] != '-' || !word[1]) {
    if (strcmp(word, "--") == 0 || r->out->kernel)
      return vcca_fail(
          err, VCCA_FAULT_USAGE,
          "%s has no option '%.60s': an argument without an option is the kernel, and there is one already",
          r->model->program, word);
    r->out->kernel = word;
    return true;
  }
  if (word[1] != '-')
    return read_letters(r, word, err);
  if (!find_long(r->model, word, &f, err))
    return false;
  if (f.unset && f.value)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.60s takes no value", word);
  if (f.unset && f.row->read && !f.row->no)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.60s is not supported: leave --%s out", word, f.row->name);
  return read_values(r, &f, word, err);
}

/* --- cloud-hypervisor ------------------------------------------------------------------------------------- */

static bool read_clap(struct reading *r, const char *word, struct vcca_error *err)
{
  struct found f = {.row = r->model->options};
  bool letter = word[0] == '-' && word[1] != '-';
  const char *name = word + 2;
  size_t n = word[0] == '-' && word[1] ? strcspn(name, "=") : 0;
  if (letter && word[1])
    name = word + 1;
  while (f.row->name &&
         !(letter ? word[1] && f.row->letter == word[1] && strspn(name, (const char[]){word[1], 0}) == strlen(name)
                  : n > 0 && strlen(f.row->name) == n && strncmp(f.row->name, name, n) == 0))
    f.row++;
  if (!f.row->name)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s has no option '%.60s'", r->model->program, word);
  if (!letter && name[n])
    f.value = name + n + 1;
  size_t i = (size_t)(f.row - r->model->options);
  uint64_t bit = (uint64_t)1 << i % 64, *seen = &r->out->seen[i / 64 % 2];
  if ((*seen & bit) && !r->out->amend && !f.row->many && !letter)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s takes --%s only once: put all values into one", r->model->program,
                     f.row->name);
  *seen |= bit;
  return read_values(r, &f, word, err);
}

/* --- All -------------------------------------------------------------------------------------------------- */

/* NAME=VALUE, as a shell accepts it before a program. */
static bool is_assignment(const char *word)
{
  size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
  return n > 0 && word[n] == '=' && !(word[0] >= '0' && word[0] <= '9');
}

/* A pasted command line starts with the program, or one with a longer name. Before it can be its environment,
 * as in libvirt's log. */
static void skip_program(struct reading *r)
{
  size_t at = 0;
  while (at < r->count && (is_assignment(r->words[at]) || (at == 0 && strcmp(r->words[at], "env") == 0)))
    at++;
  const char *word = at < r->count ? r->words[at] : "", *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
  bool found = strncmp(name, r->model->program, strlen(r->model->program)) == 0;
  for (size_t i = 0; r->model->aliases && r->model->aliases[i]; i++)
    found |= strncmp(name, r->model->aliases[i], strlen(r->model->aliases[i])) == 0;
  r->at = found ? at + 1 : 0;
  if (r->model->verb && r->at < r->count && strcmp(r->words[r->at], r->model->verb) == 0)
    r->at++;
}

bool vmm_read_words(const struct vmm_model *model, const char *const *words, size_t count,
                    const struct vmm_notes *notes, struct vcca_vmm_config *config, struct vcca_error *err)
{
  static bool (*const readers[])(struct reading *, const char *, struct vcca_error *) = {
      [VMM_QEMU] = read_qemu, [VMM_LKVM] = read_lkvm, [VMM_CLAP] = read_clap};
  struct reading r = {model, notes, words, count, 0, config};
  skip_program(&r);
  while (r.at < r.count)
    if (!readers[model->style](&r, r.words[r.at++], err))
      return false;
  return true;
}

static bool parse(const struct vmm_model *model, const char *const *words, size_t count, bool amend,
                  const struct vmm_notes *notes, struct vcca_vmm_config *out, struct vcca_error *err)
{
  *out = model->defaults;
  out->vmm = model->name;
  out->amend = amend;
  if (!vmm_read_words(model, words, count, notes, out, err))
    return false;
  if (model->style == VMM_LKVM && out->firmware)
    out->initrd = NULL; /* kvm_run_validate_cfg: with firmware, kvmtool ignores an initrd */
  if (out->initrd && !out->kernel)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s without %s: an initrd goes with a kernel: give %s, or leave %s out",
                     vmm_say(model, VMM_INITRD).text, vmm_say(model, VMM_KERNEL).text, vmm_say(model, VMM_KERNEL).text,
                     vmm_say(model, VMM_INITRD).text);
  return model->check(model, out, err);
}

/* Reads all arguments twice: only after the last one is known that the VM is not a realm, and the remark
 * about it comes first. */
bool vmm_parse(const struct vmm_model *model, const char *const *words, size_t count, bool amend,
               const struct vmm_notes *notes, struct vcca_vmm_config *out, struct vcca_error *err)
{
  const struct vmm_notes silent = {NULL, NULL};
  if (!parse(model, words, count, amend, &silent, out, err))
    return false;
  if (model->announce)
    model->announce(out, notes);
  return parse(model, words, count, amend, notes, out, err);
}
