/* Reads the values of options and of keys in their lists.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/span.h"

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
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.*s: %s", v->what, v->text.n < 60 ? (int)v->text.n : 60,
                   (const char *)v->text.p, why);
}

struct vmm_said vmm_say(const struct vmm_model *model, enum vmm_asked what)
{
  struct vmm_said said;
  const struct vmm_word *w = &model->words[what];
  snprintf(said.text, sizeof said.text, "%s%s%s", w->option, w->before[0] ? " " : "", w->before);
  return said;
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

bool vmm_keep_text(char room[64], const struct vmm_value *v, const char *what, vcca_span text, struct vcca_error *err)
{
  if (text.n == 0 || text.n >= 64)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: expected %s of 1 to 63 bytes", v->what, what);
  snprintf(room, 64, "%.*s", (int)text.n, (const char *)text.p);
  return true;
}

bool vmm_read_flag(const struct vmm_value *v, struct vcca_error *err)
{
  bool there = !v->unset;
  (void)err;
  set(v, &there, sizeof there);
  return true;
}

bool vmm_read_ignored(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  vmm_note(v->notes, "%s is ignored", v->what);
  return true;
}

/* --- Numbers ---------------------------------------------------------------------------------------------- */

static unsigned digit_of(uint8_t c)
{
  return c >= '0' && c <= '9' ? c - 48u : c >= 'a' && c <= 'f' ? c - 87u : c >= 'A' && c <= 'F' ? c - 55u : 16;
}

/* Reads the digits of a base at the start of text, and removes them. False: there are none, or too many for
 * 64 bits. */
static bool take_digits(vcca_span *text, unsigned base, uint64_t *out)
{
  size_t n = 0;
  *out = 0;
  for (; n < text->n && digit_of(text->p[n]) < base; n++) {
    uint64_t d = digit_of(text->p[n]);
    if (*out > (UINT64_MAX - d) / base)
      return false;
    *out = *out * base + d;
  }
  *text = vcca_span_sub(*text, n, text->n - n);
  return n > 0;
}

/* Removes what C's strtoull skips, and a prefix: 0x, and with base 0 a 0 for octal. */
static unsigned take_prefix(vcca_span *text, bool octal)
{
  while (text->n > 0 && (text->p[0] == ' ' || (text->p[0] >= '\t' && text->p[0] <= '\r')))
    *text = vcca_span_sub(*text, 1, text->n - 1);
  if (text->n > 1 && text->p[0] == '+')
    *text = vcca_span_sub(*text, 1, text->n - 1);
  if (text->n > 2 && text->p[0] == '0' && (text->p[1] | 32) == 'x') {
    *text = vcca_span_sub(*text, 2, text->n - 2);
    return 16;
  }
  return octal && text->n > 1 && text->p[0] == '0' ? 8 : 10;
}

bool vmm_number(const struct vmm_value *v, uint64_t *out)
{
  vcca_span text = v->text;
  unsigned base = v->model->style == VMM_CLAP ? 10 : take_prefix(&text, true);
  return take_digits(&text, base, out) && text.n == 0;
}

bool vmm_read_number(const struct vmm_value *v, struct vcca_error *err)
{
  char why[60];
  uint64_t number = 0;
  unsigned value;
  snprintf(why, sizeof why, "expected a number from %u to %u", v->row->min, v->row->max);
  if (!v->unset && (!vmm_number(v, &number) || number < v->row->min || number > v->row->max))
    return vmm_refuse(v, why, err);
  value = (unsigned)number;
  set(v, &value, sizeof value);
  return true;
}

/* --- Sizes ------------------------------------------------------------------------------------------------ */

/* Removes one of these units from the end of text. Returns its power of two; without a unit: otherwise. */
static unsigned take_unit(vcca_span *text, const char *units, unsigned otherwise)
{
  static const char powers[] = "BKMGTPE";
  uint8_t c = text->n > 0 ? text->p[text->n - 1] : 0;
  if (c == 0 || !strchr(units, c))
    return otherwise;
  *text = vcca_span_sub(*text, 0, text->n - 1);
  return 10 * (unsigned)(strchr(powers, c & ~32) - powers);
}

/* The part of a unit that the decimal digits after a point mean, rounded down. Digits after the 16th mean
 * less than a byte. */
static uint64_t fraction(vcca_span digits, unsigned shift)
{
  uint64_t of = 1, rest = 0, whole = 0;
  for (size_t i = 0; i < digits.n && i < 16; i++) {
    of *= 10;
    rest = rest * 10 + digit_of(digits.p[i]);
  }
  for (; shift > 0; shift -= 10) {
    whole = whole * 1024 + rest * 1024 / of;
    rest = rest * 1024 % of;
  }
  return whole;
}

/* QEMU's util/cutils.c, qemu_strtosz: decimal with a point, or hexadecimal; units B, k, M, G, T, P, E in
 * either case. A size of RAM that ends in a digit is in MiB (system/vl.c), any other in bytes. */
static bool qemu_size(const struct vmm_value *v, uint64_t *out)
{
  vcca_span text = v->text;
  bool last_digit = text.n > 0 && text.p[text.n - 1] >= '0' && text.p[text.n - 1] <= '9',
       mib = last_digit && !v->row->min;
  unsigned base = take_prefix(&text, false), shift = take_unit(&text, base == 16 ? "KkMmGgTtPp" : "BbKkMmGgTtPpEe",
                                                               mib ? 20 : 0); /* B and E are digits */
  bool digits = take_digits(&text, base, out);
  if (*out > ADDRESS_LIMIT >> shift || (!digits && *out > ADDRESS_LIMIT))
    return *out = UINT64_MAX, true; /* the caller reports it */
  *out <<= shift;
  if (!digits || text.n == 0)
    return digits;
  if (base == 16 || text.p[0] != '.')
    return false;
  text = vcca_span_sub(text, 1, text.n - 1);
  for (size_t i = 0; i < text.n; i++)
    if (digit_of(text.p[i]) > 9 || (text.p[i] != '0' && (shift == 0 || mib)))
      return false; /* bytes have no parts; "1.5" is bytes before it is MiB */
  *out += fraction(text, shift);
  return true;
}

bool vmm_read_size(const struct vmm_value *v, struct vcca_error *err)
{
  static const char *const wanted[] = {
      [VMM_QEMU] =
          "a size is a number, also with a fraction, followed by B, K, M, G, T or P; without a unit it is in MiB",
      [VMM_LKVM] = "a size is a number followed by B, K, M, G, T or P; without a unit it is in MiB",
      [VMM_CLAP] = "a size is a number followed by K, M or G; without a unit it is in bytes"};
  vcca_span text = v->text;
  uint64_t size = 0;
  unsigned shift = v->model->style == VMM_LKVM ? take_unit(&text, "BbKkMmGgTtPp", 20) : 0;
  if (v->model->style == VMM_CLAP)
    shift = take_unit(&text, "KMG", 0);
  bool good = v->model->style == VMM_QEMU ? qemu_size(v, &size) : take_digits(&text, 10, &size) && text.n == 0;
  if (!good && !(text.n > 0 && digit_of(text.p[0]) < 10 && size > ADDRESS_LIMIT >> shift))
    return vmm_refuse(
        v, v->row->min ? "expected a size in bytes, or followed by K, M, G, T or P" : wanted[v->model->style], err);
  if (!good || size > ADDRESS_LIMIT >> shift)
    return vmm_refuse(v, "larger than the address space (at most 2^48 bytes)", err);
  size <<= shift;
  set(v, &size, sizeof size);
  return true;
}

/* --- Words ------------------------------------------------------------------------------------------------ */

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
  return vmm_refuse(v, "expected sha256 or sha512 (sha384 under RMM 2.0)", err);
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

/* RFC 4648 section 4: padded, unused bits are zero. */
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
    return vmm_refuse(v, "expected base64 with its padding", err);
  if (!vcca_sink_ok(&out))
    return vmm_refuse(v, "a realm personalization value has at most 64 bytes", err);
  memcpy(v->config->rpv, rpv, sizeof rpv);
  return v->config->has_rpv = true;
}
