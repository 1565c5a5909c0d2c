/* What the guest does: programs of one call that run while their REC runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "scenario/runner.h"
#include "rooms/crypto.h"
#include "rooms/interface.h"
#include "rooms/rmm.h"
#include "rooms/tsi.h"

enum { LOAD_MAX = 1 << 20 };

/* --- Programs --------------------------------------------------------------------------------------------- */

struct program {
  void (*body)(struct program *p, vcca_guest *g);
  unsigned index;
  vcca_span value;
  size_t chunk;
  uint64_t ipa;
  size_t size;
  vcca_sink sink;
  uint8_t measurement[VCCA_MEASUREMENT_SIZE];
  unsigned ipa_width, hash_alg;
  uint64_t status;
  unsigned interrupts, entries; /* see guest_run */
  bool finished;                /* false: an external abort ended it */
};

static void program_main(void *arg, vcca_guest *g)
{
  struct program *p = arg;
  p->body(p, g);
  p->finished = true;
}

static bool run_program(struct run *r, struct step *s, struct program *p)
{
  struct guest_run g = {.main = program_main, .arg = p, .interrupts = p->interrupts};
  bool ok = need_rec(r, s->args, &g.rec, &g.scratch) && run_guest(r, s, &g);
  p->entries = g.entries;
  if (ok && s->ok && !p->finished)
    return step_failed(s, "external abort: the guest has no memory there");
  return ok;
}

/* The status is the guest interface's own; the reason is that of its last call, the one that was refused. */
static void put_status(struct run *r, struct step *s, uint64_t status)
{
  const struct last_call *last = &r->last_guest;
  char why[400] = "";
  s->interface = guest_interface(r);
  thing_text(s->out, "status", status_text(s->interface, status));
  if (status == 0)
    return;
  if (last->refused)
    vcca_condition_text(s->interface, last->command, vcca_span_str(last->refused), last->in, why, sizeof why);
  step_failed(s, "expected status SUCCESS, got %s (0x%" PRIx64 ")%s%s%s%s", status_text(s->interface, status), status,
              last->refused ? " for " : "", last->refused ? last->refused : "", why[0] ? ": " : "", why);
}

static void extend(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_measurement_extend(g, p->index, p->value);
}

bool step_guest_extend(struct run *r, struct step *s)
{
  struct program p = {.body = extend};
  struct tree_node *index, *value;
  if (!tree_need(s->args, "index", &index, r->err) ||
      !get_small(&r->reading, s->args, "index", 255, &p.index, r->err) ||
      !tree_need(s->args, "value", &value, r->err) || !value_bytes(&r->reading, value, &p.value, r->err))
    return false;
  if (p.value.n > VCCA_MEASUREMENT_SIZE)
    return tree_fail(value, r->err, "%zu bytes, a guest extends by at most 64 at a time: give their hash", p.value.n);
  if (!run_program(r, s, &p))
    return false;
  if (s->ok)
    put_status(r, s, p.status);
  return true;
}

static void read_measurement(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_measurement_read(g, p->index, p->measurement);
}

bool step_guest_read(struct run *r, struct step *s)
{
  struct program p = {.body = read_measurement};
  struct tree_node *index;
  vcca_span copy;
  if (!tree_need(s->args, "index", &index, r->err) ||
      !get_small(&r->reading, s->args, "index", 255, &p.index, r->err) || !run_program(r, s, &p))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  if (p.status != 0)
    return true;
  struct vcca_realm_info info;
  uint64_t rec = 0, scratch = 0;
  size_t n = sizeof p.measurement;
  if (need_rec(r, s->args, &rec, &scratch) && vcca_realm_info(r->machine, vcca_rec_owner(r->machine, rec), &info))
    n = vcca_hash_size(info.hash_alg);
  if (!pool_copy(&r->pool, vcca_span_of(p.measurement, n), &copy, r->err))
    return false;
  thing_bytes(s->out, "value", copy);
  return true;
}

static void config(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_realm_config(g, &p->ipa_width, &p->hash_alg);
}

bool step_guest_config(struct run *r, struct step *s)
{
  struct program p = {.body = config};
  if (!run_program(r, s, &p))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  thing_number(s->out, "ipa_width", p.ipa_width);
  thing_number(s->out, "hash_alg", p.hash_alg);
  return true;
}

static void token(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_token(g, p->value, p->chunk, &p->sink);
}

/* Calls are counted by the trace; entries are the times the host had to enter the REC. */
bool step_guest_token(struct run *r, struct step *s)
{
  struct program p = {.body = token};
  struct tree_node *challenge;
  unsigned chunk = VCCA_PAGE;
  if (!tree_need(s->args, "challenge", &challenge, r->err) || !value_bytes(&r->reading, challenge, &p.value, r->err) ||
      !get_small(&r->reading, s->args, "chunk", VCCA_PAGE, &chunk, r->err) ||
      !get_small(&r->reading, s->args, "interrupts", GUEST_ENTRIES_MAX / 2, &p.interrupts, r->err))
    return false;
  if (p.value.n > VCCA_CHALLENGE_SIZE)
    return tree_fail(challenge, r->err, "%zu bytes, a challenge has at most 64", p.value.n);
  if (chunk == 0)
    return tree_fail(tree_get(s->args, "chunk"), r->err, "a chunk has at least one byte");
  uint8_t *room = pool_take(&r->pool, VCCA_TOKEN_MAX, r->err);
  if (!room)
    return false;
  p.chunk = chunk;
  p.sink = vcca_sink_of(room, VCCA_TOKEN_MAX);
  unsigned before = r->result->calls;
  if (!run_program(r, s, &p))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  thing_number(s->out, "calls", r->result->calls - before - p.entries);
  thing_number(s->out, "entries", p.entries);
  token_fields(s->out, vcca_sink_span(&p.sink));
  return true;
}

static void cert(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_device_cert(g, &p->sink);
}

bool step_guest_cert(struct run *r, struct step *s)
{
  struct program p = {.body = cert};
  uint8_t *room = pool_take(&r->pool, VCCA_CERT_MAX, r->err);
  p.sink = vcca_sink_of(room, VCCA_CERT_MAX);
  if (r->abi != VCCA_ABI_TMI)
    return tree_fail_key(s->args, r->err, "only virtCCA has a call for the device certificate");
  if (!room || !run_program(r, s, &p))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  thing_bytes(s->out, "bytes", vcca_sink_span(&p.sink));
  thing_number(s->out, "size", p.sink.n);
  return true;
}

static void sealing_key(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_sealing_key(g, p->value, p->measurement);
}

bool step_guest_sealing_key(struct run *r, struct step *s)
{
  struct program p = {.body = sealing_key};
  struct tree_node *param = tree_get(s->args, "param");
  if (r->abi != VCCA_ABI_TMI)
    return tree_fail_key(s->args, r->err, "only virtCCA has a call for sealing keys");
  if ((param && !value_bytes(&r->reading, param, &p.value, r->err)) || !run_program(r, s, &p))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  uint8_t *key = p.status == 0 ? pool_take(&r->pool, VCCA_SEALING_KEY, r->err) : NULL;
  if (p.status == 0 && !key)
    return false;
  if (key) {
    memcpy(key, p.measurement, VCCA_SEALING_KEY);
    thing_bytes(s->out, "key", vcca_span_of(key, VCCA_SEALING_KEY));
  }
  return true;
}

static void store(struct program *p, vcca_guest *g)
{
  vcca_guest_store(g, p->ipa, p->value);
}

static void load(struct program *p, vcca_guest *g)
{
  vcca_guest_load(g, p->ipa, &p->sink, p->size);
}

static bool need_ipa(struct run *r, struct step *s, uint64_t *ipa)
{
  struct tree_node *node;
  return tree_need(s->args, "ipa", &node, r->err) && value_number(&r->reading, node, ipa, r->err);
}

bool step_guest_store(struct run *r, struct step *s)
{
  struct program p = {.body = store};
  struct tree_node *bytes;
  return need_ipa(r, s, &p.ipa) && tree_need(s->args, "bytes", &bytes, r->err) &&
         value_bytes(&r->reading, bytes, &p.value, r->err) && run_program(r, s, &p);
}

bool step_guest_load(struct run *r, struct step *s)
{
  struct program p = {.body = load};
  struct tree_node *node;
  uint64_t size = 0;
  if (!need_ipa(r, s, &p.ipa) || !tree_need(s->args, "size", &node, r->err) ||
      !value_small(&r->reading, node, LOAD_MAX, &size, r->err))
    return false;
  uint8_t *room = pool_take(&r->pool, (size_t)size, r->err);
  p.size = (size_t)size;
  p.sink = vcca_sink_of(room, p.size);
  if (!room || !run_program(r, s, &p))
    return false;
  if (s->ok)
    thing_bytes(s->out, "bytes", vcca_sink_span(&p.sink));
  return true;
}
