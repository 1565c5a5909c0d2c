/* Steps that change what comes with the token: expectations, certificates, the event log.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "golden/edit.h"
#include "vcca/eventlog.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

bool edit_has_evidence(const struct edit *e, struct vcca_error *err)
{
  return e->evidence != NULL ||
         vcca_fail(err, VCCA_FAULT_USAGE, "the step changes evidence, and there is only a token");
}

/* --- Expectations ---------------------------------------------------------------------------------------- */

bool edit_step_expect(struct edit *e, const struct words *w, struct vcca_error *err)
{
  if (!edit_has_evidence(e, err))
    return false;
  const struct {
    const char *name;
    vcca_span *value;
  } rows[] = {{"challenge", &e->evidence->challenge},
              {"rim", &e->evidence->rim},
              {"rem0", &e->evidence->rem[0]},
              {"rem1", &e->evidence->rem[1]},
              {"rem2", &e->evidence->rem[2]},
              {"rem3", &e->evidence->rem[3]},
              {"rpv", &e->evidence->rpv}};
  if (vcca_span_is(w->word[0], "image")) {
    e->evidence->image_reference = bundle_image_reference(e->arena, w->word[1]);
    return true;
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (vcca_span_is(w->word[0], rows[i].name))
      return word_bytes(e, w->word[1], rows[i].value, err);
  return vcca_fail(err, VCCA_FAULT_USAGE, "nothing called %.*s is expected", (int)w->word[0].n,
                   (const char *)w->word[0].p);
}

/* --- Certificates ---------------------------------------------------------------------------------------- */

static vcca_span *cert_of(struct edit *e, enum vcca_cert_role role)
{
  if (role == VCCA_CERT_ROOT)
    return &e->evidence->roots[0];
  return role == VCCA_CERT_SUB ? &e->evidence->intermediates[0] : &e->evidence->device_cert;
}

static bool role_named(vcca_span name, enum vcca_cert_role *role, struct vcca_error *err)
{
  static const char *const names[] = {
      [VCCA_CERT_ROOT] = "root", [VCCA_CERT_SUB] = "sub", [VCCA_CERT_DEVICE] = "device"};
  for (unsigned i = 0; i < GOLDEN_CERTS; i++)
    if (vcca_span_is(name, names[i])) {
      *role = (enum vcca_cert_role)i;
      return true;
    }
  return vcca_fail(err, VCCA_FAULT_USAGE, "no certificate %.*s: root, sub or device", (int)name.n,
                   (const char *)name.p);
}

static const char *text_of(struct edit *e, vcca_span value)
{
  char *text = arena_get(e->arena, value.n + 1);
  if (text && value.n > 0)
    memcpy(text, value.p, value.n);
  return text ? text : "";
}

static bool cert_key(const struct edit *e, vcca_span name, const vcca_key **out, struct vcca_error *err)
{
  enum golden_key key;
  if (vcca_span_is(name, "other-ca"))
    *out = e->golden->other_ca;
  else if (vcca_span_is(name, "sub"))
    *out = e->golden->ca[VCCA_CERT_SUB];
  else if (golden_key_named(name, &key))
    *out = golden_key(e->golden, key);
  else
    return vcca_fail(err, VCCA_FAULT_USAGE, "no key %.*s", (int)name.n, (const char *)name.p);
  return true;
}

/* One KEY=VALUE of a certificate's plan. */
static bool cert_word(struct edit *e, vcca_span word, struct cert_plan *plan, struct vcca_error *err)
{
  struct vcca_cert_spec *spec = &plan->spec;
  const struct {
    const char *name;
    const char **to;
  } texts[] = {{"not-before", &spec->not_before},
               {"not-after", &spec->not_after},
               {"cn", &spec->subject_cn},
               {"issuer-cn", &spec->issuer_cn}};
  vcca_span value;
  int64_t number;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (word_value(word, texts[i].name, &value)) {
      *texts[i].to = text_of(e, value);
      return true;
    }
  if (word_value(word, "key", &value))
    return cert_key(e, value, &plan->subject, err);
  if (word_value(word, "issuer", &value))
    return cert_key(e, value, &plan->issuer, err);
  bool ca = word_value(word, "ca", &value), path = !ca && word_value(word, "path", &value);
  if (!ca && !path && !word_value(word, "usage", &value))
    return vcca_fail(err, VCCA_FAULT_USAGE, "a certificate has no %.*s", (int)word.n, (const char *)word.p);
  if (!word_number(value, &number, err))
    return false;
  if (ca)
    spec->ca = number != 0;
  else if (path)
    spec->path_len = (int)number;
  else
    spec->key_usage = (unsigned)number;
  return true;
}

static bool write_cert(struct edit *e, const struct cert_plan *plan, vcca_span *out, struct vcca_error *err)
{
  vcca_sink der = arena_sink(e->arena, VCCA_CERT_MAX);
  if (!vcca_cert_write(&plan->spec, plan->subject, plan->issuer, &der, err))
    return false;
  *out = vcca_sink_span(&der);
  return true;
}

bool edit_step_cert(struct edit *e, const struct words *w, struct vcca_error *err)
{
  enum vcca_cert_role role;
  struct cert_plan plan;
  if (!edit_has_evidence(e, err) || !role_named(w->word[0], &role, err) ||
      !bundle_cert_plan(e->golden, role, &plan, err))
    return false;
  for (size_t i = 1; i < w->n; i++)
    if (!cert_word(e, w->word[i], &plan, err))
      return false;
  return write_cert(e, &plan, cert_of(e, role), err);
}

static bool flip(struct edit *e, vcca_span *bytes, size_t at, vcca_span bits, struct vcca_error *err)
{
  uint8_t *copy = arena_get(e->arena, bytes->n);
  if (!copy)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", bytes->n);
  memcpy(copy, bytes->p, bytes->n);
  for (size_t i = 0; i < bits.n && at + i < bytes->n; i++)
    copy[at + i] ^= bits.p[i];
  *bytes = vcca_span_of(copy, bytes->n);
  return true;
}

bool edit_step_certxor(struct edit *e, const struct words *w, struct vcca_error *err)
{
  enum vcca_cert_role role;
  size_t at = 0;
  vcca_span bits;
  if (!edit_has_evidence(e, err) || !role_named(w->word[0], &role, err))
    return false;
  vcca_span *cert = cert_of(e, role);
  return word_index(w->word[1], cert->n, &at, err) && word_bytes(e, w->word[2], &bits, err) &&
         flip(e, cert, at, bits, err);
}

/* As PEM; with CR LF line ends, or with a text behind it. */
static void to_pem(struct edit *e, vcca_span *cert, bool crlf, bool trailing)
{
  vcca_sink pem = arena_sink(e->arena, (size_t)2 * VCCA_CERT_MAX),
            out = arena_sink(e->arena, (size_t)2 * VCCA_CERT_MAX);
  vcca_pem_put("CERTIFICATE", *cert, &pem);
  vcca_span text = vcca_sink_span(&pem);
  for (size_t i = 0; i < text.n; i++) {
    if (crlf && text.p[i] == '\n')
      vcca_sink_u8(&out, '\r');
    vcca_sink_u8(&out, text.p[i]);
  }
  vcca_sink_str(&out, trailing ? "a note behind the certificate\n" : "");
  *cert = vcca_sink_span(&out);
}

/* A second leaf, certified by the first as if that were a CA. */
static bool leaf_as_ca(struct edit *e, struct vcca_error *err)
{
  struct cert_plan first, second;
  if (!bundle_cert_plan(e->golden, VCCA_CERT_DEVICE, &first, err) ||
      !bundle_cert_plan(e->golden, VCCA_CERT_DEVICE, &second, err))
    return false;
  second.spec.subject_cn = "vcca TEST second leaf";
  second.spec.issuer_cn = first.device_cn;
  second.subject = vcca_hsm_cpak(e->golden->other);
  second.issuer = first.subject;
  e->evidence->intermediates[e->evidence->intermediate_count++] = e->evidence->device_cert;
  e->token = e->golden->other_token;
  e->tree.root = NULL;
  return write_cert(e, &second, &e->evidence->device_cert, err);
}

bool edit_step_chain(struct edit *e, const struct words *w, struct vcca_error *err)
{
  vcca_span how = w->word[0];
  if (!edit_has_evidence(e, err))
    return false;
  struct vcca_evidence *v = e->evidence;
  bool crlf = vcca_span_is(how, "crlf"), trailing = vcca_span_is(how, "trailing");
  if (crlf || trailing || vcca_span_is(how, "pem")) {
    for (unsigned role = 0; role < GOLDEN_CERTS; role++)
      to_pem(e, cert_of(e, (enum vcca_cert_role)role), crlf, trailing);
  } else if (vcca_span_is(how, "extra") || vcca_span_is(how, "swap")) {
    vcca_span foreign = vcca_hsm_cert(e->golden->other, VCCA_CERT_DEVICE);
    bool first = vcca_span_is(how, "swap");
    v->intermediates[v->intermediate_count++] = first ? v->intermediates[0] : foreign;
    if (first)
      v->intermediates[0] = foreign;
  } else if (vcca_span_is(how, "none")) {
    v->intermediate_count = 0;
  } else if (vcca_span_is(how, "leaf-as-ca")) {
    return leaf_as_ca(e, err);
  } else {
    return vcca_fail(err, VCCA_FAULT_USAGE, "a chain has no form %.*s", (int)how.n, (const char *)how.p);
  }
  return true;
}

/* --- The event log --------------------------------------------------------------------------------------- */

struct offsets {
  size_t at[LOG_EVENTS + 1]; /* of every event, then of the end */
};

static bool find_events(vcca_span bytes, struct offsets *out, struct vcca_error *err)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  if (!vcca_eventlog_open(&log, bytes, err))
    return false;
  for (size_t i = 0; i < LOG_EVENTS; i++)
    if (vcca_eventlog_next(&log, &event, err) != 1)
      return vcca_fail(err, VCCA_FAULT_USAGE, "the log has been changed already");
    else
      out->at[i] = event.offset;
  out->at[LOG_EVENTS] = log.at;
  return true;
}

static bool event_number(vcca_span word, size_t *out, struct vcca_error *err)
{
  return word_index(word, LOG_EVENTS, out, err);
}

/* h+N, eI+N or end. */
static bool log_at(const struct offsets *o, vcca_span word, size_t *out, struct vcca_error *err)
{
  int64_t n;
  if (vcca_span_is(word, "end")) {
    *out = o->at[LOG_EVENTS];
    return true;
  }
  bool header = word.n > 2 && word.p[0] == 'h' && word.p[1] == '+';
  bool event = word.n > 3 && word.p[0] == 'e' && word.p[1] >= '0' && word.p[1] < '0' + LOG_EVENTS && word.p[2] == '+';
  if (!header && !event)
    return vcca_fail(err, VCCA_FAULT_USAGE, "no place %.*s in the log", (int)word.n, (const char *)word.p);
  if (!word_number(vcca_span_sub(word, header ? 2 : 3, word.n), &n, err))
    return false;
  *out = (header ? 0 : o->at[word.p[1] - '0']) + (size_t)n;
  return *out <= o->at[LOG_EVENTS] ||
         vcca_fail(err, VCCA_FAULT_USAGE, "%.*s is behind the log", (int)word.n, (const char *)word.p);
}

/* log = its bytes before from, then middle, then those from to on. */
static void splice(struct edit *e, size_t from, vcca_span middle, size_t to)
{
  vcca_span old = e->evidence->eventlog;
  vcca_sink out = arena_sink(e->arena, old.n + middle.n);
  vcca_sink_put(&out, vcca_span_sub(old, 0, from));
  vcca_sink_put(&out, middle);
  vcca_sink_put(&out, vcca_span_sub(old, to, old.n));
  e->evidence->eventlog = vcca_sink_span(&out);
}

static bool log_events(struct edit *e, const struct words *w, const struct offsets *o, struct vcca_error *err)
{
  size_t i, j;
  vcca_span log = e->evidence->eventlog;
  if (!event_number(w->word[1], &i, err))
    return false;
  vcca_span event = vcca_span_sub(log, o->at[i], o->at[i + 1] - o->at[i]);
  if (vcca_span_is(w->word[0], "drop")) {
    splice(e, o->at[i], vcca_span_of(NULL, 0), o->at[i + 1]);
  } else if (vcca_span_is(w->word[0], "again")) {
    splice(e, o->at[i], event, o->at[i]);
  } else {
    if (w->n < 3 || !event_number(w->word[2], &j, err) || j != i + 1)
      return vcca_fail(err, VCCA_FAULT_USAGE, "log swap wants an event and the next");
    vcca_sink swapped = arena_sink(e->arena, o->at[j + 1] - o->at[i]);
    vcca_sink_put(&swapped, vcca_span_sub(log, o->at[j], o->at[j + 1] - o->at[j]));
    vcca_sink_put(&swapped, event);
    splice(e, o->at[i], vcca_sink_span(&swapped), o->at[j + 1]);
  }
  return true;
}

static bool log_algs(struct edit *e, vcca_span names, struct vcca_error *err)
{
  enum vcca_hash_alg algs[VCCA_HASH_ALGS];
  size_t n = 0;
  while (names.n > 0) {
    const uint8_t *plus = memchr(names.p, '+', names.n);
    vcca_span name = vcca_span_sub(names, 0, plus ? (size_t)(plus - names.p) : names.n);
    names = vcca_span_sub(names, name.n + 1, names.n);
    if (n == VCCA_HASH_ALGS || !vcca_hash_named(name, &algs[n++]))
      return vcca_fail(err, VCCA_FAULT_USAGE, "no hash %.*s", (int)name.n, (const char *)name.p);
  }
  e->evidence->eventlog = bundle_log(e->arena, algs, n, NULL);
  return true;
}

bool edit_step_log(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct offsets o;
  size_t at = 0;
  vcca_span how = w->word[0], bytes = {NULL, 0};
  if (!edit_has_evidence(e, err))
    return false;
  if (vcca_span_is(how, "algs"))
    return log_algs(e, w->word[1], err);
  if (!find_events(e->golden->base.eventlog, &o, err))
    return false;
  if (vcca_span_is(how, "drop") || vcca_span_is(how, "again") || vcca_span_is(how, "swap"))
    return log_events(e, w, &o, err);
  if (!log_at(&o, w->word[1], &at, err) || (w->n > 2 && !word_bytes(e, w->word[2], &bytes, err)))
    return false;
  if (vcca_span_is(how, "xor"))
    return flip(e, &e->evidence->eventlog, at, bytes, err);
  if (vcca_span_is(how, "cut"))
    splice(e, at, vcca_span_of(NULL, 0), e->evidence->eventlog.n);
  else if (vcca_span_is(how, "insert") || vcca_span_is(how, "put"))
    splice(e, at, bytes, vcca_span_is(how, "put") ? at + bytes.n : at);
  else
    return vcca_fail(err, VCCA_FAULT_USAGE, "log knows no %.*s", (int)how.n, (const char *)how.p);
  return true;
}
