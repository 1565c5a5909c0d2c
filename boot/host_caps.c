/* Host capabilities: the table of keys; a strict reader of their TOML files (lines key = value, no tables;
 * Debian 12 has no TOML library for C); and the options that replace values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/vmm.h"
#include "rooms/error.h"
#include "rooms/span.h"

#include <string.h>

enum kind { NUMBER, SWITCH, HASH };
#define DEBUG_REGISTERS \
  "dmesg | grep hw-breakpoint (\"found 6 breakpoint and 4 watchpoint registers\"), or examples/measure_host.sh"
static const struct {
  const char *key, *option;
  enum kind kind;
  unsigned min, max;
  const char *how; /* how to find it on a host */
} caps_rows[VCCA_CAPS] = {
    [VCCA_CAP_IPA_BITS] = {"ipa_bits", "ipa-bits", NUMBER, 32, 52,
                           "dmesg | grep \"IPA Size Limit\""}, /* 52: LPA2 (RMM specification, RmiFeatureRegister0) */
    [VCCA_CAP_NUM_BPS] = {"num_bps", "num-bps", NUMBER, 2, 64,
                          DEBUG_REGISTERS}, /* ID_AA64DFR0_EL1.BRPs, ID_AA64DFR1_EL1.BRPs */
    [VCCA_CAP_NUM_WPS] = {"num_wps", "num-wps", NUMBER, 2, 64, DEBUG_REGISTERS}, /* the same of WRPs */
    [VCCA_CAP_SVE_VL] =
        {"sve_vl", "sve-vl", NUMBER, 0, 2048,
         "dmesg | grep \"SVE: maximum available vector length\", in bytes there"}, /* Arm ARM: multiples of 128 */
    [VCCA_CAP_PMU_NUM_CTRS] =
        {"pmu_num_ctrs", "pmu-num-ctrs", NUMBER, 0, 31,
         "dmesg | grep \"counters available\", less the cycle counter, or examples/measure_host.sh"} /* PMCR_EL0.N */,
    [VCCA_CAP_PMU] = {"pmu", "pmu", SWITCH, 0, 1, "dmesg | grep \"PMU driver\""},
    [VCCA_CAP_LPA2] = {"lpa2", "lpa2", SWITCH, 0, 1, "dmesg | grep \"IPA Size Limit\": more than 48 bits"},
    [VCCA_CAP_HASH_ALGO] = {"hash_algo", "hash-algo", HASH, 0, 0, "the VMM's option, or its default"},
};

const char *vcca_cap_key(enum vcca_cap cap)
{
  return caps_rows[cap].key;
}

const char *vcca_cap_option(enum vcca_cap cap)
{
  return caps_rows[cap].option;
}

const char *vcca_cap_how(enum vcca_cap cap)
{
  return caps_rows[cap].how;
}

/* "sha256", "sha-256", and "RmiHashSha256" as the files spell it. */
static bool read_hash(vcca_span text, unsigned *out)
{
  static const struct {
    const char *name;
    enum vcca_hash_alg alg;
  } names[] = {
      {"sha256", VCCA_SHA256},        {"sha384", VCCA_SHA384},        {"sha512", VCCA_SHA512},
      {"sha-256", VCCA_SHA256},       {"sha-384", VCCA_SHA384},       {"sha-512", VCCA_SHA512},
      {"RmiHashSha256", VCCA_SHA256}, {"RmiHashSha384", VCCA_SHA384}, {"RmiHashSha512", VCCA_SHA512},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (vcca_span_is(text, names[i].name)) {
      *out = names[i].alg;
      return true;
    }
  return false;
}

static unsigned digit(uint8_t c)
{
  return c >= '0' && c <= '9' ? c - 48u : c >= 'a' && c <= 'f' ? c - 87u : c >= 'A' && c <= 'F' ? c - 55u : 16;
}

/* A TOML integer of at most max: digits, single underscores between them, no leading zero, perhaps a plus;
 * or 0x, 0o, 0b and digits. */
static bool read_integer(vcca_span text, uint64_t max, uint64_t *out)
{
  vcca_span prefix = vcca_span_sub(text, 0, 2);
  unsigned base = vcca_span_is(prefix, "0x")   ? 16
                  : vcca_span_is(prefix, "0o") ? 8
                  : vcca_span_is(prefix, "0b") ? 2
                                               : 10;
  size_t i = base != 10 ? 2 : text.n > 0 && text.p[0] == '+';
  bool after_digit = false;
  if (base == 10 && text.n > i + 1 && text.p[i] == '0')
    return false;
  for (*out = 0; i < text.n; i++) {
    if (text.p[i] == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (digit(text.p[i]) >= base || *out > max)
      return false;
    *out = *out * base + digit(text.p[i]);
    after_digit = true;
  }
  return after_digit && *out <= max;
}

/* Reads a value; if it cannot, *why says what is wrong. */
static bool read_value(enum vcca_cap cap, vcca_span text, unsigned *out, const char **why)
{
  uint64_t number;
  switch (caps_rows[cap].kind) {
  case HASH:
    *why = "sha256, sha384 or sha512 (in files also \"RmiHashSha256\" and so on)";
    return read_hash(text, out);
  case SWITCH:
    *why = "true or false";
    *out = vcca_span_is(text, "true");
    return *out || vcca_span_is(text, "false");
  case NUMBER:
    *why = cap == VCCA_CAP_IPA_BITS       ? "a number of 32 to 52"
           : cap == VCCA_CAP_SVE_VL       ? "a multiple of 128 up to 2048, or 0 for no SVE"
           : cap == VCCA_CAP_PMU_NUM_CTRS ? "a number up to 31"
                                          : "a number of 2 to 64";
    if (!read_integer(text, caps_rows[cap].max, &number) || number < caps_rows[cap].min)
      return false;
    *out = (unsigned)number;
    return cap != VCCA_CAP_SVE_VL || number % 128 == 0;
  }
  return false;
}

bool vcca_host_caps_set(struct vcca_host_caps *caps, enum vcca_cap cap, const char *text, struct vcca_error *err)
{
  const char *why = "";
  unsigned value = 0;
  if (!read_value(cap, vcca_span_str(text), &value, &why))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--%s %.40s: %s is wanted", caps_rows[cap].option, text, why);
  caps->known[cap] = caps->forced[cap] = true;
  caps->value[cap] = value;
  return true;
}

/* --- Files ------------------------------------------------------------------------------------------------ */

struct line {
  vcca_span text; /* the rest of the file */
  unsigned number, column;
  struct vcca_error *err;
};

static void skip(struct line *l, size_t n)
{
  l->text = vcca_span_sub(l->text, n, l->text.n);
  l->column += (unsigned)n;
}

static void skip_blanks(struct line *l)
{
  while (l->text.n > 0 && (l->text.p[0] == ' ' || l->text.p[0] == '\t'))
    skip(l, 1);
}

static bool complain(const struct line *l, const char *what)
{
  return vcca_fail_line(l->err, l->number, l->column, "%s", what);
}

static bool in_word(uint8_t c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '+' || c == '.';
}

/* A bare key, a number or a switch. */
static vcca_span take_word(struct line *l)
{
  size_t n = 0;
  while (n < l->text.n && in_word(l->text.p[n]))
    n++;
  vcca_span word = vcca_span_sub(l->text, 0, n);
  skip(l, n);
  return word;
}

static bool is_quoted(const struct line *l)
{
  return l->text.n > 0 && (l->text.p[0] == '"' || l->text.p[0] == '\'');
}

/* "basic" or 'literal', without escapes: no value needs one. */
static bool take_string(struct line *l, vcca_span *out)
{
  uint8_t quote = l->text.p[0];
  size_t n = 1;
  while (n < l->text.n && l->text.p[n] != quote && l->text.p[n] >= ' ' && l->text.p[n] != '\\')
    n++;
  if (n == l->text.n || l->text.p[n] != quote)
    return complain(l, "this string has no end on its line, or contains an escape or control character");
  *out = vcca_span_sub(l->text, 1, n - 1);
  skip(l, n + 1);
  return true;
}

static bool find_key(vcca_span key, enum vcca_cap *out)
{
  for (size_t i = 0; i < VCCA_CAPS; i++)
    if (vcca_span_is(key, caps_rows[i].key)) {
      *out = (enum vcca_cap)i;
      return true;
    }
  return false;
}

static bool lower(struct line *l, struct vcca_host_caps *caps, enum vcca_cap cap, unsigned value)
{
  if (caps->forced[cap])
    return true;
  if (cap == VCCA_CAP_HASH_ALGO && caps->known[cap] && caps->value[cap] != value)
    return complain(l, "hash_algo: an earlier file has another one; choose with --hash-algo");
  if (!caps->known[cap] || value < caps->value[cap])
    caps->value[cap] = value;
  caps->known[cap] = true;
  return true;
}

/* key = value, followed by nothing or by a comment. */
static bool read_pair(struct line *l, bool seen[VCCA_CAPS], struct vcca_host_caps *caps)
{
  struct line at_key = *l;
  enum vcca_cap cap;
  vcca_span key = {NULL, 0}, text = {NULL, 0};
  if (!is_quoted(l))
    key = take_word(l);
  else if (!take_string(l, &key))
    return false;
  if (l->text.p == at_key.text.p)
    return complain(l, l->text.p[0] == '[' ? "a capability file has no tables" : "expected a key: key = value");
  if (!find_key(key, &cap))
    return complain(&at_key,
                    "unknown key; the keys are ipa_bits, num_bps, num_wps, sve_vl, pmu_num_ctrs, pmu, lpa2, hash_algo");
  if (seen[cap])
    return complain(&at_key, "the file has this key twice");
  seen[cap] = true;

  skip_blanks(l);
  if (l->text.n == 0 || l->text.p[0] != '=')
    return complain(l, "expected '=': key = value");
  skip(l, 1);
  skip_blanks(l);
  struct line at_value = *l;
  bool quoted = is_quoted(l);
  if (quoted && !take_string(l, &text))
    return false;
  if (!quoted)
    text = take_word(l);

  const char *why = "";
  unsigned value = 0;
  if (quoted != (caps_rows[cap].kind == HASH) || !read_value(cap, text, &value, &why))
    return vcca_fail_line(l->err, at_value.number, at_value.column, "%s: %s is wanted", caps_rows[cap].key,
                          caps_rows[cap].kind == HASH ? "\"RmiHashSha256\", \"RmiHashSha384\" or \"RmiHashSha512\""
                                                      : why);
  skip_blanks(l);
  if (l->text.n > 0 && l->text.p[0] != '#')
    return complain(l, "only a comment can follow the value");
  return lower(&at_value, caps, cap, value);
}

bool vcca_host_caps_read(vcca_span toml, struct vcca_host_caps *caps, struct vcca_error *err)
{
  struct vcca_host_caps result = *caps;
  bool seen[VCCA_CAPS] = {false};
  unsigned number = 0;
  for (size_t at = vcca_span_is(vcca_span_sub(toml, 0, 3), "\xef\xbb\xbf") ? 3 : 0;
       at < toml.n;) { /* the file can start with a byte order mark */
    const uint8_t *newline = memchr(toml.p + at, '\n', toml.n - at);
    size_t end = newline ? (size_t)(newline - toml.p) : toml.n;
    size_t n = end - at;
    if (n > 0 && newline && toml.p[end - 1] == '\r')
      n--;
    struct line l = {vcca_span_sub(toml, at, n), ++number, 1, err};
    skip_blanks(&l);
    if (l.text.n > 0 && l.text.p[0] != '#' && !read_pair(&l, seen, &result))
      return false;
    at = end + 1;
  }
  *caps = result;
  return true;
}
