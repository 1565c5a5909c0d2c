/* What a verdict looks like, to people and to programs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "rooms/verifier.h"
#include "rooms/error.h"
#include "rooms/eventlog.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/leniency.h"
#include "rooms/cbor.h"

static const struct {
  const char *name;
  const char *meaning;
} rows[VCCA_CHECKS] = {
#define CHECK(id, name, part, meaning) {name, meaning},
#include "vcca/checks.def"
#undef CHECK
};

const char *vcca_check_name(enum vcca_check check)
{
  return rows[check].name;
}

const char *vcca_check_meaning(enum vcca_check check)
{
  return rows[check].meaning;
}

bool vcca_check_named(vcca_span name, enum vcca_check *check)
{
  for (enum vcca_check c = 0; c < VCCA_CHECKS; c++)
    if (vcca_span_is(name, rows[c].name)) {
      *check = c;
      return true;
    }
  return false;
}

bool vcca_checks_named(vcca_span names, bool marked[VCCA_CHECKS], struct vcca_error *err)
{
  for (size_t start = 0; start <= names.n;) {
    size_t end = start;
    enum vcca_check check;
    while (end < names.n && names.p[end] != ',')
      end++;
    vcca_span name = vcca_span_sub(names, start, end - start);
    if (!vcca_check_named(name, &check) || check == VCCA_CHECK_POLICY)
      return vcca_fail(err, VCCA_FAULT_USAGE, "no check that can be required is called '%.*s'; see: vcca table checks",
                       (int)(name.n > 40 ? 40 : name.n), name.n ? (const char *)name.p : "");
    marked[check] = true;
    start = end + 1;
  }
  return true;
}

const char *vcca_outcome_name(enum vcca_outcome outcome)
{
  static const char *const names[] = {[VCCA_NOT_RUN] = "not-run", [VCCA_PASS] = "pass", [VCCA_FAIL] = "fail"};
  return names[outcome];
}

enum vcca_exit vcca_verdict_exit(const struct vcca_verdict *verdict)
{
  if (verdict->accepted)
    return VCCA_EXIT_YES;
  return verdict->malformed ? VCCA_EXIT_FAULT : VCCA_EXIT_NO;
}

enum vcca_check vcca_verdict_failed(const struct vcca_verdict *verdict)
{
  for (enum vcca_check check = 0; check < VCCA_CHECKS; check++)
    if (verdict->findings[check].outcome == VCCA_FAIL)
      return check;
  return VCCA_CHECKS;
}

static const char *verdict_name(const struct vcca_verdict *verdict)
{
  if (verdict->accepted)
    return "accepted";
  return verdict->malformed ? "malformed" : "rejected";
}

static void put_row(const struct vcca_verdict *verdict, enum vcca_check check, vcca_sink *out)
{
  const struct vcca_finding *f = &verdict->findings[check];
  char line[64];
  snprintf(line, sizeof line, f->reason[0] == '\0' ? "%-20s %s" : "%-20s %-7s  ", rows[check].name,
           vcca_outcome_name(f->outcome));
  vcca_sink_str(out, line);
  vcca_sink_str(out, f->reason);
  if (f->has_offset) {
    snprintf(line, sizeof line, " (token byte %zu)", f->offset);
    vcca_sink_str(out, line);
  }
  vcca_sink_str(out, "\n");
}

/* How often a leniency was needed and where first; "" where the decoder did not count. */
static void put_use(const struct vcca_verdict *verdict, enum vcca_leniency leniency, vcca_sink *out)
{
  const struct vcca_leniency_use *use = &verdict->token.leniency_use[leniency];
  char path[160], text[sizeof path + 64];
  if (use->count == 0)
    return;
  vcca_cbor_path(verdict->token.bytes, use->offset, path, sizeof path);
  if (use->count > 1)
    snprintf(text, sizeof text, " (%u times, first at token byte %zu%s%s)", use->count, use->offset,
             path[0] ? ", " : "", path);
  else
    snprintf(text, sizeof text, " (token byte %zu%s%s)", use->offset, path[0] ? ", " : "", path);
  vcca_sink_str(out, text);
}

static void put_remarks(const struct vcca_verdict *verdict, vcca_sink *out)
{
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++)
    if (verdict->remarks & VCCA_LENIENT_BIT(i)) {
      vcca_sink_str(out, "remark: ");
      vcca_sink_str(out, vcca_leniency_name(i));
      put_use(verdict, i, out);
      vcca_sink_str(out, ": ");
      vcca_sink_str(out, vcca_leniency_meaning(i));
      vcca_sink_str(out, "\n");
    }
}

void vcca_verdict_text(const struct vcca_verdict *verdict, vcca_sink *out)
{
  enum vcca_check failed = vcca_verdict_failed(verdict);
  for (enum vcca_check check = 0; check < VCCA_CHECKS; check++)
    put_row(verdict, check, out);
  for (enum vcca_gap gap = 0; verdict->accepted && gap < VCCA_GAPS; gap++)
    if (vcca_gap_open(verdict, gap)) {
      vcca_sink_str(out, "note: ");
      vcca_sink_str(out, vcca_gap_note(gap));
      vcca_sink_str(out, "\n");
    }
  put_remarks(verdict, out);
  vcca_sink_str(out, "verdict: ");
  vcca_sink_str(out, verdict_name(verdict));
  if (failed != VCCA_CHECKS) {
    vcca_sink_str(out, " (");
    vcca_sink_str(out, rows[failed].name);
    vcca_sink_str(out, ")");
  }
  vcca_sink_str(out, "\n");
}

static void put_findings(const struct vcca_verdict *verdict, struct vcca_json *j)
{
  vcca_json_open(j, "checks", '[');
  for (enum vcca_check check = 0; check < VCCA_CHECKS; check++) {
    const struct vcca_finding *f = &verdict->findings[check];
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "check", rows[check].name);
    vcca_json_str(j, "outcome", vcca_outcome_name(f->outcome));
    if (f->unreadable)
      vcca_json_bool(j, "unreadable", true);
    if (f->reason[0] != '\0')
      vcca_json_str(j, "reason", f->reason);
    if (f->has_offset)
      vcca_json_int(j, "offset", (int64_t)f->offset);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

/* What an acceptance does not prove. */
static void put_gaps(const struct vcca_verdict *verdict, struct vcca_json *j)
{
  vcca_json_open(j, "not_checked", '[');
  for (enum vcca_gap gap = 0; gap < VCCA_GAPS; gap++)
    if (vcca_gap_open(verdict, gap))
      vcca_json_str(j, NULL, vcca_gap_name(gap));
  vcca_json_close(j);
}

static void put_unexplained(const struct vcca_verdict *verdict, struct vcca_json *j)
{
  vcca_json_open(j, "unexplained", '[');
  for (size_t i = 0; i < verdict->unexplained_count; i++) {
    const struct vcca_unexplained *event = &verdict->unexplained[i];
    const char *type = vcca_event_type_name(event->type);
    char reg[16];
    vcca_json_open(j, NULL, '{');
    vcca_json_int(j, "offset", (int64_t)event->offset);
    vcca_json_int(j, "register", event->reg);
    vcca_json_str(j, "register_name", vcca_register_name(true, event->reg, reg, sizeof reg));
    vcca_json_addr(j, "type", event->type);
    if (type != NULL)
      vcca_json_str(j, "type_name", type);
    vcca_json_hex(j, "digest", event->digest);
    vcca_json_text(j, "name", event->name);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

static void put_remarks_json(const struct vcca_verdict *verdict, struct vcca_json *j)
{
  char path[160];
  vcca_json_open(j, "remarks", '[');
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++) {
    const struct vcca_leniency_use *use = &verdict->token.leniency_use[i];
    if ((verdict->remarks & VCCA_LENIENT_BIT(i)) == 0)
      continue;
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "remark", vcca_leniency_name(i));
    vcca_json_bool(j, "permitted", (vcca_leniencies_permitted() & VCCA_LENIENT_BIT(i)) != 0);
    vcca_json_str(j, "meaning", vcca_leniency_meaning(i));
    if (use->count > 0) {
      vcca_cbor_path(verdict->token.bytes, use->offset, path, sizeof path);
      vcca_json_int(j, "count", use->count);
      vcca_json_int(j, "offset", (int64_t)use->offset);
      vcca_json_str(j, "path", path);
    }
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

void vcca_verdict_json(const struct vcca_verdict *verdict, struct vcca_json *j)
{
  enum vcca_check failed = vcca_verdict_failed(verdict);
  enum vcca_family family;
  bool decoded = verdict->findings[VCCA_CHECK_STRUCTURE].outcome == VCCA_PASS;
  bool known = decoded && vcca_token_family(&verdict->token, &family);

  vcca_json_open(j, NULL, '{');
  vcca_json_head(j, "vcca-verdict-1", known ? vcca_family(family)->name : NULL);
  vcca_json_str(j, "verdict", verdict_name(verdict));
  if (failed != VCCA_CHECKS)
    vcca_json_str(j, "failed", rows[failed].name);
  else
    vcca_json_null(j, "failed");
  put_gaps(verdict, j);
  put_findings(verdict, j);
  put_unexplained(verdict, j);
  put_remarks_json(verdict, j);
  if (decoded) {
    vcca_json_open(j, "token", '{');
    vcca_token_json(&verdict->token, j);
    vcca_json_close(j);
  } else {
    vcca_json_null(j, "token");
  }
  vcca_json_close(j);
}
