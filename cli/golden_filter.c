/* Which cases of the suite are meant: patterns for families, layers, stages, flags and ids.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include <string.h>

#include "cli/golden_filter.h"
#include "rooms/error.h"
#include "rooms/golden.h"

enum { PATTERN = 128 };

/* The names that an option's patterns are matched with, one case's. */
struct subject {
  const char *name[2];
};

/* The i-th pattern of an option, commas between; NULL beyond. exclude: it began with '!'. */
static const char *pattern(const struct args *a, const char *option, unsigned i, char room[PATTERN], bool *exclude)
{
  const char *value;
  for (unsigned k = 0; (value = args_nth(a, option, k)) != NULL; k++)
    for (const char *p = value; *p;) {
      size_t n = strcspn(p, ",");
      if (n > 0 && i-- == 0) {
        *exclude = *p == '!';
        snprintf(room, PATTERN, "%.*s", (int)(n - *exclude), p + *exclude);
        return room;
      }
      p += n + (p[n] == ',');
    }
  return NULL;
}

static bool fits(const char *text, const struct subject *s)
{
  return fnmatch(text, s->name[0], 0) == 0 || (s->name[1] && fnmatch(text, s->name[1], 0) == 0);
}

/* Those that an option names, without those that it excludes; all when it names none. */
static bool chosen(const struct args *a, const char *option, const struct subject *s)
{
  char room[PATTERN];
  bool exclude, named = false, in = false;
  const char *text;
  for (unsigned i = 0; (text = pattern(a, option, i, room, &exclude)) != NULL; i++) {
    bool fit = fits(text, s);
    if (exclude && fit)
      return false;
    named = named || !exclude;
    in = in || (!exclude && fit);
  }
  return in || !named;
}

static struct subject id_of(const struct vcca_mutation *m)
{
  return m ? (struct subject){{m->id, m->name}} : (struct subject){{"V00", "base"}};
}

bool filter_family(const struct args *a, enum vcca_family family)
{
  return chosen(a, "family", &(struct subject){{vcca_family(family)->name, NULL}});
}

bool filter_case(const struct args *a, const struct vcca_mutation *m)
{
  const struct vcca_golden_flag *flag = m ? m->flag : vcca_golden_flag_at(0);
  struct subject id = id_of(m);
  return chosen(a, "id", &id) && chosen(a, "mutation", &id) && chosen(a, "show", &id) &&
         chosen(a, "layer", &(struct subject){{vcca_golden_layer_name(m ? m->layer : VCCA_GOLDEN_BASE), NULL}}) &&
         chosen(a, "stage", &(struct subject){{vcca_golden_stage_name(flag->stage), NULL}}) &&
         chosen(a, "flag", &(struct subject){{flag->name, NULL}});
}

/* --- Slips of the pen ----------------------------------------------------------------------------------- */

enum kind { FAMILY, LAYER, STAGE, FLAG, ID };

/* The i-th name of a kind; false beyond. */
static bool nth(enum kind kind, size_t i, struct subject *out)
{
  bool more = false;
  switch (kind) {
  case FAMILY:
    more = i < VCCA_FAMILIES;
    if (more)
      *out = (struct subject){{vcca_family((enum vcca_family)i)->name, NULL}};
    break;
  case LAYER:
    more = i < VCCA_GOLDEN_LAYERS;
    if (more)
      *out = (struct subject){{vcca_golden_layer_name((enum vcca_golden_layer)i), NULL}};
    break;
  case STAGE:
    more = i < VCCA_STAGES;
    if (more)
      *out = (struct subject){{vcca_golden_stage_name((enum vcca_golden_stage)i), NULL}};
    break;
  case FLAG:
    more = i < vcca_golden_flag_count();
    if (more)
      *out = (struct subject){{vcca_golden_flag_at(i)->name, NULL}};
    break;
  case ID:
    more = i <= vcca_mutation_count();
    if (more)
      *out = id_of(i == 0 ? NULL : vcca_mutation_at(i - 1));
    break;
  }
  return more;
}

static const char *candidate(const void *kind, unsigned i)
{
  struct subject s;
  return nth(*(const enum kind *)kind, i, &s) ? s.name[0] : NULL;
}

bool filter_check(const struct args *a, struct vcca_error *err)
{
  static const struct {
    const char *option;
    enum kind kind;
    const char *what, *see;
  } rows[] = {
      {"family", FAMILY, "family", "vcca table profiles"}, {"layer", LAYER, "layer", "vcca golden list"},
      {"stage", STAGE, "stage", "docs/golden.md"},         {"flag", FLAG, "flag", "vcca golden list --mutation ID"},
      {"id", ID, "mutation", "vcca golden list"},          {"mutation", ID, "mutation", "vcca golden list"},
      {"show", ID, "mutation", "vcca golden list"}};
  for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
    char room[PATTERN];
    bool exclude;
    const char *text;
    if (args_has(a, rows[r].option) && !pattern(a, rows[r].option, 0, room, &exclude))
      return vcca_fail(err, VCCA_FAULT_USAGE, "--%s is empty; see: %s", rows[r].option, rows[r].see);
    for (unsigned i = 0; (text = pattern(a, rows[r].option, i, room, &exclude)) != NULL; i++) {
      struct subject s;
      bool any = false;
      for (size_t k = 0; !any && nth(rows[r].kind, k, &s); k++)
        any = fits(text, &s);
      if (any)
        continue;
      const char *near = nearest(text, candidate, &rows[r].kind);
      return vcca_fail(err, VCCA_FAULT_USAGE, "no %s '%s'%s%s%s; see: %s", rows[r].what, text,
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : "", rows[r].see);
    }
  }
  return true;
}
