/* VMM command lines: the values their options take.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
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

bool vmm_next_item(vcca_span *list, struct vmm_item *item)
{
  if (!list->p)
    return false;
  size_t n = 0, equals = SIZE_MAX;
  for (; n < list->n && list->p[n] != ','; n++)
    if (list->p[n] == '=' && equals == SIZE_MAX)
      equals = n;
  item->bare = equals == SIZE_MAX;
  item->key = vcca_span_sub(*list, 0, item->bare ? n : equals);
  item->value = item->bare ? vcca_span_of(NULL, 0) : vcca_span_sub(*list, equals + 1, n - equals - 1);
  *list = n < list->n ? vcca_span_sub(*list, n + 1, list->n) : vcca_span_of(NULL, 0);
  return true;
}

static bool wrong(const char *what, vcca_span text, const char *why, struct vcca_error *err)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s: '%.*s': %s", what, text.n < 60 ? (int)text.n : 60, (const char *)text.p, why);
}

bool vmm_read_size(vcca_span text, const char *what, uint64_t *out, struct vcca_error *err)
{
  static const uint8_t units[] = {'B', 'K', 'M', 'G', 'T', 'P'};
  unsigned shift = 20;
  vcca_span digits = text;
  uint64_t v = 0;
  if (text.n > 0) {
    uint8_t last = text.p[text.n - 1];
    for (unsigned i = 0; i < sizeof units; i++)
      if (last == units[i] || last == (units[i] | 32)) {
        shift = 10 * i;
        digits = vcca_span_sub(text, 0, text.n - 1);
      }
  }
  if (digits.n == 0 || digits.p[digits.n - 1] < '0' || digits.p[digits.n - 1] > '9' || !vcca_u64_read(digits, &v, NULL))
    return wrong(what, text, "a size is a number with B, K, M, G, T or P behind it, MiB without", err);
  if (v > ADDRESS_LIMIT >> shift)
    return wrong(what, text, "no address space has that much (2^48 bytes at most)", err);
  *out = v << shift;
  return true;
}

bool vmm_read_number(vcca_span text, const char *what, uint64_t max, unsigned *out, struct vcca_error *err)
{
  char why[60];
  uint64_t v = 0;
  snprintf(why, sizeof why, "a number of at most %" PRIu64 " is wanted", max);
  if (!vcca_u64_read(text, &v, NULL) || v > max)
    return wrong(what, text, why, err);
  *out = (unsigned)v;
  return true;
}

bool vmm_read_switch(vcca_span text, const char *what, enum vcca_switch *out, struct vcca_error *err)
{
  static const struct {
    const char *word;
    enum vcca_switch meaning;
  } words[] = {{"on", VCCA_ON},   {"yes", VCCA_ON}, {"true", VCCA_ON},   {"y", VCCA_ON},
               {"off", VCCA_OFF}, {"no", VCCA_OFF}, {"false", VCCA_OFF}, {"n", VCCA_OFF}};
  if (vcca_span_is(text, "auto"))
    return true;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (vcca_span_is(text, words[i].word)) {
      *out = words[i].meaning;
      return true;
    }
  return wrong(what, text, "on, off or auto is wanted", err);
}

bool vmm_read_hash(vcca_span text, const char *what, struct vcca_vmm_config *config, struct vcca_error *err)
{
  static const struct {
    const char *name;
    enum vcca_hash_alg alg;
  } names[] = {{"sha256", VCCA_SHA256},  {"sha384", VCCA_SHA384},  {"sha512", VCCA_SHA512},
               {"sha-256", VCCA_SHA256}, {"sha-384", VCCA_SHA384}, {"sha-512", VCCA_SHA512}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (vcca_span_is(text, names[i].name)) {
      config->hash_alg = names[i].alg;
      config->has_hash = true;
      return true;
    }
  return wrong(what, text, "sha256 or sha512 (sha384 under RMM 2.0) is wanted", err);
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

bool vmm_read_rpv_base64(vcca_span text, const char *what, struct vcca_vmm_config *config, struct vcca_error *err)
{
  uint8_t rpv[sizeof config->rpv] = {0};
  vcca_sink out = VCCA_SINK(rpv);
  if (!base64(text, &out))
    return wrong(what, text, "base64 with its padding is wanted", err);
  if (!vcca_sink_ok(&out))
    return wrong(what, text, "a realm personalization value has at most 64 bytes", err);
  memcpy(config->rpv, rpv, sizeof rpv);
  config->has_rpv = true;
  return true;
}
