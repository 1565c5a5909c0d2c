/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/bundle.h"
#include "vcca/version.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/json.h"
#include "rooms/golden.h"

enum { INDEX_MAX = 4 << 20, RECIPE_MAX = 1024 };

struct index {
  struct vcca_json j;
  vcca_sink text;
  int64_t id;
  struct vcca_evidence group; /* what its policy says */
  uint8_t room[INDEX_MAX];
};

struct index *index_new(struct vcca_error *err)
{
  struct index *index = calloc(1, sizeof *index);
  if (!index) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for an index of the suite");
    return NULL;
  }
  index->text = VCCA_SINK(index->room);
  index->j = vcca_json_into(&index->text, VCCA_JSON_PRETTY);
  return index;
}

void index_free(struct index *index)
{
  free(index);
}

/* --- The head --------------------------------------------------------------------------------------------- */

static void put_notes(struct vcca_json *j)
{
  vcca_json_open(j, "notes", '{');
  for (size_t i = 0; i < vcca_golden_flag_count(); i++) {
    const struct vcca_golden_flag *f = vcca_golden_flag_at(i);
    vcca_json_open(j, f->name, '{');
    vcca_json_str(j, "bugType", f->bug_type);
    vcca_json_str(j, "stage", vcca_golden_stage_name(f->stage));
    vcca_json_str(j, "description", f->description);
    vcca_json_str(j, "effect", f->effect);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

static void put_key(struct vcca_json *j, const char *name, const vcca_key *key)
{
  uint8_t spki_room[VCCA_SPKI_MAX];
  vcca_sink spki = VCCA_SINK(spki_room);
  vcca_json_open(j, name, '{');
  vcca_json_str(j, "type", vcca_key_type_name(vcca_key_type(key)));
  if (vcca_key_spki(key, &spki))
    vcca_json_hex(j, "spki", vcca_sink_span(&spki));
  vcca_json_bool(j, "insecureTestKey", true);
  vcca_json_close(j);
}

static int64_t tests_of(enum vcca_family family)
{
  int64_t n = 1;
  for (size_t i = 0; i < vcca_mutation_count(); i++)
    n += vcca_mutation_applies(vcca_mutation_at(i), family);
  return n;
}

void index_begin(struct index *index, vcca_golden *golden)
{
  struct vcca_json *j = &index->j;
  const struct vcca_family_spec *spec = vcca_family(golden->family);
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "schema", "vcca-golden-1");
  vcca_json_str(j, "family", spec->name);
  vcca_json_str(j, "summary", spec->summary);
  vcca_json_open(j, "generator", '{');
  vcca_json_str(j, "name", "vcca");
  vcca_json_str(j, "version", VCCA_VERSION);
  vcca_json_close(j);
  vcca_json_int(j, "numberOfTests", tests_of(golden->family));
  put_notes(j);
  vcca_json_open(j, "keys", '{');
  put_key(j, "cpak", vcca_hsm_cpak(golden->hsm));
  put_key(j, "rak", vcca_hsm_rak(golden->hsm));
  put_key(j, "root", golden->ca[VCCA_CERT_ROOT]);
  vcca_json_close(j);
  vcca_json_open(j, "testGroups", '[');
}

vcca_span index_end(struct index *index)
{
  vcca_json_close(&index->j);
  vcca_json_close(&index->j);
  return vcca_sink_span(&index->text);
}

/* --- Groups ----------------------------------------------------------------------------------------------- */

/* The expectations, or those that differ from the group's. */
static void put_policy(struct vcca_json *j, const struct vcca_evidence *e, const struct vcca_evidence *group)
{
  static const char *const names[] = {"challenge", "rim", "rpv", "rem0", "rem1", "rem2", "rem3"};
  const vcca_span values[] = {e->challenge, e->rim, e->rpv, e->rem[0], e->rem[1], e->rem[2], e->rem[3]};
  const vcca_span others[] = {group->challenge, group->rim,    group->rpv,   group->rem[0],
                              group->rem[1],    group->rem[2], group->rem[3]};
  bool same = true;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    same = same && vcca_span_eq(values[i], others[i]);
  bool rules = e->policy && (e == group || e->policy != group->policy);
  if (same && !rules && e != group)
    return;
  vcca_json_open(j, "policy", '{');
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (values[i].p && (e == group || !vcca_span_eq(values[i], others[i])))
      vcca_json_hex(j, names[i], values[i]);
  if (e == group) {
    vcca_json_open(j, "lifecycle", '[');
    vcca_json_str(j, NULL, "secured");
    vcca_json_close(j);
    if (e->at)
      vcca_json_str(j, "at", e->at);
  }
  if (rules)
    bundle_policy_json(e->policy, j);
  vcca_json_close(j);
}

void index_group(struct index *index, vcca_golden *golden, enum vcca_golden_layer layer)
{
  struct vcca_json *j = &index->j;
  const struct vcca_mutation like = {.layer = layer, .check = VCCA_CHECKS, .recipe = ""};
  struct vcca_golden_case c;
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "type", "CcaTokenVerify");
  vcca_json_open(j, "source", '{');
  vcca_json_str(j, "name", "vcca");
  vcca_json_str(j, "version", VCCA_VERSION);
  vcca_json_close(j);
  vcca_json_str(j, "layer", vcca_golden_layer_name(layer));
  vcca_json_open(j, "trustAnchors", '[');
  if (layer != VCCA_GOLDEN_CHAIN)
    vcca_json_str(j, NULL, "cpak");
  if (layer == VCCA_GOLDEN_CHAIN || layer == VCCA_GOLDEN_BASE)
    vcca_json_str(j, NULL, "root");
  vcca_json_close(j);
  if (vcca_golden_make(golden, layer == VCCA_GOLDEN_BASE ? NULL : &like, &c, NULL)) {
    index->group = c.evidence;
    put_policy(j, &index->group, &index->group);
    vcca_golden_case_free(&c);
  }
  vcca_json_open(j, "tests", '[');
}

void index_group_end(struct index *index)
{
  vcca_json_close(&index->j);
  vcca_json_close(&index->j);
}

/* --- Tests ------------------------------------------------------------------------------------------------ */

static void put_recipe(struct vcca_json *j, const struct vcca_mutation *m)
{
  char room[RECIPE_MAX];
  vcca_sink recipe = VCCA_SINK(room);
  vcca_mutation_recipe(m, &recipe);
  vcca_json_text(j, "recipe", vcca_sink_span(&recipe));
  vcca_json_str(j, "resigned", vcca_golden_signed_name(m->resigned));
}

static void put_files(struct vcca_json *j, const struct case_files *files)
{
  uint8_t digest[VCCA_HASH_MAX];
  const struct case_file *token = &files->file[0];
  vcca_json_str(j, "file", token->path);
  vcca_hash(VCCA_SHA256, token->bytes, digest);
  vcca_json_hex(j, "sha256", vcca_span_of(digest, 32));
  vcca_json_int(j, "size", (int64_t)token->bytes.n);
  if (files->n == 1 || (files->n == 2 && strcmp(files->file[1].part, "cpak") == 0))
    return;
  vcca_json_open(j, "evidence", '[');
  for (size_t i = 1; i < files->n; i++) {
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "part", files->file[i].part);
    vcca_json_str(j, "file", files->file[i].path);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

void index_test(struct index *index, vcca_golden *golden, const struct vcca_golden_case *c,
                const struct case_files *files)
{
  struct vcca_json *j = &index->j;
  const struct vcca_mutation *m = c->mutation;
  (void)golden;
  vcca_json_open(j, NULL, '{');
  vcca_json_int(j, "tcId", ++index->id);
  vcca_json_str(j, "id", m ? m->id : "V00");
  vcca_json_str(j, "name", m ? m->name : "base");
  vcca_json_str(j, "comment", m ? m->note : "sound evidence, with everything that can be checked");
  if (m) {
    vcca_json_str(j, "base", files->file[0].own ? "base" : "base, token unchanged");
    put_recipe(j, m);
  }
  put_files(j, files);
  put_policy(j, &c->evidence, &index->group);
  vcca_json_str(j, "result", vcca_golden_result_name(m ? m->result : VCCA_GOLDEN_VALID));
  if (m && m->result != VCCA_GOLDEN_VALID)
    vcca_json_str(j, "stage", vcca_golden_stage_name(m->flag->stage));
  if (m && m->check != VCCA_CHECKS)
    vcca_json_str(j, "check", vcca_check_name(m->check));
  vcca_json_open(j, "flags", '[');
  vcca_json_str(j, NULL, m ? m->flag->name : vcca_golden_flag_at(0)->name);
  vcca_json_close(j);
  vcca_json_str(j, "provenance", "model");
  vcca_json_close(j);
}
