/* VMM command lines: lists of keys, and the values that options and keys take.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "boot/vmm.h"
#include "vcca/hex.h"

void vmm_note(const struct vmm_notes *notes, const char *fmt, ...)
{
  char text[400];
  va_list list;
  va_start(list, fmt);
  vsnprintf(text, sizeof text, fmt, list);
  va_end(list);
  if (notes->note)
    notes->note(notes->ctx, text);
}

bool vmm_refuse(const struct vmm_value *v, const char *why, struct vcca_error *err)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.*s: %s", v->what, v->text.n < 60 ? (int)v->text.n : 60, (const char *)v->text.p, why);
}

/* --- Lists ------------------------------------------------------------------------------------------------ */

static bool key_is(const struct vmm_option *row, vcca_span key, bool bare)
{
  size_t n = strlen(row->name);
  if (bare || n == 0)
    return bare && n == 0;
  if (row->name[n - 1] == '*')
    return key.n >= n - 1 && memcmp(key.p, row->name, n - 1) == 0;
  return vcca_span_is(key, row->name);
}

bool vmm_read_keys(const struct vmm_value *list, const struct vmm_option *keys, struct vcca_error *err)
{
  size_t at = 0;
  do {
    size_t end = at, equals;
    while (end < list->text.n && list->text.p[end] != ',')
      end++;
    for (equals = at; equals < end && list->text.p[equals] != '=';)
      equals++;
    bool bare = equals == end;
    const struct vmm_option *row = keys;
    struct vmm_value v = *list;
    char what[80];
    v.key = vcca_span_sub(list->text, at, equals - at);
    v.text = bare ? v.key : vcca_span_sub(list->text, equals + 1, end - equals - 1);
    while (row->name && !key_is(row, v.key, bare))
      row++;
    if (!row->name && bare)
      return vmm_refuse(&v, "name=value is wanted", err);
    snprintf(what, sizeof what, bare ? "%s" : "%s %.*s", list->what, v.key.n < 40 ? (int)v.key.n : 40, (const char *)v.key.p);
    v.what = what;
    v.row = row;
    if (!row->name)
      return vcca_fail(err, VCCA_FAULT_USAGE, "%s is not supported", what);
    if (row->read && !row->read(&v, err))
      return false;
    at = end + 1;
  } while (at <= list->text.n);
  return true;
}

/* --- Values ----------------------------------------------------------------------------------------------- */

static void set(const struct vmm_value *v, const void *value, size_t n)
{
  memcpy((uint8_t *)v->config + v->row->field, value, n);
}

bool vmm_read_text(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  set(v, &v->word, sizeof v->word);
  return true;
}

bool vmm_read_flag(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  set(v, &(bool){true}, sizeof(bool));
  return true;
}

bool vmm_read_ignored(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  vmm_note(v->notes, "%s is ignored", v->what);
  return true;
}

bool vmm_read_size(const struct vmm_value *v, struct vcca_error *err)
{
  static const uint8_t units[] = {'B', 'K', 'M', 'G', 'T', 'P'};
  unsigned shift = 20;
  vcca_span digits = v->text;
  uint64_t size = 0;
  for (unsigned i = 0; digits.n == v->text.n && digits.n > 0 && i < sizeof units; i++)
    if ((digits.p[digits.n - 1] & ~32) == units[i]) {
      shift = 10 * i;
      digits = vcca_span_sub(digits, 0, digits.n - 1);
    }
  if (digits.n == 0 || digits.p[digits.n - 1] < '0' || digits.p[digits.n - 1] > '9' || !vcca_u64_read(digits, &size, NULL))
    return vmm_refuse(v, "a size is a number with B, K, M, G, T or P behind it, MiB without", err);
  if (size > ADDRESS_LIMIT >> shift)
    return vmm_refuse(v, "no address space has that much (2^48 bytes at most)", err);
  size <<= shift;
  set(v, &size, sizeof size);
  return true;
}

bool vmm_read_number(const struct vmm_value *v, struct vcca_error *err)
{
  char why[60];
  uint64_t number = 0;
  unsigned value;
  snprintf(why, sizeof why, "a number of %u to %u is wanted", v->row->min, v->row->max);
  if (!vcca_u64_read(v->text, &number, NULL) || number < v->row->min || number > v->row->max)
    return vmm_refuse(v, why, err);
  value = (unsigned)number;
  set(v, &value, sizeof value);
  return true;
}

bool vmm_read_counters(const struct vmm_value *v, struct vcca_error *err)
{
  return v->config->has_pmu_counters = vmm_read_number(v, err);
}

bool vmm_switch(const struct vmm_value *v, enum vcca_switch *out, struct vcca_error *err)
{
  static const struct {
    const char *word;
    enum vcca_switch meaning;
  } words[] = {{"on", VCCA_ON},   {"yes", VCCA_ON}, {"true", VCCA_ON},   {"y", VCCA_ON}, {"auto", VCCA_UNSET},
               {"off", VCCA_OFF}, {"no", VCCA_OFF}, {"false", VCCA_OFF}, {"n", VCCA_OFF}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (vcca_span_is(v->text, words[i].word)) {
      *out = words[i].meaning;
      return true;
    }
  return vmm_refuse(v, "on, off or auto is wanted", err);
}

bool vmm_read_switch(const struct vmm_value *v, struct vcca_error *err)
{
  enum vcca_switch how;
  if (!vmm_switch(v, &how, err))
    return false;
  if (how != VCCA_UNSET)
    set(v, &how, sizeof how);
  return true;
}

bool vmm_read_on_off(const struct vmm_value *v, struct vcca_error *err)
{
  enum vcca_switch how;
  if (!vmm_switch(v, &how, err))
    return false;
  if (how != VCCA_UNSET)
    set(v, &(bool){how == VCCA_ON}, sizeof(bool));
  return true;
}

bool vmm_read_hash(const struct vmm_value *v, struct vcca_error *err)
{
  static const struct {
    const char *name;
    enum vcca_hash_alg alg;
  } names[] = {{"sha256", VCCA_SHA256},  {"sha384", VCCA_SHA384},  {"sha512", VCCA_SHA512},
               {"sha-256", VCCA_SHA256}, {"sha-384", VCCA_SHA384}, {"sha-512", VCCA_SHA512}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (vcca_span_is(v->text, names[i].name)) {
      v->config->hash_alg = names[i].alg;
      return v->config->has_hash = true;
    }
  return vmm_refuse(v, "sha256 or sha512 (sha384 under RMM 2.0) is wanted", err);
}

static int base64_digit(uint8_t c)
{
  return c >= 'A' && c <= 'Z'   ? c - 'A'
         : c >= 'a' && c <= 'z' ? c - 'a' + 26
         : c >= '0' && c <= '9' ? c - '0' + 52
         : c == '+'             ? 62
         : c == '/'             ? 63
                                : -1;
}

/* RFC 4648 section 4, padded, without stray bits. */
static bool base64(vcca_span text, vcca_sink *out)
{
  if (text.n % 4 != 0)
    return false;
  for (size_t i = 0; i < text.n; i += 4) {
    bool last = i + 4 == text.n;
    unsigned pad = last && text.p[i + 3] == '=' ? (text.p[i + 2] == '=' ? 2 : 1) : 0;
    uint32_t bits = 0;
    for (size_t k = 0; k < 4; k++) {
      int digit = k >= 4 - pad ? 0 : base64_digit(text.p[i + k]);
      if (digit < 0)
        return false;
      bits = bits << 6 | (uint32_t)digit;
    }
    const uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
    if ((pad > 0 && bytes[2] != 0) || (pad > 1 && bytes[1] != 0))
      return false;
    vcca_sink_put(out, vcca_span_of(bytes, 3 - pad));
  }
  return true;
}

bool vmm_read_rpv_base64(const struct vmm_value *v, struct vcca_error *err)
{
  uint8_t rpv[sizeof v->config->rpv] = {0};
  vcca_sink out = VCCA_SINK(rpv);
  if (!base64(v->text, &out))
    return vmm_refuse(v, "base64 with its padding is wanted", err);
  if (!vcca_sink_ok(&out))
    return vmm_refuse(v, "a realm personalization value has at most 64 bytes", err);
  memcpy(v->config->rpv, rpv, sizeof rpv);
  return v->config->has_rpv = true;
}
