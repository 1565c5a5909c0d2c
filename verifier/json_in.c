/* Reading JSON: the one door to jansson's parser, so that every file is read equally strictly.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/readers.h"

#include <stdio.h>
#include <string.h>

#include "vcca/hex.h"
#include "rooms/error.h"

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
  vcca_fail_line(err, where.line > 0 ? (unsigned)where.line : 1, where.column > 0 ? (unsigned)where.column : 1,
                 "not JSON: %s", where.text);
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
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\", character %zu: %s", json_path(at, member).text, inside.offset,
                     inside.text);
  if (exactly != 0 && out->n != exactly)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" holds %zu bytes; it must be %zu (%zu hexadecimal digits)",
                     json_path(at, member).text, out->n, exactly, 2 * exactly);
  return true;
}

/* Whether the name is one of those in the list. */
static bool listed(const char *name, const char *names)
{
  size_t n = strlen(name);
  for (const char *at = names; n > 0 && (at = strstr(at, name)) != NULL; at += n)
    if ((at == names || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
      return true;
  return false;
}

bool json_only(struct json_at at, const char *members, struct vcca_error *err)
{
  json_t *copy = json_deep_copy(at.value); /* Jansson walks none that is constant */
  bool known = copy != NULL || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the members of \"%s\"", at.path);
  for (void *i = json_object_iter(copy); known && i != NULL; i = json_object_iter_next(copy, i)) {
    char name[64];
    snprintf(name, sizeof name, "%s", json_object_iter_key(i));
    if (!listed(json_object_iter_key(i), members))
      known =
          vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" is not known here, and may be a misspelling: the members are %s",
                    json_path(at, name).text, members);
  }
  json_decref(copy);
  return known;
}
