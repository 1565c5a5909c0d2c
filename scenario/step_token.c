/* Tokens and what a relying party does with them; bytes changed on the way; comparisons.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenario/runner.h"
#include "rooms/span.h"
#include "rooms/token.h"
#include "rooms/verifier.h"

/* --- Tokens ----------------------------------------------------------------------------------------------- */

static void optional(struct thing *t, const char *field, vcca_span bytes)
{
  if (bytes.p)
    thing_bytes(t, field, bytes);
}

bool token_fields(struct thing *t, vcca_span bytes)
{
  static const char *const rems[VCCA_TOKEN_REMS] = {"rem0", "rem1", "rem2", "rem3"};
  struct vcca_token token;
  enum vcca_family family;
  struct vcca_error why = {0};
  thing_bytes(t, "bytes", bytes);
  thing_number(t, "size", bytes.n);
  if (!vcca_token_decode(bytes, &token, &why))
    return false;
  if (vcca_token_family(&token, &family))
    thing_text(t, "family", vcca_family(family)->name);
  optional(t, "challenge", token.realm.challenge);
  optional(t, "rim", token.realm.rim);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    optional(t, rems[i], token.realm.rem[i]);
  optional(t, "rpv", token.realm.rpv);
  optional(t, "rak", token.realm.public_key);
  if (!token.has_platform)
    return true;
  optional(t, "platform", token.platform_sign1.whole);
  optional(t, "platform_challenge", vcca_token_binding(&token.platform));
  optional(t, "instance_id", token.platform.instance_id);
  optional(t, "implementation_id", token.platform.implementation_id);
  thing_number(t, "lifecycle", token.platform.lifecycle);
  thing_number(t, "components", token.platform.component_count);
  return true;
}

bool step_token(struct run *r, struct step *s)
{
  vcca_span bytes;
  if (!value_bytes(&r->reading, s->args, &bytes, r->err))
    return false;
  struct vcca_token token;
  struct vcca_error why = {0};
  token_fields(s->out, bytes);
  return vcca_token_decode(bytes, &token, &why) ? true : step_failed_error(s, &why);
}

/* --- Verifying -------------------------------------------------------------------------------------------- */

struct trust {
  vcca_key *cpak;
};

/* "device": the chain of the powered device; "cpak": its key alone; $name: the chain of one powered on
 * before; or a mapping. */
static bool read_trust(struct run *r, const struct tree_node *node, struct vcca_evidence *e, struct trust *t)
{
  const struct tree_node *map = node;
  if (node->kind == TREE_SCALAR && vcca_span_is(node->text, "device")) {
    e->device_cert = vcca_hsm_cert(r->hsm, VCCA_CERT_DEVICE);
    e->intermediates[e->intermediate_count++] = vcca_hsm_cert(r->hsm, VCCA_CERT_SUB);
    e->roots[e->root_count++] = vcca_hsm_cert(r->hsm, VCCA_CERT_ROOT);
    return true;
  }
  if (node->kind == TREE_SCALAR && vcca_span_is(node->text, "cpak")) {
    e->cpak = vcca_hsm_cpak(r->hsm);
    return true;
  }
  struct value cert, sub, root;
  if (value_is_name(node)) {
    char names[3][NAME_MAX_SIZE + 32];
    static const char *const fields[3] = {"device_cert", "sub_cert", "root_cert"};
    struct value *values[3] = {&cert, &sub, &root};
    for (size_t i = 0; i < 3; i++) {
      snprintf(names[i], sizeof names[i], "%.*s.%s",
               (int)(node->text.n < NAME_MAX_SIZE ? node->text.n - 1 : NAME_MAX_SIZE), (const char *)node->text.p + 1,
               fields[i]);
      if (!run_name(r, node, vcca_span_str(names[i]), VALUE_BYTES, values[i], r->err))
        return false;
    }
    e->device_cert = cert.bytes;
    e->intermediates[e->intermediate_count++] = sub.bytes;
    e->roots[e->root_count++] = root.bytes;
    return true;
  }
  vcca_span key = {NULL, 0}, intermediate = {NULL, 0}, anchor = {NULL, 0};
  if (!tree_only(map, "cpak cert intermediate root", "trust", r->err) ||
      !get_bytes(&r->reading, map, "cpak", &key, r->err) ||
      !get_bytes(&r->reading, map, "cert", &e->device_cert, r->err) ||
      !get_bytes(&r->reading, map, "intermediate", &intermediate, r->err) ||
      !get_bytes(&r->reading, map, "root", &anchor, r->err))
    return false;
  if (intermediate.p)
    e->intermediates[e->intermediate_count++] = intermediate;
  if (anchor.p)
    e->roots[e->root_count++] = anchor;
  struct vcca_error why = {0};
  t->cpak = key.p ? vcca_key_from_spki(key, NULL) : NULL;
  if (key.p && !t->cpak)
    t->cpak = vcca_anchor_read(key, &why);
  e->cpak = t->cpak;
  return !key.p || t->cpak ? true : tree_fail(node, r->err, "cpak: %s", why.text);
}

/* A list of checks that must pass, as --require names them. */
static bool read_required(struct run *r, const struct tree_node *map, struct vcca_evidence *e)
{
  const struct tree_node *list = tree_get(map, "require");
  struct vcca_error why = {0};
  if (list && (list->kind != TREE_LIST || list->count == 0))
    return tree_fail(list, r->err, "\"require\" is a list of checks");
  for (const struct tree_node *n = list ? list->first : NULL; n != NULL; n = n->next)
    if (n->kind != TREE_SCALAR || !vcca_checks_named(n->text, e->required, &why))
      return tree_fail(n, r->err, "%s", n->kind == TREE_SCALAR ? why.text : "the name of a check was expected");
  return true;
}

static bool read_evidence(struct run *r, const struct tree_node *map, struct vcca_evidence *e, struct trust *t,
                          char at[16])
{
  static const char *const rems[VCCA_TOKEN_REMS] = {"rem0", "rem1", "rem2", "rem3"};
  struct tree_node *token, *trust;
  const struct reading *rd = &r->reading;
  if (!tree_need(map, "token", &token, r->err) || !value_bytes(rd, token, &e->token, r->err) ||
      !tree_need(map, "trust", &trust, r->err) || !read_trust(r, trust, e, t))
    return false;
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    if (!get_bytes(rd, map, rems[i], &e->rem[i], r->err))
      return false;
  if (!get_bytes(rd, map, "challenge", &e->challenge, r->err) || !get_bytes(rd, map, "rim", &e->rim, r->err) ||
      !get_bytes(rd, map, "rpv", &e->rpv, r->err) || !get_bytes(rd, map, "eventlog", &e->eventlog, r->err) ||
      !get_bytes(rd, map, "image_reference", &e->image_reference, r->err) ||
      !get_bytes(rd, map, "platform_reference", &e->platform_reference, r->err) ||
      !get_bool(map, "any_lifecycle", &e->any_lifecycle, r->err) || !get_chars(rd, map, "at", at, 16, r->err) ||
      !get_bool(map, "strict", &e->strict, r->err) || !read_required(r, map, e))
    return false;
  e->at = at[0] ? at : NULL;
  return true;
}

/* The names of all checks that failed, in their order. */
static bool put_failed(struct run *r, struct step *s, const struct vcca_verdict *verdict)
{
  char names[400];
  vcca_sink list = VCCA_SINK(names);
  vcca_span kept;
  for (int i = 0; i < VCCA_CHECKS; i++)
    if (verdict->findings[i].outcome == VCCA_FAIL) {
      vcca_sink_str(&list, list.n > 0 ? " " : "");
      vcca_sink_str(&list, vcca_check_name((enum vcca_check)i));
    }
  vcca_sink_u8(&list, 0);
  if (!pool_copy(&r->pool, vcca_span_str(names), &kept, r->err))
    return false;
  thing_text(s->out, "failed", (const char *)kept.p);
  return true;
}

/* Its words are texts: verdict accepted, rejected or malformed; check: the first that failed; each check by
 * its name. */
bool step_verify(struct run *r, struct step *s)
{
  struct vcca_evidence evidence = {.any_lifecycle = false};
  struct trust trust = {NULL};
  struct vcca_verdict verdict;
  char at[16] = "";
  vcca_span reason;
  bool good = read_evidence(r, s->args, &evidence, &trust, at);
  if (good)
    vcca_verify_evidence(&evidence, &verdict);
  vcca_key_free(trust.cpak);
  if (!good)
    return false;
  enum vcca_check failed = vcca_verdict_failed(&verdict);
  bool none = failed == VCCA_CHECKS;
  thing_text(s->out, "verdict", verdict.accepted ? "accepted" : verdict.malformed ? "malformed" : "rejected");
  thing_text(s->out, "check", none ? "none" : vcca_check_name(failed));
  if (!pool_copy(&r->pool, vcca_span_str(none ? "" : verdict.findings[failed].reason), &reason, r->err))
    return false;
  thing_text(s->out, "reason", (const char *)reason.p);
  for (int i = 0; i < VCCA_CHECKS; i++)
    thing_text(s->out, vcca_check_name((enum vcca_check)i), vcca_outcome_name(verdict.findings[i].outcome));
  if (!put_failed(r, s, &verdict))
    return false;
  if (!verdict.accepted)
    step_failed(s, "expected verdict accepted, got %s at %s: %s", verdict.malformed ? "malformed" : "rejected",
                none ? "no check" : vcca_check_name(failed),
                none ? "nothing failed, but nothing carried trust either" : verdict.findings[failed].reason);
  return true;
}

/* --- Changing bytes --------------------------------------------------------------------------------------- */

/* at and xor: one byte is changed; at and put: bytes are overwritten; cut: so many are left; append: more
 * follow. */
bool step_tamper(struct run *r, struct step *s)
{
  struct tree_node *of;
  const struct tree_node *cut = tree_get(s->args, "cut"), *at_node = tree_get(s->args, "at");
  vcca_span bytes, put = {NULL, 0}, append = {NULL, 0};
  uint64_t at = 0, left = 0;
  unsigned mask = 0;
  const struct reading *rd = &r->reading;
  if (!tree_need(s->args, "of", &of, r->err) || !value_bytes(rd, of, &bytes, r->err) ||
      !get_number(rd, s->args, "at", &at, r->err) || !get_small(rd, s->args, "xor", 255, &mask, r->err) ||
      !get_bytes(rd, s->args, "put", &put, r->err) || !get_bytes(rd, s->args, "append", &append, r->err))
    return false;
  left = bytes.n;
  if (cut && !value_small(rd, cut, bytes.n, &left, r->err))
    return false;
  if ((mask != 0) + (put.p != NULL) + (append.p != NULL) + (cut != NULL) != 1)
    return tree_fail(s->args, r->err, "tamper takes one of \"xor\", \"put\", \"cut\" and \"append\"");
  size_t reach = mask ? 1 : put.n;
  if (at > bytes.n || reach > bytes.n - at)
    return tree_fail(at_node ? at_node : s->args, r->err, "\"at\" is beyond the %zu bytes there are", bytes.n);
  uint8_t *p = pool_take(&r->pool, bytes.n + append.n, r->err);
  if (!p)
    return false;
  if (bytes.n > 0)
    memcpy(p, bytes.p, bytes.n);
  if (mask)
    p[at] ^= (uint8_t)mask;
  if (put.p)
    memcpy(p + at, put.p, put.n);
  if (append.p)
    memcpy(p + bytes.n, append.p, append.n);
  thing_bytes(s->out, "bytes", vcca_span_of(p, (size_t)left + append.n));
  thing_number(s->out, "size", left + append.n);
  return true;
}

/* --- Comparing -------------------------------------------------------------------------------------------- */

static bool compare(struct run *r, struct step *s, bool want_same)
{
  struct value first, other;
  char text[2][360];
  const struct tree_node *list = s->args;
  if (list->kind != TREE_LIST || list->count < 2)
    return tree_fail(list, r->err, "%s compares a list of two values or more", s->name);
  if (!value_natural(&r->reading, list->first, &first, r->err))
    return false;
  for (const struct tree_node *n = list->first->next; n; n = n->next) {
    if (!value_of_kind(&r->reading, n, first.kind, &other, r->err))
      return false;
    if (value_same(&first, &other) != want_same)
      return step_failed(s, "%s and %s are %s: %s and %s", (const char *)list->first->text.p, (const char *)n->text.p,
                         want_same ? "not the same" : "the same", value_print(&first, text[0], sizeof text[0]),
                         value_print(&other, text[1], sizeof text[1]));
  }
  return true;
}

bool step_same(struct run *r, struct step *s)
{
  return compare(r, s, true);
}

bool step_differ(struct run *r, struct step *s)
{
  return compare(r, s, false);
}

/* --- Looking at the machine ------------------------------------------------------------------------------- */

/* Everything in it is looked at here: machine and VM as they are now. */
bool step_expect(struct run *r, struct step *s)
{
  const struct tree_node *map = s->args;
  struct vm *vm = NULL;
  char text[2][360];
  struct vm by_hand = {.power = r->power};
  if (tree_get(map, "vm") && !need_vm(r, map, &vm))
    return false;
  if (!get_number(&r->reading, map, "realm", &by_hand.booted.rd, r->err))
    return false;
  if (!vm)
    vm = tree_get(map, "realm") ? &by_hand : r->vm;
  for (const struct tree_node *n = map->first; n; n = n->next) {
    struct value got, want;
    if (tree_word_in(n->key, "vm realm"))
      continue;
    if (!machine_field(r, vm, n->key, &got))
      return tree_fail_key(n, r->err, "there is no VM to ask for its %.40s", (const char *)n->key.p);
    if (!value_of_kind(&r->reading, n, got.kind, &want, r->err))
      return false;
    r->result->expectations++;
    s->where = n;
    if (!value_same(&want, &got))
      return step_failed(s, "expected %.40s %s, got %s", (const char *)n->key.p,
                         value_print(&want, text[0], sizeof text[0]), value_print(&got, text[1], sizeof text[1]));
  }
  return true;
}
