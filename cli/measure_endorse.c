/* vcca measure: what was measured, as reference values that verifiers read. A form that may leave out what
 * is not known does; one that may not gets what holds when a realm starts, with a note. All is made before
 * anything is written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/measure.h"
#include "vcca/verifier.h"
#include "rooms/error.h"
#include "rooms/text.h"
#include "rooms/files.h"

enum { OUTPUTS = 3, OUTPUT_MAX = 4096 };
struct output {
  const char *option, *path; /* path: NULL: it is not wanted */
  enum vcca_endorsement kind;
};

static void outputs_of(const struct measure_options *o, struct output out[OUTPUTS])
{
  out[0] = (struct output){"output-corim", o->output_corim, VCCA_ENDORSE_CORIM_REALM};
  out[1] = (struct output){"output-rv-store", o->output_rv_store, VCCA_ENDORSE_REFERENCE_STORE};
  out[2] = (struct output){"output-refs", o->output_refs, VCCA_ENDORSE_REFS};
}

/* Values that only some outputs have. */
struct value {
  const char *option, *text;
};
static struct value rem_given(const struct measure_options *o, unsigned i)
{
  const struct value rems[VCCA_TOKEN_REMS] = {
      {"rem0", o->rem0}, {"rem1", o->rem1}, {"rem2", o->rem2}, {"rem3", o->rem3}};
  return rems[i];
}

/* What is known of the realm; room for what was given as options. */
struct known {
  struct vcca_realm_values realm;
  uint8_t rem[VCCA_TOKEN_REMS][VCCA_MEASUREMENT_SIZE], rpv[64];
};

static bool needs_output(const struct measure_options *o, struct value v, struct vcca_error *err)
{
  return !v.text || o->output_corim || o->output_rv_store ||
         vcca_fail(err, VCCA_FAULT_USAGE, "--%s goes with --output-corim or --output-rv-store", v.option);
}

bool measure_check_outputs(const struct job *job, struct vcca_error *err)
{
  const struct args *a = job->args;
  const struct measure_options *o = &job->o;
  for (const struct option *row = a->verb->options; row->name; row++) {
    const char *path = args_get(a, row->name);
    if ((row->traits & WRITES) && path && path != o->trace && is_stdout(path))
      return vcca_fail(err, VCCA_FAULT_USAGE, "--%s %s: stdout has the RIM: name a file", row->name, path);
  }
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++)
    if (!needs_output(o, rem_given(o, i), err))
      return false;
  bool json;
  if (!needs_output(o, (struct value){"rpv", o->rpv}, err) || !args_json(a, &json, err))
    return false;
  if (o->trace && is_stdout(o->trace) && (o->steps || json))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--trace %s: stdout is the trace's then: name a file, or leave --%s out",
                     o->trace, o->steps ? "steps" : "output");
  return true;
}

/* REMs that were measured: by operations, or in a log all of whose events are of images that were given. */
static bool has_rems(const struct job *job, const struct vcca_measured *m)
{
  return m->has_rem && (!job->has_log || job->log.rem_known == job->log.rem_events);
}

static bool know_rem(const struct job *job, const struct vcca_measured *m, unsigned i, struct known *out,
                     struct vcca_error *err)
{
  size_t size = vcca_hash_size(m->rim.hash_alg);
  struct value rem = rem_given(&job->o, i);
  vcca_sink given = VCCA_SINK(out->rem[i]);
  if (has_rems(job, m)) {
    out->realm.rem[i] = vcca_span_of(m->rem[i], size);
    return !rem.text || vcca_fail(err, VCCA_FAULT_USAGE, "--%s: the REMs were measured here", rem.option);
  }
  if (!rem.text)
    return true;
  if (!option_hex(rem.option, rem.text, &given, err))
    return false;
  out->realm.rem[i] = vcca_sink_span(&given);
  return given.n == size || vcca_fail(err, VCCA_FAULT_USAGE, "--%s: %zu bytes, but REMs of this VM have %zu (%s)",
                                      rem.option, given.n, size, vcca_hash_name(m->rim.hash_alg));
}

/* A VMM's command line says the personalization value, also by not saying one. */
static bool know_rpv(const struct job *job, struct known *out, struct vcca_error *err)
{
  vcca_sink given = VCCA_SINK(out->rpv);
  if (job->plan == &job->vmm.plan)
    memcpy(out->rpv, job->plan->rpv, sizeof out->rpv);
  else if (!job->o.rpv)
    return true;
  out->realm.rpv = VCCA_SPAN(out->rpv);
  return option_hex("rpv", job->o.rpv, &given, err);
}

static bool know(const struct job *job, const struct vcca_measured *m, struct known *out, struct vcca_error *err)
{
  *out = (struct known){.realm = {.virtcca = m->rim.rules == VCCA_RULES_VIRTCCA, .rim = vcca_rim_digest(&m->rim)}};
  out->realm.rak_hash_alg =
      VCCA_SPAN_LIT("sha-256"); /* monitors know no other for the RAK, whatever the realm's own is */
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++)
    if (!know_rem(job, m, i, out, err))
      return false;
  return know_rpv(job, out, err);
}

/* Zero is what REMs are when a realm starts, and the personalization value of a host that sets none. */
static void fill(struct vcca_realm_values *realm, const char *path)
{
  static const uint8_t zero[64];
  bool rems = false;
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++)
    if (realm->rem[i].p == NULL) {
      realm->rem[i] = vcca_span_of(zero, realm->rim.n);
      rems = true;
    }
  if (rems)
    vcca_print(
        stderr,
        "vcca measure: %s says zero for REMs that are not given (--rem0 to --rem3): its form cannot leave them out\n",
        path);
  if (realm->rpv.p != NULL)
    return;
  realm->rpv = VCCA_SPAN(zero);
  vcca_print(stderr, "vcca measure: %s says zero for the personalization value (--rpv): its form cannot leave it out\n",
             path);
}

static bool make(enum vcca_endorsement kind, const char *option, const char *path, struct vcca_realm_values realm,
                 vcca_sink *out, struct vcca_error *err)
{
  if (kind == VCCA_ENDORSE_REFS && !realm.virtcca)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "--%s is for VMs on virtCCA; Arm's realms have --output-corim and --output-rv-store", option);
  if (kind != VCCA_ENDORSE_REFS && realm.virtcca)
    vcca_print(stderr,
               "vcca measure: %s is of a form defined for Arm's realms: vcca reads it for virtCCA too, openEuler's "
               "verifiers do not "
               "(--output-refs)\n",
               path);
  if (kind == VCCA_ENDORSE_REFERENCE_STORE)
    fill(&realm, path);
  return vcca_endorse(kind, &(struct vcca_good){.realm = &realm}, out, err);
}

bool measure_write_outputs(const struct job *job, const struct vcca_measured *m, struct vcca_error *err)
{
  uint8_t rooms[OUTPUTS][OUTPUT_MAX];
  vcca_span made[OUTPUTS] = {{NULL, 0}};
  struct output outputs[OUTPUTS];
  struct known known;
  outputs_of(&job->o, outputs);
  if (!know(job, m, &known, err))
    return false;
  for (size_t i = 0; i < OUTPUTS; i++) {
    const char *path = outputs[i].path;
    vcca_sink out = VCCA_SINK(rooms[i]);
    if (path && !make(outputs[i].kind, outputs[i].option, path, known.realm, &out, err))
      return false;
    made[i] = vcca_sink_span(&out);
  }
  if (!measure_write_made(job, err))
    return false;
  for (size_t i = 0; i < OUTPUTS; i++)
    if (outputs[i].path && !vcca_files_write(job->args->files, outputs[i].path, made[i], err))
      return false;
  return true;
}
