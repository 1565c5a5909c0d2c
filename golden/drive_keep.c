/* Folders of cases: their files, what the verifier said, and a script that asks it again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "golden/drive.h"
#include "rooms/file.h"
#include "rooms/error.h"
#include "rooms/golden.h"

enum { DEPTH = 4, SCRIPT_ROOM = 64 << 10 };

static void remove_within(const char *folder, int depth)
{
  char path[VCCA_PATH_MAX];
  struct stat st;
  DIR *d = opendir(folder);
  for (const struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
    int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || n < 0 || (size_t)n >= sizeof path ||
        lstat(path, &st) != 0)
      continue;
    if (!S_ISDIR(st.st_mode)) {
      (void)unlink(path);
    } else if (depth > 0) {
      remove_within(path, depth - 1);
      (void)rmdir(path);
    }
  }
  if (d)
    closedir(d);
}

void folder_remove(const char *path)
{
  remove_within(path, DEPTH);
  (void)rmdir(path);
}

bool keep_folder(const char *path, struct vcca_error *err)
{
  char room[VCCA_PATH_MAX];
  size_t n = strlen(path);
  if (n >= sizeof room)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the path of the folder is too long");
  memcpy(room, path, n + 1);
  for (char *c = room + 1;; c++) {
    if (*c != '/' && *c != '\0')
      continue;
    char end = *c;
    *c = '\0';
    if (mkdir(room, 0777) != 0 && errno != EEXIST)
      return vcca_fail(err, VCCA_FAULT_IO, "cannot make the folder %.300s: %s", room, strerror(errno));
    *c = end;
    if (end == '\0')
      break;
  }
  remove_within(path, 0);
  return true;
}

/* A word as the shell reads it. */
static void put_quoted(vcca_sink *out, vcca_span word)
{
  vcca_sink_put(out, vcca_span_str("'"));
  for (size_t i = 0; i < word.n; i++)
    vcca_sink_put(out, word.p[i] == '\'' ? vcca_span_str("'\\''") : vcca_span_sub(word, i, 1));
  vcca_sink_put(out, vcca_span_str("'"));
}

static void put_script(const struct vcca_drive *drive, const struct drive_outcome *o, const char *folder,
                       vcca_sink *out)
{
  char room[VCCA_PATH_MAX];
  const char *here = getcwd(room, sizeof room);
  vcca_sink_put(out, vcca_span_str("#!/bin/sh\n"));
  if (here) {
    vcca_sink_put(out, vcca_span_str("cd "));
    put_quoted(out, vcca_span_str(here));
    vcca_sink_put(out, vcca_span_str(" || exit 3\n"));
  }
  if (!drive->serve)
    vcca_sink_put(out, vcca_span_str("exec"));
  for (size_t i = 0, start = drive->serve ? start_words(drive->command) : 0; i < start; i++) {
    vcca_sink_put(out, vcca_span_str(i ? " " : ""));
    put_quoted(out, vcca_span_str(drive->command[i]));
  }
  if (drive->serve) {
    vcca_sink_put(out, vcca_span_str(" <"));
    put_quoted(out, vcca_span_str(folder));
    vcca_sink_put(out, vcca_span_str("/line.json"));
  }
  for (size_t at = 0; !drive->serve && at < o->argv.n;) {
    size_t n = strlen((const char *)o->argv.p + at);
    vcca_sink_put(out, vcca_span_str(" "));
    put_quoted(out, vcca_span_sub(o->argv, at, n));
    at += n + 1;
  }
  vcca_sink_put(out, vcca_span_str("\n"));
}

static bool put_file(const char *folder, const char *name, vcca_span bytes, struct vcca_error *err)
{
  char path[VCCA_PATH_MAX];
  int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  return n < 0 || (size_t)n >= sizeof path ? vcca_fail(err, VCCA_FAULT_USAGE, "the path of the folder is too long")
                                           : vcca_file_write(path, bytes, err);
}

bool keep_case(const struct vcca_drive *drive, const char *folder, const struct drive_outcome *o,
               struct vcca_error *err)
{
  struct vcca_bytes room = {0};
  if (!vcca_bytes_alloc(&room, SCRIPT_ROOM, err))
    return false;
  vcca_sink script = vcca_sink_of(room.p, room.n);
  put_script(drive, o, folder, &script);
  bool ok =
      (vcca_sink_ok(&script) || vcca_fail(err, VCCA_FAULT_USAGE, "the command is longer than %d bytes", SCRIPT_ROOM)) &&
      put_file(folder, "run", vcca_sink_span(&script), err) && put_file(folder, "output", o->output, err) &&
      (!drive->serve || put_file(folder, "line.json", o->line, err));
  vcca_bytes_free(&room);
  return ok;
}
