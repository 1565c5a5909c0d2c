/* configfs-tsm without a kernel: report directories, their attributes and open files, with the errno values
 * of Linux 7.0 (fs/configfs, drivers/virt/coco/guest/report.c, drivers/virt/coco/arm-cca-guest). tsm_fuse.c
 * makes a file system of it.
 *
 * Functions return 0 or more, or an errno value below 0. All may be called by many threads at once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_TSM_H
#define GUEST_TSM_H

#include <sys/types.h>

#include "vcca/guest.h"

/* INBLOB is what one challenge takes; a text attribute is a page; the name of a directory is a file's.
 * REPORTS: Linux has no limit but memory. */
enum { TSM_INBLOB_MAX = 64, TSM_TEXT_MAX = 4096, TSM_NAME_MAX = 255, TSM_REPORTS_MAX = 4096, TSM_PRIVLEVEL_MAX = 3 };

enum tsm_attribute {
#define ATTRIBUTE(id, name, mode, kind) TSM_##id,
#include "guest/tsm_attributes.def"
#undef ATTRIBUTE
  TSM_ATTRIBUTES
};
struct tsm_attribute_row {
  const char *name;
  mode_t mode; /* of a new report */
  bool binary; /* collected until the file is closed, and not seekable */
};
extern const struct tsm_attribute_row tsm_attributes[TSM_ATTRIBUTES];

/* Who makes reports: Linux's tsm_report_ops. Only one does. */
struct tsm_provider {
  const char *name;
  unsigned privlevel_floor;
  /* The report over inblob, into out (of VCCA_TOKEN_MAX bytes). */
  int (*report_new)(vcca_running *v, vcca_span inblob, vcca_sink *out);
};
/* The provider that a VM's kernel has: arm_cca_guest in a realm; NULL in a virtCCA guest, which has
 * /dev/tsi. */
const struct tsm_provider *tsm_provider_of(const vcca_running *v);

/* What chmod and chown change. */
struct tsm_owner {
  mode_t mode; /* permission bits */
  uid_t uid;
  gid_t gid;
};

struct tsm_report;
struct tsm_file;
struct tsm;
/* All belongs to this user at first. NULL without memory. */
struct tsm *tsm_new(vcca_running *v, const struct tsm_provider *provider, uid_t uid, gid_t gid);
/* Files that are open are closed, and what was written to them is lost. */
void tsm_free(struct tsm *t);

/* --- Directories ------------------------------------------------------------------------------------------- */

/* Reports have numbers, from 1, that are never given again. */
int tsm_mkdir(struct tsm *t, const char *name, uint64_t *id);
int tsm_rmdir(struct tsm *t, const char *name);
int tsm_lookup(struct tsm *t, const char *name, uint64_t *id);
/* The first report whose number is above *id, which becomes its number, and its name; false when there is
 * none. */
bool tsm_next(struct tsm *t, uint64_t *id, char name[TSM_NAME_MAX + 1]);
size_t tsm_count(struct tsm *t);
/* The owner of a report (attribute TSM_ATTRIBUTES), of an attribute of it, or of the directory of reports
 * (id 0). */
int tsm_owner(struct tsm *t, uint64_t id, unsigned attribute, struct tsm_owner *out);
int tsm_set_owner(struct tsm *t, uint64_t id, unsigned attribute, const struct tsm_owner *owner);

/* --- Files ---------------------------------------------------------------------------------------------- */

enum { TSM_READ = 1, TSM_WRITE = 2, TSM_APPEND = 4 };
int tsm_open(struct tsm *t, uint64_t id, enum tsm_attribute attribute, unsigned how, struct tsm_file **out);
/* Bytes from offset, as many as there are and have room; what the first read saw. Returns how many. */
ssize_t tsm_read(struct tsm_file *f, size_t offset, vcca_sink *out);
/* How many were taken. */
ssize_t tsm_write(struct tsm_file *f, size_t offset, vcca_span bytes);
/* A descriptor of the file is closed: what was written to a binary attribute counts. */
void tsm_flush(struct tsm_file *f);
/* The last one is. */
void tsm_close(struct tsm_file *f);
/* Whether a read may have to make a report, which takes as long as the monitor does; whether one is being
 * made, for which all that changes a report waits. */
bool tsm_makes_report(struct tsm_file *f);
bool tsm_busy(struct tsm *t);

#endif
