/* The trace of a running VM: each call of host and guest as a line of JSON, of which the last ones are kept
 * for whoever wants to see them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/running.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/scenario.h"
#include "rooms/guest.h"

#include <stdlib.h>
#include <string.h>

bool trace_ring_start(struct trace_ring *t, FILE *file, struct vcca_error *err)
{
  t->next = 1;
  t->file = file;
  if (pthread_mutex_init(&t->lock, NULL) != 0 || pthread_cond_init(&t->more, NULL) != 0)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a running VM");
  return true;
}

void trace_ring_end(struct trace_ring *t)
{
  pthread_mutex_lock(&t->lock);
  t->ended = true;
  pthread_cond_broadcast(&t->more);
  pthread_mutex_unlock(&t->lock);
}

void trace_ring_free(struct trace_ring *t)
{
  for (size_t i = 0; i < TRACE_LINES; i++)
    free(t->line[i]);
  pthread_cond_destroy(&t->more);
  pthread_mutex_destroy(&t->lock);
}

void trace_ring_call(void *ctx, const struct vcca_trace *trace)
{
  struct trace_ring *t = &((vcca_running *)ctx)->trace;
  char text[TRACE_LINE_MAX];
  vcca_sink line = vcca_sink_of(text, sizeof text - 1);
  struct vcca_json j = vcca_json_into(&line, VCCA_JSON_LINE);
  pthread_mutex_lock(&t->lock);
  vcca_json_open(&j, NULL, '{');
  vcca_json_int(&j, "seq", (int64_t)t->next);
  vcca_trace_members(&j, trace);
  vcca_json_close(&j);
  text[vcca_sink_ok(&line) ? line.n : 0] = '\0';
  char *kept = malloc(line.n + 1), **place = &t->line[t->next % TRACE_LINES];
  if (kept)
    memcpy(kept, text, vcca_sink_ok(&line) ? line.n + 1 : 1);
  free(*place);
  *place = kept;
  t->next++;
  if (t->file)
    fputs(text, t->file);
  pthread_cond_broadcast(&t->more);
  pthread_mutex_unlock(&t->lock);
}

bool vcca_running_trace(vcca_running *v, uint64_t *number, bool wait, vcca_sink *line)
{
  struct trace_ring *t = &v->trace;
  bool found = false;
  pthread_mutex_lock(&t->lock);
  while (wait && *number >= t->next && !t->ended)
    pthread_cond_wait(&t->more, &t->lock);
  if (*number + TRACE_LINES <= t->next)
    *number = t->next > TRACE_LINES ? t->next - TRACE_LINES + 1 : 1;
  while (!found && *number < t->next) {
    const char *text = t->line[*number % TRACE_LINES];
    found = text && *text;
    if (found)
      vcca_sink_str(line, text);
    ++*number;
  }
  pthread_mutex_unlock(&t->lock);
  return found;
}

uint64_t vcca_running_trace_next(vcca_running *v)
{
  pthread_mutex_lock(&v->trace.lock);
  uint64_t next = v->trace.next;
  pthread_mutex_unlock(&v->trace.lock);
  return next;
}
