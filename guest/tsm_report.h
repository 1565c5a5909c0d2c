/* One report, between the directory it is in and the files that are open in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_TSM_REPORT_H
#define GUEST_TSM_REPORT_H

#include <pthread.h>

#include "guest/tsm.h"

struct tsm_report {
  struct tsm *all;
  struct tsm_report *next; /* by number, while it is in the directory */
  uint64_t id;
  unsigned refs; /* the directory, and open files */
  bool dead;     /* rmdir */
  char name[TSM_NAME_MAX + 1];
  struct tsm_owner owner[TSM_ATTRIBUTES + 1]; /* the last: the directory's own */

  uint64_t write_generation, read_generation;
  uint8_t inblob[TSM_INBLOB_MAX];
  size_t inblob_size;
  uint8_t *outblob; /* NULL: none */
  size_t outblob_size;
};

struct tsm {
  vcca_running *v;
  const struct tsm_provider *provider; /* NULL: none */
  struct tsm_owner owner;
  pthread_mutex_t sem;  /* Linux's tsm_rwsem: of what reports hold. Before lock */
  pthread_mutex_t lock; /* of the directory: names, numbers, references, owners */
  struct tsm_report *first, *last;
  struct tsm_file *open; /* all files that are */
  uint64_t next_id;
  size_t count;
};

/* All with sem held, of a report that is not dead. */

/* The value of a text attribute; returns its length. */
ssize_t report_show(const struct tsm_report *r, enum tsm_attribute attribute, char text[TSM_TEXT_MAX]);
/* Takes a value. text is followed by a NUL. */
ssize_t report_store(struct tsm_report *r, enum tsm_attribute attribute, vcca_span text);
/* Takes a value of inblob; again: in place of the one that came before, when nothing was read or written
 * since. */
int report_set_inblob(struct tsm_report *r, vcca_span bytes, bool again);
/* The bytes of a binary attribute that is read; a report is made when there is none over what was written. */
int report_read(struct tsm_report *r, enum tsm_attribute attribute, vcca_span *out);

#endif
