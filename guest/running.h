/* A running VM from inside.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_RUNNING_H
#define GUEST_RUNNING_H

#include <pthread.h>

#include "vcca/guest.h"

enum { TRACE_LINES = 1000, TRACE_LINE_MAX = 4096 };

/* The last lines of the trace, in a ring. */
struct trace_ring {
  pthread_mutex_t lock;
  pthread_cond_t more;
  char *line[TRACE_LINES]; /* NUL-terminated, owned */
  uint64_t next;           /* number of the next line; line n is at n % TRACE_LINES */
  bool ended;
  FILE *file;
};

struct injections {
  pthread_mutex_t lock;
  struct vcca_injection list[VCCA_INJECTIONS];
  size_t count;
  int wake[2]; /* a pipe; readable when delays are to end */
  bool ended;
};

/* What the guest is to do next; main is NULL when there is nothing, or when it has been done. */
struct request {
  vcca_guest_main main;
  void *arg;
};

struct vcca_running {
  char path[256];
  vcca_scenario *scenario;
  struct vcca_run_result result;
  struct vcca_scenario_platform platform;
  struct vcca_device device; /* whose keys the monitor has now */
  vcca_hsm *moved;           /* its HSM, when it is not the scenario's own */
  struct vcca_device own;    /* the scenario's */
  vcca_span ccel_table, ccel_log;

  pthread_mutex_t lock; /* of everything above, and of the machine */
  vcca_guest *guest;
  struct request request;
  bool ended;
  uint64_t requests;

  struct injections injections;
  struct trace_ring trace;
};

VCCA_MUST_USE bool trace_ring_start(struct trace_ring *t, FILE *file, struct vcca_error *err);
void trace_ring_end(struct trace_ring *t);
void trace_ring_free(struct trace_ring *t);
void trace_ring_call(void *ctx, const struct vcca_trace *trace);

VCCA_MUST_USE bool injections_start(struct injections *i, struct vcca_error *err);
void injections_end(struct injections *i);
void injections_free(struct injections *i);
/* A vcca_guest_intercept; ctx is the running VM. */
bool injections_meet(void *ctx, const struct vcca_interface *interface, const struct vcca_command *command,
                     uint64_t rec, uint64_t *status);
/* As members of the state. */
void injections_put(struct injections *i, struct vcca_json *j);

#endif
