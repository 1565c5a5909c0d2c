/* vcca table: the tables the program is made from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table_command.h"
#include "vcca/tsi.h"
#include "rooms/verifier.h"
#include "vcca/vmm.h"
#include "rooms/crypto.h"
#include "rooms/json.h"
#include "rooms/leniency.h"
#include "rooms/rmm.h"
#include "rooms/token.h"

static const struct option options[] = {
    {"output", 'o', "text|md|json|dot", false,
     "how to print: text (default), a Markdown page, json; states also as a Graphviz graph"},
    OPTION_END,
};

enum { COLUMNS = 8, CELL = 512 };
enum format { TEXT, MARKDOWN, JSON };

/* A table is a list of column names and a function that fills row i, false beyond the last. An interface's
 * commands have a page each; their long columns are left to it in a text list. */
struct table {
  const char *name;
  const char *title;
  const char *columns[COLUMNS];
  bool (*row)(unsigned i, char cells[COLUMNS][CELL]);
  const struct vcca_interface *(*interface)(void);
};

static void cell(char *to, const char *text)
{
  snprintf(to, CELL, "%s", text ? text : "");
}

static bool command_row(const struct vcca_interface *interface, unsigned i, char cells[COLUMNS][CELL])
{
  if (i >= interface->command_count)
    return false;
  const struct vcca_command *c = &interface->commands[i];
  cell(cells[0], c->name);
  snprintf(cells[1], CELL, "0x%08" PRIX32, c->fid);
  cell(cells[2], c->section);
  cell(cells[3], c->inputs);
  cell(cells[4], c->outputs);
  cell(cells[5], c->conditions);
  cell(cells[6], c->order);
  cell(cells[7], c->summary);
  return true;
}

static bool rmi_row(unsigned i, char cells[COLUMNS][CELL])
{
  return command_row(vcca_rmi(), i, cells);
}

static bool tmi_row(unsigned i, char cells[COLUMNS][CELL])
{
  return command_row(vcca_tmi(), i, cells);
}

static bool rsi_row(unsigned i, char cells[COLUMNS][CELL])
{
  return command_row(vcca_rsi(), i, cells);
}

static bool tsi_row(unsigned i, char cells[COLUMNS][CELL])
{
  return command_row(vcca_tsi(), i, cells);
}

static bool psci_row(unsigned i, char cells[COLUMNS][CELL])
{
  return command_row(vcca_psci(), i, cells);
}

static bool claim_row(unsigned i, char cells[COLUMNS][CELL])
{
  if (i >= vcca_claim_count())
    return false;
  const struct vcca_claim_spec *c = vcca_claim_at(i);
  snprintf(cells[0], CELL, "%" PRId64, c->label);
  cell(cells[1], c->name);
  cell(cells[2], c->token);
  cell(cells[3], c->kind);
  cell(cells[4], c->sizes);
  cell(cells[5], c->presence);
  cell(cells[6], c->meaning);
  return true;
}

static bool check_row(unsigned i, char cells[COLUMNS][CELL])
{
  if (i >= VCCA_CHECKS)
    return false;
  cell(cells[0], vcca_check_name((enum vcca_check)i));
  cell(cells[1], vcca_check_meaning((enum vcca_check)i));
  return true;
}

static bool appraisal_row(unsigned i, char cells[COLUMNS][CELL])
{
  struct vcca_appraisal_rule rule;
  if (!vcca_appraisal_rule_at(i, &rule))
    return false;
  cell(cells[0], rule.submod);
  cell(cells[1], rule.claim);
  snprintf(cells[2], CELL, "%d", rule.value);
  cell(cells[3], vcca_tier_name(vcca_tier_of(rule.value)));
  cell(cells[4], rule.when);
  return true;
}

static bool profile_row(unsigned i, char cells[COLUMNS][CELL])
{
  static const char *const encodings[] = {"raw point", "COSE_Key", "SPKI"};
  if (i >= VCCA_FAMILIES)
    return false;
  const struct vcca_family_spec *f = vcca_family((enum vcca_family)i);
  cell(cells[0], f->name);
  snprintf(cells[1], CELL, "%" PRIu64, f->container);
  cell(cells[2], f->platform_profile);
  cell(cells[3], f->realm_profile);
  cell(cells[4], encodings[f->rak]);
  snprintf(cells[5], CELL, "%u", f->wraps);
  cell(cells[6], vcca_key_type_name(f->key));
  cell(cells[7], f->summary);
  return true;
}

static bool leniency_row(unsigned i, char cells[COLUMNS][CELL])
{
  if (i >= VCCA_LENIENCIES)
    return false;
  cell(cells[0], vcca_leniency_name((enum vcca_leniency)i));
  cell(cells[1], vcca_leniencies_permitted() & VCCA_LENIENT_BIT(i) ? "permitted" : "to be asked for");
  cell(cells[2], vcca_leniency_meaning((enum vcca_leniency)i));
  return true;
}

static bool rules_row(unsigned i, char cells[COLUMNS][CELL])
{
  static const char *const extensions[] = {"digest, value", "digest, value padded to 64",
                                           "64 bytes, value padded to 64"};
  if (i >= VCCA_RULES_COUNT)
    return false;
  const struct vcca_rim_rules *r = vcca_rim_rules((enum vcca_rules_id)i);
  cell(cells[0], r->name);
  cell(cells[1], r->ripas_extends ? "yes" : "no");
  cell(cells[2], r->unmeasured_extends ? "yes" : "no");
  cell(cells[3], r->every_rec ? "every one" : "runnable ones");
  cell(cells[4], r->packed_rec ? "80 bytes" : "4096-byte page");
  cell(cells[5], r->sha384 ? "yes" : "no");
  cell(cells[6], r->zero_start ? "zeros" : "H(parameter page)");
  cell(cells[7], extensions[r->rem]);
  return true;
}

static bool model_row(unsigned i, char cells[COLUMNS][CELL])
{
  const char *summary = "", *name = vcca_vmm_name(i, &summary);
  if (!name)
    return false;
  cell(cells[0], name);
  cell(cells[1], summary);
  return true;
}

static bool state_row(unsigned i, char cells[COLUMNS][CELL])
{
  size_t count;
  const struct vcca_transition *t = vcca_transitions(&count);
  if (i >= count)
    return false;
  cell(cells[0], t[i].machine);
  cell(cells[1], t[i].from);
  cell(cells[2], t[i].event);
  cell(cells[3], t[i].to);
  return true;
}

#define COMMAND_COLUMNS                                                                             \
  {                                                                                                 \
    "command", "function id", "section", "inputs", "outputs", "conditions", "order", "what it does" \
  }
static const struct table tables[] = {
    {"rmi", "RMI: host to monitor, Arm", COMMAND_COLUMNS, rmi_row, vcca_rmi},
    {"tmi", "TMI: host to monitor, virtCCA", COMMAND_COLUMNS, tmi_row, vcca_tmi},
    {"rsi", "RSI: guest to monitor, Arm", COMMAND_COLUMNS, rsi_row, vcca_rsi},
    {"tsi", "TSI: guest to monitor, virtCCA", COMMAND_COLUMNS, tsi_row, vcca_tsi},
    {"psci", "PSCI: guest to monitor, both", COMMAND_COLUMNS, psci_row, vcca_psci},
    {"states", "State machines", {"machine", "from", "event", "to", NULL}, state_row, NULL},
    {"claims", "Claims", {"label", "name", "token", "kind", "sizes", "presence", "meaning", NULL}, claim_row, NULL},
    {"checks", "The verifier's checks, in order", {"check", "holds when", NULL}, check_row, NULL},
    {"appraisal",
     "Trustworthiness: of a claim's rules the first that holds",
     {"part", "claim", "value", "tier", "when", NULL},
     appraisal_row,
     NULL},
    {"profiles",
     "Token families",
     {"family", "container", "platform profile", "realm profile", "RAK", "wraps", "key", "what it is"},
     profile_row,
     NULL},
    {"leniencies",
     "Forms of tokens: permitted and remarked on (--refuse refuses it), or to be asked for (--lenient)",
     {"name", "standing", "what is taken", NULL},
     leniency_row,
     NULL},
    {"models", "VMM models", {"model", "what it is", NULL}, model_row, NULL},
    {"rules",
     "Measurement rules",
     {"rules", "RIPAS extends", "unmeasured DATA extends", "RECs measured", "REC content", "SHA-384", "RIM starts from",
      "REM' is the hash of"},
     rules_row,
     NULL},
};
enum { TABLES = sizeof tables / sizeof tables[0] };

const char *table_name_at(unsigned i)
{
  return i < TABLES ? tables[i].name : NULL;
}

const struct vcca_interface *table_interface_at(unsigned i)
{
  return i < TABLES && tables[i].interface ? tables[i].interface() : NULL;
}

static unsigned column_count(const struct table *t)
{
  unsigned n = 0;
  while (n < COLUMNS && t->columns[n])
    n++;
  return n;
}

/* A cell of a Markdown table: bars escaped. */
static void markdown_cell(const char *text)
{
  fputs(" ", stdout);
  for (; *text; text++)
    printf("%s%c", *text == '|' ? "\\" : "", *text);
  fputs(" |", stdout);
}

static void markdown(const struct table *t)
{
  char cells[COLUMNS][CELL];
  unsigned n = column_count(t);
  printf("## %s\n\n|", t->title);
  for (unsigned k = 0; k < n; k++)
    markdown_cell(t->columns[k]);
  printf("\n|");
  for (unsigned k = 0; k < n; k++)
    printf("---|");
  printf("\n");
  for (unsigned i = 0; t->row(i, cells); i++) {
    printf("|");
    for (unsigned k = 0; k < n; k++)
      markdown_cell(cells[k]);
    printf("\n");
  }
}

static void json(const struct table *t)
{
  char cells[COLUMNS][CELL];
  unsigned n = column_count(t);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-table-1", NULL);
  vcca_json_str(&j, "table", t->name);
  vcca_json_open(&j, "rows", '[');
  for (unsigned i = 0; t->row(i, cells); i++) {
    vcca_json_open(&j, NULL, '{');
    for (unsigned k = 0; k < n; k++)
      vcca_json_str(&j, t->columns[k], cells[k]);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_close(&j);
}

/* Whether a text list shows the column. */
static bool in_list(const struct table *t, unsigned column)
{
  return !t->interface || column < 3 || column == COLUMNS - 1;
}

static int list_widths(const struct table *t, int width[COLUMNS])
{
  char cells[COLUMNS][CELL];
  unsigned n = column_count(t);
  int before_last = 0;
  for (unsigned k = 0; k < n; k++)
    width[k] = (int)strlen(t->columns[k]);
  for (unsigned i = 0; t->row(i, cells); i++)
    for (unsigned k = 0; k < n; k++)
      width[k] = (int)strlen(cells[k]) > width[k] ? (int)strlen(cells[k]) : width[k];
  for (unsigned k = 0; k + 1 < n; k++)
    before_last += in_list(t, k) ? width[k] + 2 : 0;
  return before_last;
}

/* Aligned columns, the last one wrapped to the terminal; elsewhere a row is a line. */
static void aligned(const struct table *t, const int width[COLUMNS], int before_last, int columns)
{
  char cells[COLUMNS][CELL];
  unsigned n = column_count(t);
  for (unsigned k = 0; k < n; k++)
    if (in_list(t, k))
      printf("%-*s%s", k + 1 < n ? width[k] : 0, t->columns[k], k + 1 < n ? "  " : "\n");
  for (unsigned i = 0; t->row(i, cells); i++) {
    for (unsigned k = 0; k + 1 < n; k++)
      if (in_list(t, k))
        printf("%-*s  ", width[k], cells[k]);
    if (columns > 0)
      print_wrapped(stdout, cells[n - 1], before_last, columns - before_last);
    else
      printf("%s\n", cells[n - 1]);
  }
}

/* For a table too wide for the terminal: each row a block, a line or more for each column. */
static void blocks(const struct table *t, int columns)
{
  char cells[COLUMNS][CELL];
  unsigned n = column_count(t);
  int widest = 0;
  for (unsigned k = 1; k < n; k++)
    widest = (int)strlen(t->columns[k]) > widest ? (int)strlen(t->columns[k]) : widest;
  for (unsigned i = 0; t->row(i, cells); i++) {
    printf("%s%s\n", i > 0 ? "\n" : "", cells[0]);
    for (unsigned k = 1; k < n; k++)
      if (in_list(t, k) && cells[k][0]) {
        printf("  %-*s  ", widest, t->columns[k]);
        print_wrapped(stdout, cells[k], widest + 4, columns - widest - 4);
      }
  }
}

static void text(const struct table *t)
{
  enum { LEAST_LAST = 24 };
  int width[COLUMNS] = {0}, columns = terminal_columns();
  int before_last = list_widths(t, width);
  if (columns > 0 && before_last + LEAST_LAST > columns)
    blocks(t, columns > 2 * LEAST_LAST ? columns : 2 * LEAST_LAST);
  else
    aligned(t, width, before_last, columns);
  if (columns > 0 && t->interface)
    fprintf(stderr, "vcca table %s %s tells a command's inputs, outputs and conditions\n", t->name,
            t->interface()->commands[0].name);
}

/* The state machines, each a cluster. */
static void graph(void)
{
  size_t count;
  const struct vcca_transition *t = vcca_transitions(&count);
  printf("digraph states {\n  rankdir=LR;\n  node [shape=box];\n");
  for (size_t i = 0; i < count; i++) {
    bool first = i == 0 || strcmp(t[i - 1].machine, t[i].machine) != 0;
    bool last = i + 1 == count || strcmp(t[i + 1].machine, t[i].machine) != 0;
    if (first)
      printf("  subgraph cluster_%s {\n    label=\"%s\";\n", t[i].machine, t[i].machine);
    printf("    \"%s %s\" [label=\"%s\"];\n    \"%s %s\" [label=\"%s\"];\n", t[i].machine, t[i].from, t[i].from,
           t[i].machine, t[i].to, t[i].to);
    printf("    \"%s %s\" -> \"%s %s\" [label=\"%s\"];\n", t[i].machine, t[i].from, t[i].machine, t[i].to, t[i].event);
    if (last)
      printf("  }\n");
  }
  printf("}\n");
}

static const char *command_name_at(const void *interface, unsigned i)
{
  const struct vcca_interface *f = interface;
  return i < f->command_count ? f->commands[i].name : NULL;
}

/* One command of an interface's table. */
static enum vcca_exit one_command(const struct args *a, const struct table *t, enum format format)
{
  const struct vcca_interface *interface = t->interface();
  const struct vcca_command *command = vcca_command_named(interface, vcca_span_str(a->operand[1]));
  if (!command) {
    const char *hint = nearest(a->operand[1], command_name_at, interface);
    return usage(a, "%s has no command '%s'%s%s%s", t->name, a->operand[1], hint ? "; did you mean " : "",
                 hint ? hint : "", hint ? "?" : "");
  }
  if (format == JSON)
    command_json(interface, command);
  else
    command_page(interface, command, format == MARKDOWN);
  return VCCA_EXIT_YES;
}

static enum vcca_exit run(const struct args *a)
{
  const char *how = args_get(a, "output");
  bool dot = how && strcmp(how, "dot") == 0;
  if (how && !dot && strcmp(how, "text") != 0 && strcmp(how, "md") != 0 && strcmp(how, "json") != 0)
    return usage(a, "--output %s: text, md, json or dot", how);
  if (dot && strcmp(a->operand[0], "states") != 0)
    return usage(a, "--output dot: only states are a graph, %s is not", a->operand[0]);
  for (unsigned i = 0; i < TABLES; i++) {
    if (strcmp(tables[i].name, a->operand[0]) != 0)
      continue;
    if (a->operands > 1 && !tables[i].interface)
      return usage(a, "%s has no pages: only the commands of rmi, tmi, rsi, tsi and psci have", a->operand[0]);
    if (a->operands > 1)
      return one_command(a, &tables[i],
                         how && strcmp(how, "md") == 0     ? MARKDOWN
                         : how && strcmp(how, "json") == 0 ? JSON
                                                           : TEXT);
    if (how && strcmp(how, "md") == 0)
      markdown(&tables[i]);
    else if (how && strcmp(how, "json") == 0)
      json(&tables[i]);
    else if (dot)
      graph();
    else
      text(&tables[i]);
    return VCCA_EXIT_YES;
  }
  return usage(a,
               "no table '%s': rmi, tmi, rsi, tsi, psci, states, claims, checks, appraisal, profiles, leniencies, "
               "models or rules",
               a->operand[0]);
}

const struct verb verb_table = {
    "table",
    "NAME [COMMAND]",
    1,
    2,
    "the tables the program is made from",
    "Prints a table: rmi, tmi, rsi, tsi, psci (the commands of an interface), states (state machines: what event takes "
    "what from which state "
    "to which), claims, checks, appraisal (what verdicts mean for trust), profiles (token families), leniencies (what "
    "a decoder may take), models "
    "(VMMs), rules (measurement rules).\n\nWith the name of a command, prints its page: inputs, outputs, each failure "
    "condition as a sentence in "
    "the order they are checked, and which of them the specification orders.",
    "vcca table rmi\nvcca table rmi DATA_CREATE\nvcca table states -o dot\nvcca table checks -o md",
    options,
    run,
};
