/* The directory of reports, and files that are open.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest/tsm_report.h"

struct tsm_file {
  struct tsm_file *next, **link; /* of all that are open */
  struct tsm_report *report;
  enum tsm_attribute attribute;
  unsigned how;
  pthread_mutex_t lock; /* of what follows */
  bool filled;          /* read: the buffer is what the first read saw */
  bool written;         /* binary: there is something to count at the end */
  bool counted;         /* it was counted when a descriptor was closed */
  uint64_t generation;  /* which was then */
  uint8_t *buffer;
  size_t n;
};

struct tsm *tsm_new(vcca_running *v, const struct tsm_provider *provider, uid_t uid, gid_t gid)
{
  struct tsm *t = calloc(1, sizeof *t);
  if (!t)
    return NULL;
  t->v = v;
  t->provider = provider;
  t->owner = (struct tsm_owner){.mode = 0755, .uid = uid, .gid = gid};
  t->next_id = 1;
  if (pthread_mutex_init(&t->sem, NULL) == 0 && pthread_mutex_init(&t->lock, NULL) == 0)
    return t;
  free(t);
  return NULL;
}

static void unref(struct tsm *t, struct tsm_report *r)
{
  pthread_mutex_lock(&t->lock);
  bool last = --r->refs == 0;
  pthread_mutex_unlock(&t->lock);
  if (!last)
    return;
  free(r->outblob);
  free(r);
}

static void free_file(struct tsm_file *f)
{
  unref(f->report->all, f->report);
  pthread_mutex_destroy(&f->lock);
  free(f->buffer);
  free(f);
}

void tsm_free(struct tsm *t)
{
  if (!t)
    return;
  for (struct tsm_file *f = t->open, *next; f; f = next) {
    next = f->next;
    free_file(f);
  }
  for (struct tsm_report *r = t->first, *next; r; r = next) {
    next = r->next;
    unref(t, r);
  }
  pthread_mutex_destroy(&t->lock);
  pthread_mutex_destroy(&t->sem);
  free(t);
}

/* --- Directories ---------------------------------------------------------------------------------------- */

static struct tsm_report *named(const struct tsm *t, const char *name)
{
  struct tsm_report *r = t->first;
  while (r && strcmp(r->name, name) != 0)
    r = r->next;
  return r;
}

static struct tsm_report *numbered(const struct tsm *t, uint64_t id)
{
  struct tsm_report *r = t->first;
  while (r && r->id != id)
    r = r->next;
  return r;
}

static struct tsm_report *new_report(struct tsm *t, const char *name)
{
  struct tsm_report *r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  r->all = t;
  r->refs = 1;
  snprintf(r->name, sizeof r->name, "%s", name);
  for (unsigned i = 0; i <= TSM_ATTRIBUTES; i++) {
    r->owner[i] = t->owner;
    r->owner[i].mode = i < TSM_ATTRIBUTES ? tsm_attributes[i].mode : 0755;
  }
  return r;
}

static int insert(struct tsm *t, const char *name, uint64_t *id)
{
  if (named(t, name))
    return -EEXIST;
  struct tsm_report *r = t->count < TSM_REPORTS_MAX ? new_report(t, name) : NULL;
  if (!r)
    return -ENOMEM;
  *id = r->id = t->next_id++;
  if (t->last)
    t->last->next = r;
  else
    t->first = r;
  t->last = r;
  t->count++;
  return 0;
}

int tsm_mkdir(struct tsm *t, const char *name, uint64_t *id)
{
  if (strlen(name) > TSM_NAME_MAX)
    return -ENAMETOOLONG;
  if (!t->provider)
    return -ENXIO;
  pthread_mutex_lock(&t->sem);
  pthread_mutex_lock(&t->lock);
  int rc = insert(t, name, id);
  pthread_mutex_unlock(&t->lock);
  pthread_mutex_unlock(&t->sem);
  return rc;
}

static struct tsm_report *take_out(struct tsm *t, const char *name)
{
  struct tsm_report *before = NULL, *r = t->first;
  for (; r && strcmp(r->name, name) != 0; r = r->next)
    before = r;
  if (!r)
    return NULL;
  if (before)
    before->next = r->next;
  else
    t->first = r->next;
  if (t->last == r)
    t->last = before;
  t->count--;
  return r;
}

/* Waits for a read that is under way. Files that are open stay so, and find nothing any more. */
int tsm_rmdir(struct tsm *t, const char *name)
{
  pthread_mutex_lock(&t->sem);
  pthread_mutex_lock(&t->lock);
  struct tsm_report *r = take_out(t, name);
  pthread_mutex_unlock(&t->lock);
  if (r)
    r->dead = true;
  pthread_mutex_unlock(&t->sem);
  if (!r)
    return -ENOENT;
  unref(t, r);
  return 0;
}

int tsm_lookup(struct tsm *t, const char *name, uint64_t *id)
{
  if (strlen(name) > TSM_NAME_MAX)
    return -ENAMETOOLONG;
  pthread_mutex_lock(&t->lock);
  const struct tsm_report *r = named(t, name);
  if (r)
    *id = r->id;
  pthread_mutex_unlock(&t->lock);
  return r ? 0 : -ENOENT;
}

bool tsm_next(struct tsm *t, uint64_t *id, char name[TSM_NAME_MAX + 1])
{
  pthread_mutex_lock(&t->lock);
  const struct tsm_report *r = t->first;
  while (r && r->id <= *id)
    r = r->next;
  if (r) {
    *id = r->id;
    memcpy(name, r->name, sizeof r->name);
  }
  pthread_mutex_unlock(&t->lock);
  return r != NULL;
}

size_t tsm_count(struct tsm *t)
{
  pthread_mutex_lock(&t->lock);
  size_t count = t->count;
  pthread_mutex_unlock(&t->lock);
  return count;
}

/* NULL when there is no such report. With lock. */
static struct tsm_owner *owner_of(struct tsm *t, uint64_t id, unsigned attribute)
{
  struct tsm_report *r = id == 0 ? NULL : numbered(t, id);
  return id == 0 ? &t->owner : r ? &r->owner[attribute] : NULL;
}

int tsm_owner(struct tsm *t, uint64_t id, unsigned attribute, struct tsm_owner *out)
{
  pthread_mutex_lock(&t->lock);
  const struct tsm_owner *owner = owner_of(t, id, attribute);
  if (owner)
    *out = *owner;
  pthread_mutex_unlock(&t->lock);
  return owner ? 0 : -ENOENT;
}

int tsm_set_owner(struct tsm *t, uint64_t id, unsigned attribute, const struct tsm_owner *owner)
{
  pthread_mutex_lock(&t->lock);
  struct tsm_owner *kept = owner_of(t, id, attribute);
  if (kept)
    *kept = *owner;
  pthread_mutex_unlock(&t->lock);
  return kept ? 0 : -ENOENT;
}

/* --- Files ---------------------------------------------------------------------------------------------- */

/* What the attribute can do, not only what its permissions say: root may do anything else. */
static bool may(enum tsm_attribute attribute, mode_t now, unsigned how)
{
  mode_t can = tsm_attributes[attribute].mode;
  return !((how & TSM_READ) && !(can & now & 0444)) && !((how & TSM_WRITE) && (!(can & 0222) || !(now & 0222)));
}

static void link_file(struct tsm *t, struct tsm_file *f)
{
  f->link = &t->open;
  f->next = t->open;
  if (f->next)
    f->next->link = &f->next;
  t->open = f;
}

static void unlink_file(struct tsm *t, const struct tsm_file *f)
{
  pthread_mutex_lock(&t->lock);
  *f->link = f->next;
  if (f->next)
    f->next->link = f->link;
  pthread_mutex_unlock(&t->lock);
}

int tsm_open(struct tsm *t, uint64_t id, enum tsm_attribute attribute, unsigned how, struct tsm_file **out)
{
  struct tsm_file *f = calloc(1, sizeof *f);
  if (!f || pthread_mutex_init(&f->lock, NULL) != 0) {
    free(f);
    return -ENOMEM;
  }
  pthread_mutex_lock(&t->lock);
  struct tsm_report *r = numbered(t, id);
  int rc = !r ? -ENOENT : may(attribute, r->owner[attribute].mode, how) ? 0 : -EACCES;
  if (rc == 0) {
    r->refs++;
    f->report = r;
    f->attribute = attribute;
    f->how = how;
    link_file(t, f);
  }
  pthread_mutex_unlock(&t->lock);
  if (rc) {
    pthread_mutex_destroy(&f->lock);
    free(f);
    return rc;
  }
  *out = f;
  return 0;
}

static int keep(struct tsm_file *f, vcca_span bytes)
{
  f->buffer = malloc(bytes.n + 1);
  if (!f->buffer)
    return -ENOMEM;
  memcpy(f->buffer, bytes.p, bytes.n);
  f->n = bytes.n;
  f->filled = true;
  return 0;
}

/* The first read. An attribute that is empty is asked again by the next one, as in Linux. */
static int fill(struct tsm_file *f)
{
  struct tsm_report *r = f->report;
  char text[TSM_TEXT_MAX];
  vcca_span bytes = {0};
  int rc = 0;
  pthread_mutex_lock(&r->all->sem);
  if (r->dead)
    rc = -ENOENT;
  else if (tsm_attributes[f->attribute].binary)
    rc = report_read(r, f->attribute, &bytes);
  else
    bytes = vcca_span_of(text, (size_t)report_show(r, f->attribute, text));
  if (rc == 0 && bytes.n > 0)
    rc = keep(f, bytes);
  pthread_mutex_unlock(&r->all->sem);
  return rc;
}

ssize_t tsm_read(struct tsm_file *f, size_t offset, vcca_sink *out)
{
  if (!(f->how & TSM_READ))
    return -EBADF;
  pthread_mutex_lock(&f->lock);
  ssize_t rc = f->filled ? 0 : fill(f);
  if (rc == 0) {
    vcca_span rest = vcca_span_sub(vcca_span_of(f->buffer, f->n), offset, out->cap - out->n);
    vcca_sink_put(out, rest);
    rc = (ssize_t)rest.n;
  }
  pthread_mutex_unlock(&f->lock);
  return rc;
}

/* A text attribute takes each write as a whole value. */
static ssize_t write_text(struct tsm_file *f, vcca_span bytes)
{
  uint8_t text[TSM_TEXT_MAX];
  struct tsm_report *r = f->report;
  bytes = vcca_span_sub(bytes, 0, sizeof text - 1);
  memcpy(text, bytes.p, bytes.n);
  text[bytes.n] = '\0';
  pthread_mutex_lock(&r->all->sem);
  ssize_t rc = r->dead ? -ENOENT : report_store(r, f->attribute, vcca_span_of(text, bytes.n));
  pthread_mutex_unlock(&r->all->sem);
  return rc;
}

static ssize_t write_binary(struct tsm_file *f, size_t offset, vcca_span bytes)
{
  offset = f->how & TSM_APPEND ? f->n : offset;
  if (offset > TSM_INBLOB_MAX || bytes.n > TSM_INBLOB_MAX - offset) {
    f->written = true; /* Linux counts what there is, if nothing */
    return -EFBIG;
  }
  if (!f->buffer)
    f->buffer = calloc(1, TSM_INBLOB_MAX);
  if (!f->buffer)
    return -ENOMEM;
  memcpy(f->buffer + offset, bytes.p, bytes.n);
  f->n = offset + bytes.n > f->n ? offset + bytes.n : f->n;
  f->written = true;
  return (ssize_t)bytes.n;
}

ssize_t tsm_write(struct tsm_file *f, size_t offset, vcca_span bytes)
{
  if (!(f->how & TSM_WRITE))
    return -EBADF;
  if (bytes.n == 0)
    return -EFAULT; /* so it is */
  pthread_mutex_lock(&f->lock);
  ssize_t rc = tsm_attributes[f->attribute].binary ? write_binary(f, offset, bytes) : write_text(f, bytes);
  pthread_mutex_unlock(&f->lock);
  return rc;
}

/* Linux counts when the last descriptor is closed, and ignores what comes of it. Whoever has it closed must
 * find it counted, and only the closing of a descriptor is waited for, so each counts; one that comes after
 * further writes takes the place of the one before. */
void tsm_flush(struct tsm_file *f)
{
  struct tsm_report *r = f->report;
  pthread_mutex_lock(&f->lock);
  pthread_mutex_lock(&r->all->sem);
  if (f->written && !r->dead) {
    bool again = f->counted && r->write_generation == f->generation && r->read_generation != f->generation;
    f->counted = report_set_inblob(r, vcca_span_of(f->buffer ? f->buffer : (const uint8_t *)"", f->n), again) == 0;
    f->generation = r->write_generation;
  }
  f->written = false;
  pthread_mutex_unlock(&r->all->sem);
  pthread_mutex_unlock(&f->lock);
}

void tsm_close(struct tsm_file *f)
{
  tsm_flush(f);
  unlink_file(f->report->all, f);
  free_file(f);
}

bool tsm_makes_report(struct tsm_file *f)
{
  if (!tsm_attributes[f->attribute].binary || pthread_mutex_trylock(&f->lock) != 0)
    return tsm_attributes[f->attribute].binary; /* the other one makes it */
  bool filled = f->filled;
  pthread_mutex_unlock(&f->lock);
  return !filled;
}

bool tsm_busy(struct tsm *t)
{
  if (pthread_mutex_trylock(&t->sem) != 0)
    return true;
  pthread_mutex_unlock(&t->sem);
  return false;
}
