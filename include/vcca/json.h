/* A JSON writer: deterministic, keys in the order they are put, byte strings as lower-case hex, 64-bit
 * addresses as "0x..." strings (a JSON number loses bits above 2^53). Reading JSON is jansson's work.
 *
 *   struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
 *   vcca_json_open(&j, NULL, '{');
 *   vcca_json_hex(&j, "rim", rim);
 *   vcca_json_close(&j);
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_JSON_H
#define VCCA_JSON_H

#include <stdio.h>

#include "vcca/span.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vcca_json_style { VCCA_JSON_PRETTY, VCCA_JSON_LINE };

enum { VCCA_JSON_DEPTH = 32 };

/* Either out or sink is set. Levels beyond VCCA_JSON_DEPTH are a programming error (asserted). */
struct vcca_json {
  FILE *out;
  vcca_sink *sink;
  enum vcca_json_style style;
  unsigned depth;
  char close[VCCA_JSON_DEPTH];
  bool some[VCCA_JSON_DEPTH]; /* this level has a member already */
};

/* A writer to a stream, or into a sink. */
VCCA_API struct vcca_json vcca_json_to(FILE *out, enum vcca_json_style style);
VCCA_API struct vcca_json vcca_json_into(vcca_sink *sink, enum vcca_json_style style);

/* key is NULL inside arrays and at the top. open takes '{' or '['. The last close ends with a newline. */
VCCA_API void vcca_json_open(struct vcca_json *j, const char *key, char bracket);
VCCA_API void vcca_json_close(struct vcca_json *j);

#ifdef __cplusplus
}
#endif
#endif
