/* Evidence as other people's software carries it: a token with what belongs to it, wrapped in JSON or CBOR.
 * One table (wrapped.def) has the wrappings that can be written; the reader takes all of them, and others
 * of their kind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_WRAPPED_H
#define ROOMS_WRAPPED_H

#include "vcca/file.h"

enum vcca_wrapping {
#define WRAPPING(id, name, virtcca, source, meaning) VCCA_WRAPPING_##id,
#include "rooms/wrapped.def"
#undef WRAPPING
  VCCA_WRAPPINGS
};
struct vcca_wrapping_row {
  const char *name; /* "secgear" */
  bool virtcca;     /* for virtCCA evidence, which has a device certificate; else for Arm CCA tokens */
  const char *source, *meaning;
};
const struct vcca_wrapping_row *vcca_wrapping_at(enum vcca_wrapping wrapping);
/* False when there is none of this name. */
bool vcca_wrapping_named(vcca_span name, enum vcca_wrapping *wrapping);

/* What goes into a wrapping; empty spans are not there. */
struct vcca_wrapped {
  vcca_span token;
  vcca_span cert;                 /* the device certificate, DER or PEM */
  vcca_span eventlog, ccel_table; /* the CCEL log area, and the ACPI table that names it */
  vcca_span challenge;            /* only ratsd names it */
};
/* Writes evidence in a wrapping. False when something is missing, or is there and the wrapping has no place
 * for it. */
VCCA_MUST_USE bool vcca_wrap(enum vcca_wrapping wrapping, const struct vcca_wrapped *evidence, vcca_sink *out,
                             struct vcca_error *err);

/* The bytes that were in a wrapping; a part that was not there has no bytes. Free them. */
struct vcca_unwrapped {
  struct vcca_bytes token, cert, eventlog, ccel_table;
};
/* Whether bytes may be wrapped evidence: JSON text that is an object, or a CMW record in CBOR. */
bool vcca_looks_wrapped(vcca_span bytes);
/* Takes evidence out of JSON objects within each other, as text or in base64, and out of CMW records.
 * Members are found by their names; those with other names are looked into. The challenge in it is not
 * taken: a relying party knows its own. False, with nothing to free, when there is no token, something is
 * there twice, or it is nested deeper than eight levels. */
VCCA_MUST_USE bool vcca_unwrap(vcca_span bytes, struct vcca_unwrapped *out, struct vcca_error *err);
void vcca_unwrapped_free(struct vcca_unwrapped *u);

#endif
