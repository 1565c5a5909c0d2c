/* Any bytes as a measurement trace: the reader ends and locates what it refuses; what it accepts is the
 * same as itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "rooms/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct vcca_rim_trace trace;
  struct vcca_rim_diff diff;
  struct vcca_error err = {0};
  if (!vcca_trace_read(vcca_span_of(data, size), NULL, &trace, &err)) {
    if (err.fault == VCCA_FAULT_NONE || err.text[0] == '\0')
      abort();
    return 0;
  }
  if (vcca_rim_diff(&trace, &trace, &diff, &err)) {
    if (!vcca_rim_diff_same(&diff) || diff.equal != trace.count)
      abort();
    vcca_rim_diff_free(&diff);
  }
  vcca_trace_free(&trace);
  return 0;
}
