/* Any bytes as wrapped evidence: the reader ends, says why it refuses, and leaves nothing behind; what it
 * takes can be wrapped again, and then holds the same token.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "rooms/wrapped.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
  if (!holds)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct vcca_unwrapped u, again;
  struct vcca_error err = {0};
  vcca_span bytes = vcca_span_of(data, size);
  (void)vcca_looks_wrapped(bytes);
  if (!vcca_unwrap(bytes, &u, &err)) {
    must(err.fault != VCCA_FAULT_NONE && err.text[0] != '\0' && !u.token.p && !u.cert.p && !u.eventlog.p);
    return 0;
  }
  const struct vcca_wrapped e = {.token = vcca_bytes_span(&u.token)};
  size_t room = 2048 + 12 * e.token.n;
  uint8_t *p = malloc(room);
  must(p != NULL);
  vcca_sink out = vcca_sink_of(p, room);
  if (e.token.n > 0) {
    must(vcca_wrap(VCCA_WRAPPING_TRUSTEE_CCA, &e, &out, &err));
    must(vcca_unwrap(vcca_sink_span(&out), &again, &err));
    must(vcca_span_eq(vcca_bytes_span(&again.token), e.token));
    vcca_unwrapped_free(&again);
  }
  free(p);
  vcca_unwrapped_free(&u);
  return 0;
}
