/* What a report holds: values that were written, counted by generation, and the report that was made over
 * them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/tsm_report.h"
#include "rooms/guest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct tsm_attribute_row tsm_attributes[TSM_ATTRIBUTES] = {
#define TEXT false
#define BINARY true
#define ATTRIBUTE(id, name, mode, kind) {name, mode, kind},
#include "guest/tsm_attributes.def"
#undef ATTRIBUTE
#undef BINARY
#undef TEXT
};

/* --- Values that are written ---------------------------------------------------------------------------- */

/* A write counts. The two counters never meet by wrapping around. */
static int advance(struct tsm_report *r)
{
  if (r->write_generation == r->read_generation - 1)
    return -EBUSY;
  r->write_generation++;
  return 0;
}

static bool hex_digit(uint8_t c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static unsigned digit(uint8_t c)
{
  if (c >= '0' && c <= '9')
    return c - (unsigned)'0';
  return hex_digit(c) ? (c | 0x20U) - 'a' + 10U : 99;
}

/* Linux's kstrtouint with base 0: a '+', 0x or 0, digits, one line end. s is followed by a NUL. What is too
 * much for 64 bits is refused before what follows is looked at, what is too much for 32 bits after that. */
static int read_number(const uint8_t *s, uint64_t *out)
{
  unsigned base = 10;
  uint64_t v = 0;
  bool much = false;
  s += *s == '+';
  if (s[0] == '0')
    base = (s[1] | 0x20) == 'x' && hex_digit(s[2]) ? 16 : 8;
  s += base == 16 ? 2 : 0;
  const uint8_t *first = s;
  for (; digit(*s) < base; s++) {
    much |= v > (UINT64_MAX - digit(*s)) / base;
    v = v * base + digit(*s);
  }
  if (much)
    return -ERANGE;
  if (s == first || (*s && (s[0] != '\n' || s[1])))
    return -EINVAL;
  *out = v;
  return v > UINT32_MAX ? -ERANGE : 0;
}

/* 8-4-4-4-12 hexadecimal digits; what follows does not matter. */
static bool is_guid(const uint8_t *s)
{
  for (size_t i = 0; i < 36; i++)
    if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !hex_digit(s[i]))
      return false;
  return true;
}

/* Values count and are checked; this provider asks for none of them. */

static int store_privlevel(struct tsm_report *r, const uint8_t *text)
{
  uint64_t value;
  int rc = read_number(text, &value);
  if (rc)
    return rc;
  return value < r->all->provider->privlevel_floor || value > TSM_PRIVLEVEL_MAX ? -EINVAL : advance(r);
}

static int store_manifest_version(struct tsm_report *r, const uint8_t *text)
{
  uint64_t value;
  int rc = read_number(text, &value);
  return rc ? rc : advance(r);
}

/* Counts even when it is refused. */
static int store_service_guid(struct tsm_report *r, const uint8_t *text)
{
  int rc = advance(r);
  return rc ? rc : is_guid(text) ? 0 : -EINVAL;
}

ssize_t report_store(struct tsm_report *r, enum tsm_attribute attribute, vcca_span text)
{
  int rc = attribute == TSM_PRIVLEVEL                  ? store_privlevel(r, text.p)
           : attribute == TSM_SERVICE_PROVIDER         ? advance(r)
           : attribute == TSM_SERVICE_GUID             ? store_service_guid(r, text.p)
           : attribute == TSM_SERVICE_MANIFEST_VERSION ? store_manifest_version(r, text.p)
                                                       : -EACCES;
  return rc ? rc : (ssize_t)text.n;
}

int report_set_inblob(struct tsm_report *r, vcca_span bytes, bool again)
{
  int rc = again ? 0 : advance(r);
  if (rc)
    return rc;
  memset(r->inblob, 0, sizeof r->inblob);
  memcpy(r->inblob, bytes.p, bytes.n);
  r->inblob_size = bytes.n;
  return 0;
}

/* --- Values that are read ------------------------------------------------------------------------------- */

ssize_t report_show(const struct tsm_report *r, enum tsm_attribute attribute, char text[TSM_TEXT_MAX])
{
  if (attribute == TSM_GENERATION)
    return snprintf(text, TSM_TEXT_MAX, "%" PRIu64 "\n", r->write_generation);
  if (attribute == TSM_PROVIDER)
    return snprintf(text, TSM_TEXT_MAX, "%s\n", r->all->provider->name);
  return snprintf(text, TSM_TEXT_MAX, "%u\n", r->all->provider->privlevel_floor);
}

/* Makes a report; the one before is gone, whatever comes of it. */
static int renew(struct tsm_report *r)
{
  uint8_t room[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(room);
  free(r->outblob);
  r->outblob = NULL;
  int rc = r->all->provider->report_new(r->all->v, vcca_span_of(r->inblob, r->inblob_size), &out);
  if (rc)
    return rc;
  r->outblob = malloc(out.n + 1);
  if (!r->outblob)
    return -ENOMEM;
  memcpy(r->outblob, room, out.n);
  r->outblob_size = out.n;
  r->read_generation = r->write_generation;
  return 0;
}

int report_read(struct tsm_report *r, enum tsm_attribute attribute, vcca_span *out)
{
  if (r->inblob_size == 0)
    return -EINVAL;
  bool made = r->outblob && r->read_generation == r->write_generation;
  int rc = made ? 0 : renew(r);
  if (rc == 0)
    *out = attribute == TSM_OUTBLOB ? vcca_span_of(r->outblob, r->outblob_size)
                                    : vcca_span_of("", 0); /* this provider has no other blobs */
  return rc;
}

/* --- The provider --------------------------------------------------------------------------------------- */

/* arm-cca-guest: a challenge of 32 to 64 bytes. An INIT that is refused is EINVAL, a CONTINUE ENXIO. EIO,
 * which Linux has not: there is no VM any more that could run Linux. */
static int arm_cca_report_new(vcca_running *v, vcca_span inblob, vcca_sink *out)
{
  enum { CHALLENGE_MIN = 32 };
  uint64_t bound, status;
  if (inblob.n < CHALLENGE_MIN || inblob.n > TSM_INBLOB_MAX)
    return -EINVAL;
  if (!vcca_running_token(v, inblob, out, &bound, &status, NULL))
    return -EIO;
  if (bound == 0)
    return -EINVAL;
  return status == 0 ? 0 : -ENXIO;
}

const struct tsm_provider *tsm_provider_of(const vcca_running *v)
{
  static const struct tsm_provider arm_cca_guest = {.name = "arm_cca_guest", .report_new = arm_cca_report_new};
  return vcca_running_abi(v) == VCCA_ABI_RMI ? &arm_cca_guest : NULL;
}
