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

/* Makes a writer to a stream, or into a sink. Both must stay until the last close. Nothing is to be freed.
 * A stream's errors are the caller's to ask for (ferror). */
VCCA_API struct vcca_json vcca_json_to(FILE *out, enum vcca_json_style style);
VCCA_API struct vcca_json vcca_json_into(vcca_sink *sink, enum vcca_json_style style);

/* Opens an object (bracket '{') or an array ('['), and closes the one that was opened last. key is the
 * member's name; NULL inside an array and at the top. The last close writes a newline. Functions that take
 * a writer of an open object add members to it. */
VCCA_API void vcca_json_open(struct vcca_json *j, const char *key, char bracket);
VCCA_API void vcca_json_close(struct vcca_json *j);

#ifdef __cplusplus
}
#endif
#endif
