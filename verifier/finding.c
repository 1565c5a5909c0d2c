/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/text.h"

static void conclude(struct vcca_finding *f, enum vcca_outcome outcome, const char *fmt, va_list args)
    VCCA_PRINTF(3, 0);
static void conclude(struct vcca_finding *f, enum vcca_outcome outcome, const char *fmt, va_list args)
{
  *f = (struct vcca_finding){.outcome = outcome};
  vsnprintf(f->reason, sizeof f->reason, fmt, args);
  for (char *c = f->reason; *c != '\0'; c++)
    if (*c < ' ' || *c > '~')
      *c = '?';
}

void finding_pass(struct vcca_finding *f, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  conclude(f, VCCA_PASS, fmt, args);
  va_end(args);
}

void finding_not_run(struct vcca_finding *f, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  conclude(f, VCCA_NOT_RUN, fmt, args);
  va_end(args);
}

void finding_fail(struct vcca_finding *f, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  conclude(f, VCCA_FAIL, fmt, args);
  va_end(args);
}

void finding_unreadable(struct vcca_finding *f, const char *what, const struct vcca_error *err)
{
  char text[sizeof err->source + sizeof err->text + 64];
  finding_fail(f, "%s: %s", what, vcca_error_text(err, text, sizeof text));
  f->unreadable = true;
}

struct shown shown_hex(vcca_span bytes)
{
  struct shown s = {""};
  vcca_hex_text(vcca_span_sub(bytes, 0, 32), s.text, sizeof s.text);
  if (bytes.n > 32)
    snprintf(s.text + 64, sizeof s.text - 64, "..");
  return s;
}

void finding_compare(struct vcca_finding *f, vcca_span claim, vcca_span expected)
{
  size_t same = 0;
  while (same < claim.n && same < expected.n && claim.p[same] == expected.p[same])
    same++;
  if (claim.n != expected.n)
    finding_fail(f, "the token has %zu bytes, expected are %zu: token %s, expected %s", claim.n, expected.n,
                 shown_hex(claim).text, shown_hex(expected).text);
  else if (same != claim.n)
    finding_fail(f, "token %s, expected %s, byte %zu differs", shown_hex(claim).text, shown_hex(expected).text, same);
  else
    finding_pass(f, "%s", shown_hex(claim).text);
}
