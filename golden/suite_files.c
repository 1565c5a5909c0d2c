/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/suite_files.h"

#include <stdio.h>
#include <string.h>

#include "golden/bundle.h"
#include "rooms/golden.h"

/* Certificates are told apart by their first byte. */
static const char *extension(const char *part, vcca_span bytes)
{
  if (strcmp(part, "token") == 0)
    return "cbor";
  if (strcmp(part, "policy") == 0)
    return "yaml";
  if (strcmp(part, "eventlog") == 0)
    return "log";
  if (strstr(part, "reference"))
    return "json";
  return bytes.n > 0 && bytes.p[0] == '-' ? "pem" : "der";
}

static void put_file(struct case_files *out, vcca_golden *g, const struct vcca_mutation *m, const char *part,
                     vcca_span bytes, vcca_span base)
{
  struct case_file *f = &out->file[out->n];
  const char *family = vcca_family(vcca_golden_family(g))->name, *ext = extension(part, bytes);
  bool token = strcmp(part, "token") == 0, own = m != NULL && !vcca_span_eq(bytes, base);
  if (bytes.p == NULL || out->n == CASE_FILES)
    return;
  *f = (struct case_file){.part = part, .bytes = bytes, .own = own};
  if (!own)
    snprintf(f->path, sizeof f->path, "%s/%s.%s", family, token ? "base" : part, ext);
  else
    snprintf(f->path, sizeof f->path, "%s/%s/%s-%s%s%s.%s", family, vcca_golden_layer_name(m->layer), m->id, m->name,
             token ? "" : ".", token ? "" : part, ext);
  out->n++;
}

static vcca_span yaml(const struct vcca_policy *policy, uint8_t room[POLICY_TEXT])
{
  vcca_sink out = vcca_sink_of(room, POLICY_TEXT);
  bundle_policy_yaml(policy, &out);
  return vcca_sink_span(&out);
}

void case_files(vcca_golden *golden, const struct vcca_golden_case *c, struct case_files *out)
{
  const struct vcca_evidence *e = &c->evidence, *base = &golden->base;
  out->n = 0;
  put_file(out, golden, c->mutation, "token", e->token, base->token);
  if (e->cpak) {
    vcca_sink pem = VCCA_SINK(out->pem);
    if (vcca_golden_pem(e->cpak, &pem))
      put_file(out, golden, NULL, "cpak", vcca_sink_span(&pem), vcca_sink_span(&pem));
  }
  put_file(out, golden, c->mutation, "device", e->device_cert, base->device_cert);
  for (size_t i = 0; i < e->intermediate_count; i++)
    put_file(out, golden, c->mutation, i == 0 ? "sub" : "extra", e->intermediates[i],
             i == 0 ? base->intermediates[0] : vcca_span_of(NULL, 0));
  if (e->root_count > 0)
    put_file(out, golden, c->mutation, "root", e->roots[0], base->roots[0]);
  put_file(out, golden, c->mutation, "eventlog", e->eventlog, base->eventlog);
  put_file(out, golden, c->mutation, "image-reference", e->image_reference, base->image_reference);
  put_file(out, golden, c->mutation, "platform-reference", e->platform_reference, base->platform_reference);
  put_file(out, golden, c->mutation, "reference-store", e->reference_store, base->reference_store);
  if (e->policy)
    put_file(out, golden, c->mutation, "policy", yaml(e->policy, out->policy), yaml(base->policy, out->base_policy));
}
