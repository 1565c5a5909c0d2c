/* What one command reads and writes, by the files' identity. Commands name a few dozen files, scenarios a
 * few hundred: a list serves.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/files.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/grow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct vcca_files_entry {
  const char *what, *path; /* in names, when the entry is kept */
  char *names;
  bool output, secret;
  bool shared; /* what is printed: "-" is the same stream, and no second file */
  int descriptor;
  struct vcca_file_place place;
};

static bool add(struct vcca_files *files, const struct vcca_files_entry *e, struct vcca_error *err)
{
  size_t what = strlen(e->what) + 1, path = strlen(e->path) + 1;
  struct vcca_files_entry *more = vcca_grow(files->entries, files->count, &files->room, sizeof *more);
  char *names = more ? malloc(what + path) : NULL;
  if (more)
    files->entries = more;
  if (!names)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the name of a file");
  struct vcca_files_entry *kept = &files->entries[files->count++];
  *kept = *e;
  kept->names = names;
  kept->what = memcpy(names, e->what, what);
  kept->path = memcpy(names + what, e->path, path);
  return true;
}

void vcca_files_free(struct vcca_files *files)
{
  for (size_t i = 0; i < files->count; i++)
    free(files->entries[i].names);
  free(files->entries);
  *files = (struct vcca_files){.count = 0};
}

/* Terminals, /dev/null and sockets stand for as many as one likes. */
static bool is_one(const struct vcca_file_place *p)
{
  return !S_ISCHR(p->mode) && !S_ISSOCK(p->mode);
}

static bool same_place(const struct vcca_file_place *a, const struct vcca_file_place *b)
{
  if (a->exists && b->exists && a->dev == b->dev && a->ino == b->ino)
    return is_one(a);
  return a->name[0] && a->folder_ino == b->folder_ino && a->folder_dev == b->folder_dev &&
         strcmp(a->name, b->name) == 0 && !(a->exists && !is_one(a));
}

static bool locate(const char *what, const char *path, bool output, struct vcca_files_entry *out,
                   struct vcca_error *err)
{
  bool standard = strcmp(path, "-") == 0;
  char target[VCCA_PATH_MAX];
  *out = (struct vcca_files_entry){
      .what = what, .path = path, .output = output, .descriptor = output ? STDOUT_FILENO : STDIN_FILENO};
  if (!standard)
    out->descriptor = vcca_file_target(path, target, NULL) ? vcca_file_descriptor(target) : -1;
  return vcca_file_locate(!standard ? path
                          : output  ? "/dev/stdout"
                                    : "/dev/stdin",
                          &out->place, err) ||
         vcca_fail_in(err, path); /* a folder that is not there */
}

static bool refuse(const struct vcca_files_entry *e, const struct vcca_files_entry *other, struct vcca_error *err)
{
  bool twice = !e->output && !other->output, spelled = strcmp(e->path, other->path) != 0;
  const char *blank = e->what[0] ? " " : "", *name = other->what[0] ? other->what
                                                     : e->output    ? "an input"
                                                                    : "another output";
  if (twice && e->descriptor == STDIN_FILENO)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s%s%s: standard input is read already (%s): name a file", e->what, blank,
                     e->path, name);
  if (twice)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s%s%s: this pipe is read already (%s), and can be read once", e->what,
                     blank, e->path, name);
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s%s%s: that is the file of %s%s%s%s: name another", e->what, blank, e->path,
                   name, spelled ? " (" : "", spelled ? other->path : "", spelled ? ")" : "");
}

/* Two that read may share a file, but not what runs out. */
static bool clash(const struct vcca_files_entry *a, const struct vcca_files_entry *b)
{
  bool same = same_place(&a->place, &b->place);
  if (!a->output && !b->output)
    return (a->descriptor == STDIN_FILENO && b->descriptor == STDIN_FILENO) || (same && S_ISFIFO(a->place.mode));
  if (a->output && b->output && a->descriptor == STDOUT_FILENO && b->descriptor == STDOUT_FILENO)
    return !a->shared && !b->shared;
  return same;
}

static bool compare(struct vcca_files *files, const struct vcca_files_entry *e, struct vcca_error *err)
{
  for (size_t i = 0; i < files->count; i++)
    if (clash(e, &files->entries[i])) {
      files->refused = true;
      return refuse(e, &files->entries[i], err);
    }
  return true;
}

static bool declare(struct vcca_files *files, const struct vcca_files_entry *e, struct vcca_error *err)
{
  return compare(files, e, err) && add(files, e, err);
}

bool vcca_files_input(struct vcca_files *files, const char *what, const char *path, struct vcca_error *err)
{
  struct vcca_files_entry e;
  return !locate(what, path, false, &e, NULL) ||
         declare(files, &e, err); /* what is nowhere is refused when it is opened */
}

bool vcca_files_output(struct vcca_files *files, const char *what, const char *path, bool secret,
                       struct vcca_error *err)
{
  struct vcca_files_entry e;
  if (!locate(what, path, true, &e, err))
    return false;
  e.secret = secret;
  return declare(files, &e, err);
}

bool vcca_files_compare(struct vcca_files *files, const char *what, const char *path, struct vcca_error *err)
{
  struct vcca_files_entry e;
  return locate(what, path, true, &e, err) && compare(files, &e, err);
}

bool vcca_files_printed(struct vcca_files *files, struct vcca_error *err)
{
  struct vcca_files_entry e;
  if (!locate("standard output", "-", true, &e, NULL))
    return true;
  e.shared = true;
  return declare(files, &e, err);
}

/* Declared under this spelling, or else declared now. */
static bool know(struct vcca_files *files, const char *path, bool output, const struct vcca_files_entry **out,
                 struct vcca_error *err)
{
  *out = NULL;
  for (size_t i = 0; files && i < files->count && !*out; i++)
    if (files->entries[i].output == output && !files->entries[i].shared && strcmp(files->entries[i].path, path) == 0)
      *out = &files->entries[i];
  if (!files || *out)
    return true;
  return output ? vcca_files_output(files, "", path, false, err) : vcca_files_input(files, "", path, err);
}

bool vcca_files_read(struct vcca_files *files, const char *path, size_t max, struct vcca_bytes *out,
                     struct vcca_error *err)
{
  const struct vcca_files_entry *e;
  return know(files, path, false, &e, err) && vcca_file_read(path, max, out, err);
}

bool vcca_files_map(struct vcca_files *files, const char *path, size_t max, struct vcca_mapping *out,
                    struct vcca_error *err)
{
  const struct vcca_files_entry *e;
  return know(files, path, false, &e, err) && vcca_file_map(path, max, out, err);
}

bool vcca_files_open(struct vcca_files *files, const char *path, struct vcca_output *out, struct vcca_error *err)
{
  const struct vcca_files_entry *e;
  return know(files, path, true, &e, err) && vcca_output_open(out, path, e && e->secret, err);
}

bool vcca_files_write(struct vcca_files *files, const char *path, vcca_span bytes, struct vcca_error *err)
{
  struct vcca_output out;
  if (!vcca_files_open(files, path, &out, err))
    return false;
  if (bytes.n > 0)
    fwrite(bytes.p, 1, bytes.n, out.stream); /* the stream remembers when it fails */
  return vcca_output_close(&out, true, err);
}
