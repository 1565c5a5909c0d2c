/* A running VM: one guest program that waits for requests on the first REC. A request is carried out while
 * its REC runs; in between the guest takes an interrupt, so that the REC leaves to the host.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/running.h"
#include "rooms/error.h"
#include "rooms/hsm.h"
#include "rooms/json.h"
#include "rooms/tsi.h"
#include "rooms/guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRIES_MAX = 10000 };

static void guest_main(void *arg, vcca_guest *g)
{
  static const struct vcca_realm_event idle = {.kind = VCCA_REALM_IRQ};
  vcca_running *v = arg;
  for (;;) {
    if (v->request.main) {
      v->request.main(v->request.arg, g);
      v->request.main = NULL;
    }
    vcca_guest_event(g, &idle);
  }
}

static bool start_guest(vcca_running *v, struct vcca_error *err)
{
  v->guest = vcca_guest_new(v->platform.machine, v->platform.vm.rec[0], guest_main, v, err);
  if (v->guest)
    vcca_guest_scratch(v->guest, v->platform.scratch);
  return v->guest != NULL;
}

/* A guest that is stuck or dead is replaced, so that the next request finds one. */
static bool give_up(vcca_running *v, struct vcca_error *err, const char *why)
{
  struct vcca_error ignored;
  vcca_guest_free(v->guest);
  v->guest = NULL;
  v->request.main = NULL;
  if (!start_guest(v, &ignored))
    why = "the guest ended, and no other could be started";
  return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "%s", why);
}

static bool enter(vcca_running *v, struct vcca_error *err)
{
  for (unsigned entries = 0; entries < ENTRIES_MAX; entries++) {
    unsigned reason = 0;
    uint64_t status = vcca_host_run(v->platform.host, v->platform.vm.rec[0], 0, &reason);
    if (status != 0) {
      v->request.main = NULL;
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "the REC cannot be entered (status 0x%" PRIx64 "): the VM does not run any more", status);
    }
    if (!v->request.main)
      return true;
    if (vcca_guest_done(v->guest))
      return give_up(v, err, "external abort: the guest has no memory there");
  }
  return give_up(v, err, "the guest did not finish in 10,000 entries of its REC");
}

bool vcca_running_do(vcca_running *v, vcca_guest_main main, void *arg, struct vcca_error *err)
{
  pthread_mutex_lock(&v->lock);
  bool ok = !v->ended || vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the VM is being stopped");
  ok = ok && (v->guest || vcca_fail(err, VCCA_FAULT_MEMORY, "the guest ended, and no other could be started"));
  if (ok) {
    v->request = (struct request){.main = main, .arg = arg};
    v->requests++;
    ok = enter(v, err);
  }
  pthread_mutex_unlock(&v->lock);
  return ok;
}

/* --- Life --------------------------------------------------------------------------------------------------- */

static bool run_scenario(vcca_running *v, const char *path, const struct vcca_running_options *options,
                         struct vcca_error *err)
{
  struct vcca_run_options run = {.settings = options->settings,
                                 .setting_count = options->setting_count,
                                 .until = options->until,
                                 .files = options->files};
  v->scenario = vcca_scenario_open(path, &run, &v->result, err);
  if (!v->scenario)
    return false;
  if (v->result.failures > 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the scenario did not end as it expects: %.330s", v->result.failure);
  if (!vcca_scenario_platform(v->scenario, &v->platform, err))
    return vcca_fail_in(err, path);
  v->own = *v->platform.device;
  v->device = v->own;
  vcca_machine_set_trace(v->platform.machine, trace_ring_call, v);
  vcca_guest_interface_intercept(v->platform.guests, injections_meet, v);
  return v->platform.vm.recs > 0 ||
         vcca_fail(err, VCCA_FAULT_USAGE, "the VM has no REC (vcpus: 0): nothing runs in it");
}

vcca_running *vcca_running_start(const char *scenario, const struct vcca_running_options *options,
                                 struct vcca_error *err)
{
  static const struct vcca_running_options none;
  vcca_running *v = calloc(1, sizeof *v);
  if (!v || pthread_mutex_init(&v->lock, NULL) != 0) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a running VM");
    free(v);
    return NULL;
  }
  options = options ? options : &none;
  snprintf(v->path, sizeof v->path, "%s", scenario);
  if (trace_ring_start(&v->trace, options->trace, err) && injections_start(&v->injections, err) &&
      run_scenario(v, scenario, options, err) && start_guest(v, err))
    return v;
  vcca_running_stop(v);
  return NULL;
}

void vcca_running_end(vcca_running *v)
{
  injections_end(&v->injections);
  pthread_mutex_lock(&v->lock);
  v->ended = true;
  pthread_mutex_unlock(&v->lock);
  trace_ring_end(&v->trace);
}

void vcca_running_stop(vcca_running *v)
{
  if (!v)
    return;
  vcca_guest_free(v->guest);
  vcca_scenario_close(v->scenario);
  vcca_hsm_close(v->moved);
  injections_free(&v->injections);
  trace_ring_free(&v->trace);
  pthread_mutex_destroy(&v->lock);
  free(v);
}

enum vcca_abi vcca_running_abi(const vcca_running *v)
{
  return vcca_machine_config(v->platform.machine)->abi;
}

enum vcca_family vcca_running_family(const vcca_running *v)
{
  return v->platform.family;
}

/* --- Another device ------------------------------------------------------------------------------------- */

const struct vcca_device *vcca_running_device(const vcca_running *v)
{
  return &v->own;
}

bool vcca_running_move(vcca_running *v, const struct vcca_device *device, struct vcca_error *err)
{
  vcca_hsm *hsm = vcca_hsm_open(device, err);
  if (!hsm)
    return false;
  pthread_mutex_lock(&v->lock);
  bool ok = vcca_guest_interface_rekey(v->platform.guests, hsm, err);
  if (ok) {
    vcca_hsm *before = v->moved;
    v->moved = hsm;
    v->device = *device;
    hsm = before;
  }
  pthread_mutex_unlock(&v->lock);
  vcca_hsm_close(hsm);
  return ok;
}

/* --- The state ------------------------------------------------------------------------------------------ */

static void put_realm(struct vcca_json *j, const struct vcca_realm_info *info)
{
  static const char *const rems[VCCA_REMS] = {"rem0", "rem1", "rem2", "rem3"};
  size_t digest = vcca_hash_size(info->hash_alg);
  vcca_json_str(j, "realm_state", vcca_realm_state_name(info->state));
  vcca_json_str(j, "hash", vcca_hash_name(info->hash_alg));
  vcca_json_hex(j, "rim", vcca_span_of(info->rim, digest));
  for (size_t i = 0; i < VCCA_REMS; i++)
    vcca_json_hex(j, rems[i], vcca_span_of(info->rem[i], digest));
  vcca_json_hex(j, "rpv", VCCA_SPAN(info->rpv));
  vcca_json_int(j, "ipa_width", (int64_t)info->ipa_width);
  vcca_json_int(j, "recs", (int64_t)info->num_recs);
}

void vcca_running_state(vcca_running *v, struct vcca_json *j)
{
  struct vcca_realm_info info;
  pthread_mutex_lock(&v->lock);
  const struct vcca_scenario_platform *p = &v->platform;
  vcca_json_open(j, NULL, '{');
  vcca_json_head(j, "vcca-vm-1", p->profile);
  vcca_json_str(j, "scenario", v->path);
  vcca_json_int(j, "pid", (int64_t)getpid());
  vcca_json_str(j, "name", v->result.name);
  vcca_json_str(j, "interface", vcca_running_abi(v) == VCCA_ABI_TMI ? "tsi" : "rsi");
  vcca_json_str(j, "family", vcca_family(p->family)->name);
  vcca_json_open(j, "device", '{');
  vcca_json_str(j, "name", v->device.name);
  vcca_json_str(j, "chain", vcca_chain_kind_name(v->device.chain));
  vcca_json_addr(j, "lifecycle", v->device.lifecycle);
  vcca_json_bool(j, "own", v->moved == NULL);
  vcca_json_close(j);
  if (vcca_realm_info(p->machine, p->vm.rd, &info))
    put_realm(j, &info);
  vcca_json_int(j, "requests", (int64_t)v->requests);
  vcca_json_int(j, "calls", (int64_t)(vcca_running_trace_next(v) - 1));
  injections_put(&v->injections, j);
  vcca_json_close(j);
  pthread_mutex_unlock(&v->lock);
}
