/* What the guest does: programs of one call that run while their REC runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "scenario/run.h"

enum { ENTRIES_MAX = 10000, LOAD_MAX = 1 << 20 };

const struct vcca_interface *guest_interface(const struct run *r)
{
  return r->abi == VCCA_ABI_TMI ? vcca_tsi() : vcca_rsi();
}

/* "rec" is a number below the VM's count of RECs, or the address or handle of one made by hand. */
bool need_rec(struct run *r, const struct tree_node *map, uint64_t *rec, uint64_t *scratch)
{
  const struct tree_node *node = tree_get(map, "rec");
  struct vm *vm = NULL;
  uint64_t which = 0;
  if (node && !value_number(&r->reading, node, &which, r->err))
    return false;
  if (node && which >= VCCA_VCPUS_MAX) {
    *rec = which;
    *scratch = 0;
    return true;
  }
  if (!need_vm(r, map, &vm))
    return false;
  if (which >= vm->booted.recs)
    return tree_fail(node ? node : map, r->err, "the VM has %u RECs", vm->booted.recs);
  *rec = vm->booted.rec[which];
  *scratch = vm->scratch;
  return true;
}

bool run_guest(struct run *r, struct step *s, uint64_t rec, uint64_t scratch, vcca_guest_main main, void *arg, unsigned interrupts, unsigned *entries)
{
  struct vcca_error why = {0};
  vcca_guest *g = vcca_guest_new(r->machine, rec, main, arg, &why);
  if (!g)
    return step_failed_error(s, &why);
  if (scratch)
    vcca_guest_scratch(g, scratch);
  uint64_t status = 0;
  unsigned reason = 0;
  for (*entries = 0; !vcca_guest_done(g) && status == 0 && *entries < ENTRIES_MAX; ++*entries) {
    vcca_rec_set_irq(r->machine, rec, *entries < interrupts);
    status = vcca_host_run(r->host, rec, 0, &reason);
  }
  bool done = vcca_guest_done(g);
  vcca_rec_set_irq(r->machine, rec, false);
  vcca_guest_free(g);
  if (done)
    return true;
  const struct vcca_interface *host = r->abi == VCCA_ABI_TMI ? vcca_tmi() : vcca_rmi();
  if (status != 0)
    return step_failed(s, "the REC could not be run: %s (0x%" PRIx64 ")", status_text(host, status), status);
  return step_failed(s, "the guest did not finish in %d entries; the last exit has reason %u", ENTRIES_MAX, reason);
}

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
};

static void program_main(void *arg, vcca_guest *g)
{
  struct program *p = arg;
  p->body(p, g);
}

static bool run_program(struct run *r, struct step *s, struct program *p, unsigned interrupts, unsigned *entries)
{
  uint64_t rec = 0, scratch = 0;
  if (!need_rec(r, s->args, &rec, &scratch))
    return false;
  return run_guest(r, s, rec, scratch, program_main, p, interrupts, entries);
}

/* The status is the guest interface's own. */
static void put_status(struct run *r, struct step *s, uint64_t status)
{
  s->interface = guest_interface(r);
  thing_text(s->out, "status", status_text(s->interface, status));
  if (status != 0)
    step_failed(s, "expected status SUCCESS, got %s (0x%" PRIx64 ")", status_text(s->interface, status), status);
}

static void extend(struct program *p, vcca_guest *g)
{
  p->status = vcca_guest_measurement_extend(g, p->index, p->value);
}

bool step_guest_extend(struct run *r, struct step *s)
{
  struct program p = {.body = extend};
  struct tree_node *index, *value;
  unsigned entries = 0;
  if (!tree_need(s->args, "index", &index, r->err) || !get_small(&r->reading, s->args, "index", 255, &p.index, r->err) ||
      !tree_need(s->args, "value", &value, r->err) || !value_bytes(&r->reading, value, &p.value, r->err))
    return false;
  if (p.value.n > VCCA_MEASUREMENT_SIZE)
    return tree_fail(value, r->err, "%zu bytes, a guest extends by at most 64 at a time: give their hash", p.value.n);
  if (!run_program(r, s, &p, 0, &entries))
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
  unsigned entries = 0;
  vcca_span copy;
  if (!tree_need(s->args, "index", &index, r->err) || !get_small(&r->reading, s->args, "index", 255, &p.index, r->err) ||
      !run_program(r, s, &p, 0, &entries))
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
  unsigned entries = 0;
  if (!run_program(r, s, &p, 0, &entries))
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
  unsigned entries = 0, interrupts = 0, chunk = VCCA_PAGE;
  if (!tree_need(s->args, "challenge", &challenge, r->err) || !value_bytes(&r->reading, challenge, &p.value, r->err) ||
      !get_small(&r->reading, s->args, "chunk", VCCA_PAGE, &chunk, r->err) ||
      !get_small(&r->reading, s->args, "interrupts", ENTRIES_MAX / 2, &interrupts, r->err))
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
  if (!run_program(r, s, &p, interrupts, &entries))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  thing_number(s->out, "calls", r->result->calls - before - entries);
  thing_number(s->out, "entries", entries);
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
  unsigned entries = 0;
  uint8_t *room = pool_take(&r->pool, VCCA_CERT_MAX, r->err);
  p.sink = vcca_sink_of(room, VCCA_CERT_MAX);
  if (r->abi != VCCA_ABI_TMI)
    return tree_fail_key(s->args, r->err, "only virtCCA has a call for the device certificate");
  if (!room || !run_program(r, s, &p, 0, &entries))
    return false;
  if (!s->ok)
    return true;
  put_status(r, s, p.status);
  thing_bytes(s->out, "bytes", vcca_sink_span(&p.sink));
  thing_number(s->out, "size", p.sink.n);
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
  unsigned entries = 0;
  return need_ipa(r, s, &p.ipa) && tree_need(s->args, "bytes", &bytes, r->err) && value_bytes(&r->reading, bytes, &p.value, r->err) &&
         run_program(r, s, &p, 0, &entries);
}

bool step_guest_load(struct run *r, struct step *s)
{
  struct program p = {.body = load};
  struct tree_node *node;
  uint64_t size = 0;
  unsigned entries = 0;
  if (!need_ipa(r, s, &p.ipa) || !tree_need(s->args, "size", &node, r->err) || !value_small(&r->reading, node, LOAD_MAX, &size, r->err))
    return false;
  uint8_t *room = pool_take(&r->pool, (size_t)size, r->err);
  p.size = (size_t)size;
  p.sink = vcca_sink_of(room, p.size);
  if (!room || !run_program(r, s, &p, 0, &entries))
    return false;
  if (s->ok)
    thing_bytes(s->out, "bytes", vcca_sink_span(&p.sink));
  return true;
}
