/* Completion for bash, made from the tables: commands; a command's options; the values of an option or
 * operand that are words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "rooms/golden.h"
#include "vcca/interface.h"
#include "vcca/token.h"
#include "vcca/verifier.h"

/* Lists of words: the i-th, NULL beyond. */

static const char *family_at(unsigned i)
{
  return i < VCCA_FAMILIES ? vcca_family((enum vcca_family)i)->name : NULL;
}

static const char *leniency_at(unsigned i)
{
  return i < VCCA_LENIENCIES ? vcca_leniency_name((enum vcca_leniency)i) : NULL;
}

static const char *check_at(unsigned i)
{
  return i < VCCA_CHECKS ? vcca_check_name((enum vcca_check)i) : NULL;
}

static const char *mutation_at(unsigned i)
{
  return i < vcca_mutation_count() ? vcca_mutation_at(i)->id : NULL;
}

static const char *engine_at(unsigned i)
{
  struct vcca_engine_info info;
  return vcca_engine_at(i, &info) ? info.name : NULL;
}

static const char *cert_at(unsigned i)
{
  static const char *const words[] = {"root", "sub", "device", "cpak", "rak"};
  return i < sizeof words / sizeof words[0] ? words[i] : NULL;
}

static const char *device_at(unsigned i)
{
  static const char *const words[] = {"rsa", "p521", "p384"};
  return i < sizeof words / sizeof words[0] ? words[i] : NULL;
}

/* Where words stand: the value of an option, or the operand of a verb (option NULL). verb NULL: of any. */
static const struct place {
  const char *verb, *option;
  const char *(*word)(unsigned i);
} places[] = {
    {NULL, "family", family_at},           {NULL, "lenient", leniency_at},       {NULL, "require", check_at},
    {NULL, "mutation", mutation_at},       {NULL, "engine", engine_at},          {NULL, "device", device_at},
    {"measure", NULL, measure_profile_at}, {"rim explain", NULL, vm_profile_at}, {"table", NULL, table_name_at},
    {"hsm cert", NULL, cert_at},
};

static const struct place *place_of(const struct verb *verb, const char *option)
{
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    bool here = !places[i].verb || strcmp(places[i].verb, verb->name) == 0;
    bool this = option ? places[i].option && strcmp(places[i].option, option) == 0 : !places[i].option;
    if (here && this)
      return &places[i];
  }
  return NULL;
}

static void words(FILE *out, const char *(*word)(unsigned i))
{
  for (unsigned i = 0; word && word(i); i++)
    fprintf(out, "%s ", word(i));
}

/* "text|json" as words; an argument in capitals (FILE) is none. */
static bool alternatives(FILE *out, const char *arg)
{
  if (!strchr(arg, '|') || (arg[0] >= 'A' && arg[0] <= 'Z'))
    return false;
  for (; *arg; arg++)
    fputc(*arg == '|' ? ' ' : *arg, out);
  return true;
}

/* The values of a verb's options: cases of the word before. What has none there is a file. */
static void option_values(FILE *out, const struct verb *verb)
{
  for (const struct option *o = verb->options; o->name; o++) {
    const struct place *place = o->arg ? place_of(verb, o->name) : NULL;
    if (!o->arg)
      continue;
    if (o->letter)
      fprintf(out, "    -%c|", o->letter);
    else
      fprintf(out, "    ");
    fprintf(out, "--%s) ", o->name);
    if (!place && (!strchr(o->arg, '|') || (o->arg[0] >= 'A' && o->arg[0] <= 'Z'))) {
      fprintf(out, "COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n");
      continue;
    }
    fprintf(out, "COMPREPLY=($(compgen -W \"");
    if (place)
      words(out, place->word);
    else
      alternatives(out, o->arg);
    fprintf(out, "\" -- \"$cur\")) ;;\n");
  }
}

/* The commands of each interface, behind its name: vcca table rmi ... */
static void table_commands(FILE *out)
{
  for (unsigned i = 0; table_name_at(i); i++) {
    const struct vcca_interface *interface = table_interface_at(i);
    if (!interface)
      continue;
    fprintf(out, "    %s) COMPREPLY=($(compgen -W \"", interface->name);
    for (size_t c = 0; c < interface->command_count; c++)
      fprintf(out, "%s ", interface->commands[c].name);
    fprintf(out, "\" -- \"$cur\")) ;;\n");
  }
}

/* The second words of verbs that begin with this one. */
static void second_words(FILE *out, const char *first, size_t n)
{
  for (unsigned i = 0; verbs[i]; i++)
    if (strncmp(verbs[i]->name, first, n) == 0 && verbs[i]->name[n] == ' ')
      fprintf(out, "%s ", verbs[i]->name + n + 1);
}

static void verb_case(FILE *out, const struct verb *verb)
{
  const struct place *operand = place_of(verb, NULL);
  fprintf(out, "  \"%s \"*)\n    case \"$prev\" in\n", verb->name);
  option_values(out, verb);
  if (strcmp(verb->name, "table") == 0)
    table_commands(out);
  fprintf(out, "    *) COMPREPLY=($(compgen %s-W \"", operand || !verb->operands[0] ? "" : "-f ");
  words(out, operand ? operand->word : NULL);
  second_words(out, verb->name, strlen(verb->name));
  for (const struct option *o = verb->options; o->name; o++)
    fprintf(out, "--%s ", o->name);
  fprintf(out, "--help\" -- \"$cur\")) ;;\n    esac ;;\n");
}

static void family_case(FILE *out, const char *first, size_t n)
{
  fprintf(out, "  \"%.*s \"*) COMPREPLY=($(compgen -W \"", (int)n, first);
  second_words(out, first, n);
  fprintf(out, "\" -- \"$cur\")) ;;\n");
}

static bool first_of_family(unsigned at, size_t n)
{
  for (unsigned i = 0; i < at; i++)
    if (strncmp(verbs[i]->name, verbs[at]->name, n) == 0 && (verbs[i]->name[n] == ' ' || verbs[i]->name[n] == '\0'))
      return false;
  return true;
}

void print_completion(FILE *out)
{
  fprintf(out, "# bash completion for vcca: source it, or put it in a completions folder\n_vcca() {\n"
               "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
               "  [[ $cur == = ]] && cur=\n"
               "  [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
               "  local line=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\"\n  case \"$line \" in\n");
  for (int two = 1; two >= 0; two--) /* "measure sweep" before "measure" */
    for (unsigned i = 0; verbs[i]; i++)
      if ((strchr(verbs[i]->name, ' ') != NULL) == two)
        verb_case(out, verbs[i]);
  for (unsigned i = 0; verbs[i]; i++) {
    size_t n = strcspn(verbs[i]->name, " ");
    if (verbs[i]->name[n] && first_of_family(i, n))
      family_case(out, verbs[i]->name, n);
  }
  fprintf(out, "  *) COMPREPLY=($(compgen -W \"");
  for (unsigned i = 0; verbs[i]; i++) {
    size_t n = strcspn(verbs[i]->name, " ");
    if (first_of_family(i, n))
      fprintf(out, "%.*s ", (int)n, verbs[i]->name);
  }
  fprintf(out, "--help --version\" -- \"$cur\")) ;;\n  esac\n}\ncomplete -F _vcca vcca\n");
}
