/* Evidence in the wrappings of other people's software: the table, the writer, the reader.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/wrapped.h"

#include <string.h>

#include "verifier/base64url.h"
#include "verifier/readers.h"
#include "rooms/armor.h"
#include "rooms/cbor.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/json.h"
#include "rooms/span.h"

/* The media type of CCA tokens that deployed services know, and that of a configfs-tsm report in ratsd's
 * collection. */
#define TYPE_TOKEN "application/eat-collection; profile=\"http://arm.com/CCA-SSD/1.0.0\""
#define TYPE_REPORT "application/vnd.veraison.tsm-report+json"
#define RATSD_PROFILE "tag:github.com,2024:veraison/ratsd"
#define RATSD_COLLECTION "tag:github.com,2025:veraison/ratsd/cmw"
enum { CMW_EVIDENCE = 4, LEVELS = 8 };

static const struct vcca_wrapping_row rows[] = {
#define WRAPPING(id, name, virtcca, source, meaning) {name, virtcca, source, meaning},
#include "rooms/wrapped.def"
#undef WRAPPING
};

const struct vcca_wrapping_row *vcca_wrapping_at(enum vcca_wrapping wrapping)
{
  return &rows[wrapping];
}

bool vcca_wrapping_named(vcca_span name, enum vcca_wrapping *wrapping)
{
  for (unsigned i = 0; i < VCCA_WRAPPINGS; i++)
    if (vcca_span_is(name, rows[i].name)) {
      *wrapping = (enum vcca_wrapping)i;
      return true;
    }
  return false;
}

/* --- Writing -------------------------------------------------------------------------------------------- */

static void put_bytes(struct vcca_json *j, const char *key, vcca_span bytes)
{
  vcca_json_open(j, key, '[');
  for (size_t i = 0; i < bytes.n; i++)
    vcca_json_int(j, NULL, bytes.p[i]);
  vcca_json_close(j);
}

static void put_bytes_or_null(struct vcca_json *j, const char *key, vcca_span bytes)
{
  if (bytes.n > 0)
    put_bytes(j, key, bytes);
  else
    vcca_json_null(j, key);
}

static void put_base64url(struct vcca_json *j, const char *key, vcca_span bytes, vcca_sink *room)
{
  room->n = 0;
  base64url_put(room, bytes);
  vcca_json_text(j, key, vcca_sink_span(room));
}

/* The object of a virtCCA VM's evidence, in one line without its newline. */
static vcca_span put_virtcca(enum vcca_wrapping wrapping, const struct vcca_wrapped *e, vcca_sink *out)
{
  struct vcca_json j = vcca_json_into(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  put_bytes(&j, "evidence", e->token);
  put_bytes(&j, "dev_cert", e->cert);
  vcca_json_null(&j, "ima_log");
  if (wrapping != VCCA_WRAPPING_GTA) {
    put_bytes_or_null(&j, "event_log", e->eventlog);
  } else if (e->eventlog.n == 0) {
    vcca_json_null(&j, "uefi_log");
  } else {
    vcca_json_open(&j, "uefi_log", '{');
    put_bytes(&j, "ccel_table", e->ccel_table);
    put_bytes(&j, "ccel_data", e->eventlog);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_span text = vcca_sink_span(out);
  return vcca_span_sub(text, 0, text.n > 0 ? text.n - 1 : 0);
}

static void put_tee(vcca_span inner, vcca_sink *out)
{
  struct vcca_json j = vcca_json_into(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "tee", "virtcca");
  vcca_json_text(&j, "evidence", inner);
  vcca_json_close(&j);
}

/* What ratsd answers: its sub-attester is configfs-tsm's provider. `room` has space for three layers of
 * base64url. */
static void put_ratsd(const struct vcca_wrapped *e, vcca_sink room[3], vcca_sink *out)
{
  struct vcca_json j = vcca_json_into(&room[1], VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "provider", "arm_cca_guest");
  put_base64url(&j, "outblob", e->token, &room[0]);
  vcca_json_close(&j);
  j = vcca_json_into(&room[2], VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "__cmwc_t", RATSD_COLLECTION);
  vcca_json_open(&j, "tsm-report", '[');
  vcca_json_str(&j, NULL, TYPE_REPORT);
  put_base64url(&j, NULL, vcca_sink_span(&room[1]), &room[0]);
  vcca_json_close(&j);
  vcca_json_close(&j);
  j = vcca_json_into(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "eat_profile", RATSD_PROFILE);
  put_base64url(&j, "eat_nonce", e->challenge, &room[0]);
  put_base64url(&j, "cmw", vcca_sink_span(&room[2]), &room[0]);
  vcca_json_close(&j);
}

static void put_record(const struct vcca_wrapped *e, vcca_sink *room, vcca_sink *out)
{
  struct vcca_json j = vcca_json_into(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '[');
  vcca_json_str(&j, NULL, TYPE_TOKEN);
  put_base64url(&j, NULL, e->token, room);
  vcca_json_int(&j, NULL, CMW_EVIDENCE);
  vcca_json_close(&j);
}

static void put_cbor_record(const struct vcca_wrapped *e, vcca_sink *out)
{
  vcca_cbor_put_array(out, 3);
  vcca_cbor_put_text(out, VCCA_SPAN_LIT(TYPE_TOKEN));
  vcca_cbor_put_bytes(out, e->token);
  vcca_cbor_put_uint(out, CMW_EVIDENCE);
}

static bool fits(enum vcca_wrapping wrapping, const struct vcca_wrapped *e, struct vcca_error *err)
{
  const struct vcca_wrapping_row *row = &rows[wrapping];
  if (e->token.n == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: there is no token", row->name);
  if (row->virtcca && e->cert.n == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: the device certificate belongs to it, and is missing", row->name);
  if (!row->virtcca && (e->cert.n > 0 || e->eventlog.n > 0))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "%s has no place for a certificate or an event log: it is for Arm CCA tokens", row->name);
  if (wrapping == VCCA_WRAPPING_GTA && e->eventlog.n > 0 && e->ccel_table.n == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: the CCEL table belongs to the event log, and is missing", row->name);
  if (wrapping == VCCA_WRAPPING_RATSD && e->challenge.n == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: its eat_nonce is the challenge, which is missing", row->name);
  return true;
}

bool vcca_wrap(enum vcca_wrapping wrapping, const struct vcca_wrapped *e, vcca_sink *out, struct vcca_error *err)
{
  struct vcca_bytes layers = {NULL, 0};
  size_t each = 1024 + 6 * (e->token.n + e->cert.n + e->eventlog.n + e->ccel_table.n); /* "255, " is the longest */
  if (!fits(wrapping, e, err) || !vcca_bytes_alloc(&layers, 3 * each, err))
    return false;
  vcca_sink room[3] = {vcca_sink_of(layers.p, each), vcca_sink_of(layers.p + each, each),
                       vcca_sink_of(layers.p + 2 * each, each)};
  switch (wrapping) {
  case VCCA_WRAPPING_SECGEAR:
  case VCCA_WRAPPING_GTA:
    put_tee(put_virtcca(wrapping, e, &room[0]), out);
    break;
  case VCCA_WRAPPING_TRUSTEE_VIRTCCA:
    (void)put_virtcca(wrapping, e, out);
    break;
  case VCCA_WRAPPING_TRUSTEE_CCA: {
    struct vcca_json j = vcca_json_into(out, VCCA_JSON_LINE);
    vcca_json_open(&j, NULL, '{');
    put_bytes(&j, "token", e->token);
    vcca_json_close(&j);
    break;
  }
  case VCCA_WRAPPING_RATSD:
    put_ratsd(e, room, out);
    break;
  case VCCA_WRAPPING_CMW_JSON:
    put_record(e, &room[0], out);
    break;
  case VCCA_WRAPPING_CMW_CBOR:
    put_cbor_record(e, out);
    break;
  case VCCA_WRAPPINGS:
    break;
  }
  bool ok = vcca_sink_ok(out) && vcca_sink_ok(&room[0]) && vcca_sink_ok(&room[1]) && vcca_sink_ok(&room[2]);
  vcca_bytes_free(&layers);
  return ok || vcca_fail(err, VCCA_FAULT_MEMORY, "%s: no room for what it takes", rows[wrapping].name);
}

/* --- Reading -------------------------------------------------------------------------------------------- */

/* The names of members that hold a part. A value of another name is looked into, if it is an object, or
 * text or base64 of one. */
enum part_of { PART_TOKEN, PART_CERT, PART_LOG, PART_TABLE };
static const struct part {
  const char *names;
  enum part_of which;
} parts[] = {
    {"token evidence outblob cca-token cca_token attestation-token attestation_token eat quote report", PART_TOKEN},
    {"dev_cert dev-cert device_cert device-cert", PART_CERT},
    {"event_log ccel_data eventlog event-log cc_eventlog", PART_LOG},
    {"ccel_table", PART_TABLE},
};

static bool walk(const json_t *value, const char *name, unsigned levels, struct vcca_unwrapped *out,
                 struct vcca_error *err);

static bool copy(vcca_span bytes, struct vcca_bytes *out, struct vcca_error *err)
{
  if (!vcca_bytes_alloc(out, bytes.n, err))
    return false;
  if (bytes.n > 0)
    memcpy(out->p, bytes.p, bytes.n);
  return true;
}

static const struct part *part_named(const char *name)
{
  size_t n = strlen(name);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    for (const char *at = parts[i].names; *at; at += strcspn(at, " "), at += *at == ' ')
      if (strcspn(at, " ") == n && memcmp(at, name, n) == 0)
        return &parts[i];
  return NULL;
}

static bool is_object(vcca_span text)
{
  while (text.n > 0 && (text.p[0] == ' ' || (text.p[0] >= '\t' && text.p[0] <= '\r')))
    text = vcca_span_sub(text, 1, text.n);
  return text.n > 0 && text.p[0] == '{';
}

static bool walk_text(vcca_span text, unsigned levels, struct vcca_unwrapped *out, struct vcca_error *err)
{
  json_t *inner = json_in(text, err);
  bool ok = inner && walk(inner, "", levels, out, err);
  json_decref(inner);
  return ok;
}

/* Takes bytes as a part, with their ownership. */
static bool take(const struct part *part, const char *name, struct vcca_bytes *bytes, struct vcca_unwrapped *out,
                 struct vcca_error *err)
{
  struct vcca_bytes *const places[] = {[PART_TOKEN] = &out->token,
                                       [PART_CERT] = &out->cert,
                                       [PART_LOG] = &out->eventlog,
                                       [PART_TABLE] = &out->ccel_table};
  struct vcca_bytes *to = places[part->which];
  if (to->p) {
    vcca_bytes_free(bytes);
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%.40s\": this part of the evidence is there twice", name);
  }
  *to = *bytes;
  return true;
}

/* What a string stands for: JSON again, or the bytes of a part. Other strings say nothing about evidence. */
static bool walk_string(vcca_span text, const char *name, unsigned levels, struct vcca_unwrapped *out,
                        struct vcca_error *err)
{
  const struct part *part = part_named(name);
  struct vcca_bytes bytes = {NULL, 0};
  enum vcca_armor armor;
  if (is_object(text))
    return walk_text(text, levels - 1, out, err);
  if (text.n == 0)
    return true;
  if (!copy(text, &bytes, err))
    return false;
  struct vcca_error why;
  bool opened = vcca_armor_open(&bytes, "", &armor, &why) && armor != VCCA_ARMOR_NONE;
  bool ok = true;
  if (opened && is_object(vcca_bytes_span(&bytes)))
    ok = walk_text(vcca_bytes_span(&bytes), levels - 1, out, err);
  else if (part && opened)
    return take(part, name, &bytes, out, err);
  else if (part)
    ok = vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%.40s\": text that is neither hexadecimal, base64 nor PEM", name);
  vcca_bytes_free(&bytes);
  return ok;
}

static bool take_array(const json_t *array, const char *name, const struct part *part, struct vcca_unwrapped *out,
                       struct vcca_error *err)
{
  struct vcca_bytes bytes = {NULL, 0};
  size_t n = json_array_size(array);
  if (n == 0)
    return true;
  if (!vcca_bytes_alloc(&bytes, n, err))
    return false;
  for (size_t i = 0; i < n; i++) {
    const json_t *element = json_array_get(array, i);
    json_int_t byte = json_integer_value(element);
    if (!json_is_integer(element) || byte < 0 || byte > UINT8_MAX) {
      vcca_bytes_free(&bytes);
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%.40s\": element %zu of the array is no byte", name, i);
    }
    bytes.p[i] = (uint8_t)byte;
  }
  return take(part, name, &bytes, out, err);
}

/* A CMW record [type, value, indicator] holds JSON, or the token. */
static bool walk_array(const json_t *array, const char *name, unsigned levels, struct vcca_unwrapped *out,
                       struct vcca_error *err)
{
  const json_t *type = json_array_get(array, 0), *value = json_array_get(array, 1);
  const struct part *part = part_named(name);
  size_t n = json_array_size(array);
  if ((n == 2 || n == 3) && json_is_string(type) && json_is_string(value)) {
    vcca_span text = vcca_span_of(json_string_value(value), json_string_length(value));
    return walk_string(text, part ? name : "token", levels - 1, out, err);
  }
  return !part || take_array(array, name, part, out, err);
}

static bool walk_object(const json_t *object, unsigned levels, struct vcca_unwrapped *out, struct vcca_error *err)
{
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)object, name,
                      value) if (!walk(value, name, levels - 1, out, err)) return false;
  return true;
}

static bool walk(const json_t *value, const char *name, unsigned levels, struct vcca_unwrapped *out,
                 struct vcca_error *err)
{
  if (levels == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "evidence that is nested deeper than %d levels", LEVELS);
  if (json_is_object(value))
    return walk_object(value, levels, out, err);
  if (json_is_array(value))
    return walk_array(value, name, levels, out, err);
  if (json_is_string(value))
    return walk_string(vcca_span_of(json_string_value(value), json_string_length(value)), name, levels, out, err);
  return true;
}

/* [type, value] or [type, value, indicator] in CBOR. */
static bool read_cbor_record(vcca_span bytes, vcca_span *token, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(bytes, 0);
  struct vcca_cbor_item array, type, value, indicator;
  if (!vcca_cbor_want(&c, VCCA_CBOR_ARRAY, "CMW record", &array, err) || !vcca_cbor_next(&c, &type, err) ||
      !vcca_cbor_want(&c, VCCA_CBOR_BYTES, "CMW record's value", &value, err) ||
      (array.value == 3 && !vcca_cbor_want(&c, VCCA_CBOR_UINT, "CMW record's indicator", &indicator, err)))
    return false;
  if (type.kind != VCCA_CBOR_TEXT && type.kind != VCCA_CBOR_UINT)
    return vcca_fail_at(err, type.offset, "CMW record: %s where its type is wanted, a text or a number",
                        vcca_cbor_kind_name(type.kind));
  *token = value.bytes;
  return vcca_cbor_end(&c, "CMW record", err);
}

bool vcca_looks_wrapped(vcca_span bytes)
{
  enum { ARRAY_OF_TWO = 0x82, ARRAY_OF_THREE = 0x83 };
  bool record = bytes.n > 0 && (bytes.p[0] == ARRAY_OF_TWO || bytes.p[0] == ARRAY_OF_THREE);
  return record || is_object(bytes) || (bytes.n > 1 && bytes.p[0] == '[' && bytes.p[1] == '"');
}

bool vcca_unwrap(vcca_span bytes, struct vcca_unwrapped *out, struct vcca_error *err)
{
  vcca_span token;
  *out = (struct vcca_unwrapped){{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
  bool text = bytes.n > 0 && bytes.p[0] < 0x80;
  bool ok =
      text ? walk_text(bytes, LEVELS, out, err) : read_cbor_record(bytes, &token, err) && copy(token, &out->token, err);
  if (ok && !out->token.p)
    ok = vcca_fail(err, VCCA_FAULT_MALFORMED, "no member of it holds a token (%.60s...)", parts[0].names);
  if (!ok)
    vcca_unwrapped_free(out);
  return ok;
}

void vcca_unwrapped_free(struct vcca_unwrapped *u)
{
  vcca_bytes_free(&u->token);
  vcca_bytes_free(&u->cert);
  vcca_bytes_free(&u->eventlog);
  vcca_bytes_free(&u->ccel_table);
}
