/* The log of a virtCCA guest's firmware: its files, and its events in the REMs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/running.h"
#include "rooms/error.h"
#include "rooms/eventlog.h"
#include "rooms/guest.h"
#include "rooms/hash.h"
#include "rooms/span.h"

/* Whether the VM has a REM that is not zero. */
static bool has_extended(vcca_running *v, bool *out, struct vcca_error *err)
{
  *out = false;
  for (unsigned index = 1; index <= VCCA_REMS && !*out; index++) {
    uint8_t value[VCCA_MEASUREMENT_SIZE];
    uint64_t status;
    size_t size;
    if (!vcca_running_measurement(v, index, value, &size, &status, err))
      return false;
    *out = status == 0 && !vcca_span_zero(VCCA_SPAN(value));
  }
  return true;
}

static bool extend_event(vcca_running *v, const struct vcca_event *event, enum vcca_hash_alg alg,
                         struct vcca_error *err)
{
  vcca_span digest = vcca_event_digest(event, vcca_tcg_alg(alg));
  uint64_t status = 0;
  if (event->type == VCCA_EV_NO_ACTION || event->reg < 1 || event->reg > VCCA_REMS)
    return true;
  if (digest.n == 0)
    return vcca_fail_at(err, event->offset, "the event has no %s digest, which the VM's REMs want",
                        vcca_hash_name(alg));
  return vcca_running_extend(v, event->reg, digest, &status, err) &&
         (status == 0 ||
          vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the monitor refused to extend REM %u", event->reg - 1));
}

static bool extend_events(vcca_running *v, vcca_span bytes, struct vcca_error *err)
{
  struct vcca_realm_info info;
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_replay replay;
  int more;
  if (!vcca_realm_info(v->platform.machine, v->platform.vm.rd, &info))
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the VM does not run any more");
  if (!vcca_eventlog_replay(bytes, info.hash_alg, &replay, err) || !vcca_eventlog_open(&log, bytes, err))
    return false; /* all of it is read before any is extended */
  while ((more = vcca_eventlog_next(&log, &event, err)) > 0)
    if (!extend_event(v, &event, info.hash_alg, err))
      return false;
  return more == 0;
}

bool vcca_running_firmware_log(vcca_running *v, vcca_span table, vcca_span log, struct vcca_error *err)
{
  bool extended;
  if (vcca_running_abi(v) != VCCA_ABI_TMI)
    return vcca_fail(err, VCCA_FAULT_USAGE, "CCEL files are for virtCCA guests: use a scenario of profile virtcca");
  if (!has_extended(v, &extended, err) || (!extended && !extend_events(v, log, err)))
    return false;
  v->ccel_table = table;
  v->ccel_log = log;
  return true;
}
