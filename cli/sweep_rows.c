/* The rows of vcca measure sweep, written and read back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/sweep_rows.h"

#include <stdlib.h>
#include <string.h>

enum { RESUME_MAX = 1 << 30 };

/* --- Writing -------------------------------------------------------------------------------------------------- */

/* RFC 4180. */
static void csv_field(FILE *out, const char *text)
{
  if (text[strcspn(text, "\",\r\n")] == '\0') {
    fputs(text, out);
    return;
  }
  putc('"', out);
  for (; *text; text++)
    fputs(*text == '"' ? "\"\"" : (const char[]){*text, '\0'}, out);
  putc('"', out);
}

void rows_write_head(const struct rows *rows, FILE *out)
{
  fputs("id,profile,", out);
  for (size_t axis = 0; axis < rows->sweep->axis_count; axis++)
    fprintf(out, "%s,", vcca_sweep_option_name(rows->sweep->axes[axis].option));
  fputs("rim,error\n", out);
}

static void write_csv(const struct rows *rows, FILE *out, size_t id, const char *rim, const char *error)
{
  fprintf(out, "%zu,%s,", id, rows->sweep->profile);
  for (size_t axis = 0; axis < rows->sweep->axis_count; axis++) {
    const struct vcca_sweep_value *value = vcca_sweep_at(rows->sweep, id, axis);
    if (vcca_sweep_is_number(rows->sweep->axes[axis].option))
      fprintf(out, "%llu", (unsigned long long)value->number);
    else
      csv_field(out, value->text ? value->text : "none");
    putc(',', out);
  }
  fprintf(out, "%s,", rim ? rim : "");
  csv_field(out, error ? error : "");
  putc('\n', out);
}

static void write_json(const struct rows *rows, FILE *out, size_t id, const char *rim, const char *error)
{
  struct vcca_json j = vcca_json_to(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_int(&j, "id", (int64_t)id);
  vcca_json_str(&j, "profile", rows->sweep->profile);
  vcca_json_open(&j, "options", '{');
  for (size_t axis = 0; axis < rows->sweep->axis_count; axis++) {
    const struct vcca_sweep_value *value = vcca_sweep_at(rows->sweep, id, axis);
    const char *name = vcca_sweep_option_name(rows->sweep->axes[axis].option);
    if (vcca_sweep_is_number(rows->sweep->axes[axis].option))
      vcca_json_int(&j, name, (int64_t)value->number);
    else if (value->text)
      vcca_json_str(&j, name, value->text);
    else
      vcca_json_null(&j, name);
  }
  vcca_json_close(&j);
  if (rim)
    vcca_json_str(&j, "rim", rim);
  else
    vcca_json_str(&j, "error", error);
  vcca_json_close(&j);
}

void rows_write(const struct rows *rows, FILE *out, size_t id, const char *rim, const char *error)
{
  (rows->csv ? write_csv : write_json)(rows, out, id, rim, error);
}

/* --- Reading back --------------------------------------------------------------------------------------------- */

bool resumed_new(struct resumed *resumed, size_t configurations, struct vcca_error *err)
{
  resumed->count = configurations;
  resumed->rim = calloc(configurations, sizeof *resumed->rim);
  return resumed->rim || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu rows", configurations);
}

void resumed_free(struct resumed *resumed)
{
  for (size_t i = 0; resumed->rim && i < resumed->count; i++)
    free(resumed->rim[i]);
  free(resumed->rim);
}

/* Whether the row would have been written so: all of it, or with only_start what is before its result. */
static bool written(const struct rows *rows, vcca_span line, size_t id, const char *rim, bool only_start)
{
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  if (!out)
    return false;
  rows_write(rows, out, id, rim, rim ? NULL : "");
  fclose(out);
  /* behind the start: ,\n of CSV and "error":""}\n of JSON Lines, which has a blank or two */
  vcca_span row = vcca_span_of(text, n);
  if (only_start && rows->csv)
    row.n -= strlen(",\n");
  while (only_start && !rows->csv && row.n > 0 && row.p[row.n - 1] != ':')
    row.n--;
  bool same = only_start ? vcca_span_eq(vcca_span_sub(line, 0, row.n), row) : vcca_span_eq(line, row);
  free(text);
  return same;
}

/* The number that the line begins with, behind {"id": in JSON Lines. */
static bool line_id(const struct rows *rows, vcca_span line, size_t *id)
{
  size_t at = 0, first;
  *id = 0;
  while (!rows->csv && at < line.n && (line.p[at] < '0' || line.p[at] > '9'))
    at++;
  for (first = at; at < line.n && line.p[at] >= '0' && line.p[at] <= '9'; at++) {
    *id = *id * 10 + (size_t)(line.p[at] - '0');
    if (*id >= rows->sweep->configurations)
      return false;
  }
  return at > first;
}

/* The algorithm of a configuration says how long its RIM is. */
static size_t rim_digits(const struct vcca_sweep *sweep, size_t id)
{
  enum vcca_hash_alg alg = VCCA_SHA256;
  for (size_t axis = 0; axis < sweep->axis_count; axis++)
    if (sweep->axes[axis].option == VCCA_SWEEP_HASH)
      (void)vcca_hash_named(vcca_span_str(vcca_sweep_at(sweep, id, axis)->text), &alg);
  return 2 * vcca_hash_size(alg);
}

/* The digits of the RIM at the end of a row; false when there is none. */
static bool line_rim(const struct rows *rows, vcca_span line, size_t id, char rim[2 * VCCA_HASH_MAX + 1])
{
  size_t digits = rim_digits(rows->sweep, id), tail = strlen(rows->csv ? ",\n" : "\"}\n");
  if (line.n < digits + tail)
    return false;
  memcpy(rim, line.p + line.n - tail - digits, digits);
  rim[digits] = '\0';
  return strspn(rim, "0123456789abcdef") == digits;
}

static bool resume_line(struct resumed *resumed, const struct rows *rows, vcca_span line, unsigned number, struct vcca_error *err)
{
  size_t id;
  char rim[2 * VCCA_HASH_MAX + 1];
  if (!line_id(rows, line, &id))
    return vcca_fail_line(err, number, 1, "no row of this plan's %zu configurations in %s", rows->sweep->configurations,
                          rows->csv ? "CSV" : "JSON Lines");
  if (!line_rim(rows, line, id, rim) || !written(rows, line, id, rim, false))
    return written(rows, line, id, NULL, true) ||
           vcca_fail_line(err, number, 1, "configuration %zu of this plan has other options: is the row of another plan?", id);
  if (resumed->rim[id] && strcmp(resumed->rim[id], rim) != 0)
    return vcca_fail_line(err, number, 1, "configuration %zu has another RIM in an earlier row", id);
  if (!resumed->rim[id] && !(resumed->rim[id] = strdup(rim)))
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for rows");
  return true;
}

bool resumed_read(struct resumed *resumed, const struct rows *rows, const char *path, struct vcca_error *err)
{
  struct vcca_bytes text = {0};
  bool ok = vcca_file_read(path, RESUME_MAX, &text, err);
  unsigned number = 1;
  for (size_t at = 0, end; ok && at < text.n; at = end, number++) {
    const uint8_t *newline = memchr(text.p + at, '\n', text.n - at);
    if (!newline)
      break;
    end = (size_t)(newline - text.p) + 1;
    vcca_span line = vcca_span_of(text.p + at, end - at);
    bool head = rows->csv && line.n > 3 && memcmp(line.p, "id,", 3) == 0;
    ok = head || resume_line(resumed, rows, line, number, err) || vcca_fail_in(err, path);
  }
  vcca_bytes_free(&text);
  return ok;
}
