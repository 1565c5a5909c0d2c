/* The page of one command of an interface: what vcca table rmi DATA_CREATE prints.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/table_command.h"

#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "rooms/interface.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/text.h"

enum { SENTENCE = 400, TEXT_COLUMNS = 100 };

static const struct kind {
  const char *name, *meaning;
} kinds[] = {
    {"pa", "physical address"},
    {"ns", "physical address of a page of the host"},
    {"ipa", "intermediate physical address"},
    {"u64", "number"},
    {"s64", "signed number"},
    {"level", "level of a translation table"},
    {"flags", "flags"},
    {"status", "status"},
    {"bytes64", "64 bytes in eight registers"},
    {"result", "in the status register itself"},
};

static const char *kind_meaning(vcca_span kind)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (vcca_span_is(kind, kinds[i].name))
      return kinds[i].meaning;
  return "";
}

/* Takes the next input or output off a list: its name, kind and first register. first: the register of the
 * list's first word. */
struct field {
  vcca_span name, kind;
  unsigned reg, last;
};
static bool next_field(const char **list, unsigned *at, unsigned status_register, struct field *out)
{
  if (!vcca_word_next(list, ':', &out->name, &out->kind))
    return false;
  bool in_status = vcca_span_is(out->kind, "result");
  out->reg = in_status ? status_register : *at;
  out->last = out->reg + (vcca_span_is(out->kind, "bytes64") ? 7 : 0);
  if (!in_status)
    *at = out->last + 1;
  return true;
}

static void fields(const char *title, const char *list, unsigned first, unsigned status_register, bool md)
{
  struct field f;
  if (!*list)
    return;
  vcca_print(stdout, md ? "\n| %s | register | kind |\n|---|---|---|\n" : "\n%s\n", title);
  while (next_field(&list, &first, status_register, &f)) {
    char registers[16];
    snprintf(registers, sizeof registers, f.last > f.reg ? "x%u-x%u" : "x%u", f.reg, f.last);
    vcca_print(stdout, md ? "| %.*s | %s | %s |\n" : "  %-16.*s%-8s%s\n", (int)f.name.n, (const char *)f.name.p,
               registers, kind_meaning(f.kind));
  }
}

/* The interface's own name of the status that a condition gives: RMI_ERROR_INPUT of INPUT. */
static const char *status_name(const struct vcca_interface *interface, vcca_span gives, char *buf, size_t cap)
{
  for (int error = 1; error >= 0; error--)
    for (size_t i = 0; i < interface->status_count; i++) {
      const char *name = interface->statuses[i].name, *bare = strchr(name, '_');
      snprintf(buf, cap, "_%s%.*s", error ? "ERROR_" : "", (int)gives.n, (const char *)gives.p);
      if (bare && strcmp(bare, buf) == 0)
        return name;
    }
  snprintf(buf, cap, "%.*s", (int)gives.n, (const char *)gives.p);
  return buf;
}

static void conditions(const struct vcca_interface *interface, const struct vcca_command *command, bool md)
{
  const char *list = command->conditions;
  vcca_span name, gives;
  char sentence[SENTENCE], buf[64];
  if (!*list) {
    vcca_print(stdout, "\n%s never refuses.\n", command->name);
    return;
  }
  vcca_print(stdout, md ? "\n| condition | status | the call is refused when |\n|---|---|---|\n"
                        : "\nThe call is refused, and changes nothing, when, in the order checked:\n");
  while (vcca_word_next(&list, '=', &name, &gives)) {
    vcca_condition_text(interface, command, name, NULL, sentence, sizeof sentence);
    if (md) {
      vcca_print(stdout, "| %.*s | %s | %s |\n", (int)name.n, (const char *)name.p,
                 status_name(interface, gives, buf, sizeof buf), sentence);
      continue;
    }
    vcca_print(stdout, "  %-16.*s%-22s", (int)name.n, (const char *)name.p,
               status_name(interface, gives, buf, sizeof buf));
    print_wrapped(stdout, sentence, 40, (terminal_columns() > 64 ? terminal_columns() : TEXT_COLUMNS) - 40);
  }
}

/* "rd_bound,rd_state<realm_state" as a sentence. */
static void order(const struct vcca_command *command, bool md)
{
  const char *list = command->order;
  vcca_span before, after;
  if (!*list) {
    if (strchr(command->conditions, ' '))
      vcca_print(stdout,
                 "\nThe specification orders none of these: when several hold, any of their statuses is right.\n");
    return;
  }
  vcca_print(stdout,
             "\nThe specification orders some of these: when both sides hold, the status is that of the left one.%s\n",
             md ? "\n" : "");
  while (vcca_word_next(&list, '<', &before, &after))
    vcca_print(stdout, "%s%.*s < %.*s\n", md ? "- " : "  ", (int)before.n, (const char *)before.p, (int)after.n,
               (const char *)after.p);
}

void command_page(const struct vcca_interface *interface, const struct vcca_command *command, bool md)
{
  /* The interface's statuses have its name in capitals: "RMI_SUCCESS". */
  const char *capitals = interface->status_count > 0 ? interface->statuses[0].name : "";
  char name[16];
  snprintf(name, sizeof name, "%.*s", (int)strlen(interface->name), capitals);
  vcca_print(stdout, "%s%s_%s  0x%08" PRIX32 "\n%s%s\n%s%s, %s\n", md ? "# " : "", name, command->name, command->fid,
             md ? "\n" : "", command->summary, md ? "\n" : "", interface->source, command->section);
  fields("Inputs", command->inputs, 1, interface->status_register, md);
  fields("Outputs", command->outputs, interface->status_register + 1, interface->status_register, md);
  conditions(interface, command, md);
  order(command, md);
}

static void json_fields(struct vcca_json *j, const char *key, const char *list, unsigned first,
                        unsigned status_register)
{
  struct field f;
  vcca_json_open(j, key, '[');
  while (next_field(&list, &first, status_register, &f)) {
    vcca_json_open(j, NULL, '{');
    vcca_json_text(j, "name", f.name);
    vcca_json_int(j, "register", f.reg);
    vcca_json_text(j, "kind", f.kind);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

/* The conditions' names, separated by commas, as a list. */
static void json_names(struct vcca_json *j, const char *key, vcca_span names)
{
  vcca_json_open(j, key, '[');
  while (names.n > 0) {
    size_t n = 0;
    while (n < names.n && names.p[n] != ',')
      n++;
    vcca_json_text(j, NULL, vcca_span_of(names.p, n));
    names = n < names.n ? vcca_span_of(names.p + n + 1, names.n - n - 1) : vcca_span_of(NULL, 0);
  }
  vcca_json_close(j);
}

void command_json(const struct vcca_interface *interface, const struct vcca_command *command)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  const char *list = command->conditions, *order = command->order;
  vcca_span name, gives, before, after;
  char sentence[SENTENCE], buf[64];
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-command-1", NULL);
  vcca_json_str(&j, "interface", interface->name);
  vcca_json_str(&j, "command", command->name);
  vcca_json_addr(&j, "function_id", command->fid);
  vcca_json_str(&j, "source", interface->source);
  vcca_json_str(&j, "section", command->section);
  vcca_json_str(&j, "summary", command->summary);
  json_fields(&j, "inputs", command->inputs, 1, interface->status_register);
  json_fields(&j, "outputs", command->outputs, interface->status_register + 1, interface->status_register);
  vcca_json_open(&j, "conditions", '[');
  while (vcca_word_next(&list, '=', &name, &gives)) {
    vcca_condition_text(interface, command, name, NULL, sentence, sizeof sentence);
    vcca_json_open(&j, NULL, '{');
    vcca_json_text(&j, "name", name);
    vcca_json_str(&j, "status", status_name(interface, gives, buf, sizeof buf));
    vcca_json_str(&j, "refused_when", sentence);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_open(&j, "order", '[');
  while (vcca_word_next(&order, '<', &before, &after)) {
    vcca_json_open(&j, NULL, '{');
    json_names(&j, "first", before);
    json_names(&j, "then", after);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_close(&j);
}
