/* The event log against the token: a log is only believed as far as the registers carry it. Every event
 * must be measured, into a register a guest has, and registers must come out as the token says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "verifier/finding.h"
#include "verifier/readers.h"
#include "rooms/eventlog.h"

/* Whether one event may be in a log that is to be believed; f says why not. */
static bool believable(const struct vcca_event *event, enum vcca_hash_alg alg, struct vcca_finding *f)
{
  if (event->type == VCCA_EV_NO_ACTION)
    return true;
  if (event->reg < 1 || event->reg > VCCA_TOKEN_REMS)
    finding_fail(f, "log byte %zu: an event in register %lu: only 1 to %d (REM 0 to %d) can be extended", event->offset,
                 (unsigned long)event->reg, VCCA_TOKEN_REMS, VCCA_TOKEN_REMS - 1);
  else if (vcca_event_digest(event, vcca_tcg_alg(alg)).p == NULL)
    finding_fail(f, "log byte %zu: the event has no %s digest: nothing measured it", event->offset,
                 vcca_hash_name(alg));
  else if (vcca_event_self_check(event, alg) == 0)
    finding_fail(f, "log byte %zu: the event's digest is not that of its own data", event->offset);
  else
    return true;
  return false;
}

static bool believable_all(vcca_span bytes, enum vcca_hash_alg alg, struct vcca_finding *f)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  if (!vcca_eventlog_open(&log, bytes, NULL))
    return false;
  while (vcca_eventlog_next(&log, &event, NULL) > 0)
    if (!believable(&event, alg, f))
      return false;
  return true;
}

/* A REM that boot does not touch belongs to the guest at run time: zero, or explained by its own expected
 * value. */
static bool rem_agrees(const struct vcca_replay *replay, const struct vcca_realm_claims *realm,
                       const vcca_span expected[VCCA_TOKEN_REMS], size_t i)
{
  if (replay->events[i + 1] == 0 && expected[i].p != NULL)
    return true;
  return vcca_span_eq(vcca_span_of(replay->value[i + 1], vcca_hash_size(replay->alg)), realm->rem[i]);
}

void check_event_log(vcca_span log, const struct vcca_realm_claims *realm, const vcca_span expected[VCCA_TOKEN_REMS],
                     struct vcca_finding *f)
{
  enum vcca_hash_alg alg;
  struct vcca_error err = {0};
  struct vcca_replay replay;
  if (!vcca_hash_named(realm->hash_alg, &alg)) {
    finding_fail(f,
                 "claim 44236 names no hash algorithm that could replay a log; sha-256, sha-384 and sha-512 are known");
    return;
  }
  if (!vcca_eventlog_replay(log, alg, &replay, &err)) {
    finding_unreadable(f, "event log", &err);
    return;
  }
  if (!believable_all(log, alg, f))
    return;

  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    vcca_span replayed = vcca_span_of(replay.value[i + 1], vcca_hash_size(alg));
    if (!rem_agrees(&replay, realm, expected, i)) {
      char others[64] = "";
      for (size_t j = i + 1, n = 0; j < VCCA_TOKEN_REMS; j++)
        if (!rem_agrees(&replay, realm, expected, j))
          n += (size_t)snprintf(others + n, sizeof others - n, "%s REM %zu", n ? "," : "; different as well:", j);
      finding_fail(f, "register %zu replays (%u events) to %s, REM %zu of the token is %s%s", i + 1,
                   replay.events[i + 1], shown_hex(replayed).text, i, shown_hex(realm->rem[i]).text, others);
      return;
    }
  }
  finding_pass(f, "%u events", replay.total);
}
