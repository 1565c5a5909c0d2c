/* One case: the verifier is started with its words, or asked by a line, its answer awaited and judged.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "golden/drive.h"
#include "rooms/file.h"
#include "rooms/json.h"
#include "rooms/error.h"
#include "rooms/golden.h"

enum { OUTPUT_MAX = 64 << 10, LINE_ROOM = 256 << 10, NAME_ROOM = 64 };

/* What a verifier is asked with. */
struct asking {
  struct driver *driver;
  struct drive_words words;
  char name[NAME_ROOM]; /* "arm-1.0/S01" */
  vcca_sink output;
};

/* --- By a start per case ------------------------------------------------------------------------------------ */

static bool ask_by_start(struct asking *a, struct vcca_drive_result *out, struct vcca_error *err)
{
  const struct vcca_drive *drive = a->driver->drive;
  struct drive_child child;
  enum child_event event;
  child_limit(drive->timeout);
  if (!child_start(&child, a->words.argv, false, err))
    return false;
  do
    event = child_wait(&child, &a->output);
  while (event == CHILD_OUTPUT);
  *out = event == CHILD_LATE ? (struct vcca_drive_result){.end = VCCA_DRIVE_LATE, .stage = VCCA_STAGES}
                             : answer_of_status(drive, child.status, vcca_sink_span(&a->output));
  child_end(&child);
  child_limit(0);
  return true;
}

/* --- By a line per case ------------------------------------------------------------------------------------- */

static vcca_span line_of(const struct asking *a, const struct vcca_golden *golden, const struct vcca_golden_case *c)
{
  const struct drive_words *w = &a->words;
  vcca_sink line = arena_sink(w->arena, LINE_ROOM);
  struct vcca_json j = vcca_json_into(&line, VCCA_JSON_LINE);
  const struct placeholder *last = NULL;
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "case", a->name);
  vcca_json_str(&j, "family", vcca_family(golden->family)->name);
  vcca_json_str(&j, "id", c->mutation ? c->mutation->id : "V00");
  vcca_json_open(&j, "argv", '[');
  for (size_t i = 0; i < w->argc; i++)
    vcca_json_str(&j, NULL, w->argv[i]);
  vcca_json_close(&j);
  vcca_json_open(&j, "evidence", '{');
  for (size_t i = 0; i < w->given_count; i++) {
    const struct placeholder *place = w->given[i].place;
    if (place != last) {
      if (last)
        vcca_json_close(&j);
      vcca_json_open(&j, place->name[0] ? place->name : "TOKEN", '[');
    }
    vcca_json_str(&j, NULL, w->given[i].text);
    last = place;
  }
  if (last)
    vcca_json_close(&j);
  vcca_json_close(&j);
  vcca_json_close(&j);
  return vcca_sink_ok(&line) ? vcca_sink_span(&line) : vcca_span_of(NULL, 0);
}

/* The answer among the lines of the output from *from on; lines of others are talk. */
static bool find_answer(const struct asking *a, size_t *from, struct vcca_drive_result *out)
{
  vcca_span output = vcca_sink_span(&a->output);
  for (size_t i = *from; i < output.n; i++) {
    if (output.p[i] != '\n')
      continue;
    vcca_span line = vcca_span_sub(output, *from, i - *from);
    *from = i + 1;
    if (answer_of_line(line, a->name, out))
      return true;
  }
  return false;
}

static bool start_server(struct driver *d, struct vcca_error *err)
{
  const char *argv[WORDS_MAX + 1] = {NULL};
  size_t n = start_words(d->drive->command);
  if (n > WORDS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the command has more than %d words", WORDS_MAX);
  memcpy(argv, d->drive->command, n * sizeof argv[0]);
  return child_start(&d->server, argv, true, err);
}

/* A verifier that ended, or is late, is started anew for the next case. */
static struct vcca_drive_result without_answer(struct driver *d, enum child_event event, vcca_span output)
{
  struct vcca_drive_result r = {.end = VCCA_DRIVE_LATE, .stage = VCCA_STAGES};
  if (event == CHILD_ENDED) {
    r = answer_of_status(d->drive, d->server.status, output);
    if (r.end != VCCA_DRIVE_CRASHED)
      r.end = VCCA_DRIVE_BROKEN;
  }
  child_end(&d->server);
  return r;
}

static bool ask_by_line(struct asking *a, vcca_span line, struct vcca_drive_result *out, struct vcca_error *err)
{
  struct driver *d = a->driver;
  enum child_event event = CHILD_OUTPUT;
  size_t from = 0;
  if (!line.p)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the words of a case are longer than %d bytes", LINE_ROOM);
  child_limit(d->drive->timeout);
  if (d->server.pid <= 0 && !start_server(d, err))
    return false;
  bool sent = child_send(&d->server, line, &a->output); /* when not, it has ended or will be late */
  bool found = false;
  while (!(found = sent && find_answer(a, &from, out)) && event == CHILD_OUTPUT)
    event = child_wait(&d->server, &a->output);
  if (!found)
    *out = without_answer(d, event, vcca_sink_span(&a->output));
  child_limit(0);
  return true;
}

/* --- A case ------------------------------------------------------------------------------------------------- */

/* A word and its NUL. The folder of files that are removed has the case's name here: the same every time. */
static void put_word(const struct asking *a, vcca_sink *out, const char *text)
{
  const char *folder = a->driver->folder, *at;
  for (; !a->driver->keep && (at = strstr(text, folder)) != NULL; text = at + strlen(folder)) {
    vcca_sink_put(out, vcca_span_of(text, (size_t)(at - text)));
    vcca_sink_put(out, vcca_span_str(a->name));
  }
  vcca_sink_put(out, vcca_span_of(text, strlen(text) + 1));
}

/* Words with a NUL behind each; with --serve those that start the verifier, "--", and the case's. */
static void put_argv(const struct asking *a, vcca_sink *out)
{
  const struct vcca_drive *drive = a->driver->drive;
  for (size_t i = 0, start = drive->serve && a->words.argc > 0 ? start_words(drive->command) + 1 : 0; i < start; i++)
    put_word(a, out, drive->command[i]);
  for (size_t i = 0; i < a->words.argc; i++)
    put_word(a, out, a->words.argv[i]);
}

/* Parts and paths by turns, with a NUL behind each. */
static void put_files(const struct asking *a, vcca_sink *out)
{
  for (size_t i = 0; i < a->words.written_count; i++) {
    put_word(a, out, a->words.written[i].part);
    put_word(a, out, a->words.written[i].path);
  }
}

static vcca_span collect(const struct asking *a, void (*put)(const struct asking *, vcca_sink *))
{
  vcca_sink size = {0};
  put(a, &size);
  vcca_sink out = arena_sink(a->words.arena, size.n);
  put(a, &out);
  return vcca_sink_span(&out);
}

/* The folder of a case: its own below the one that is kept, or one for all. */
static bool case_folder(struct asking *a, struct vcca_error *err)
{
  const struct driver *d = a->driver;
  char *path = arena_get(a->words.arena, VCCA_PATH_MAX);
  if (!path)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a path");
  int n = d->keep ? snprintf(path, VCCA_PATH_MAX, "%s/%s", d->keep, a->name)
                  : snprintf(path, VCCA_PATH_MAX, "%s", d->folder);
  a->words.folder = path;
  if (n < 0 || n >= VCCA_PATH_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the path of the folder is too long");
  return !d->keep || keep_folder(path, err);
}

static bool ask(struct asking *a, vcca_golden *golden, const struct vcca_golden_case *c, struct drive_outcome *o,
                struct vcca_error *err)
{
  const struct vcca_drive *drive = a->driver->drive;
  const char *const *command = drive->serve ? drive->command + start_words(drive->command) + 1 : drive->command;
  if (!words_fill(&a->words, command, golden, c, err))
    return false;
  if (!drive->serve)
    return ask_by_start(a, &o->result, err);
  o->line = line_of(a, golden, c);
  return ask_by_line(a, o->line, &o->result, err);
}

bool drive_case(struct driver *d, vcca_golden *golden, struct vcca_golden_case *c, struct arena *arena,
                struct drive_outcome *o, struct vcca_error *err)
{
  struct asking *a = arena_get(arena, sizeof *a);
  if (!a)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to run a verifier");
  a->driver = d;
  a->words.arena = arena;
  a->output = arena_sink(arena, OUTPUT_MAX);
  snprintf(a->name, sizeof a->name, "%s/%s", vcca_family(golden->family)->name, c->mutation ? c->mutation->id : "V00");
  part_set taken = parts_taken(d->drive->command, golden->family);
  parts_adapt(golden, taken, &c->evidence);
  part_set changed = parts_changed(golden, c),
           missing = parts_needed(golden, c) & ~(taken | (d->drive->knows & ~changed));
  *o = (struct drive_outcome){.missing = missing, .result = {.end = VCCA_DRIVE_NOT_RUN, .stage = VCCA_STAGES}};
  if (!case_folder(a, err) || (!missing && !ask(a, golden, c, o, err)))
    return false;
  o->judged = vcca_drive_judge(c->mutation, missing == 0, &o->result);
  if (!c->mutation) /* for whoever asks why the base is refused */
    o->missing = parts_present(&c->evidence) & ~taken;
  o->argv = collect(a, put_argv);
  o->files = collect(a, put_files);
  o->output = vcca_sink_span(&a->output);
  bool stays = d->keep && (d->drive->keep_all || vcca_judgement_bad(o->judged)) && o->result.end != VCCA_DRIVE_NOT_RUN;
  if (stays && !keep_case(d->drive, a->words.folder, o, err))
    return false;
  if (!stays)
    words_remove(&a->words);
  if (!stays && d->keep)
    (void)rmdir(a->words.folder);
  return true;
}
