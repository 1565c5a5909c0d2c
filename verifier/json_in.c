/* Reading JSON: the one door to jansson's parser, so that every file is read equally strictly.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/readers.h"

#include <stdio.h>

#include "vcca/hex.h"

json_t *json_in(vcca_span text, struct vcca_error *err)
{
  json_error_t where;
  json_t *value = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
  if (value)
    return value;
  if (json_error_code(&where) == json_error_out_of_memory) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes of JSON", text.n);
    return NULL;
  }
  for (char *c = where.text; *c != '\0'; c++)
    if (*c < ' ' || *c > '~')
      *c = '?';
  vcca_fail_line(err, where.line > 0 ? (unsigned)where.line : 1, where.column > 0 ? (unsigned)where.column : 1, "not JSON: %s", where.text);
  return NULL;
}

struct json_path json_path(struct json_at at, const char *member)
{
  struct json_path p;
  snprintf(p.text, sizeof p.text, "%s%s%s", at.path, at.path[0] == '\0' ? "" : ".", member);
  return p;
}

bool json_text(struct json_at at, const char *member, vcca_span *out, struct vcca_error *err)
{
  const json_t *value = json_object_get(at.value, member);
  if (value == NULL)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" is missing", json_path(at, member).text);
  if (!json_is_string(value))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be a string", json_path(at, member).text);
  *out = vcca_span_of(json_string_value(value), json_string_length(value));
  return true;
}

bool json_hex(struct json_at at, const char *member, size_t exactly, vcca_sink *out, struct vcca_error *err)
{
  vcca_span text = {0};
  struct vcca_error inside = {0};
  if (!json_text(at, member, &text, err))
    return false;
  if (!vcca_hex_read(text, out, &inside))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\", character %zu: %s", json_path(at, member).text, inside.offset, inside.text);
  if (exactly != 0 && out->n != exactly)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" holds %zu bytes; it must be %zu (%zu hexadecimal digits)", json_path(at, member).text, out->n,
                     exactly, 2 * exactly);
  return true;
}
