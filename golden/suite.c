/* The suite as files: per family an index in JSON, the base's evidence, and what each case has of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "golden/bundle.h"
#include "golden/suite_files.h"
#include "golden/index.h"
#include "rooms/file.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/golden.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static const uint8_t schema[] = {
#include "golden/schema.inc"
};

struct walk {
  bool diag;
  vcca_suite_file file;
  void *ctx;
};

static bool put_diag(const struct walk *w, const struct case_file *f, struct vcca_error *err)
{
  char path[FILE_PATH];
  vcca_sink name = vcca_sink_of(path, sizeof path - 1), measure = {0};
  vcca_sink_put(&name, vcca_span_sub(vcca_span_str(f->path), 0, vcca_span_str(f->path).n - 4)); /* without "cbor" */
  vcca_sink_str(&name, "diag");
  path[name.n < sizeof path ? name.n : sizeof path - 1] = '\0';
  struct vcca_bytes room = {0};
  (void)vcca_cbor_diag(f->bytes, vcca_claim_name, &measure, NULL);
  if (!vcca_bytes_alloc(&room, measure.n, err))
    return false;
  vcca_sink text = vcca_sink_of(room.p, room.n);
  (void)vcca_cbor_diag(f->bytes, vcca_claim_name, &text, NULL);
  bool ok = w->file(w->ctx, path, vcca_sink_span(&text), err);
  vcca_bytes_free(&room);
  return ok;
}

static bool put_case(const struct walk *w, struct index *index, vcca_golden *g, const struct vcca_mutation *m,
                     struct vcca_error *err)
{
  struct vcca_golden_case c;
  struct case_files files;
  if (!vcca_golden_make(g, m, &c, err))
    return false;
  case_files(g, &c, &files);
  bool ok = true;
  for (size_t i = 0; ok && i < files.n; i++) {
    if (m != NULL && !files.file[i].own)
      continue;
    ok = w->file(w->ctx, files.file[i].path, files.file[i].bytes, err);
    if (ok && i == 0 && (w->diag || m == NULL))
      ok = put_diag(w, &files.file[i], err);
  }
  if (ok)
    index_test(index, g, &c, &files);
  vcca_golden_case_free(&c);
  return ok;
}

static bool put_jwk(const struct walk *w, vcca_golden *g, struct vcca_error *err)
{
  char path[FILE_PATH];
  uint8_t room[512];
  vcca_sink jwk = VCCA_SINK(room), name = vcca_sink_of(path, sizeof path - 1);
  if (!vcca_golden_jwk(vcca_hsm_cpak(g->hsm), &jwk))
    return true;
  vcca_sink_str(&name, vcca_family(g->family)->name);
  vcca_sink_str(&name, "/cpak.jwk");
  path[name.n] = '\0';
  return w->file(w->ctx, path, vcca_sink_span(&jwk), err);
}

static bool put_layer(const struct walk *w, struct index *index, vcca_golden *g, enum vcca_golden_layer layer,
                      struct vcca_error *err)
{
  index_group(index, g, layer);
  bool ok = layer != VCCA_GOLDEN_BASE || put_case(w, index, g, NULL, err);
  for (size_t i = 0; ok && i < vcca_mutation_count(); i++) {
    const struct vcca_mutation *m = vcca_mutation_at(i);
    if (m->layer == layer && vcca_mutation_applies(m, g->family))
      ok = put_case(w, index, g, m, err);
  }
  index_group_end(index);
  return ok;
}

static bool put_family(const struct walk *w, enum vcca_family family, struct vcca_error *err)
{
  struct index *index = index_new(err);
  vcca_golden *g = index ? vcca_golden_open(family, err) : NULL;
  bool ok = g && put_jwk(w, g, err);
  if (ok)
    index_begin(index, g);
  for (int layer = 0; ok && layer < VCCA_GOLDEN_LAYERS; layer++)
    ok = put_layer(w, index, g, (enum vcca_golden_layer)layer, err);
  if (ok) {
    char path[FILE_PATH];
    vcca_sink name = vcca_sink_of(path, sizeof path - 1);
    vcca_sink_str(&name, vcca_family(family)->name);
    vcca_sink_str(&name, ".json");
    path[name.n] = '\0';
    vcca_span text = index_end(index);
    ok = text.p ? w->file(w->ctx, path, text, err)
                : vcca_fail(err, VCCA_FAULT_MEMORY, "the index is larger than it has room");
  }
  vcca_golden_close(g);
  index_free(index);
  return ok;
}

bool vcca_suite_each(bool diag, const bool *families, vcca_suite_file file, void *ctx, struct vcca_error *err)
{
  const struct walk w = {diag, file, ctx};
  bool ok = file(ctx, "schema.json", VCCA_SPAN(schema), err);
  for (int family = 0; ok && family < VCCA_FAMILIES; family++)
    ok = (families && !families[family]) || put_family(&w, (enum vcca_family)family, err);
  return ok;
}
