/* Any bytes as an event log: the reader ends, stays inside the bytes, and locates what it refuses; what
 * booted is read likewise.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "verifier/readers.h"
#include "rooms/eventlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void must_lie_in(vcca_span part, vcca_span whole)
{
  must(part.p >= whole.p && part.n <= whole.n && (size_t)(part.p - whole.p) <= whole.n - part.n);
}

static void look_at(const struct vcca_event *event, vcca_span bytes)
{
  must_lie_in(event->data, bytes);
  for (unsigned i = 0; i < event->digest_count; i++)
    must_lie_in(event->digests[i].bytes, bytes);
  for (int alg = 0; alg < VCCA_HASH_ALGS; alg++) {
    int verdict = vcca_event_self_check(event, (enum vcca_hash_alg)alg);
    must(verdict >= -1 && verdict <= 1);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vcca_span bytes = vcca_span_of(data, size);
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_error err = {0};
  unsigned events = 0;
  int got = -1;
  if (vcca_eventlog_open(&log, bytes, &err))
    for (size_t at = log.at; (got = vcca_eventlog_next(&log, &event, &err)) > 0; at = log.at, events++) {
      must(event.offset == at && log.at > at);
      look_at(&event, bytes);
    }
  must(got == 0 || (err.has_offset && err.offset <= size && err.text[0] != '\0'));

  for (int alg = 0; alg < VCCA_HASH_ALGS; alg++) {
    struct vcca_replay replay;
    bool replayed = vcca_eventlog_replay(bytes, (enum vcca_hash_alg)alg, &replay, NULL);
    must(!replayed || (got == 0 && replay.total == events));

    struct images_seen seen;
    struct vcca_error why = {0};
    bool read = images_in_log(bytes, (enum vcca_hash_alg)alg, &seen, &why);
    must(read || why.text[0] != '\0');
    if (read) {
      must_lie_in(seen.grub, bytes);
      must_lie_in(seen.kernel, bytes);
      must_lie_in(seen.initramfs, bytes);
    }
  }
  return 0;
}
