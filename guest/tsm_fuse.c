/* configfs-tsm as a FUSE file system: the operations of libfuse3's low-level interface over tsm.h. Nothing is cached by the kernel: every
 * look-up, attribute and byte is asked for.
 *
 * Inode 1 is the directory of reports; report N is 16 N, its attribute A is 16 N + 1 + A.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/tsm_fuse.h"

#ifdef VCCA_HAVE_FUSE

#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/tsm.h"
#include "rooms/error.h"

enum { PER_REPORT = 16, WORKERS = 32, STACK = 512 << 10, NAME_ROOM = TSM_NAME_MAX + 1 };

struct worker {
  pthread_t thread;
  bool started;
};

struct tsm_mount {
  struct tsm *tsm;
  struct fuse_session *session;
  bool mounted;
  struct worker workers[WORKERS];
};

/* --- Inodes ------------------------------------------------------------------------------------------------------- */

static uint64_t report_of(fuse_ino_t ino)
{
  return ino / PER_REPORT;
}

/* TSM_ATTRIBUTES for a directory. */
static unsigned attribute_of(fuse_ino_t ino)
{
  return ino % PER_REPORT == 0 || ino == FUSE_ROOT_ID ? TSM_ATTRIBUTES : (unsigned)(ino % PER_REPORT - 1);
}

static fuse_ino_t ino_of(uint64_t report, unsigned attribute)
{
  return report * PER_REPORT + (attribute < TSM_ATTRIBUTES ? attribute + 1 : 0);
}

static struct tsm *tsm_of(fuse_req_t req)
{
  return fuse_req_userdata(req);
}

static int stat_of(struct tsm *t, fuse_ino_t ino, struct stat *st)
{
  unsigned attribute = attribute_of(ino);
  struct tsm_owner owner;
  int rc = tsm_owner(t, ino == FUSE_ROOT_ID ? 0 : report_of(ino), attribute, &owner);
  if (rc)
    return rc;
  bool directory = attribute == TSM_ATTRIBUTES;
  memset(st, 0, sizeof *st);
  st->st_ino = ino;
  st->st_mode = (directory ? S_IFDIR : S_IFREG) | owner.mode;
  st->st_uid = owner.uid;
  st->st_gid = owner.gid;
  st->st_nlink = ino == FUSE_ROOT_ID ? (nlink_t)(2 + tsm_count(t)) : directory ? 2 : 1;
  st->st_size = directory || tsm_attributes[attribute].binary ? 0 : TSM_TEXT_MAX;
  return 0;
}

static void reply_entry(fuse_req_t req, fuse_ino_t ino)
{
  struct fuse_entry_param e = {.ino = ino, .generation = 1};
  int rc = stat_of(tsm_of(req), ino, &e.attr);
  if (rc)
    fuse_reply_err(req, -rc);
  else
    fuse_reply_entry(req, &e);
}

/* --- Directories ---------------------------------------------------------------------------------------------------- */

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
  uint64_t id;
  if (parent == FUSE_ROOT_ID) {
    int rc = tsm_lookup(tsm_of(req), name, &id);
    if (rc)
      fuse_reply_err(req, -rc);
    else
      reply_entry(req, ino_of(id, TSM_ATTRIBUTES));
    return;
  }
  for (unsigned i = 0; i < TSM_ATTRIBUTES; i++)
    if (strcmp(name, tsm_attributes[i].name) == 0) {
      reply_entry(req, ino_of(report_of(parent), i));
      return;
    }
  fuse_reply_err(req, strlen(name) > TSM_NAME_MAX ? ENAMETOOLONG : ENOENT);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
  uint64_t id;
  (void)mode;
  int rc = parent == FUSE_ROOT_ID ? tsm_mkdir(tsm_of(req), name, &id) : -EPERM; /* a report is no group */
  if (rc)
    fuse_reply_err(req, -rc);
  else
    reply_entry(req, ino_of(id, TSM_ATTRIBUTES));
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
  fuse_reply_err(req, parent == FUSE_ROOT_ID ? -tsm_rmdir(tsm_of(req), name) : ENOTDIR);
}

/* Adds an entry; false when the buffer is full. */
static bool add_entry(fuse_req_t req, vcca_sink *out, const char *name, fuse_ino_t ino, bool directory, uint64_t next)
{
  struct stat st = {.st_ino = ino, .st_mode = directory ? S_IFDIR : S_IFREG};
  size_t n = fuse_add_direntry(req, (char *)out->p + out->n, out->cap - out->n, name, &st, (off_t)next);
  if (n > out->cap - out->n)
    return false;
  out->n += n;
  return true;
}

/* Places: 1 and 2 are behind the dots; then 2 + a report's number, or 3 + an attribute's place. */
static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t place, struct fuse_file_info *fi)
{
  (void)fi;
  vcca_sink out = {.p = malloc(size), .cap = size};
  char name[NAME_ROOM];
  bool room = out.p != NULL;
  if (room && place < 1)
    room = add_entry(req, &out, ".", ino, true, 1);
  if (room && place < 2)
    room = add_entry(req, &out, "..", FUSE_ROOT_ID, true, 2);
  uint64_t at = place < 2 ? 0 : (uint64_t)place - 2;
  if (ino == FUSE_ROOT_ID)
    while (room && tsm_next(tsm_of(req), &at, name))
      room = add_entry(req, &out, name, ino_of(at, TSM_ATTRIBUTES), true, at + 2);
  for (; ino != FUSE_ROOT_ID && room && at < TSM_ATTRIBUTES; at++)
    room = add_entry(req, &out, tsm_attributes[at].name, ino_of(report_of(ino), (unsigned)at), false, at + 3);
  if (out.p)
    fuse_reply_buf(req, (const char *)out.p, out.n);
  else
    fuse_reply_err(req, ENOMEM);
  free(out.p);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  struct stat st;
  int rc = stat_of(tsm_of(req), ino, &st);
  if (rc)
    fuse_reply_err(req, -rc);
  else
    fuse_reply_open(req, fi);
}

/* --- Attributes of inodes --------------------------------------------------------------------------------------------- */

/* A file that is open can be looked at when its report is gone. */
static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  struct stat st;
  int rc = stat_of(tsm_of(req), ino, &st);
  if (rc && fi && fi->fh) {
    st = (struct stat){.st_ino = ino, .st_mode = S_IFREG | tsm_attributes[attribute_of(ino)].mode};
    rc = 0;
  }
  if (rc)
    fuse_reply_err(req, -rc);
  else
    fuse_reply_attr(req, &st, 0);
}

/* Sizes and times may be set, and stay what they are: open(O_TRUNC), touch. */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
  struct tsm *t = tsm_of(req);
  uint64_t report = ino == FUSE_ROOT_ID ? 0 : report_of(ino);
  struct tsm_owner owner;
  int rc = tsm_owner(t, report, attribute_of(ino), &owner);
  if (rc == 0) {
    if (to_set & FUSE_SET_ATTR_MODE)
      owner.mode = attr->st_mode & 07777;
    if (to_set & FUSE_SET_ATTR_UID)
      owner.uid = attr->st_uid;
    if (to_set & FUSE_SET_ATTR_GID)
      owner.gid = attr->st_gid;
    (void)tsm_set_owner(t, report, attribute_of(ino), &owner);
  }
  op_getattr(req, ino, fi);
}

/* --- Files -------------------------------------------------------------------------------------------------------------- */

static struct tsm_file *file_of(const struct fuse_file_info *fi)
{
  return (struct tsm_file *)(uintptr_t)fi->fh; /* what op_open gave */
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  int access = fi->flags & O_ACCMODE;
  unsigned how = (access != O_WRONLY ? TSM_READ : 0) | (access != O_RDONLY ? TSM_WRITE : 0) | (fi->flags & O_APPEND ? TSM_APPEND : 0);
  unsigned attribute = attribute_of(ino);
  struct tsm_file *f = NULL;
  int rc = attribute == TSM_ATTRIBUTES ? -EISDIR : tsm_open(tsm_of(req), report_of(ino), (enum tsm_attribute)attribute, how, &f);
  if (rc) {
    fuse_reply_err(req, -rc);
    return;
  }
  fi->fh = (uint64_t)(uintptr_t)f;
  fi->direct_io = 1;
  fi->nonseekable = tsm_attributes[attribute].binary;
  if (fuse_reply_open(req, fi) == -ENOENT) /* whoever opened it is gone */
    tsm_close(f);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
  uint8_t room[VCCA_TOKEN_MAX];
  vcca_sink out = vcca_sink_of(room, size < sizeof room ? size : sizeof room);
  (void)ino;
  ssize_t n = tsm_read(file_of(fi), (size_t)offset, &out);
  if (n < 0)
    fuse_reply_err(req, (int)-n);
  else
    fuse_reply_buf(req, (const char *)room, (size_t)n);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t offset, struct fuse_file_info *fi)
{
  (void)ino;
  ssize_t n = tsm_write(file_of(fi), (size_t)offset, vcca_span_of(bytes, size));
  if (n < 0)
    fuse_reply_err(req, (int)-n);
  else
    fuse_reply_write(req, (size_t)n);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  (void)ino;
  tsm_flush(file_of(fi));
  fuse_reply_err(req, 0);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  (void)ino;
  tsm_close(file_of(fi));
  fuse_reply_err(req, 0);
}

/* --- What configfs has not ------------------------------------------------------------------------------------------------ */

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int data, struct fuse_file_info *fi)
{
  (void)ino, (void)data, (void)fi;
  fuse_reply_err(req, EINVAL);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
  (void)parent, (void)name, (void)mode, (void)fi;
  fuse_reply_err(req, EACCES);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
  (void)parent, (void)name, (void)mode, (void)device;
  fuse_reply_err(req, EPERM);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
  (void)parent, (void)name;
  fuse_reply_err(req, EPERM);
}

static void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name)
{
  (void)link, (void)parent, (void)name;
  fuse_reply_err(req, EPERM);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to, const char *as, unsigned flags)
{
  (void)parent, (void)name, (void)to, (void)as, (void)flags;
  fuse_reply_err(req, EPERM);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
  (void)ino, (void)parent, (void)name;
  fuse_reply_err(req, EPERM);
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = op_lookup,
    .getattr = op_getattr,
    .setattr = op_setattr,
    .mkdir = op_mkdir,
    .rmdir = op_rmdir,
    .opendir = op_opendir,
    .readdir = op_readdir,
    .open = op_open,
    .read = op_read,
    .write = op_write,
    .flush = op_flush,
    .release = op_release,
    .fsync = op_fsync,
    .fsyncdir = op_fsync,
    .create = op_create,
    .mknod = op_mknod,
    .unlink = op_unlink,
    .symlink = op_symlink,
    .rename = op_rename,
    .link = op_link,
};

/* --- Serving --------------------------------------------------------------------------------------------------------------- */

static void free_buffer(void *arg)
{
  free(((struct fuse_buf *)arg)->mem);
}

/* One request after the other, until the mount is gone. It can be cancelled while it waits for one. */
static void *serve(void *arg)
{
  struct fuse_session *session = arg;
  struct fuse_buf buffer = {.mem = NULL};
  int state;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  pthread_cleanup_push(free_buffer, &buffer);
  while (!fuse_session_exited(session)) {
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    int n = fuse_session_receive_buf(session, &buffer);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (n == -EINTR)
      continue;
    if (n <= 0)
      break;
    fuse_session_process_buf(session, &buffer);
  }
  pthread_cleanup_pop(1);
  return NULL;
}

static bool start_workers(struct tsm_mount *m, struct vcca_error *err)
{
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for threads");
  (void)pthread_attr_setstacksize(&attributes, STACK);
  unsigned started = 0;
  for (; started < WORKERS; started++) {
    if (pthread_create(&m->workers[started].thread, &attributes, serve, m->session) != 0)
      break;
    m->workers[started].started = true;
  }
  pthread_attr_destroy(&attributes);
  return started > 0 || vcca_fail(err, VCCA_FAULT_MEMORY, "no thread for the file system");
}

struct tsm_mount *tsm_fuse_serve(vcca_running *v, const char *where, bool everybody, uid_t uid, gid_t gid, struct vcca_error *err)
{
  char name[] = "vcca", option[] = "-o", options[80];
  snprintf(options, sizeof options, "default_permissions,fsname=vcca-tsm,subtype=vcca%s", everybody ? ",allow_other" : "");
  bool is_fd = strncmp(where, "/dev/fd/", 8) == 0;
  char *argv[] = {name, option, options, NULL};
  struct fuse_args args = FUSE_ARGS_INIT(is_fd ? 1 : 3, argv);
  struct tsm_mount *m = calloc(1, sizeof *m);
  if (m)
    m->tsm = tsm_new(v, tsm_provider_of(v), uid, gid);
  if (m && m->tsm)
    m->session = fuse_session_new(&args, &operations, sizeof operations, m->tsm);
  fuse_opt_free_args(&args);
  if (!m || !m->session)
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the file system");
  else if (fuse_session_mount(m->session, where) != 0)
    vcca_fail(err, VCCA_FAULT_IO, "%s cannot be mounted on (libfuse has said why)", where);
  else
    m->mounted = true;
  if (m && m->mounted && start_workers(m, err))
    return m;
  tsm_fuse_stop(m);
  return NULL;
}

void tsm_fuse_stop(struct tsm_mount *m)
{
  if (!m)
    return;
  if (m->session)
    fuse_session_exit(m->session);
  for (unsigned i = 0; i < WORKERS; i++)
    if (m->workers[i].started)
      pthread_cancel(m->workers[i].thread);
  for (unsigned i = 0; i < WORKERS; i++)
    if (m->workers[i].started)
      pthread_join(m->workers[i].thread, NULL);
  if (m->mounted)
    fuse_session_unmount(m->session);
  if (m->session)
    fuse_session_destroy(m->session);
  tsm_free(m->tsm);
  free(m);
}

#else

struct tsm_mount *tsm_fuse_serve(vcca_running *v, const char *where, bool everybody, uid_t uid, gid_t gid, struct vcca_error *err)
{
  (void)v, (void)where, (void)everybody, (void)uid, (void)gid;
  vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
            "this vcca was built without libfuse3, which serves configfs-tsm: install it (Debian: libfuse3-dev) and build again");
  return NULL;
}

void tsm_fuse_stop(struct tsm_mount *m)
{
  (void)m;
}

#endif
