/* The rows of vcca measure sweep, written and read back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/sweep_rows.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/text.h"
#include "rooms/files.h"
#include "rooms/sweep.h"

#include <stdlib.h>
#include <string.h>

enum { RESUME_MAX = 1 << 30 };

/* --- Writing -------------------------------------------------------------------------------------------- */

/* RFC 4180: a field within quotes, where they are doubled; or as it is. */
static void csv_text(FILE *out, const char *text, bool quoted)
{
  while (*text) {
    size_t n = strcspn(text, "\"");
    vcca_text_write(out, vcca_span_of(text, n));
    if (text[n])
      fputs(quoted ? "\"\"" : "\"", out);
    text += n + (text[n] != '\0');
  }
}

static void csv_field(FILE *out, const char *text)
{
  bool quoted = text[strcspn(text, "\",\r\n")] != '\0';
  fputs(quoted ? "\"" : "", out);
  csv_text(out, text, quoted);
  fputs(quoted ? "\"" : "", out);
}

/* A word as a shell takes it. */
static void shell_word(FILE *out, const char *word)
{
  static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_";
  if (*word && word[strspn(word, harmless)] == '\0') {
    fputs(word, out);
    return;
  }
  putc('\'', out);
  while (*word) {
    char part[512];
    size_t n = strcspn(word, "'"), step = n < sizeof part ? n : sizeof part - 1;
    snprintf(part, sizeof part, "%.*s", (int)step, word);
    csv_text(out, part, true);
    fputs(step == n && word[n] ? "'\\''" : "", out);
    word += step + (step == n && word[n] != '\0');
  }
  putc('\'', out);
}

static void csv_words(FILE *out, const struct vcca_sweep_value *value)
{
  putc('"', out);
  for (size_t i = 0; i < value->word_count; i++) {
    fputs(i > 0 ? " " : "", out);
    shell_word(out, value->words[i]);
  }
  putc('"', out);
}

static void csv_value(FILE *out, enum vcca_sweep_kind kind, const struct vcca_sweep_value *value)
{
  if (value->none)
    fputs("none", out);
  else if (kind == VCCA_SWEEP_NUMBER)
    vcca_print(out, "%llu", (unsigned long long)value->number);
  else if (kind == VCCA_SWEEP_SWITCH)
    fputs(value->number ? "true" : "false", out);
  else if (kind == VCCA_SWEEP_WORDS || kind == VCCA_SWEEP_HOSTS)
    csv_words(out, value);
  else
    csv_field(out, value->text);
}

void rows_write_head(const struct rows *rows, FILE *out)
{
  fputs("id,profile,", out);
  for (size_t axis = 0; axis < rows->sweep->axis_count; axis++)
    vcca_print(out, "%s,", vcca_sweep_option_name(rows->sweep->axes[axis].option));
  fputs("inputs,rem0,rim,error\n", out);
}

static void write_csv(const struct rows *rows, FILE *out, size_t id, const char *inputs,
                      const struct row_values *values, const char *error)
{
  const struct vcca_sweep *sweep = rows->sweep;
  vcca_print(out, "%zu,%s,", id, sweep->profile);
  for (size_t axis = 0; axis < sweep->axis_count; axis++) {
    csv_value(out, vcca_sweep_kind(sweep->profile, sweep->axes[axis].option), vcca_sweep_at(sweep, id, axis));
    putc(',', out);
  }
  vcca_print(out, "%s,%s,%s,", inputs, values ? values->rem0 : "", values ? values->rim : "");
  csv_field(out, error ? error : "");
  putc('\n', out);
}

static void json_value(struct vcca_json *j, const char *name, enum vcca_sweep_kind kind,
                       const struct vcca_sweep_value *value)
{
  if (value->none) {
    vcca_json_null(j, name);
  } else if (kind == VCCA_SWEEP_NUMBER) {
    vcca_json_int(j, name, (int64_t)value->number);
  } else if (kind == VCCA_SWEEP_SWITCH) {
    vcca_json_bool(j, name, value->number);
  } else if (kind == VCCA_SWEEP_WORDS || kind == VCCA_SWEEP_HOSTS) {
    vcca_json_open(j, name, '[');
    for (size_t i = 0; i < value->word_count; i++)
      vcca_json_str(j, NULL, value->words[i]);
    vcca_json_close(j);
  } else {
    vcca_json_str(j, name, value->text);
  }
}

static void write_json(const struct rows *rows, FILE *out, size_t id, const char *inputs,
                       const struct row_values *values, const char *error)
{
  const struct vcca_sweep *sweep = rows->sweep;
  struct vcca_json j = vcca_json_to(out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_int(&j, "id", (int64_t)id);
  vcca_json_str(&j, "profile", sweep->profile);
  vcca_json_open(&j, "options", '{');
  for (size_t axis = 0; axis < sweep->axis_count; axis++) {
    enum vcca_sweep_option option = sweep->axes[axis].option;
    json_value(&j, vcca_sweep_option_name(option), vcca_sweep_kind(sweep->profile, option),
               vcca_sweep_at(sweep, id, axis));
  }
  vcca_json_close(&j);
  vcca_json_str(&j, "inputs", inputs);
  if (values && values->rem0[0])
    vcca_json_str(&j, "rem0", values->rem0);
  if (values)
    vcca_json_str(&j, "rim", values->rim);
  else
    vcca_json_str(&j, "error", error);
  vcca_json_close(&j);
}

static void write_row(const struct rows *rows, FILE *out, size_t id, const char *inputs,
                      const struct row_values *values, const char *error)
{
  (rows->csv ? write_csv : write_json)(rows, out, id, inputs, values, error);
}

void rows_write(const struct rows *rows, FILE *out, size_t id, const struct row_values *values, const char *error)
{
  char inputs[VCCA_SWEEP_INPUTS + 1];
  vcca_sweep_inputs(rows->sweep, id, inputs);
  write_row(rows, out, id, inputs, values, error);
}

/* --- Reading back --------------------------------------------------------------------------------------- */

bool resumed_new(struct resumed *resumed, size_t configurations, struct vcca_error *err)
{
  resumed->count = configurations;
  resumed->values = calloc(configurations, sizeof *resumed->values);
  return resumed->values || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu rows", configurations);
}

void resumed_free(struct resumed *resumed)
{
  for (size_t i = 0; resumed->values && i < resumed->count; i++)
    free(resumed->values[i]);
  free(resumed->values);
}

bool resumed_take(const struct resumed *resumed, size_t id, struct row_values *out)
{
  const char *text = resumed->values[id], *blank = text ? strchr(text, ' ') : NULL;
  if (!text)
    return false;
  snprintf(out->rim, sizeof out->rim, "%.*s", (int)strcspn(text, " "), text);
  snprintf(out->rem0, sizeof out->rem0, "%s", blank ? blank + 1 : "");
  return true;
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

/* What a line says. */
struct said {
  char inputs[VCCA_SWEEP_INPUTS + 1];
  struct row_values values;
};

/* Copies a run of n hexadecimal digits. */
static bool take_digits(vcca_span line, size_t at, size_t n, char *out)
{
  if (at > line.n || n > line.n - at)
    return false;
  memcpy(out, line.p + at, n);
  out[n] = '\0';
  return strspn(out, "0123456789abcdef") == n;
}

/* The digits in front of an end, of any algorithm: how many there are. */
static size_t take_digest(vcca_span line, size_t end, char *out)
{
  size_t digits = 0;
  while (digits < end && strchr("0123456789abcdef", line.p[end - digits - 1]) && line.p[end - digits - 1])
    digits++;
  return digits <= (size_t)2 * VCCA_HASH_MAX && take_digits(line, end - digits, digits, out) ? digits : 0;
}

/* The RIM at the end of a line, and REM0 in front of it; between two of them is as much as between inputs
 * and RIM without. */
static bool take_values(const struct rows *rows, vcca_span line, struct row_values *out)
{
  size_t tail = strlen(rows->csv ? ",\n" : "\"}\n"), between = strlen(rows->csv ? "," : "\",\"rim\":\"");
  size_t end = line.n > tail ? line.n - tail : 0, digits = take_digest(line, end, out->rim);
  end -= digits;
  out->rem0[0] = '\0';
  if (end > between && take_digest(line, end - between, out->rem0) <= VCCA_SWEEP_INPUTS) /* these are the inputs */
    out->rem0[0] = '\0';
  return digits > 0;
}

enum row_is { OTHERS, WITHOUT_RIM, WHOLE };

/* Bytes in front of the inputs, in a row that was written without inputs and values: behind them is ,,,\n
 * in CSV, and as far as five quotes reach in JSON Lines ("","rim":""}\n, with a blank or two). */
static size_t start_of(const struct rows *rows, const char *row, size_t n)
{
  unsigned quotes = rows->csv ? 0 : 5;
  if (rows->csv)
    n -= strlen(",,,\n");
  while (quotes > 0 && n > 0)
    quotes -= row[--n] == '"';
  return n;
}

/* Whether the line is what would be written for the configuration: all of it, with the inputs and the RIM
 * that it says; what is before its inputs; or not even that. */
static enum row_is read_row(const struct rows *rows, vcca_span line, size_t id, struct said *said)
{
  static const struct row_values nothing = {"", ""};
  char *text = NULL;
  size_t n = 0, start;
  FILE *out = open_memstream(&text, &n);
  if (!out)
    return OTHERS;
  write_row(rows, out, id, "", &nothing, NULL);
  fflush(out);
  start = start_of(rows, text, n);
  enum row_is is = vcca_span_eq(vcca_span_sub(line, 0, start), vcca_span_of(text, start)) ? WITHOUT_RIM : OTHERS;
  if (is == WITHOUT_RIM && take_digits(line, start, VCCA_SWEEP_INPUTS, said->inputs) &&
      take_values(rows, line, &said->values)) {
    rewind(out);
    write_row(rows, out, id, said->inputs, &said->values, NULL);
    fflush(out);
    is = vcca_span_eq(line, vcca_span_of(text, n)) ? WHOLE : is;
  }
  fclose(out);
  free(text);
  return is;
}

static bool resume_line(struct resumed *resumed, const struct rows *rows, vcca_span line, unsigned number,
                        struct vcca_error *err)
{
  size_t id;
  struct said said;
  char inputs[VCCA_SWEEP_INPUTS + 1], values[sizeof said.values + 2];
  if (!line_id(rows, line, &id))
    return vcca_fail_line(err, number, 1, "no row of this plan's %zu configurations in %s", rows->sweep->configurations,
                          rows->csv ? "CSV" : "JSON Lines");
  enum row_is is = read_row(rows, line, id, &said);
  if (is != WHOLE)
    return is == WITHOUT_RIM ||
           vcca_fail_line(err, number, 1,
                          "configuration %zu of this plan has other options: is the row of another plan?", id);
  vcca_sweep_inputs(rows->sweep, id, inputs);
  if (strcmp(inputs, said.inputs) != 0) {
    resumed->changed++;
    return true;
  }
  snprintf(values, sizeof values, "%s%s%s", said.values.rim, said.values.rem0[0] ? " " : "", said.values.rem0);
  if (resumed->values[id] && strcmp(resumed->values[id], values) != 0)
    return vcca_fail_line(err, number, 1, "configuration %zu has another RIM or REM0 in an earlier row", id);
  if (!resumed->values[id] && !(resumed->values[id] = strdup(values)))
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for rows");
  return true;
}

bool resumed_read(struct resumed *resumed, const struct rows *rows, struct vcca_files *files, const char *path,
                  struct vcca_error *err)
{
  struct vcca_bytes text = {0};
  bool ok = vcca_files_read(files, path, RESUME_MAX, &text, err);
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
