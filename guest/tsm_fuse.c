/* configfs-tsm as a FUSE file system: the operations of libfuse3's low-level interface over tsm.h. The
 * kernel keeps names and attributes, which nothing but its own requests changes, and no bytes.
 *
 * Long because FUSE's table has an operation for each request of the kernel.
 *
 * Inode 1 is the directory of reports; report N is 16 N, its attribute A is 16 N + 1 + A.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/tsm_fuse.h"

#ifdef VCCA_HAVE_FUSE

#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/tsm.h"
#include "rooms/error.h"

enum {
  PER_REPORT = 16,
  WORKERS = 32,
  SPINS = 200,
  STACK = 512 << 10,
  WRITE_MAX = 64 << 10,
  NAME_ROOM = TSM_NAME_MAX + 1
};

/* How long the kernel keeps what it was told, in seconds: until it changes it itself. */
#define KEPT 1e9

struct tsm_mount {
  struct tsm *tsm;
  struct fuse_session *session;
  bool mounted;
  int wake[2];             /* a pipe; readable when the workers are to end */
  pthread_mutex_t leading; /* whoever has it takes the next request */
  pthread_t workers[WORKERS];
  unsigned started;
};

/* A worker leads as long as its requests do not wait for the monitor: then it lets another one lead. So one
 * thread answers most of what a program asks, and while a report is made there are others. */
static _Thread_local bool leads;

static void let_lead(struct tsm_mount *m)
{
  if (leads)
    pthread_mutex_unlock(&m->leading);
  leads = false;
}

/* --- Inodes --------------------------------------------------------------------------------------------- */

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
  return ((struct tsm_mount *)fuse_req_userdata(req))->tsm;
}

/* Before what waits while a report is made. */
static void may_wait(fuse_req_t req)
{
  if (tsm_busy(tsm_of(req)))
    let_lead(fuse_req_userdata(req));
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
  struct fuse_entry_param e = {.ino = ino, .generation = 1, .attr_timeout = KEPT, .entry_timeout = KEPT};
  int rc = stat_of(tsm_of(req), ino, &e.attr);
  if (rc)
    fuse_reply_err(req, -rc);
  else
    fuse_reply_entry(req, &e);
}

/* A worker's buffer takes one write; nothing here takes more than a page of it. */
static void op_init(void *mount, struct fuse_conn_info *connection)
{
  (void)mount;
  connection->max_write = WRITE_MAX;
}

/* --- Directories ---------------------------------------------------------------------------------------- */

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
  may_wait(req);
  int rc = parent == FUSE_ROOT_ID ? tsm_mkdir(tsm_of(req), name, &id) : -EPERM; /* a report is no group */
  if (rc)
    fuse_reply_err(req, -rc);
  else
    reply_entry(req, ino_of(id, TSM_ATTRIBUTES));
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
  may_wait(req);
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

/* --- Attributes of inodes ------------------------------------------------------------------------------- */

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
    fuse_reply_attr(req, &st, KEPT);
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

/* --- Files ---------------------------------------------------------------------------------------------- */

static struct tsm_file *file_of(const struct fuse_file_info *fi)
{
  return (struct tsm_file *)(uintptr_t)fi->fh; /* what op_open gave */
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  int access = fi->flags & O_ACCMODE;
  unsigned how = (access != O_WRONLY ? TSM_READ : 0) | (access != O_RDONLY ? TSM_WRITE : 0) |
                 (fi->flags & O_APPEND ? TSM_APPEND : 0);
  unsigned attribute = attribute_of(ino);
  struct tsm_file *f = NULL;
  int rc = attribute == TSM_ATTRIBUTES ? -EISDIR
                                       : tsm_open(tsm_of(req), report_of(ino), (enum tsm_attribute)attribute, how, &f);
  if (rc) {
    fuse_reply_err(req, -rc);
    return;
  }
  fi->fh = (uint64_t)(uintptr_t)f;
  fi->direct_io = 1;
  fi->nonseekable = tsm_attributes[attribute].binary;
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 11)
  fi->noflush = access == O_RDONLY; /* there is nothing to count */
#endif
  if (fuse_reply_open(req, fi) == -ENOENT) /* whoever opened it is gone */
    tsm_close(f);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
  uint8_t room[VCCA_TOKEN_MAX];
  vcca_sink out = vcca_sink_of(room, size < sizeof room ? size : sizeof room);
  (void)ino;
  if (tsm_makes_report(file_of(fi)))
    let_lead(fuse_req_userdata(req));
  may_wait(req);
  ssize_t n = tsm_read(file_of(fi), (size_t)offset, &out);
  if (n < 0)
    fuse_reply_err(req, (int)-n);
  else
    fuse_reply_buf(req, (const char *)room, (size_t)n);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t offset,
                     struct fuse_file_info *fi)
{
  (void)ino;
  may_wait(req);
  ssize_t n = tsm_write(file_of(fi), (size_t)offset, vcca_span_of(bytes, size));
  if (n < 0)
    fuse_reply_err(req, (int)-n);
  else
    fuse_reply_write(req, (size_t)n);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  (void)ino;
  may_wait(req);
  tsm_flush(file_of(fi));
  fuse_reply_err(req, 0);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  (void)ino;
  may_wait(req);
  tsm_close(file_of(fi));
  fuse_reply_err(req, 0);
}

/* --- What configfs has not ------------------------------------------------------------------------------ */

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

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to, const char *as,
                      unsigned flags)
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
    .init = op_init,
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

/* --- Serving -------------------------------------------------------------------------------------------- */

/* Waits for a request; false when it is time to end. soon: a program that has just been answered is about
 * to ask more, and to look again for a moment costs less than to be woken. */
static bool await_request(const struct tsm_mount *m, bool soon)
{
  struct pollfd wait[] = {{.fd = fuse_session_fd(m->session), .events = POLLIN}, {.fd = m->wake[0], .events = POLLIN}};
  for (unsigned i = 0; soon && i < SPINS; i++) {
    if (poll(wait, 2, 0) > 0)
      return wait[1].revents == 0;
    sched_yield();
  }
  while (poll(wait, 2, -1) < 0)
    ;
  return wait[1].revents == 0;
}

/* One request after the other, until the mount is gone. */
static void *serve(void *arg)
{
  struct tsm_mount *m = arg;
  struct fuse_buf buffer = {.mem = NULL};
  for (;;) {
    bool soon = leads;
    if (!leads)
      pthread_mutex_lock(&m->leading);
    leads = true;
    if (fuse_session_exited(m->session) || !await_request(m, soon))
      break;
    int n = fuse_session_receive_buf(m->session, &buffer);
    if (n == 0 || (n < 0 && n != -EINTR && n != -EAGAIN))
      break;
    if (n > 0)
      fuse_session_process_buf(m->session, &buffer);
  }
  let_lead(m); /* who finds the same */
  free(buffer.mem);
  return NULL;
}

static bool start_workers(struct tsm_mount *m, struct vcca_error *err)
{
  pthread_attr_t attributes;
  int fd = fuse_session_fd(m->session);
  if (pthread_attr_init(&attributes) != 0)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for threads");
  (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* a request may be taken back */
  (void)pthread_attr_setstacksize(&attributes, STACK);
  while (m->started < WORKERS && pthread_create(&m->workers[m->started], &attributes, serve, m) == 0)
    m->started++;
  pthread_attr_destroy(&attributes);
  return m->started > 0 || vcca_fail(err, VCCA_FAULT_MEMORY, "no thread for the file system");
}

static struct tsm_mount *new_mount(vcca_running *v, uid_t uid, gid_t gid, struct fuse_args *args)
{
  struct tsm_mount *m = calloc(1, sizeof *m);
  if (!m)
    return NULL;
  if (pipe2(m->wake, O_CLOEXEC) != 0 || pthread_mutex_init(&m->leading, NULL) != 0) {
    free(m);
    return NULL;
  }
  m->tsm = tsm_new(v, tsm_provider_of(v), uid, gid);
  if (m->tsm)
    m->session = fuse_session_new(args, &operations, sizeof operations, m);
  return m;
}

struct tsm_mount *tsm_fuse_serve(vcca_running *v, const char *where, bool everybody, uid_t uid, gid_t gid,
                                 struct vcca_error *err)
{
  char name[] = "vcca", option[] = "-o", options[80];
  snprintf(options, sizeof options, "default_permissions,fsname=vcca-tsm,subtype=vcca%s",
           everybody ? ",allow_other" : "");
  bool is_fd = strncmp(where, "/dev/fd/", 8) == 0;
  char *argv[] = {name, option, options, NULL};
  struct fuse_args args = FUSE_ARGS_INIT(is_fd ? 1 : 3, argv);
  struct tsm_mount *m = new_mount(v, uid, gid, &args);
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
  ssize_t written = write(m->wake[1], "", 1);
  (void)written;
  for (unsigned i = 0; i < m->started; i++)
    pthread_join(m->workers[i], NULL);
  if (m->mounted)
    fuse_session_unmount(m->session);
  if (m->session)
    fuse_session_destroy(m->session);
  tsm_free(m->tsm);
  for (size_t i = 0; i < 2; i++)
    close(m->wake[i]);
  pthread_mutex_destroy(&m->leading);
  free(m);
}

#else

struct tsm_mount *tsm_fuse_serve(vcca_running *v, const char *where, bool everybody, uid_t uid, gid_t gid,
                                 struct vcca_error *err)
{
  (void)v, (void)where, (void)everybody, (void)uid, (void)gid;
  vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
            "this vcca was built without libfuse3, which serves configfs-tsm: install it (Debian: libfuse3-dev) and "
            "build again");
  return NULL;
}

void tsm_fuse_stop(struct tsm_mount *m)
{
  (void)m;
}

#endif
