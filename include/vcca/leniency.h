/* Leniencies: what a reader of tokens may take that is not of the plainest form. One row each in
 * vcca/leniencies.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_LENIENCY_H
#define VCCA_LENIENCY_H

#include "vcca/error.h"
#include "vcca/span.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vcca_leniency {
#define LENIENCY(id, name, standing, meaning) VCCA_LENIENT_##id,
#include "vcca/leniencies.def"
  VCCA_LENIENCIES
};
typedef uint32_t vcca_leniency_set; /* bit i: leniency i */
#define VCCA_LENIENT_BIT(leniency) ((vcca_leniency_set)1 << (leniency))

/* The name: "non-shortest". */
VCCA_API const char *vcca_leniency_name(enum vcca_leniency leniency);
/* Reads a list of names with commas between: "der-signature,non-shortest". False (VCCA_FAULT_USAGE), with
 * *out as it was, when a name is unknown; the error lists the names. */
VCCA_API VCCA_MUST_USE bool vcca_leniencies_named(vcca_span names, vcca_leniency_set *out, struct vcca_error *err);
/* Writes the names of a set with commas between into text: at most cap bytes, the NUL included. Returns
 * text. */
VCCA_API const char *vcca_leniencies_text(vcca_leniency_set set, char *text, size_t cap);

/* How often one was needed, and where first. */
struct vcca_leniency_use {
  uint32_t count;
  size_t offset;
};

#ifdef __cplusplus
}
#endif
#endif
